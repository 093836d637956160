// How much is granted when the request leaves it to the server, and what a gateway is told so that
// a stream ends close to the last token that can be paid.

#include <algorithm>

#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/engine/internal/charging.h"

namespace ocs::engine {
namespace {

// Of the kinds that grow with a stream, the first that some pot sells; output where none does.
TokenKind GrowingKind(const Pots& pots) {
  for (int kind = 0; kind < kTokenKindCount; ++kind) {
    const auto candidate = static_cast<TokenKind>(kind);
    if (IsPromptKind(candidate) || candidate == TokenKind::kRequest) continue;
    if (std::any_of(pots.pots.begin(), pots.pots.end(),
                    [&](const rating::Pot& pot) { return pot.row->of(candidate).sold(); })) {
      return candidate;
    }
  }
  return TokenKind::kOutput;
}

}  // namespace

Quantities Charging::ChooseQuantities(const ServiceRequest& service,
                                      const ServiceOutcome& outcome) const {
  const GrantPolicy& policy = shard_.options().grants;
  if (policy.tokens_max == 0)
    return {{.kind = TokenKind::kOutput, .quantity = shard_.options().default_grant_tokens}};
  Pots pots = PotsOf(service, outcome);
  for (size_t i = 0; i < pots.pots.size(); ++i) {
    if (pots.sources[i].ended) pots.pots[i].available = 0;
  }
  const TokenKind kind = GrowingKind(pots);
  // One of many sessions leaves the others their part.
  const auto sessions = static_cast<int64_t>(account_->sessions.size()) +
                        (request_.type == RequestType::kInitial ? 1 : 0);
  int64_t tokens = policy.tokens_max;
  tokens = std::min(tokens, rating::Affordable(kind, pots.pots) / std::max<int64_t>(sessions, 1));
  if (policy.money_micros > 0) {
    for (size_t i = 0; i < pots.pots.size(); ++i) {
      if (pots.sources[i].unit.is_money())
        pots.pots[i].available = std::min(pots.pots[i].available, policy.money_micros);
    }
    tokens = std::min(tokens, rating::Affordable(kind, pots.pots));
  }
  return {{.kind = kind, .quantity = std::max({tokens, policy.tokens_min, int64_t{1}})}};
}

void Charging::TellStream(const Affordance& a, ServiceAnswer* answer) const {
  const GrantPolicy& policy = shard_.options().grants;
  int64_t growing = 0;
  for (const KindQuantity& q : answer->granted) {
    if (!IsPromptKind(q.kind) && q.kind != TokenKind::kRequest) growing += q.quantity;
  }
  // Behind the last units there is nothing to ask for early.
  if (policy.threshold_percent > 0 && !answer->final_unit) {
    constexpr int64_t kPercent = 100;
    answer->threshold_tokens = growing / kPercent * policy.threshold_percent +
                               growing % kPercent * policy.threshold_percent / kPercent;
  }
  if (!policy.tells_safe_tokens) return;
  if (!a.whole) {
    answer->output_tokens_safe = QuantityOf(answer->granted, TokenKind::kOutput);
    return;
  }
  // What is left beside the grant's other kinds: those are held as if they were asked for alone.
  Quantities others;
  for (const KindQuantity& q : a.asked) {
    if (q.kind != TokenKind::kOutput) others.push_back(q);
  }
  auto pots = a.pots.pots;
  for (const rating::HoldLine& line : rating::Hold(others, pots).holds)
    pots[line.pot].available -= line.amount;
  answer->output_tokens_safe = std::min(rating::Affordable(TokenKind::kOutput, pots), kQuantityMax);
}

}  // namespace ocs::engine
