// What the shard has written, added up: postings become figures, buckets packages.

#include <algorithm>
#include <utility>

#include "balance/words.h"
#include "cdr/explain.h"
#include "cdr/record.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "ocs/simulation/internal/lane.h"

namespace ocs::simulation::internal {
namespace {

using balance::AttachmentType;
using balance::Effect;
using balance::EntryKind;
using balance::LedgerAccount;

bool IsUsage(EntryKind kind) {
  return kind == EntryKind::kSessionOpened || kind == EntryKind::kSessionUpdated ||
         kind == EntryKind::kSessionTerminated || kind == EntryKind::kEventCharged;
}

}  // namespace

void Lane::Look(const Now& now) {
  now.seat->plain.Forget();
  for (uint32_t i = 0; i < shard_.entry_count(); ++i) {
    const balance::EntryView entry = shard_.entry(i);
    const bool usage = IsUsage(entry.kind);
    Figures delta;
    LookAt(entry, now, &delta);
    if (usage) CountCosts(entry, now);
    if (delta != Figures{}) {
      now.seat->figures.Add(delta);
      now.seat->billed_micros += delta.billed_micros;
      // Fees and what time brings belong to no model, also while a call is under way.
      now.tally->Add(delta,
                     {.at = now.at, .model = usage ? now.model : 0, .use = usage ? now.use : 0});
    }
    if (world_->explain() == now.seat->number) Explain(entry, now);
  }
}

void Lane::LookAt(const balance::EntryView& entry, const Now& now, Figures* delta) {
  const bool usage = IsUsage(entry.kind);
  std::vector<HeldPackage>& packages = now.seat->packages;
  effects_.Reset(entry.effects);
  while (effects_.Next()) {
    switch (effects_.effect()) {
      case Effect::kPost:
        TakePosting(effects_.posting(), usage, now, delta);
        break;
      case Effect::kAddBucket: {
        const balance::Bucket& bucket = effects_.bucket();
        if (bucket.terms.revision == 0) break;
        const rating::Offer& offer = world_->tariff().offer({bucket.terms.offer});
        packages.push_back({.bucket = bucket.id,
                            .package = static_cast<uint32_t>(
                                world_->PackageOf(bucket.terms.offer, bucket.terms.grant)),
                            .issued = false,
                            .limited = !offer.grants[bucket.terms.grant].unlimited});
        break;
      }
      case Effect::kDropBucket: {
        const auto at = std::find_if(packages.begin(), packages.end(), [&](const HeldPackage& p) {
          return p.bucket == effects_.bucket().id;
        });
        if (at == packages.end()) break;
        if (at->expired == 0) ++now.tally->packages[at->package].used_up;
        packages.erase(at);
        break;
      }
      default:
        break;
    }
  }
  OCS_CHECK(effects_.ok());
}

void Lane::TakePosting(const balance::Posting& posting, bool usage, const Now& now,
                       Figures* delta) {
  const int64_t amount = posting.amount;
  const bool has_package = world_->plans()[now.seat->plan].has_package;
  const bool own_money = posting.bucket == balance::kMainBucket;
  std::vector<HeldPackage>& held = now.seat->packages;
  const auto at =
      own_money ? held.end() : std::find_if(held.begin(), held.end(), [&](const HeldPackage& p) {
        return p.bucket == posting.bucket;
      });
  PackageTally* package = at == held.end() ? nullptr : &now.tally->packages[at->package];
  switch (posting.account) {
    case LedgerAccount::kEarned:
      delta->billed_micros += amount;
      (!usage        ? delta->fee_micros
       : has_package ? delta->overage_micros
                     : delta->usage_micros) += amount;
      return;
    case LedgerAccount::kDeferred:
      delta->billed_micros += amount;
      return;
    case LedgerAccount::kPackageEarned:
      delta->package_micros += amount;
      return;
    case LedgerAccount::kBreakage:
      delta->breakage_micros += amount;
      return;
    case LedgerAccount::kVendorPayable:
      delta->cost_micros += amount;
      return;
    case LedgerAccount::kCash:
      now.tally->paid_in_micros -= amount;
      return;
    case LedgerAccount::kWrittenOff:
      if (own_money) now.tally->written_off_micros -= amount;
      return;
    case LedgerAccount::kIssued:
    case LedgerAccount::kGoodwill:
      if (package == nullptr) return;
      if (!at->issued) ++package->sold;
      at->issued = true;
      if (at->limited) package->granted -= amount;
      return;
    case LedgerAccount::kConsumed:
      if (package != nullptr) package->used += amount;
      return;
    case LedgerAccount::kExpired:
      if (package == nullptr) return;
      at->expired += amount;
      if (at->limited) package->expired += amount;
      return;
    default:
      return;
  }
}

// Costs in the account's currency are postings; others stand in the record only.
void Lane::CountCosts(const balance::EntryView& entry, const Now& now) {
  const std::string_view bytes = entry.attachment(AttachmentType::kRecord);
  if (bytes.empty()) return;
  const absl::StatusOr<cdr::Record> record = cdr::DecodeRecord(bytes);
  OCS_CHECK(record.ok());
  const Unit currency = world_->plans()[now.seat->plan].plan->currency;
  for (const cdr::RecordLine& cost : record->costs) {
    if (cost.unit != currency) now.tally->AddOtherCost(cost.unit, cost.amount);
  }
}

void Lane::Explain(const balance::EntryView& entry, const Now& now) {
  if (explained_.size() >= kExplainLinesMax) return;
  // What only reserves is told with the call's end.
  if (entry.kind == EntryKind::kSessionOpened || entry.kind == EntryKind::kRefused) return;
  ExplainLine line{.variant = world_->variant().label, .at = now.at};
  line.what = std::string(EntryKindName(entry.kind));
  std::vector<std::pair<BucketId, Unit>> units;
  for (const balance::Bucket& bucket : shard_.FindAccount(now.seat->account)->buckets)
    units.emplace_back(bucket.id, bucket.unit);
  const auto words = balance::DescribeEntry(entry, world_->tariff().zone(), units);
  OCS_CHECK(words.ok());
  line.text = words->text;
  const std::string_view bytes = entry.attachment(AttachmentType::kRecord);
  if (!bytes.empty()) {
    const absl::StatusOr<cdr::Record> record = cdr::DecodeRecord(bytes);
    OCS_CHECK(record.ok());
    for (const cdr::RecordLine& charge : record->lines)
      line.charges.push_back(cdr::ExplainLine(*record, charge));
    if (entry.kind == EntryKind::kSessionTerminated) {
      line.what = "call";
      line.text = Cat("a call of ", record->model);
    }
  } else {
    line.charges = words->postings;
  }
  explained_.push_back(std::move(line));
}

void Lane::ExplainText(const Now& now, std::string_view what, std::string text) {
  if (world_->explain() != now.seat->number || explained_.size() >= kExplainLinesMax) return;
  ExplainLine& line = explained_.emplace_back();
  line.variant = world_->variant().label;
  line.at = now.at;
  line.what = std::string(what);
  line.text = std::move(text);
}

}  // namespace ocs::simulation::internal
