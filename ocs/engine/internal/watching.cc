#include "ocs/engine/internal/watching.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "balance/ledger.h"
#include "balance/notice.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/spending_operation.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::EntryKind;
using balance::Limit;
using balance::Watch;
using Told = balance::Watch::Told;

constexpr std::string_view kBalance = "balance";
constexpr std::string_view kLimitPrefix = "limit-";
constexpr std::string_view kPackagePrefix = "package-";
constexpr std::string_view kThrottled = "throttle";
constexpr int kBlocked = 1'000;  // Worse than any threshold.
constexpr int kBetterBy = 20;    // A twentieth of the whole.

std::string LimitCounter(const Limit& limit) { return Cat(kLimitPrefix, limit.id); }

// How bad it is: 0 normal, a threshold's per cent, kBlocked.
int BadnessOf(const Limit& limit, absl::int128 used) {
  if (used >= limit.amount && (used > 0 || !limit.alert_only))
    return limit.alert_only ? 100 : kBlocked;
  int badness = 0;
  for (const uint8_t percent : limit.alerts) {
    if (used > 0 && used * 100 >= absl::int128{limit.amount} * percent) badness = percent;
  }
  return badness;
}

std::string LimitStatus(int badness) {
  if (badness == 0) return "normal";
  return badness == kBlocked ? "block" : Cat("warn-", badness);
}

int BadnessOf(std::string_view status) {
  int percent = 0;
  if (status == "block") return kBlocked;
  if (status == "warn-low" || status == kThrottled) return 1;
  return status.substr(0, 5) == "warn-" && absl::SimpleAtoi(ToAbsl(status.substr(5)), &percent)
             ? percent
             : 0;
}

// What holds now of what was told: it may have come into force by itself.
std::string_view InForce(const Told& told, Instant now) {
  return told.next_at <= now && !told.next_status.empty() ? told.next_status : told.status;
}

const Told* FindTold(const Watch& watch, std::string_view counter) {
  const auto at =
      std::lower_bound(watch.told.begin(), watch.told.end(), counter,
                       [](const Told& told, std::string_view key) { return told.counter < key; });
  return at != watch.told.end() && at->counter == counter ? &*at : nullptr;
}

// Not better before it is better by some more.
int BadnessAfter(int before, const Limit& limit, int64_t used) {
  const int badness = BadnessOf(limit, used);
  if (badness >= before || used <= 0) return badness;
  const absl::int128 more = absl::int128{used} + limit.amount / kBetterBy;
  return std::max(badness, std::min(before, BadnessOf(limit, more)));
}

// When a sliding window has freed so much that the limit's status is better, if nothing more is
// used; Never().
Instant BetterAt(const balance::Counter& counter, const Limit& limit, int badness, Instant now) {
  const int64_t until_free_ms = SlotMillis(counter.window) + counter.window.length_ms;
  for (const balance::Counter::Slot& slot : counter.slots) {
    const Instant at = slot.began_at.PlusMillis(until_free_ms);
    if (at > now && BadnessAfter(badness, limit, counter.CountedAt(at)) < badness) return at;
  }
  return Instant::Never();
}

Told StatusOfLimit(const Account& account, const Limit& limit, int before, Instant now) {
  const balance::Counter* counter =
      account.FindCounter(limit.id, balance::CounterOwner(limit.node, BucketId{}));
  const int64_t used = counter == nullptr ? 0 : counter->CountedAt(now);
  const int badness = BadnessAfter(before, limit, used);
  Told told{.counter = LimitCounter(limit), .status = LimitStatus(badness)};
  if (badness != 0 && counter != nullptr && counter->window.kind == WindowKind::kSliding)
    told.next_at = BetterAt(*counter, limit, badness, now);
  const bool ends = counter != nullptr && counter->window.kind != WindowKind::kSliding &&
                    counter->ends_at != Instant::Never() && limit.amount > 0;
  if (badness != 0 && ends) {
    told.next_status = "normal";
    told.next_at = counter->ends_at;
  }
  return told;
}

