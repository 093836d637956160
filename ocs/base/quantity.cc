#include "ocs/base/quantity.h"

#include <algorithm>

#include "ocs/base/check.h"
#include "ocs/base/exact.h"

namespace ocs {
namespace {

constexpr std::array<std::string_view, kTokenKindCount> kNames = {
    "input",     "cache_read",  "cache_write_5m", "cache_write_1h", "output",
    "reasoning", "audio_input", "audio_output",   "image_input",    "image_output",
    "request",   "search",      "image",          "second"};

}  // namespace

std::string_view TokenKindName(TokenKind kind) {
  const auto index = static_cast<size_t>(kind);
  OCS_CHECK(index < kNames.size());
  return kNames[index];
}

std::optional<TokenKind> ParseTokenKind(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<TokenKind>(found - kNames.begin());
}

bool AddQuantity(Quantities& quantities, TokenKind kind, int64_t quantity) {
  OCS_CHECK(quantity >= 0);
  auto at = std::find_if(quantities.begin(), quantities.end(),
                         [&](const KindQuantity& q) { return q.kind >= kind; });
  if (at == quantities.end() || at->kind != kind) {
    quantities.insert(at, KindQuantity{.kind = kind, .quantity = quantity});
    return true;
  }
  const auto sum = AddExact(at->quantity, quantity);
  if (!sum) return false;
  at->quantity = *sum;
  return true;
}

int64_t QuantityOf(const Quantities& quantities, TokenKind kind) {
  for (const KindQuantity& q : quantities) {
    if (q.kind == kind) return q.quantity;
  }
  return 0;
}

}  // namespace ocs
