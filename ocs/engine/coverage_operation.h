// The call that tells where an account's packages can be used, what happens when they are used up,
// and at what price use is billed then.

#ifndef OCS_ENGINE_COVERAGE_OPERATION_H_
#define OCS_ENGINE_COVERAGE_OPERATION_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "balance/account.h"
#include "ocs/base/ids.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// So much for each piece of a kind: quantity * numerator / denominator.
struct PieceRateView {
  TokenKind kind = TokenKind::kInput;
  int64_t numerator = 0;  ///< Micros of a currency or pieces of a unit.
  int64_t denominator = 1;
};
struct CoveredModelView {
  std::string model;  ///< As the catalogue in force names it; so the next two.
  std::string provider;
  std::vector<std::string> classes;
  std::vector<PieceRateView> draw;  ///< A kind that is not there is not covered.
};
struct BucketCoverageView {
  BucketId id;
  std::string name;   ///< "10 M tokens"; "main balance".
  std::string offer;  ///< "" for money paid in: `prices` says what that pays for.
  Unit unit;
  int64_t available = 0;
  Instant valid_until;
  uint32_t subscription = 0;
  std::vector<CoveredModelView> models;  ///< In the order of the catalogue in force.
  std::vector<std::string> classes;      ///< Those that are covered whole.
  /// Dimension and values: a use must state one of each. The draws are those of the first.
  std::vector<std::pair<std::string, std::vector<std::string>>> only_for;
  /// rating::AtEndName as the customer's switches stand; "" for money paid in.
  std::string at_end;
  std::string fallback_model;  ///< Of "fallback".
  std::string next_offer;      ///< Of "buy_next".
};
struct ModelPriceView {
  std::string model;
  std::string provider;
  Unit currency;
  std::vector<PieceRateView> price;  ///< A kind that is not there is not sold. First tier.
  bool shaped = false;               ///< Tiers, a minimum or a maximum are part of it.
  std::string rule;                  ///< "price book deepseek-cny, line 42".
};

/// Reads what a node of an account may draw on now and for which models. Changes nothing. Rates and
/// prices are those that a call would have which begins now and states nothing but its model;
/// where a package asks for more (`only_for`), what it would have if it stated that. Refused:
/// account_id (not there), node_id (not there), model (not in the catalogue in force; or there is
/// none).
class CoverageCall : public Operation {
 public:
  AccountId account;
  balance::NodeId node = balance::kRootNode;
  std::string model;  ///< Id or alias: only what covers it; "" = all models.

  uint32_t tariff_revision = 0;
  std::vector<BucketCoverageView> buckets;  ///< In draw order; used up ones, too.
  std::vector<ModelPriceView> prices;       ///< Of the models that the account's money pays for.

 private:
  AccountId payer() const override { return account; }
  void Execute(Shard& shard) override;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_COVERAGE_OPERATION_H_
