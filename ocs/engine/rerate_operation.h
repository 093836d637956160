// Re-rating: a charge for use is worked out once more by a corrected tariff, looked at, and put
// right.
//
// A run is a name. It goes through records one by one, in any order, as often as it takes: what it
// has corrected it does not correct again, also after a crash. A correction is one entry with two
// records, both of which refer to the record that they correct: a refund of all that it charged,
// and the same use charged once more. So bills, sums and the ledger need no rule for it; a further
// run corrects the correction.
//
// What was charged to the account's own money is charged to it again, at the price of the offer
// that sold it then; what was drawn from a package is drawn from that package, by the draws of its
// offer: both as the corrected revision has that offer, at the time of the use. Limits and budgets
// are not moved.

#ifndef OCS_ENGINE_RERATE_OPERATION_H_
#define OCS_ENGINE_RERATE_OPERATION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/ids.h"
#include "ocs/base/unit.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// What became of a record. In order of precedence.
enum class ReRateOutcome : uint8_t {
  kCorrected = 0,        ///< It differs: it is, or on a preview would be, corrected.
  kCorrectedBefore = 1,  ///< By this run: the amounts are those of then.
  kNothingCharged = 2,   ///< The record has no lines.
  kGivenBack = 3,        ///< A refund, or another run, gave all of it back.
  kPartlyGivenBack = 4,  ///< By customer care, who must decide what is right.
  kModelUnknown = 5,     ///< The revision does not have the model.
  kPackageGone = 6,      ///< A package that it drew on is gone: adjust by hand.
  kNotSold = 7,          ///< The revision does not sell it to whom it was sold.
  kNeedsWindow = 8,      ///< Old or new price follows from more than the record tells: tiers, a
                         ///< maximum or a minimum over more than it.
  kUnchanged = 9,        ///< At the same prices.
};
/// "corrected", "corrected before", "nothing charged", ...
std::string_view ReRateOutcomeName(ReRateOutcome outcome);

/// What a record charged, and charges now, in one unit.
struct ReRatedAmount {
  Unit unit;
  bool own_money = false;  ///< The account's own; else drawn from packages.
  int64_t before = 0;
  int64_t after = 0;
  friend bool operator==(const ReRatedAmount&, const ReRatedAmount&) = default;
};

/// Works one record out anew, and corrects it. Refused: record_id (names no charge for use of this
/// account), tariff_revision (not published), account_id (closed); the key's conflict where the run
/// has corrected the record by another revision. Its key names the run.
class ReRateCall : public Operation {
 public:
  Change change;
  AccountId account;
  std::string record_id;  ///< "shard.group.index", of use or of a correction.
  uint32_t revision = 0;
  bool apply = false;  ///< False: a preview, which changes nothing.

  // Results.
  ReRateOutcome outcome = ReRateOutcome::kUnchanged;
  std::vector<ReRatedAmount> amounts;  ///< Own money first, then packages, by unit; empty where
                                       ///< nothing was worked out.
  std::string correction_record_id;    ///< Of the record that takes its place; "" without one.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_RERATE_OPERATION_H_