Told StatusOfBalance(const Account& account, int before, int64_t low_balance_micros) {
  const balance::Bucket& main = *account.FindBucket(balance::kMainBucket);
  const int64_t left = AddExact(account.Spendable(main), main.held).value_or(INT64_MAX);
  const bool was_low = before != 0;
  const int64_t low =
      was_low ? low_balance_micros + low_balance_micros / kBetterBy : low_balance_micros;
  const std::string_view status = left <= 0 ? "block" : left < low ? "warn-low" : "normal";
  return {.counter = std::string(kBalance), .status = std::string(status)};
}

std::string PackageCounter(const balance::Subscription& subscription) {
  return Cat(kPackagePrefix, subscription.id);
}

// The grants of what was bought; those that say `throttle` wait for the rates of another.
const std::vector<rating::GrantTerms>& GrantsOf(const Shard& shard,
                                                const balance::Subscription& subscription) {
  const Revision* bought = shard.revisions().Find(subscription.terms.revision);
  OCS_CHECK(bought != nullptr);
  return bought->tariff->offer({subscription.terms.offer}).grants;
}

bool Throttles(const rating::GrantTerms& grant, const balance::Subscription& subscription) {
  if (grant.end.at_end != rating::AtEnd::kThrottle) return false;
  const int stops = grant.end.switch_index;  // The customer's: then it stops.
  return stops < 0 || ((subscription.switches >> stops) & 1U) == 0;
}

bool IsThrottling(const Shard& shard, const balance::Subscription& subscription) {
  if (subscription.id == 0) return false;
  const auto& grants = GrantsOf(shard, subscription);
  return std::any_of(grants.begin(), grants.end(),
                     [&](const auto& grant) { return Throttles(grant, subscription); });
}

// What is left in the buckets of one grant of what was bought, what is held included.
struct PackageLeft {
  bool any = false;
  absl::int128 granted = 0;
  absl::int128 left = 0;
  Instant more_at = Instant::Never();
};
PackageLeft PackageLeftOf(const Account& account, const balance::Subscription& subscription,
                          uint32_t grant, Instant now) {
  PackageLeft sum;
  for (const balance::Bucket& bucket : account.buckets) {
    if (bucket.subscription != subscription.id || bucket.terms.grant != grant) continue;
    if (now < bucket.valid_from || now >= bucket.valid_until) continue;
    sum.any = true;
    sum.granted += bucket.granted;
    sum.left += absl::int128{bucket.available} + bucket.held;
    sum.more_at = std::min(sum.more_at, bucket.refills_at);
  }
  return sum;
}

Told StatusOfPackage(const Shard& shard, const Account& account,
                     const balance::Subscription& subscription, int before) {
  const Instant now = shard.logged_at();
  Told told{.counter = PackageCounter(subscription), .status = "normal"};
  const auto& grants = GrantsOf(shard, subscription);
  for (uint32_t i = 0; i < grants.size(); ++i) {
    if (!Throttles(grants[i], subscription)) continue;
    const PackageLeft sum = PackageLeftOf(account, subscription, i, now);
    const bool still = before != 0 && sum.left * kBetterBy < sum.granted;
    if (!sum.any || (sum.left > 0 && !still)) continue;
    told.status = std::string(kThrottled);
    const Instant renews =
        subscription.cancelled ? subscription.valid_until : subscription.renews_at;
    const Instant more = std::min({told.next_at, sum.more_at, renews, subscription.valid_until});
    told.next_at = more > now ? more : Instant::Never();
  }
  if (told.next_at != Instant::Never()) told.next_status = "normal";
  return told;
}

