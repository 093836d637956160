#include "ocs/simulation/internal/record_events.h"

#include <algorithm>

#include "cdr/record.h"
#include "ocs/base/text.h"
#include "ocs/simulation/internal/alias.h"

namespace ocs::simulation::internal {
namespace {

// Payers are dealt apart from conversations of a trace.
constexpr uint64_t kForPayer = 0x70617965720a;

}  // namespace

RecordDealer::RecordDealer(const Population* population, Names* names)
    : dealer_(population, names), names_(names) {}

bool RecordDealer::NumberUse(const RecordUse& use, Cache* cache, Event* event) const {
  event->use = 0;
  if (use.product.empty() && use.scenario.empty() && use.service_tier.empty() &&
      use.region.empty() && use.channel.empty()) {
    return true;
  }
  // No name of a dimension has a line end.
  std::string key = Cat(use.product, "\n", use.scenario, "\n", use.service_tier, "\n", use.region,
                        "\n", use.channel);
  const auto known = cache->uses.find(key);
  if (known != cache->uses.end()) {
    event->use = known->second;
    return true;
  }
  const uint32_t number = names_->Use({.product = std::string(use.product),
                                       .scenario = std::string(use.scenario),
                                       .service_tier = std::string(use.service_tier),
                                       .region = std::string(use.region),
                                       .channel = std::string(use.channel)});
  if (number >= Names::kNamesMax) return false;
  event->use = static_cast<uint16_t>(number);
  cache->uses.emplace(std::move(key), event->use);
  return true;
}

std::string RecordDealer::Add(const RecordUse& use, Cache* cache, EventBatch* batch) const {
  Event event;
  event.at = use.at;
  Quantities more;
  bool any = false;
  for (const KindQuantity& q : use.used) {
    any = any || q.quantity > 0;
    const auto place = std::find(kEventKinds.begin(), kEventKinds.end(), q.kind);
    if (place == kEventKinds.end()) {
      // A call counts as a request where requests are sold: it is not stated.
      if (q.kind != TokenKind::kRequest && q.quantity > 0) more.push_back(q);
      continue;
    }
    if (q.quantity > kEventTokensMax)
      return Cat("quantity: is ", q.quantity, ", expected at most ", kEventTokensMax);
    event.tokens[static_cast<size_t>(place - kEventKinds.begin())] =
        static_cast<uint32_t>(q.quantity);
  }
  if (!any) {
    ++batch->unrated;
    return "";
  }
  if (!dealer_.Deal(Mix(use.account, kForPayer), use.model, &cache->models, &event))
    return Cat("model: there are more than ", Names::kNamesMax, " different ones");
  if (!NumberUse(use, cache, &event))
    return Cat("product: there are more than ", Names::kNamesMax, " different kinds of use");
  if (!more.empty()) {
    batch->more.push_back(std::move(more));
    event.more = static_cast<uint32_t>(batch->more.size());
  } else if (std::all_of(event.tokens.begin(), event.tokens.end(),
                         [](uint32_t tokens) { return tokens == 0; })) {
    ++batch->unrated;  // Requests alone: a call without use is none here.
    return "";
  }
  batch->events.push_back(event);
  return "";
}

std::string RecordDealer::AddBytes(std::string_view bytes, Cache* cache, EventBatch* batch) const {
  ++batch->lines;
  const absl::StatusOr<cdr::Record> record = cdr::DecodeRecord(bytes);
  if (!record.ok()) return std::string(record.status().message());
  if (record->type != cdr::RecordType::kUsage) {
    ++batch->unrated;
    return "";
  }
  RecordUse use{.at = record->closed_at,
                .account = record->account.value,
                .model = record->model,
                .product = record->product,
                .scenario = record->scenario,
                .service_tier = record->service_tier,
                .region = record->region,
                .channel = record->channel};
  for (const cdr::RecordLine& line : record->lines) {
    if (line.form == cdr::LineForm::kFlat || line.form == cdr::LineForm::kMinimum) continue;
    if (!AddQuantity(use.used, line.kind, line.quantity)) return "quantity: does not fit";
  }
  return Add(use, cache, batch);
}

}  // namespace ocs::simulation::internal
