// The fast form of a catalogue: for each table (a price book, a grant) and model a short list of
// candidate rows, strongest first. What it holds is described here; how it is made, in compiler.h.

#ifndef RATING_INTERNAL_COMPILED_H_
#define RATING_INTERNAL_COMPILED_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "rating/catalogue.h"
#include "rating/internal/zone_table.h"
#include "rating/tariff.h"

namespace ocs::rating::internal {

inline constexpr uint32_t kNone = 0xffffffff;

/// A grant lasts minutes: hours and days change a few times in that, and the rest is patience with
/// a calendar in which many rules have boundaries and few of them matter.
inline constexpr int kSwitchesLookedAtMax = 32;

/// What a check asks; the cheap ones come first in a candidate.
enum class CheckKind : uint8_t {
  kDimension = 0,  ///< The value of dimension `arg` is one of the symbols [begin, end).
  kPrompt = 1,     ///< The prompt is in band `begin`.
  kSwitchOn = 2,   ///< Switch `arg` is on.
  kHours = 3,      ///< The second of the day is in [begin, end); over midnight where end < begin.
  kWeekdays = 4,   ///< Bit of the weekday is set in `arg`; bit 0 is Monday.
  kHoliday = 5,    ///< The day is in calendar `begin`.
  kWorkday = 6,    ///< It is not.
  kFirst = 7,      ///< At most `begin` months and `end` days after the offer's beginning.
};

struct Check {
  CheckKind kind = CheckKind::kDimension;
  uint8_t arg = 0;
  uint16_t zone = 0;  ///< Of hours and days.
  uint32_t begin = 0;
  uint32_t end = 0;
  friend auto operator<=>(const Check&, const Check&) = default;
};
static_assert(sizeof(Check) == 12);

/// One rule that may apply to a model: the first of a list that holds is the one that does.
struct Candidate {
  int64_t from_ms = 0;
  int64_t until_ms = 0;  ///< Not included.
  uint32_t row = 0;      ///< kNone: what holds here is that nothing is sold.
  uint32_t checks = 0;   ///< The first of its checks.
  uint16_t check_count = 0;
  uint16_t shared = 0;  ///< So many of its first checks are also the next candidate's.
};
static_assert(sizeof(Candidate) == 32);

/// A part of the candidates: [begin, end).
struct List {
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// An index into the lists for each model. List 0 is the empty one.
using Table = std::vector<uint32_t>;

/// Where an offer's prices and draws are.
struct OfferTables {
  uint32_t prices = kNone;
  std::vector<uint32_t> draws;
  std::vector<std::array<std::vector<std::string>, kDimensionCount>> cover_values;  ///< By grant.
};

/// An alias for all names that begin so.
struct NamePrefix {
  std::string text;
  uint32_t model = 0;
  uint32_t wider = kNone;  ///< Index of the longest other prefix that this one begins with.
};

/// Immutable once compiled.
struct CompiledTariff {
  uint32_t revision = 0;
  std::string name;
  absl::TimeZone zone;
  CallTerms calls;
  bool switches_sessions = false;
  std::vector<std::string> model_ids;
  std::vector<std::string> model_providers;
  std::vector<std::string> model_families;
  std::vector<std::vector<std::string>> model_classes;
  absl::flat_hash_map<std::string, uint32_t> models;
  std::vector<NamePrefix> prefixes;  ///< Sorted by text.
  std::vector<UnitDisplay> units;
  std::vector<Offer> offers;
  absl::flat_hash_map<std::string, uint32_t> offer_ids;
  std::vector<OfferTables> offer_tables;
  std::vector<Table> tables;
  uint32_t costs = kNone;                 ///< The wholesale books' table.
  std::vector<Shape> shapes = {Shape{}};  ///< The first stands for none.
  std::vector<List> lists = {List{}};
  std::vector<Candidate> candidates;
  std::vector<Check> checks;
  std::vector<Symbol> symbols;
  std::vector<PromptBand> prompts;
  std::vector<std::vector<int32_t>> calendars;
  std::vector<ZoneTable> zones;
  std::vector<RateRow> rows;
  std::vector<Rule> rules;
  std::vector<Unit> rule_currencies;  ///< Beside `rules`; empty for draws.

  /// The model of that name, alias or, of the prefixes that it begins with, the longest; kNone.
  uint32_t FindModel(std::string_view wanted) const;

  /// The row that holds for the model and the use, or null.
  const RateRow* Find(uint32_t table, uint32_t model, const UseContext& context) const {
    const List list = lists[tables[table][model]];
    for (uint32_t i = list.begin; i < list.end; ++i) {
      const Candidate& candidate = candidates[i];
      if (context.at.unix_ms < candidate.from_ms || context.at.unix_ms >= candidate.until_ms) {
        continue;
      }
      const uint32_t held = candidate.check_count == 0 ? 0 : HeldChecks(candidate, context);
      if (held == candidate.check_count)
        return candidate.row == kNone ? nullptr : &rows[candidate.row];
      // The check that failed fails for those behind that share it, too.
      while (held < candidates[i].shared) ++i;
    }
    return nullptr;
  }

  /// What the model's rules of a table ask about a use: as Tariff::PriceDependsOn.
  uint32_t DependsOn(uint32_t table, uint32_t model) const {
    uint32_t asked = 0;
    const List list = lists[tables[table][model]];
    for (uint32_t i = list.begin; i < list.end; ++i) {
      const Candidate& candidate = candidates[i];
      for (uint32_t c = 0; c < candidate.check_count; ++c) {
        const Check& check = checks[candidate.checks + c];
        if (check.kind == CheckKind::kDimension) asked |= 1U << check.arg;
        if (check.kind == CheckKind::kPrompt) asked |= 1U << kDimensionCount;
      }
    }
    return asked;
  }

  /// The first instant after the context's, before `until`, at which another row holds; Never().
  Instant NextSwitch(uint32_t table, uint32_t model, const UseContext& context,
                     Instant until) const;

  /// Until when the same row surely holds: the next switch, or as far as was looked; at most
  /// `until`. REQUIRES: until > context.at.
  Instant HoldsUntil(uint32_t table, uint32_t model, const UseContext& context,
                     Instant until) const;

  /// How many of the candidate's first checks hold.
  uint32_t HeldChecks(const Candidate& candidate, const UseContext& context) const;

 private:
  bool Holds(const Check& check, const UseContext& context) const;
  int64_t NextBoundary(const Check& check, const UseContext& context) const;
  int64_t NextBoundaryOf(const List& list, const UseContext& context, int64_t until_ms) const;
  bool DimensionHolds(const Check& check, const UseContext& context) const;
  bool FirstHolds(const Check& check, const UseContext& context) const;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_COMPILED_H_