// At which use of it goes on.
std::vector<ThrottleRate> RatesOfCounter(const Shard& shard, const Account& account,
                                         std::string_view counter) {
  std::vector<ThrottleRate> rates;
  for (const balance::Subscription& subscription : account.subscriptions) {
    if (subscription.id == 0 || PackageCounter(subscription) != counter) continue;
    for (const rating::GrantTerms& grant : GrantsOf(shard, subscription)) {
      if (grant.end.at_end == rating::AtEnd::kThrottle) continue;
      const std::vector<ThrottleRate> more = RatesOf(grant);
      rates.insert(rates.end(), more.begin(), more.end());
    }
  }
  return rates;
}

bool HasCounter(const Shard& shard, const Account& account, std::string_view counter) {
  if (counter == kBalance) return true;
  const auto& packages = account.subscriptions;
  const bool is_package = std::any_of(packages.begin(), packages.end(), [&](const auto& s) {
    return IsThrottling(shard, s) && PackageCounter(s) == counter;
  });
  return is_package ||
         std::any_of(account.limits.begin(), account.limits.end(),
                     [&](const Limit& limit) { return LimitCounter(limit) == counter; });
}

bool IsWanted(const Watch& watch, std::string_view counter) {
  return watch.counters.empty() ||
         std::binary_search(watch.counters.begin(), watch.counters.end(), counter);
}

// "1/request/60000,10/request/3600000": amount, unit, window in milliseconds.
std::string RateWords(const std::vector<ThrottleRate>& rates) {
  std::string words;
  for (const ThrottleRate& rate : rates) {
    words += Cat(words.empty() ? "" : ",", rate.amount, "/", rate.unit.code(), "/", rate.window_ms);
  }
  return words;
}

void AttachStatus(const Shard& shard, const Account& account, const Watch& watch, const Told& told,
                  balance::EntryBuilder* entry) {
  const Instant now = shard.logged_at();
  balance::Notice notice{.type = balance::NoticeType::kSpendingStatus, .at = now};
  notice.name = Cat(watch.id, " ", told.counter, " ", told.status);
  if (!told.next_status.empty())
    notice.name += Cat(" ", told.next_status, " ", told.next_at.unix_ms);
  if (told.status == kThrottled)
    notice.name += Cat(" rates=", RateWords(RatesOfCounter(shard, account, told.counter)));
  for (const Limit& limit : account.limits) {
    if (LimitCounter(limit) != told.counter) continue;
    const balance::Counter* counter =
        account.FindCounter(limit.id, balance::CounterOwner(limit.node, BucketId{}));
    notice.node = limit.node;
    notice.subject = limit.id;
    notice.unit = limit.unit;
    notice.amount = counter == nullptr ? 0 : counter->CountedAt(now);
  }
  if (told.counter == kBalance) {
    const balance::Bucket& main = *account.FindBucket(balance::kMainBucket);
    notice.unit = main.unit;
    notice.amount = AddExact(main.available, main.held).value_or(0);
  }
  AttachNotice(notice, entry);
}

