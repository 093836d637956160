// What a model call uses: tokens by kind, and the other things that are counted and priced beside
// them.

#ifndef OCS_BASE_QUANTITY_H_
#define OCS_BASE_QUANTITY_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace ocs {

/// The kinds are disjoint: a cached token is not also an input token, a reasoning token not also an
/// output token. Numbers are stored and sent: never reused, only added. The order is the order in
/// which a charge is computed.
enum class TokenKind : uint8_t {
  kInput = 0,         ///< Prompt tokens that no cache served and none was asked to keep.
  kCacheRead = 1,     ///< Prompt tokens served from a prefix cache.
  kCacheWrite5m = 2,  ///< Prompt tokens written to a cache that keeps them 5 minutes.
  kCacheWrite1h = 3,  ///< Prompt tokens written to a cache that keeps them 1 hour.
  kOutput = 4,        ///< Generated tokens, reasoning excluded.
  kReasoning = 5,     ///< Generated tokens of the model's thinking.
  kAudioInput = 6,
  kAudioOutput = 7,
  kImageInput = 8,
  kImageOutput = 9,
  kRequest = 10,  ///< Calls.
  kSearch = 11,   ///< Web or file searches made for the call.
  kImage = 12,    ///< Images generated.
  kSecond = 13,   ///< Seconds of audio, video or dedicated capacity.
};

inline constexpr int kTokenKindCount = 14;

/// The name used in catalogues, on the command line, in files and in answers: "input",
/// "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", ...
std::string_view TokenKindName(TokenKind kind);

/// The kind of that name, or nothing.
std::optional<TokenKind> ParseTokenKind(std::string_view name);

/// True for kinds that are known before the model runs (the prompt): they are granted whole or not
/// at all. False for kinds that grow while it runs (output, reasoning, seconds): a grant may hold
/// fewer than were asked for.
constexpr bool IsPromptKind(TokenKind kind) {
  return kind != TokenKind::kOutput && kind != TokenKind::kReasoning &&
         kind != TokenKind::kAudioOutput && kind != TokenKind::kImageOutput &&
         kind != TokenKind::kImage && kind != TokenKind::kSecond && kind != TokenKind::kSearch;
}

/// A count of one kind. `quantity` is never negative where a function of the house takes one.
struct KindQuantity {
  TokenKind kind = TokenKind::kInput;
  int64_t quantity = 0;
  friend bool operator==(const KindQuantity&, const KindQuantity&) = default;
};

/// Quantities by kind, each kind at most once, in order of kind.
using Quantities = absl::InlinedVector<KindQuantity, 4>;

/// Adds to a kind's quantity, keeping the order. False (and nothing changed) on overflow.
/// REQUIRES: quantity >= 0.
[[nodiscard]] bool AddQuantity(Quantities& quantities, TokenKind kind, int64_t quantity);

/// The quantity of a kind, 0 when it is not there.
int64_t QuantityOf(const Quantities& quantities, TokenKind kind);

}  // namespace ocs

#endif  // OCS_BASE_QUANTITY_H_
