#include "balance/words.h"

#include <algorithm>

#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

std::string KeyWords(const EntryKey& key) {
  switch (key.type) {
    case EntryKey::Type::kNone:
      return "";
    case EntryKey::Type::kRequest:
      return Cat(", session ", key.text, " request ", key.number);
    case EntryKey::Type::kChange:
      return Cat(", key ", key.text);
    case EntryKey::Type::kSession:
      return Cat(", session ", key.text);
  }
  return "";
}

Unit UnitOf(BucketId bucket, const std::vector<std::pair<BucketId, Unit>>& units) {
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const auto& u) { return u.first == bucket; });
  return found == units.end() ? Unit() : found->second;
}

std::string Signed(int64_t amount, const Unit& unit) {
  const std::string text = unit.empty() ? Cat(FormatGrouped(amount)) : FormatAmount(amount, unit);
  return amount > 0 ? Cat("+", text) : text;
}

std::string GrantWords(const Grant& grant) {
  if (grant.granted.empty()) return "";
  std::string text = Cat("; granted to rating group ", grant.rating_group, " (", grant.model, "):");
  for (const KindQuantity& q : grant.granted)
    text += Cat(" ", FormatGrouped(q.quantity), " ", TokenKindName(q.kind));
  return text;
}

// Of the effects on what an account is and when.
std::string ChangeWords(EffectReader& effects, absl::TimeZone zone) {
  switch (effects.effect()) {
    case Effect::kSetTimes: {
      const EntryBuilder::Times& times = effects.times();
      const std::string refills =
          times.refills_at == Instant::Never()
              ? ""
              : Cat(", refilled at ", FormatInstant(times.refills_at, zone));
      return Cat("; bucket ", times.bucket.value, " is valid from ",
                 FormatInstant(times.valid_from, zone), " until ",
                 FormatInstant(times.valid_until, zone), refills);
    }
    case Effect::kSetSubscription:
      return Cat("; subscription ", effects.subscription().id,
                 effects.subscription().cancelled ? " is cancelled, ends at " : " renews at ",
                 FormatInstant(DueOf(effects.subscription()), zone));
    case Effect::kSetNode:
      return Cat("; node ", effects.node().id.value, " is a ", NodeKindName(effects.node().kind),
                 " below ", effects.node().parent.value, ", ",
                 AccountStateName(effects.node().state));
    case Effect::kSetLimit:
      return Cat("; limit ", effects.limit().id, " of node ", effects.limit().node.value, ": ",
                 FormatAmount(effects.limit().amount, effects.limit().unit), " per ",
                 FormatWindow(effects.limit().window));
    case Effect::kDropLimit:
      return Cat("; limit ", effects.limit().id, " is gone");
    case Effect::kSetProfile:
      return Cat("; ", AccountStateName(effects.profile().state), ", credit limit ",
                 FormatMicros(effects.profile().credit_limit_micros), ", billing day ",
                 effects.profile().billing_day);
    case Effect::kSetDatedChange:
      return Cat("; will be ", AccountStateName(effects.dated_change().state), " from ",
                 FormatInstant(effects.dated_change().at, zone));
    case Effect::kSetTransfer:
      return Cat("; ", FormatAmount(effects.transfer().amount, effects.transfer().bucket.unit),
                 " is on its way to account ", effects.transfer().to.value);
    case Effect::kSetVolumeWindow:
      return Cat("; charged at a volume price since ",
                 FormatInstant(effects.volume_window().began_at, zone), ": ",
                 FormatMicros(effects.volume_window().charged_micros), ", to be given back by now ",
                 FormatMicros(effects.volume_window().Rebate()));
    case Effect::kDropVolumeWindow:
      return Cat("; the window of a volume price ended at ",
                 FormatInstant(effects.volume_window().ends_at, zone), ", charged ",
                 FormatMicros(effects.volume_window().charged_micros));
    case Effect::kDropTransfer:
      return "; the transfer has arrived";
    case Effect::kSetDemand: {
      const Demand& demand = effects.demand();
      const std::string of_group =
          demand.rating_group ? Cat(", rating group ", *demand.rating_group) : "";
      return Cat(demand.kind == DemandKind::kAbort ? "; to be aborted: session "
                                                   : "; to be re-authorised: session ",
                 demand.session_id, of_group, ", asked ", demand.asks, " times");
    }
    case Effect::kDropDemand:
      return "; the gateway has done what it was asked";
    case Effect::kSetWatch:
      return effects.watch_ends() ? Cat("; watch ", effects.watch().id, " has ended")
                                  : Cat("; watch ", effects.watch().id, " until ",
                                        FormatInstant(effects.watch().expires_at, zone));
    default:
      return "";  // Postings are listed; identities are not for logs; the rest follows from the
                  // kind.
  }
}

std::string EffectWords(EffectReader& effects, absl::TimeZone zone) {
  switch (effects.effect()) {
    case Effect::kOpenSession:
      return Cat("; under tariff revision ", effects.session().revision, ", supervised until ",
                 FormatInstant(effects.session().ends_at, zone));
    case Effect::kSetGrant:
      return GrantWords(effects.grant());
    case Effect::kAddBucket:
      return Cat("; bucket ", effects.bucket().id.value, " of ", effects.bucket().unit.code(),
                 ", until ", FormatInstant(effects.bucket().valid_until, zone));
    case Effect::kDropBucket:
      return Cat("; bucket ", effects.bucket().id.value, " is settled and leaves");
    case Effect::kCreateAccount:
      return Cat("; currency ", effects.account().currency.code(), ", credit limit ",
                 FormatMicros(effects.account().credit_limit_micros));
    case Effect::kAddSubscription:
      return Cat("; its prices apply until ",
                 FormatInstant(effects.subscription().valid_until, zone));
    case Effect::kRefundOf:
      return Cat(effects.refunded().empty() ? "; gives back what entry "
                                            : "; gives back a part of what entry ",
                 effects.refund_of().group, ".", effects.refund_of().index, " charged");
    default:
      return ChangeWords(effects, zone);
  }
}

}  // namespace

absl::StatusOr<EntryWords> DescribeEntry(const EntryView& entry, absl::TimeZone zone,
                                         const std::vector<std::pair<BucketId, Unit>>& units) {
  EntryWords words;
  words.text = Cat(EntryKindName(entry.kind), KeyWords(entry.key));
  if (entry.kind == EntryKind::kOperated || entry.kind == EntryKind::kOriginRestarted)
    words.text += Cat("; ", entry.answer);
  EffectReader effects(entry.effects);
  std::vector<std::pair<BucketId, Unit>> known = units;
  while (effects.Next()) {
    if (effects.effect() == Effect::kAddBucket)
      known.push_back({effects.bucket().id, effects.bucket().unit});
    words.text += EffectWords(effects, zone);
    if (effects.effect() != Effect::kPost) continue;
    const Posting& posting = effects.posting();
    // Amounts in the account's currency are money whatever the bucket counts; the main bucket has
    // that currency.
    const Unit unit =
        UnitOf(CountsInCurrency(posting.account) ? kMainBucket : posting.bucket, known);
    words.postings.push_back(Cat("bucket ", posting.bucket.value, " ",
                                 LedgerAccountName(posting.account), " ",
                                 Signed(posting.amount, unit)));
  }
  if (!effects.ok()) {
    return absl::DataLossError(Cat("effects of journal entry ", entry.position.group, ".",
                                   entry.position.index, " are damaged"));
  }
  return words;
}

}  // namespace ocs::balance