// One watch. What does not fit into the entry is told with the next.
void TellWatch(Shard& shard, Account* account, Watch watch) {
  const Instant now = shard.logged_at();
  std::vector<Told> statuses = StatusesOf(shard, *account, watch);
  std::vector<const Told*> changed;
  for (const Told& status : statuses) {
    const Told* before = FindTold(watch, status.counter);
    const std::string_view was = before == nullptr ? "normal" : InForce(*before, now);
    if (was != status.status) changed.push_back(&status);
  }
  if (changed.empty() && balance::LookAt(watch) > now) return;
  const size_t count = std::min<size_t>(changed.size(), kNoticesPerEntryMax);
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(EntryKind::kWatchChanged, account->id);
  for (size_t i = 0; i < count; ++i) AttachStatus(shard, *account, watch, *changed[i], &entry);
  // What is not told yet stays as it was told.
  for (size_t i = count; i < changed.size(); ++i) {
    const Told* before = FindTold(watch, changed[i]->counter);
    const auto at = std::find_if(statuses.begin(), statuses.end(),
                                 [&](const Told& s) { return &s == changed[i]; });
    if (before != nullptr) {
      *at = *before;
    } else {
      at->status = "normal";
      at->next_at = Instant::Never();
      at->next_status.clear();
    }
  }
  watch.told = std::move(statuses);
  entry.SetWatch(watch);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

bool CheckWatchId(Operation* call, const std::string& watch) {
  if (!watch.empty() && watch.size() <= static_cast<size_t>(kWatchIdLengthMax) && IsPlain(watch))
    return true;
  return FailField(call, "spending_subscription_id",
                   Cat("expected 1 to ", kWatchIdLengthMax, " of letters, digits, '-', '_', '.'"));
}

bool CheckWatch(WatchCall* call, const Shard& shard) {
  if (!CheckWatchId(call, call->watch)) return false;
  if (call->counters.size() > static_cast<size_t>(balance::kWatchedCountersMax)) {
    return FailField(call, "policy_counter_id",
                     Cat("expected at most ", balance::kWatchedCountersMax));
  }
  if (call->expires_at <= shard.logged_at())
    return FailField(call, "expires_at_unix_ms", "expected a time to come");
  return true;
}

bool KnowsCounters(WatchCall* call, const Shard& shard, const Account& payer) {
  for (size_t i = 0; i < call->counters.size(); ++i) {
    if (HasCounter(shard, payer, call->counters[i])) continue;
    return RefuseField(call, Cat("policy_counter_id[", i, "]"), absl::StatusCode::kNotFound,
                       "UNKNOWN_POLICY_COUNTERS: the account has no such policy counter");
  }
  if (payer.FindWatch(call->watch) != nullptr ||
      payer.watches.size() < static_cast<size_t>(balance::kWatchesPerAccountMax)) {
    return true;
  }
  call->status = absl::ResourceExhaustedError(
      Cat("an account may have ", balance::kWatchesPerAccountMax, " watches"));
  return false;
}

void WriteStatuses(const std::vector<Told>& statuses, ByteWriter& out) {
  out.Varint(statuses.size());
  for (const Told& told : statuses) {
    out.Text(told.counter);
    out.Text(told.status);
    out.Text(told.next_status);
    out.Signed(told.next_at.unix_ms);
  }
}

void ReadStatuses(ByteReader& in, std::vector<Told>* statuses) {
  const uint64_t count = in.Varint();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    Told& told = statuses->emplace_back();
    told.counter = in.Text();
    told.status = in.Text();
    told.next_status = in.Text();
    told.next_at.unix_ms = in.Signed();
  }
}

void WriteRates(const std::vector<WatchCall::Rates>& throttled, ByteWriter& out) {
  out.Varint(throttled.size());
  for (const WatchCall::Rates& one : throttled) {
    out.Text(one.counter);
    out.Varint(one.rates.size());
    for (const ThrottleRate& rate : one.rates) {
      out.Signed(rate.amount);
      out.Text(rate.unit.code());
      out.Signed(rate.window_ms);
    }
  }
}

// Answers that were recorded before there were rates end before them.
void ReadRates(ByteReader& in, std::vector<WatchCall::Rates>* throttled) {
  const uint64_t count = in.done() ? 0 : in.Varint();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    WatchCall::Rates& one = throttled->emplace_back();
    one.counter = in.Text();
    const uint64_t rates = in.Varint();
    for (uint64_t j = 0; j < rates && in.ok(); ++j) {
      ThrottleRate& rate = one.rates.emplace_back();
      rate.amount = in.Signed();
      rate.unit = Unit::Of(in.Text());
      rate.window_ms = in.Signed();
    }
  }
}

}  // namespace

