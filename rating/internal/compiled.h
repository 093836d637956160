// The fast form of a catalogue: for each table (a price book, a grant) and model a short list of
// candidate rows, strongest first. What it holds is described here; how it is made, in compiler.h.

#ifndef RATING_INTERNAL_COMPILED_H_
#define RATING_INTERNAL_COMPILED_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "rating/internal/zone_table.h"
#include "rating/tariff.h"

namespace ocs::rating::internal {

inline constexpr uint32_t kNone = 0xffffffff;

/// One rule that may apply to a model: the first of a list whose times hold is the one that does.
struct Candidate {
  int64_t from_ms = 0;
  int64_t until_ms = 0;  ///< Not included.
  uint32_t row = 0;
  uint32_t hours = kNone;

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// A part of each day.
struct Hours {
  int begin_second = 0;
  int end_second = 0;  ///< Not included; smaller than begin_second when the hours go over midnight.
  uint32_t zone = 0;
};

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
};

/// Immutable once compiled.
struct CompiledTariff {
  uint32_t revision = 0;
  std::string name;
  absl::TimeZone zone;
  std::vector<std::string> model_ids;
  std::vector<std::string> model_providers;
  absl::flat_hash_map<std::string, uint32_t> models;
  std::vector<Offer> offers;
  absl::flat_hash_map<std::string, uint32_t> offer_ids;
  std::vector<OfferTables> offer_tables;
  std::vector<Table> tables;
  uint32_t costs = kNone;  ///< The wholesale book's table.
  Unit cost_currency;
  std::vector<Shape> shapes = {Shape{}};  ///< The first stands for none.
  std::vector<List> lists;
  std::vector<Candidate> candidates;
  std::vector<RateRow> rows;
  std::vector<Rule> rules;
  std::vector<Hours> hours;
  std::vector<ZoneTable> zones;

  /// The row that holds for the model at that instant, or null.
  const RateRow* Find(uint32_t table, uint32_t model, Instant at) const {
    const List list = lists[tables[table][model]];
    for (uint32_t i = list.begin; i < list.end; ++i) {
      const Candidate& candidate = candidates[i];
      if (at.unix_ms < candidate.from_ms || at.unix_ms >= candidate.until_ms) continue;
      if (candidate.hours != kNone && !HoursHold(hours[candidate.hours], at)) continue;
      return &rows[candidate.row];
    }
    return nullptr;
  }

  bool HoursHold(const Hours& part, Instant at) const {
    const int second = zones[part.zone].SecondOfDay(at.unix_ms);
    if (part.begin_second < part.end_second) {
      return second >= part.begin_second && second < part.end_second;
    }
    return second >= part.begin_second || second < part.end_second;
  }
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_COMPILED_H_
