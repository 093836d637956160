// Who uses the models: how many accounts, on which plans, with what money; how conversations and
// clients are dealt to them; which models they use. A text under version control, checked with line
// numbers (docs/SIMULATION.md). All chance comes from its seed.

#ifndef OCS_SIMULATION_POPULATION_H_
#define OCS_SIMULATION_POPULATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/simulation/event.h"

namespace ocs::simulation {

/// A model and its share of the conversations of a plan.
struct ModelMix {
  std::string model;
  int64_t share = 0;
  friend bool operator==(const ModelMix&, const ModelMix&) = default;
};

struct UseMix {
  UseNames use;
  int64_t share = 0;
  friend bool operator==(const UseMix&, const UseMix&) = default;
};

/// Money that is paid in by itself when there is too little.
struct AutoTopUp {
  int64_t below_micros = 0;   ///< Looked at after each call.
  int64_t amount_micros = 0;  ///< 0: never.
  int64_t most_per_month = 4;
  friend bool operator==(const AutoTopUp&, const AutoTopUp&) = default;
};

/// A kind of customer.
struct Plan {
  std::string name;
  int64_t share = 0;                ///< Of the accounts, in parts of the sum of all shares.
  std::vector<std::string> offers;  ///< Bought at the beginning, in this order.
  Unit currency = {};
  /// Above 0: pays afterwards. What is owed is paid at the end of each month.
  int64_t credit_limit_micros = 0;
  int64_t money_micros = 0;             ///< Paid in at the beginning, beyond the offers' fees.
  int64_t money_each_month_micros = 0;  ///< Paid in just before each month's end, for what renews.
  AutoTopUp top_up = {};
  int64_t use_permille = 1'000;  ///< How much these customers use, against the others.
  std::string segment;
  std::vector<ModelMix> models;  ///< Empty: the population's.
  friend bool operator==(const Plan&, const Plan&) = default;
};

/// As written.
struct PopulationTerms {
  std::string name;
  uint64_t seed = 1;
  int64_t accounts = 0;  ///< At the beginning.
  Instant begins;
  Instant ends;  ///< Events from then on are not simulated; what is due by then happens.
  /// New accounts a month, in permille of those there were at the beginning; at most doubling each
  /// month.
  int64_t growth_permille = 0;
  /// The account of rank r gets conversations with weight r^-skew; 1000 permille is 1/r.
  int64_t skew_permille = 1'000;
  std::vector<Plan> plans;
  std::vector<ModelMix> models;  ///< For rows that name no model.
  std::vector<UseMix> uses;      ///< For rows that do not say what the use is like.
  friend bool operator==(const PopulationTerms&, const PopulationTerms&) = default;
};

inline constexpr int64_t kPopulationAccountsMax = 20'000'000;  ///< About 1 KB each and catalogue.
inline constexpr int kPlansMax = 255;
inline constexpr int kMonthsMax = 36;  ///< A bill is kept for each account and month.
inline constexpr int64_t kMixSharesMax = 1'000'000;

struct PopulationCheck;

/// Immutable. Thread-safe.
class Population final {
 public:
  /// Deals plans and ranks. REQUIRES: the terms came from ParsePopulation without faults, or keep
  /// what it checks.
  explicit Population(PopulationTerms terms);
  ~Population();
  Population(const Population&) = delete;
  Population& operator=(const Population&) = delete;

  const PopulationTerms& terms() const { return terms_; }
  /// All, those who come later included.
  uint32_t account_count() const;
  /// Index into terms().plans.
  uint8_t plan_of(uint32_t account) const;
  /// When it becomes a customer.
  Instant joins_at(uint32_t account) const;

  /// To whom a conversation belongs that is under way at that time: always the same one, once he is
  /// there.
  uint32_t AccountOf(uint64_t conversation, Instant at) const;
  /// For who asks AccountOf soon: brings what it reads into the processor's cache.
  void FetchAccountOf(uint64_t conversation) const;
  /// Which of a plan's models it uses; an index into ModelsOf(plan).
  uint32_t ModelOf(uint64_t conversation, uint8_t plan) const;
  const std::vector<ModelMix>& ModelsOf(uint8_t plan) const;
  /// Index into terms().uses; nothing to choose from: 0.
  uint32_t UseOf(uint64_t conversation) const;

  /// SHA-256 of the text, or of the terms where there was none: 64 hexadecimal digits.
  const std::string& hash() const { return hash_; }

 private:
  friend PopulationCheck ParsePopulation(std::string_view text, std::string_view file_name);
  struct Dealt;
  PopulationTerms terms_;
  std::string hash_;
  std::unique_ptr<Dealt> dealt_;
};

/// The terms when there are no diagnostics.
struct PopulationCheck {
  std::unique_ptr<const Population> population;
  std::vector<std::string> diagnostics;  ///< "file:line: field: what is wrong", in order of line.
};

/// Reads and checks a population text: all faults in one go. `file_name` is for messages only.
/// Whether a catalogue has the offers and models is checked when they meet (run.h).
PopulationCheck ParsePopulation(std::string_view text, std::string_view file_name);

}  // namespace ocs::simulation

#endif  // OCS_SIMULATION_POPULATION_H_
