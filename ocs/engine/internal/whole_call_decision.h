// Decides a call at once, or declines: see ocs/engine/whole_call.h. Each condition here is one
// under which the full decision (charging.h) does nothing but what this does.

#ifndef OCS_ENGINE_INTERNAL_WHOLE_CALL_DECISION_H_
#define OCS_ENGINE_INTERNAL_WHOLE_CALL_DECISION_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "balance/account.h"
#include "ocs/base/quantity.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/whole_call.h"
#include "rating/one_pot.h"
#include "rating/rater.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// Reused from call to call for its memory.
class WholeCallDecision final {
 public:
  /// REQUIRES: all prices and packages are of this tariff, which outlives it.
  WholeCallDecision(const rating::Tariff* tariff, const EngineOptions* options)
      : tariff_(tariff), options_(options) {}

  /// Whether calls of the account may be taken, and until when.
  void Look(balance::Account* account, PlainAccount* plain) const;

  WholeCallOutcome Decide(const WholeCall& call, PlainAccount* plain);

 private:
  using Known = PlainAccount::Known;
  using Payer = PlainAccount::Payer;

  // Of the call's kind: kept, or learned now.
  Known& KnownOf(const WholeCall& call, PlainAccount* plain) const;
  Known* PlaceFor(const WholeCall& call, PlainAccount* plain) const;
  void Learn(const WholeCall& call, const balance::Account& account, Known* known) const;
  // False: something here is not plain.
  bool Collect(const WholeCall& call, const balance::Account& account, Known* known) const;
  bool AddPackage(const WholeCall& call, const balance::Account& account, uint32_t bucket,
                  Known* known) const;
  bool AddMoney(const WholeCall& call, const balance::Account& account, uint32_t bucket,
                Known* known) const;
  const rating::RateRow* FindPrice(const WholeCall& call, const balance::Account& account,
                                   rating::OfferIndex* offer) const;
  // Until then no price or draw of the model becomes another rule's.
  Instant PricesHoldUntil(const WholeCall& call, const balance::Account& account,
                          Instant until) const;
  // Of those before it nothing can be drawn: it pays, if it has enough. Null: nobody has anything.
  // `declined`: it is not as simple as that.
  static Payer* FirstToPay(const balance::Account& account, Known& known, uint32_t kinds,
                           bool* declined);
  static WholeCallOutcome::End WithoutPayer(const Known& known, uint32_t kinds);
  // Who pays has something, but perhaps not enough: refused, or not taken.
  WholeCallOutcome::End WhenTight(const WholeCall& call, const balance::Account& account,
                                  const Known& known);
  // False where the cost's carries do not fit; no cost at all is true.
  bool RateCost(const WholeCall& call, const balance::Account& account, Known* known,
                WholeCallOutcome* outcome);
  bool Take(balance::Bucket* bucket, balance::Account* account, WholeCallOutcome* outcome);

  const rating::Tariff* tariff_;
  const EngineOptions* options_;
  absl::InlinedVector<rating::Pot, 6> pots_;
  Quantities asked_;
  rating::OnePotSum charge_;
  rating::OnePotSum cost_;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_WHOLE_CALL_DECISION_H_
