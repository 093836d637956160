#include "ocs/engine/internal/context.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <tuple>

namespace ocs::engine {
namespace {

using rating::Dimension;

// All pieces of the prompt, a call itself excepted. Each is at most kQuantityMax in a request.
int64_t PromptPieces(const Quantities& quantities) {
  int64_t sum = 0;
  for (const KindQuantity& q : quantities) {
    if (IsPromptKind(q.kind) && q.kind != TokenKind::kRequest) sum += q.quantity;
  }
  return sum;
}

void Set(Dimension dimension, std::string_view stated, rating::UseContext* context) {
  if (!stated.empty()) context->of(dimension) = rating::SymbolOf(stated);
}

int64_t AddBounded(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

}  // namespace

rating::UseContext ContextOf(const CreditControlRequest& request, const ServiceRequest& service,
                             const balance::Account& account, const balance::Grant* before,
                             Instant at) {
  static const rating::Symbol kStandard = rating::SymbolOf("standard");
  rating::UseContext context;
  context.at = at;
  if (before != nullptr) {
    static_assert(rating::kDimensionCount == std::tuple_size_v<decltype(before->context)>);
    context.values = before->context;
  } else {
    Set(Dimension::kSegment, account.segment, &context);
  }
  Set(Dimension::kProduct, request.product, &context);
  Set(Dimension::kScenario, request.scenario, &context);
  Set(Dimension::kServiceTier, service.service_tier, &context);
  Set(Dimension::kRegion, request.region, &context);
  Set(Dimension::kChannel, request.channel, &context);
  if (context.of(Dimension::kServiceTier) == 0) context.of(Dimension::kServiceTier) = kStandard;
  context.prompt_tokens =
      service.prompt_tokens ? *service.prompt_tokens : std::abs(KeptPromptTokens(service, before));
  return context;
}

int64_t KeptPromptTokens(const ServiceRequest& service, const balance::Grant* before) {
  const int64_t kept = before == nullptr ? 0 : before->prompt_tokens;
  const int64_t reported = PromptPieces(service.used);
  if (reported > 0) return AddBounded(std::max<int64_t>(kept, 0), reported);
  if (kept > 0) return kept;
  const int64_t expected = service.prompt_tokens.value_or(PromptPieces(service.requested));
  return expected > 0 ? -expected : kept;
}

bool IsFirstCharge(const balance::Grant* before) {
  return before == nullptr || !before->request_counted;
}

void RemoveKind(TokenKind kind, Quantities* quantities) {
  const auto at = std::find_if(quantities->begin(), quantities->end(),
                               [&](const KindQuantity& q) { return q.kind == kind; });
  if (at != quantities->end()) quantities->erase(at);
}

bool UsesAnything(const Quantities& used) {
  return std::any_of(used.begin(), used.end(),
                     [](const KindQuantity& q) { return q.quantity > 0; });
}

}  // namespace ocs::engine
