// From counts that contain each other to kinds that do not.

#ifndef RATING_USAGE_INTERNAL_COMPOSE_H_
#define RATING_USAGE_INTERNAL_COMPOSE_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ocs/base/quantity.h"
#include "rating/usage/provider_usage.h"

namespace ocs::usage::internal {

/// All prompt tokens and the parts of them that have a kind of their own. What no part claims is
/// input.
struct PromptParts {
  int64_t total = 0;
  int64_t cache_read = 0;
  int64_t cache_write_5m = 0;
  int64_t cache_write_1h = 0;
  int64_t audio = 0;  ///< Not served from a cache.
  int64_t image = 0;  ///< Not served from a cache; video frames and pages count as images.
};

/// All generated tokens and their parts. What no part claims is output.
struct OutputParts {
  int64_t total = 0;
  int64_t reasoning = 0;
  int64_t audio = 0;
  int64_t image = 0;
};

/// Collects one vector. The rule for parts that do not fit: they take from the total in the order
/// of the kinds (cache read, write of 1 hour, write of 5 minutes, audio, image; reasoning, audio,
/// image), and one that finds less than it claims gets what is left, with a Clamp. So the vector is
/// never more than the total that the provider bills, and what is clamped is the dearest to prove:
/// the modality of a cached token. Thread-compatible.
class Composer final {
 public:
  void AddPrompt(const PromptParts& parts);
  void AddOutput(const OutputParts& parts);

  /// A quantity that is no token: searches, images, seconds.
  void Add(TokenKind kind, int64_t quantity);
  void AddDetail(std::string_view name, int64_t count);

  int64_t prompt_tokens() const { return prompt_; }
  int64_t output_tokens() const { return output_; }
  bool overflow() const { return overflow_; }

  /// Moves what was collected into a usage, and compares its tokens with `usage.provider_total`.
  /// False when a sum is beyond kQuantityMax: then the usage is not to be used.
  bool Finish(ProviderUsage& usage);

 private:
  void Take(int64_t& left, TokenKind kind, int64_t wanted);

  Quantities quantities_;
  std::vector<Clamp> clamps_;
  std::vector<Detail> details_;
  int64_t prompt_ = 0;
  int64_t output_ = 0;
  bool overflow_ = false;
};

}  // namespace ocs::usage::internal

#endif  // RATING_USAGE_INTERNAL_COMPOSE_H_
