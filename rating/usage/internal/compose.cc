#include "rating/usage/internal/compose.h"

#include <algorithm>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/limits.h"

namespace ocs::usage::internal {

void Composer::Add(TokenKind kind, int64_t quantity) {
  OCS_CHECK(quantity >= 0);
  if (quantity == 0) return;
  if (!AddQuantity(quantities_, kind, quantity) || QuantityOf(quantities_, kind) > kQuantityMax) {
    overflow_ = true;
  }
}

void Composer::Take(int64_t& left, TokenKind kind, int64_t wanted) {
  OCS_CHECK(wanted >= 0);
  const int64_t kept = std::min(wanted, left);
  if (kept < wanted) clamps_.push_back({.kind = kind, .reported = wanted, .kept = kept});
  left -= kept;
  Add(kind, kept);
}

void Composer::AddPrompt(const PromptParts& parts) {
  OCS_CHECK(parts.total >= 0);
  int64_t left = parts.total;
  Take(left, TokenKind::kCacheRead, parts.cache_read);
  Take(left, TokenKind::kCacheWrite1h, parts.cache_write_1h);
  Take(left, TokenKind::kCacheWrite5m, parts.cache_write_5m);
  Take(left, TokenKind::kAudioInput, parts.audio);
  Take(left, TokenKind::kImageInput, parts.image);
  Add(TokenKind::kInput, left);
  prompt_ += parts.total;
}

void Composer::AddOutput(const OutputParts& parts) {
  OCS_CHECK(parts.total >= 0);
  int64_t left = parts.total;
  Take(left, TokenKind::kReasoning, parts.reasoning);
  Take(left, TokenKind::kAudioOutput, parts.audio);
  Take(left, TokenKind::kImageOutput, parts.image);
  Add(TokenKind::kOutput, left);
  output_ += parts.total;
}

void Composer::AddDetail(std::string_view name, int64_t count) {
  if (count == 0) return;
  const auto found = std::find_if(details_.begin(), details_.end(),
                                  [&](const Detail& detail) { return detail.name == name; });
  if (found == details_.end()) {
    details_.push_back({.name = name, .count = count});
  } else {
    found->count += count;
  }
}

bool Composer::Finish(ProviderUsage& usage) {
  if (overflow_ || prompt_ > kQuantityMax || output_ > kQuantityMax) return false;
  usage.quantities = std::move(quantities_);
  usage.clamps = std::move(clamps_);
  usage.details = std::move(details_);
  usage.prompt_tokens = prompt_;
  usage.output_tokens = output_;
  if (!usage.clamps.empty()) usage.marks.Set(UsageMark::kClamped);
  if (usage.provider_total.has_value() &&
      *usage.provider_total != prompt_ + output_ - usage.beside_total) {
    usage.marks.Set(UsageMark::kTotalDisagrees);
  }
  return true;
}

}  // namespace ocs::usage::internal
