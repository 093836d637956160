// One function per dialect: from the members of an answer to a usage.

#ifndef RATING_USAGE_INTERNAL_DIALECTS_H_
#define RATING_USAGE_INTERNAL_DIALECTS_H_

#include <string_view>

#include "rating/usage/internal/compose.h"
#include "rating/usage/internal/fields.h"
#include "rating/usage/provider_usage.h"

namespace ocs::usage::internal {

/// Where reasoning tokens stand.
enum class ReasoningPlace : uint8_t {
  kInside,   ///< In the completion.
  kBeside,   ///< Beside it, unless only the other fits the total.
  kByTotal,  ///< Nobody knows: in it, unless only the other fits the total.
  kInTotal,  ///< Not reported: what the total has above prompt and completion.
  kApart,    ///< Beside it, and beside the total.
};

/// What a provider's name decides beyond the dialect.
struct Terms {
  ReasoningPlace reasoning = ReasoningPlace::kByTotal;
  bool citations = false;     ///< Tokens of sources that were read are billed as input.
  bool prompt_only = false;   ///< An interface that generates nothing: embeddings, rerank.
  bool image_output = false;  ///< An interface whose output is images.
};

/// What a dialect reads from and writes to. `start` is the first event of an Anthropic stream, and
/// is there for nothing else.
struct Reading {
  Scope root;
  Scope usage;
  Scope start;
  Terms terms;
  Fields* fields = nullptr;
  Composer* composer = nullptr;
  ProviderUsage* result = nullptr;
};

void ReadChat(const Reading& reading);
void ReadInclusive(const Reading& reading);
void ReadAnthropic(const Reading& reading);
void ReadGemini(const Reading& reading);
void ReadBedrock(const Reading& reading);
void ReadCohere(const Reading& reading);
void ReadOllama(const Reading& reading);
void ReadInvoke(const Reading& reading);

/// Cost, searches and seconds that may stand in any dialect's usage.
void ReadExtras(const Reading& reading);

}  // namespace ocs::usage::internal

#endif  // RATING_USAGE_INTERNAL_DIALECTS_H_
