// Who pays for which call. The trace has no users, so its conversations are dealt to declared
// accounts by a hash, as skewed as real customers are: the account of rank r gets conversations
// with weight 1/r. Pure and deterministic: the same seed and trace give the same plan for ever.
// Tested in: tests/e2e/replay_plan_test.cc

#ifndef TOOLS_REPLAY_POPULATION_H_
#define TOOLS_REPLAY_POPULATION_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/replay/trace.h"

namespace ocs::replay {

/// A model that customers of a product use, and its share of their conversations.
struct ModelShare {
  std::string_view model;
  int64_t percent = 0;
};

/// One declared kind of customer. Immutable.
struct Product {
  std::string_view key;   ///< "light".
  std::string_view what;  ///< For people.
  int64_t accounts = 0;   ///< Of all kAccountCount.
  std::vector<std::string_view> offers;
  int64_t fee_micros = 0;      ///< Of the offers together; paid in first.
  int64_t package_tokens = 0;  ///< 0: no package.
  int64_t credit_limit_micros = 0;
  int64_t money_micros = 0;  ///< Paid in beyond the fee.
  std::vector<ModelShare> models;
};

inline constexpr int64_t kAccountCount = 200;
inline constexpr std::string_view kCurrency = "CNY";
/// One of the first dozen: with it every way in which a call can end occurs, and no single customer
/// fills the picture.
inline constexpr uint64_t kDefaultSeed = 6;

/// The declared mix. Its accounts sum to kAccountCount, each one's shares to 100.
std::span<const Product> Products();

/// A call and the model that serves it.
struct PlannedCall {
  TraceCall trace;
  std::string_view model;
};

struct PlannedAccount {
  int64_t rank = 0;  ///< From 1, busiest first on average; the account's number.
  const Product* product = nullptr;
  int64_t earlier_tokens = 0;      ///< Used earlier in the month; below the package.
  std::vector<PlannedCall> calls;  ///< In the order of the trace.
};

struct Plan {
  uint64_t seed = 0;
  int64_t call_count = 0;
  std::vector<PlannedAccount> accounts;  ///< By rank.
};

/// Deals the calls.
Plan MakePlan(const std::vector<TraceCall>& calls, uint64_t seed);

/// What names an account outside: "customer-001".
std::string CustomerNumber(int64_t rank);

/// The declared mix and what the plan made of it, as a table for people.
std::string DescribePlan(const Plan& plan);

}  // namespace ocs::replay

#endif  // TOOLS_REPLAY_POPULATION_H_
