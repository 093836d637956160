// What the tests of the rating room share: reading files, catalogues from text, pots from
// fractions.

#ifndef TESTS_RATING_SUPPORT_H_
#define TESTS_RATING_SUPPORT_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ocs/base/check.h"
#include "rating/catalogue.h"
#include "rating/tariff.h"
#include "tests/support/catch.h"

namespace ocs::rating {

inline constexpr TokenKind kIn = TokenKind::kInput;
inline constexpr TokenKind kHit = TokenKind::kCacheRead;
inline constexpr TokenKind kOut = TokenKind::kOutput;

/// The bytes of a file that must be there.
inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  OCS_CHECK(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The diagnostics of a text, one per line.
inline std::string DiagnosticsOf(std::string_view text) {
  std::string all;
  for (const Diagnostic& diagnostic : ParseCatalogue(text, "c.yaml").diagnostics) {
    all += diagnostic.ToString() + "\n";
  }
  return all;
}

/// The tariff of a catalogue text that must be right.
inline std::unique_ptr<const Tariff> CompileText(std::string_view text) {
  INFO(DiagnosticsOf(text));
  const CatalogueCheck check = ParseCatalogue(text, "c.yaml");
  REQUIRE(check.catalogue.has_value());
  return Tariff::Compile(*check.catalogue, 1);
}

/// A row that sells one kind.
inline RateRow RowOf(TokenKind kind, Rate rate) {
  RateRow row;
  row.rates[static_cast<size_t>(kind)] = rate;
  return row;
}

/// An instant of a text that must be right.
inline Instant At(std::string_view text) {
  const auto instant = ParseInstant(text);
  OCS_CHECK(instant.ok());
  return *instant;
}

}  // namespace ocs::rating

#endif  // TESTS_RATING_SUPPORT_H_
