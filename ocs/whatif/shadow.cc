#include "ocs/whatif/shadow.h"

#include <algorithm>
#include <limits>

#include "ocs/base/quantity.h"
#include "rating/rater.h"

namespace ocs::whatif {
namespace {

using cdr::LineForm;
using cdr::RecordLine;
using rating::RateRow;
using rating::UseContext;

UseContext ContextOf(const cdr::Record& record) {
  UseContext context;
  context.at = record.closed_at;
  context.prompt_tokens = record.prompt_tokens;
  if (context.prompt_tokens == 0) {
    for (const RecordLine& line : record.lines) {
      if (IsPromptKind(line.kind) && line.kind != TokenKind::kRequest)
        context.prompt_tokens += line.quantity;
    }
  }
  const auto set = [&context](rating::Dimension dimension, std::string_view value) {
    context.of(dimension) = rating::SymbolOf(value);
  };
  set(rating::Dimension::kProduct, record.product);
  set(rating::Dimension::kScenario, record.scenario);
  set(rating::Dimension::kServiceTier,
      record.service_tier.empty() ? "standard" : record.service_tier);
  set(rating::Dimension::kRegion, record.region);
  set(rating::Dimension::kChannel, record.channel);
  return context;
}

bool Made(const rating::Tariff& tariff, const RateRow* row, const RecordLine& line) {
  if (row == nullptr) return false;
  const rating::Rule& rule = tariff.rule(row->rule);
  return rule.origin == line.rule && rule.applied == line.applied;
}

}  // namespace

// What a record used from one source.
struct Shadow::Part {
  BucketId bucket;
  const RecordLine* line = nullptr;
  Quantities used = {};
  int64_t before = 0;
  int64_t after = 0;
};

Shadow::Shadow(TariffOf tariff_of, std::shared_ptr<const rating::Tariff> candidate)
    : tariff_of_(std::move(tariff_of)), candidate_(std::move(candidate)) {}

const Shadow::Seller* Shadow::FindSeller(const cdr::Record& record, const UseContext& context,
                                         const RecordLine& line) {
  const std::tuple key(record.tariff_revision,
                       std::string(line.rule) + "\n" + std::string(line.applied),
                       std::string(record.model));
  const auto known = sellers_.find(key);
  if (known != sellers_.end()) return &known->second;
  const std::shared_ptr<const rating::Tariff> tariff = tariff_of_(record.tariff_revision);
  if (tariff == nullptr) return nullptr;
  const auto model = tariff->FindModel(record.model);
  if (!model) return nullptr;
  for (uint32_t o = 0; o < tariff->offer_count(); ++o) {
    const rating::Offer& offer = tariff->offer({o});
    int found = -2;
    if (Made(*tariff, tariff->FindPrice({o}, *model, context), line)) found = -1;
    for (uint32_t g = 0; g < offer.grants.size() && found == -2; ++g) {
      if (Made(*tariff, tariff->FindDraw({o}, g, *model, context), line))
        found = static_cast<int>(g);
    }
    if (found == -2) continue;
    if (sellers_.size() >= kShadowOffersMax) sellers_.clear();
    return &(sellers_[key] = Seller{.offer = offer.id, .grant = found});
  }
  return nullptr;
}

int64_t Shadow::Charge(const RateRow& row, const Quantities& used) {
  const rating::Pot pot{.row = &row, .available = std::numeric_limits<int64_t>::max()};
  rating::ChargeLines lines;
  if (rating::Charge(used, {&pot, 1}, carries_, &lines) != rating::RateOutcome::kRated) return -1;
  int64_t sum = 0;
  for (const rating::ChargeLine& line : lines) {
    if (__builtin_add_overflow(sum, line.amount, &sum)) return -1;
    if (line.rate.line == 0) continue;
    const Carry carry{
        .line = line.rate.line, .denominator = line.rate.denominator, .remainder = line.carry_out};
    const auto at =
        std::lower_bound(carries_.begin(), carries_.end(), carry,
                         [](const Carry& a, const Carry& b) { return a.line < b.line; });
    if (at != carries_.end() && at->line == carry.line) {
      *at = carry;
    } else {
      carries_.insert(at, carry);  // As many as the candidate has prices.
    }
  }
  return sum;
}

Shadow::Compared Shadow::ComparePart(const cdr::Record& record, const UseContext& context,
                                     Part* part) {
  const Seller* seller = FindSeller(record, context, *part->line);
  if (seller == nullptr) return Compared::kNot;
  const auto model = candidate_->FindModel(record.model);
  const auto offer = candidate_->FindOffer(seller->offer);
  if (!model || !offer) return Compared::kNotSold;
  const RateRow* row = nullptr;
  if (seller->grant < 0) {
    row = candidate_->FindPrice(*offer, *model, context);
    if (row != nullptr && candidate_->offer(*offer).currency != part->line->unit)
      return Compared::kNot;
  } else {
    const auto grant = static_cast<uint32_t>(seller->grant);
    const auto& grants = candidate_->offer(*offer).grants;
    if (grant >= grants.size()) return Compared::kNotSold;
    if (grants[grant].unit != part->line->unit) return Compared::kNot;
    row = candidate_->FindDraw(*offer, grant, *model, context);
  }
  if (row == nullptr) return Compared::kNotSold;
  if (row->shape != 0) return Compared::kNot;
  part->after = Charge(*row, part->used);
  return part->after < 0 ? Compared::kNotSold : Compared::kYes;
}

Shadow::Compared Shadow::Compare(const cdr::Record& record, std::vector<Part>* parts) {
  const UseContext context = ContextOf(record);
  for (const RecordLine& line : record.lines) {
    if (line.form != LineForm::kPieces || line.bucket == BucketId{}) return Compared::kNot;
    auto part = std::find_if(parts->begin(), parts->end(),
                             [&](const Part& p) { return p.bucket == line.bucket; });
    if (part == parts->end()) {
      parts->emplace_back();
      part = parts->end() - 1;
      part->bucket = line.bucket;
      part->line = &line;
    }
    if (!AddQuantity(part->used, line.kind, line.quantity) ||
        __builtin_add_overflow(part->before, line.amount, &part->before)) {
      return Compared::kNot;
    }
  }
  for (Part& part : *parts) {
    const Compared compared = ComparePart(record, context, &part);
    if (compared != Compared::kYes) return compared;
  }
  return Compared::kYes;
}

// The cost in that currency. False where the candidate says nothing of it, or in another one.
bool Shadow::CompareCost(const cdr::Record& record, const UseContext& context, Unit currency,
                         int64_t* cost) {
  const auto served =
      candidate_->FindModel(record.served_model.empty() ? record.model : record.served_model);
  if (!served) return false;
  UseContext of_vendor = context;
  of_vendor.began_at = Instant::Never();
  const RateRow* row = candidate_->FindCost(*served, of_vendor);
  if (row == nullptr || candidate_->cost_currency(*row) != currency) return false;
  Quantities used;
  for (const RecordLine& line : record.costs) {
    if (row->of(line.kind).sold() && !AddQuantity(used, line.kind, line.quantity)) return false;
  }
  *cost = Charge(*row, used);
  return *cost >= 0;
}

ShadowSum& Shadow::SumOf(std::string_view model, const Unit& unit) {
  std::string name(model);
  const auto known = sums_.find({name, unit});
  if (known != sums_.end()) return known->second;
  if (!name.empty() && models_ >= kShadowModelsMax) name = "...";
  ShadowSum& sum = sums_[{name, unit}];
  if (!name.empty() && sum.model.empty()) ++models_;
  sum.model = name;
  sum.unit = unit;
  return sum;
}

void Shadow::Take(const cdr::Record& record) {
  const bool used = std::any_of(record.lines.begin(), record.lines.end(),
                                [](const RecordLine& line) { return line.quantity > 0; });
  if (record.type != cdr::RecordType::kUsage || !used) return;
  ++result_.records;
  result_.last = record.recorded_at;
  std::vector<Part> parts;
  const Compared compared = Compare(record, &parts);
  if (compared != Compared::kYes) {
    ++(compared == Compared::kNotSold ? result_.not_sold : result_.not_comparable);
    return;
  }
  for (const std::string_view model : {std::string_view(), record.model}) {
    for (const Part& part : parts) {
      ShadowSum& sum = SumOf(model, part.line->unit);
      ++sum.records;
      sum.before += part.before;
      sum.after += part.after;
    }
  }
  if (record.costs.empty()) return;
  const Unit currency = record.costs.front().unit;
  int64_t before = 0;
  for (const RecordLine& line : record.costs) before += line.amount;
  int64_t after = before;  // Where the candidate says nothing, nothing changes.
  if (!CompareCost(record, ContextOf(record), currency, &after)) after = before;
  for (const std::string_view model : {std::string_view(), record.model}) {
    ShadowSum& sum = SumOf(model, currency);
    sum.cost_before += before;
    sum.cost_after += after;
  }
}

ShadowResult Shadow::result() const {
  ShadowResult result = result_;
  for (const auto& [key, sum] : sums_)
    (sum.model.empty() ? result.total : result.by_model).push_back(sum);
  return result;
}

}  // namespace ocs::whatif
