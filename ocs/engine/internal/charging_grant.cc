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

// When a gateway is to ask again: at the configured part of the grant, and when what was used makes
// a record as long as one may be. A volume limit (TS 32.290) triggers a report and takes nothing
// away from the quota; nor does a threshold.
int64_t ThresholdOf(const EngineOptions& options, const Quantities& granted) {
  int64_t growing = 0;
  int64_t growing_tokens = 0;
  for (const KindQuantity& q : granted) {
    if (IsPromptKind(q.kind)) continue;
    growing += q.quantity;
    if (rating::Counts(rating::Counted::kTokens, q.kind)) growing_tokens += q.quantity;
  }
  constexpr int64_t kPercent = 100;
  const int64_t percent = options.grants.threshold_percent;
  const int64_t threshold = growing / kPercent * percent + growing % kPercent * percent / kPercent;
  if (options.partial_record_tokens == 0) return threshold;
  // The prompt is in the record from its beginning.
  const int64_t prompt = TokensOf(granted) - growing_tokens;
  const int64_t until = std::max<int64_t>(options.partial_record_tokens - prompt, 1);
  if (growing_tokens <= until) return threshold;
  return std::max(threshold, growing - until + 1);  // Fewer are left once `until` were used.
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
  // Behind the last units there is nothing to ask for early.
  if (!answer->final_unit)
    answer->threshold_tokens = ThresholdOf(shard_.options(), answer->granted);
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
