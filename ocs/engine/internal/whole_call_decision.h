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
  // A bucket that may pay, in draw order.
  struct Payer {
    balance::Bucket* bucket;
    const rating::RateRow* row;
    const rating::GrantTerms* grant;        // Null: the account's own money.
    const rating::FinalUnits* final_units;  // When it is the last that has nothing.
    int64_t available;
  };

  // False: something here is not plain.
  bool Collect(const WholeCall& call, balance::Account* account);
  bool AddPackage(const WholeCall& call, const balance::Account& account, balance::Bucket* bucket);
  const rating::RateRow* FindPrice(const WholeCall& call, const balance::Account& account,
                                   rating::OfferIndex* offer) const;
  // No price or draw of the model becomes another rule's before a grant of this call would end: it
  // is held for one price only.
  bool IsSteady(const WholeCall& call, PlainAccount* plain) const;
  Instant NextSwitch(const WholeCall& call, const balance::Account& account, Instant until) const;
  // Of those before it nothing can be drawn: it pays, if it has enough. Null: nobody has anything.
  // `declined`: it is not as simple as that.
  const Payer* FirstToPay(const WholeCall& call, bool* declined) const;
  WholeCallOutcome::End WithoutPayer(const WholeCall& call) const;
  // Who pays has something, but perhaps not enough: refused, or not taken.
  WholeCallOutcome::End WhenTight(const WholeCall& call);
  // Without units something else happens than that the call is refused.
  bool GoesOnWithoutUnits() const;
  // False where the cost's carries do not fit; no cost at all is true.
  bool RateCost(const WholeCall& call, const balance::Account& account, WholeCallOutcome* outcome);
  bool Take(const Payer& payer, balance::Account* account, WholeCallOutcome* outcome);

  const rating::Tariff* tariff_;
  const EngineOptions* options_;
  absl::InlinedVector<Payer, 6> payers_;
  absl::InlinedVector<rating::Pot, 6> pots_;
  Quantities asked_;
  rating::OnePotSum charge_;
  rating::OnePotSum cost_;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_WHOLE_CALL_DECISION_H_
