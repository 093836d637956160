// When and for which use a candidate holds: conditions of rules, adjustments, covers and exchange
// rates put together, and packed into checks.

#ifndef RATING_INTERNAL_WHEN_H_
#define RATING_INTERNAL_WHEN_H_

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/compiled.h"

namespace ocs::rating::internal {

/// Everything that must be so at once.
struct When {
  int64_t from_ms = std::numeric_limits<int64_t>::min();
  int64_t until_ms = std::numeric_limits<int64_t>::max();
  std::array<std::optional<std::vector<Symbol>>, kDimensionCount> values = {};  ///< Sorted.
  PromptBand prompt = {};
  uint32_t switches_on = 0;
  std::vector<Check> clock = {};  ///< Hours, days and firsts; sorted, each once.

  /// True when it holds for every use at every time.
  bool always() const;
};

/// Both, or nothing when they surely never hold together.
std::optional<When> Meet(const When& a, const When& b);

/// Turns conditions into Whens and these into candidates of one tariff. Thread-compatible.
class WhenPacker final {
 public:
  /// REQUIRES: both outlive it.
  WhenPacker(const Catalogue& catalogue, CompiledTariff* out);

  When Of(const Conditions& conditions);
  Candidate Pack(const When& when, uint32_t row);

 private:
  uint16_t ZoneOf(const std::string& name);
  uint32_t CalendarOf(const std::string& id) const;
  uint32_t SymbolsAt(const std::vector<Symbol>& symbols);

  const Catalogue& catalogue_;
  CompiledTariff* out_;
  std::map<std::string, uint16_t> zones_;
  std::map<std::vector<Symbol>, uint32_t> symbols_;
  std::map<std::vector<Check>, uint32_t> checks_;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_WHEN_H_
