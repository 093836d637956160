// The same events charged through the real engine, with journal, answers and due work: what a
// simulation is compared with.

#ifndef TESTS_TARIFF_SIMULATION_SERVER_SIDE_H_
#define TESTS_TARIFF_SIMULATION_SERVER_SIDE_H_

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ocs/engine/operation.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/population.h"
#include "ocs/simulation/result.h"
#include "rating/tariff.h"
#include "tests/engine/books.h"
#include "tests/engine/harness.h"
#include "tests/support/catch.h"

namespace ocs::simulation::tests {

using balance::LedgerAccount;
using engine::tests::Kept;

/// All events of a source, in order of time.
inline std::vector<Event> EventsOf(EventSource* source) {
  std::vector<Event> events;
  Piece piece;
  while (true) {
    const absl::StatusOr<bool> more = source->Read(&piece);
    REQUIRE(more.ok());
    if (!*more) break;
    EventBatch batch;
    source->Parse(piece, &batch);
    REQUIRE(batch.bad_row_count == 0);
    events.insert(events.end(), batch.events.begin(), batch.events.end());
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
  return events;
}

/// The accounts of a population in a real engine.
class ServerSide final {
 public:
  ServerSide(const Population& population, const Names& names, const std::string& catalogue,
             const rating::Tariff& tariff)
      : population_(population), names_(names), tariff_(tariff) {
    harness_.clock.Set(population.terms().begins);
    harness_.Publish(catalogue);
    for (uint32_t n = 0; n < population.account_count(); ++n) Open(n);
  }

  /// Reserves and ends one call; bills are paid at month ends on the way.
  void Charge(const Event& event) {
    AdvanceTo(event.at);
    Figures& figures = figures_[event.account];
    ++figures.calls;
    const std::string session = "s" + std::to_string(++sessions_);
    const std::string model = names_.model(event.model);
    const engine::tests::Ask ask{
        .session = session, .number = 0, .account = accounts_[event.account], .model = model};
    Kept<engine::CreditControlCall> initial;
    engine::tests::Fill(initial, ask, engine::RequestType::kInitial);
    initial.request.event_time = event.at;
    engine::ServiceRequest& wanted = initial.request.services[0];
    wanted.requests_quota = true;
    for (size_t k = 0; k < kEventKinds.size(); ++k) {
      if (event.tokens[k] > 0)
        wanted.requested.push_back({.kind = kEventKinds[k], .quantity = event.tokens[k]});
    }
    harness_.Run(&initial);
    REQUIRE(initial.status.ok());
    if (initial.answer.code != engine::ResultCode::kSuccess) {
      (initial.answer.code == engine::ResultCode::kRatingFailed ? figures.not_sold
                                                                : figures.blocked) += 1;
      return;
    }
    const Quantities used = initial.answer.services[0].granted;
    if (used != wanted.requested) ++figures.cut;
    const engine::tests::Ask over{
        .session = session, .number = 1, .account = accounts_[event.account], .model = model};
    Kept<engine::CreditControlCall> end;
    engine::tests::Fill(end, over, engine::RequestType::kTermination);
    end.request.event_time = event.at;
    end.request.services[0].has_used = true;
    end.request.services[0].used = used;
    harness_.Run(&end);
    REQUIRE(end.status.ok());
    REQUIRE(end.answer.code == engine::ResultCode::kSuccess);
    figures.input_tokens += QuantityOf(used, TokenKind::kInput);
    figures.cached_tokens += QuantityOf(used, TokenKind::kCacheRead);
    figures.output_tokens += QuantityOf(used, TokenKind::kOutput);
  }

  /// What the journal says at the end, by customer. Fields that a journal does not tell apart
  /// (throttled, overage) are 0; all money paid by the call stands in usage_micros.
  std::map<uint32_t, Figures> Finish() {
    AdvanceTo(population_.terms().ends.PlusMillis(-1));
    std::map<uint64_t, uint32_t> numbers;
    for (const auto& [number, id] : accounts_) numbers[id.value] = number;
    engine::tests::TotalsOf(*harness_.store);  // The books are right in themselves.
    engine::tests::ForEachEntry(*harness_.store, [&](const balance::EntryView& entry) {
      if (!numbers.contains(entry.account.value)) return;
      const auto postings = balance::PostingsOf(entry);
      REQUIRE(postings.ok());
      for (const balance::Posting& posting : *postings)
        Take(entry.kind, posting, &figures_[numbers[entry.account.value]]);
    });
    return figures_;
  }

 private:
  static void Take(balance::EntryKind kind, const balance::Posting& posting, Figures* figures) {
    const bool usage = kind == balance::EntryKind::kSessionTerminated;
    switch (posting.account) {
      case LedgerAccount::kEarned:
        (usage ? figures->usage_micros : figures->fee_micros) += posting.amount;
        figures->billed_micros += posting.amount;
        break;
      case LedgerAccount::kDeferred:
        figures->billed_micros += posting.amount;
        break;
      case LedgerAccount::kPackageEarned:
        figures->package_micros += posting.amount;
        break;
      case LedgerAccount::kBreakage:
        figures->breakage_micros += posting.amount;
        break;
      case LedgerAccount::kVendorPayable:
        figures->cost_micros += posting.amount;
        break;
      default:
        break;
    }
  }

  void Open(uint32_t number) {
    const Plan& plan = population_.terms().plans[population_.plan_of(number)];
    accounts_[number] = harness_.Create(0, plan.credit_limit_micros);
    int64_t fees = 0;
    for (const std::string& offer : plan.offers)
      fees += tariff_.offer(*tariff_.FindOffer(offer)).fee_micros;
    const int64_t paid = plan.money_micros + (plan.credit_limit_micros > 0 ? 0 : fees);
    if (paid > 0) harness_.TopUp(accounts_[number], paid);
    for (const std::string& offer : plan.offers) harness_.Purchase(accounts_[number], offer);
  }

  int64_t MainOf(uint32_t number) {
    for (const engine::BucketView& bucket : harness_.View(accounts_[number]).buckets) {
      if (bucket.id == balance::kMainBucket) return bucket.available;
    }
    return 0;
  }

  void Tick(Instant at) {
    harness_.clock.Set(at);
    for (int i = 0; i < 20; ++i) {  // A tick does some hundred accounts and their first steps.
      harness_.engine->Tick();
      harness_.executor.RunAll();
    }
  }

  void AdvanceTo(Instant to) {
    const Instant month_end = AddMonths(StartOfMonth(now_, tariff_.zone()), 1, tariff_.zone());
    if (month_end <= to) {
      Tick(month_end.PlusMillis(-1));
      for (uint32_t n = 0; n < population_.account_count(); ++n) {
        const Plan& plan = population_.terms().plans[population_.plan_of(n)];
        const int64_t owed =
            plan.credit_limit_micros > 0 ? -MainOf(n) : plan.money_each_month_micros;
        if (owed > 0) harness_.TopUp(accounts_[n], owed);
      }
      now_ = month_end;
      return AdvanceTo(to);
    }
    now_ = std::max(now_, to);
    harness_.clock.Set(now_);
    if (to == population_.terms().ends.PlusMillis(-1)) Tick(to);
  }

  const Population& population_;
  const Names& names_;
  const rating::Tariff& tariff_;
  engine::tests::Harness harness_;
  std::map<uint32_t, AccountId> accounts_;
  std::map<uint32_t, Figures> figures_;
  Instant now_ = population_.terms().begins;
  int sessions_ = 0;
};

}  // namespace ocs::simulation::tests

#endif  // TESTS_TARIFF_SIMULATION_SERVER_SIDE_H_