std::vector<Told> StatusesOf(const Shard& shard, const Account& account, const Watch& watch) {
  const Instant now = shard.logged_at();
  const int64_t low_balance_micros = shard.options().low_balance_micros;
  std::vector<Told> statuses;
  const auto before = [&](std::string_view counter) {
    const Told* told = FindTold(watch, counter);
    return told == nullptr ? 0 : BadnessOf(InForce(*told, now));
  };
  if (IsWanted(watch, kBalance))
    statuses.push_back(StatusOfBalance(account, before(kBalance), low_balance_micros));
  for (const Limit& limit : account.limits) {
    if (statuses.size() >= static_cast<size_t>(balance::kWatchedCountersMax)) break;
    const std::string counter = LimitCounter(limit);
    if (IsWanted(watch, counter))
      statuses.push_back(StatusOfLimit(account, limit, before(counter), now));
  }
  for (const balance::Subscription& subscription : account.subscriptions) {
    if (statuses.size() >= static_cast<size_t>(balance::kWatchedCountersMax)) break;
    if (!IsThrottling(shard, subscription)) continue;
    const std::string counter = PackageCounter(subscription);
    if (IsWanted(watch, counter))
      statuses.push_back(StatusOfPackage(shard, account, subscription, before(counter)));
  }
  std::sort(statuses.begin(), statuses.end(),
            [](const Told& a, const Told& b) { return a.counter < b.counter; });
  return statuses;
}

void TellStatuses(Shard& shard, Account* account) {
  for (size_t i = 0; i < account->watches.size() && !shard.stopped(); ++i)
    TellWatch(shard, account, account->watches[i]);
}

void EndWatch(Shard& shard, Account* account, std::string_view watch) {
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(EntryKind::kWatchChanged, account->id);
  entry.DropWatch(watch);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

void WatchCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckWatch(this, shard)) return;
  found = account.valid() ? account : shard.FindIdentity(identity_type, identity);
  if (shard.stopped()) return;
  Account* payer = FindPayerToChange(this, shard, found);
  if (payer == nullptr) return;
  std::sort(counters.begin(), counters.end());
  counters.erase(std::unique(counters.begin(), counters.end()), counters.end());
  std::string all;
  for (const std::string& counter : counters) ByteWriter(&all).Text(counter);
  ChangeRecord record(shard, change, found.partition(), EntryKind::kWatchChanged,
                      {{"account_id", Cat(found.value)},
                       {"spending_subscription_id", watch},
                       {"policy_counter_id", all},
                       {"expires_at_unix_ms", Cat(expires_at.unix_ms)}});
  if (record.Repeats(this, [&](ByteReader& in) {
        ends_at.unix_ms = in.Signed();
        ReadStatuses(in, &statuses);
        ReadRates(in, &throttled);
      })) {
    return;
  }
  if (!CheckNotClosed(this, *payer) || !KnowsCounters(this, shard, *payer)) return;

  // Past this line the command cannot fail.
  Watch made{.id = watch, .counters = counters};
  if (const Watch* before = payer->FindWatch(watch)) made.told = before->told;
  ends_at = std::min(expires_at, shard.logged_at().PlusSeconds(kWatchSecondsMax));
  made.expires_at = ends_at;
  made.told = StatusesOf(shard, *payer, made);
  statuses = made.told;
  for (const Told& told : statuses) {
    if (told.status == kThrottled)
      throttled.push_back({told.counter, RatesOfCounter(shard, *payer, told.counter)});
  }
  balance::EntryBuilder& entry = record.Begin(found);
  entry.SetWatch(made);
  ByteWriter answer(entry.answer());
  answer.Signed(ends_at.unix_ms);
  WriteStatuses(statuses, answer);
  WriteRates(throttled, answer);
  OCS_CHECK(Judge(*payer, entry) == balance::Verdict::kAllowed);
  shard.Append(payer);
}

void UnwatchCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckWatchId(this, watch)) return;
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(
      shard, change, account.partition(), EntryKind::kWatchChanged,
      {{"account_id", Cat(account.value)}, {"spending_subscription_id", watch}, {"ends", "1"}});
  if (record.Repeats(this, [](ByteReader&) {})) return;
  if (payer->FindWatch(watch) == nullptr) return;
  record.Begin(account).DropWatch(watch);
  OCS_CHECK(Judge(*payer, shard.entry()) == balance::Verdict::kAllowed);
  shard.Append(payer);
}

}  // namespace ocs::engine
