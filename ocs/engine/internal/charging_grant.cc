// How much is granted when the request leaves it to the server, and what a gateway is told so that
// a stream ends close to the last token that can be paid.

#include <algorithm>
#include <utility>

#include "absl/numeric/int128.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/quota.h"

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

// What prices and packages of the account ask about a use of the model, those that do not pay for
// it as it is included: as rating::Tariff::PriceDependsOn.
uint32_t AskedOf(const balance::Account& account, const Revisions& revisions,
                 const rating::Tariff& tariff, balance::NodeId node, std::string_view model) {
  uint32_t asked = 0;
  for (const balance::Subscription& subscription : account.subscriptions) {
    const Revision* bought = revisions.Find(subscription.terms.revision);
    OCS_CHECK(bought != nullptr);
    // As FindPrice: the session's catalogue where it still has the offer.
    const auto offer = tariff.FindOffer(bought->tariff->offer({subscription.terms.offer}).id);
    const rating::Tariff& in = offer ? tariff : *bought->tariff;
    const auto index = in.FindModel(model);
    if (index)
      asked |=
          in.PriceDependsOn(offer.value_or(rating::OfferIndex{subscription.terms.offer}), *index);
  }
  for (const balance::Bucket& bucket : account.buckets) {
    if (bucket.terms.revision == 0 || !MayDraw(account, bucket, node)) continue;
    const Revision* bought = revisions.Find(bucket.terms.revision);
    OCS_CHECK(bought != nullptr);
    const auto index = bought->tariff->FindModel(model);
    if (index)
      asked |= bought->tariff->DrawDependsOn({bucket.terms.offer}, bucket.terms.grant, *index);
  }
  return asked;
}

// The model is always one: another one has another price. The segment is the account's.
Triggers TriggersOf(uint32_t asked) {
  constexpr std::pair<uint32_t, Trigger> kOf[] = {
      {static_cast<uint32_t>(rating::Dimension::kServiceTier), Trigger::kServiceTier},
      {static_cast<uint32_t>(rating::Dimension::kProduct), Trigger::kProduct},
      {static_cast<uint32_t>(rating::Dimension::kScenario), Trigger::kScenario},
      {static_cast<uint32_t>(rating::Dimension::kRegion), Trigger::kRegion},
      {static_cast<uint32_t>(rating::Dimension::kChannel), Trigger::kChannel},
      {static_cast<uint32_t>(rating::kDimensionCount), Trigger::kPromptLength}};
  Triggers triggers = BitOf(Trigger::kModel);
  for (const auto& [bit, trigger] : kOf) {
    if (((asked >> bit) & 1U) != 0) triggers = static_cast<Triggers>(triggers | BitOf(trigger));
  }
  return triggers;
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
  int64_t tokens = std::min(policy.tokens_max, TokensBySpeed(service).value_or(policy.tokens_max));
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

std::optional<int64_t> Charging::TokensBySpeed(const ServiceRequest& service) const {
  const GrantPolicy& policy = shard_.options().grants;
  if (policy.seconds == 0 || session_ == nullptr || !service.has_used) return std::nullopt;
  const int64_t elapsed_ms = at_.unix_ms - session_->reported_at.unix_ms;
  if (elapsed_ms <= 0) return std::nullopt;  // Reports that came at once say nothing of speed.
  absl::int128 used = 0;
  for (const KindQuantity& q : service.used) {
    if (!IsPromptKind(q.kind) && q.kind != TokenKind::kRequest) used += q.quantity;
  }
  constexpr int64_t kSecondMillis = 1'000;
  const absl::int128 tokens = used * policy.seconds * kSecondMillis / elapsed_ms;
  return static_cast<int64_t>(std::min(tokens, absl::int128{kQuantityMax}));
}

void Charging::TellConditions(const ServiceOutcome& outcome, ServiceAnswer* answer) const {
  // These are for who will report again.
  if (request_.type != RequestType::kInitial && request_.type != RequestType::kUpdate) return;
  const CreditPolicy& policy = shard_.options().credit;
  const int32_t stated = revision_->tariff->calls().quota_holding_seconds;
  const auto otherwise = static_cast<int32_t>(policy.quota_holding_seconds);
  answer->quota_holding_seconds = stated >= 0 ? stated : otherwise > 0 ? otherwise : -1;
  if (!policy.tells_triggers) return;
  answer->triggers =
      TriggersOf(AskedOf(*account_, shard_.revisions(), *revision_->tariff, node_, outcome.model));
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
