#include "ocs/engine/internal/rerate.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/btree_map.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/engine/internal/quota.h"
#include "rating/rater.h"

namespace ocs::engine {
namespace {

using balance::kMainBucket;
using cdr::LineForm;
using cdr::RecordLine;
using rating::RateRow;
using rating::Tariff;

// What a record used from one source.
struct Part {
  BucketId bucket;  // The main bucket too for what nothing had priced.
  const RecordLine* line = nullptr;
  Quantities used = {};
  const RateRow* row = nullptr;
  const Tariff* tariff = nullptr;
};

bool IsPieces(const RecordLine& line) {
  return line.form != LineForm::kFlat && line.form != LineForm::kMinimum;
}

std::optional<std::vector<Part>> PartsOf(const cdr::Record& record) {
  std::vector<Part> parts;
  for (const RecordLine& line : record.lines) {
    const BucketId bucket = line.bucket == BucketId{} ? kMainBucket : line.bucket;
    auto part =
        std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.bucket == bucket; });
    if (part == parts.end()) {
      parts.emplace_back();
      part = std::prev(parts.end());
      part->bucket = bucket;
      part->line = &line;
    }
    if (IsPieces(line) && !AddQuantity(part->used, line.kind, line.quantity)) return std::nullopt;
  }
  return parts;
}

// As the use was rated, but for what its offer adds.
rating::UseContext QuestionContext(const ReRateQuestion& q) {
  const cdr::Record& record = q.record;
  rating::UseContext context;
  context.at = record.closed_at;
  context.prompt_tokens = record.prompt_tokens;
  if (context.prompt_tokens == 0) {
    for (const RecordLine& line : record.lines) {
      if (IsPieces(line) && IsPromptKind(line.kind) && line.kind != TokenKind::kRequest)
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
  set(rating::Dimension::kSegment, q.account.segment);
  return context;
}

bool Made(const Tariff& tariff, const RateRow& row, const RecordLine& line) {
  const rating::Rule& rule = tariff.rule(row.rule);
  return rule.origin == line.rule && rule.applied == line.applied;
}

// The corrected price of the offer that priced the line: one that the account has, else any offer
// of the old revision by which it can have been priced. Several of those must agree.
class PriceSearch final {
 public:
  PriceSearch(const ReRateQuestion& q, const rating::UseContext& context)
      : q_(q), context_(context), old_(q.revisions.Find(q.record.tariff_revision)) {}

  const RateRow* OfUnpriced() const {
    const Movements movements;
    const CounterChanges changes;
    const PriceFound found = FindPrice({.account = q_.account,
                                        .revisions = q_.revisions,
                                        .revision = q_.corrected,
                                        .model = q_.record.model,
                                        .context = context_,
                                        .movements = movements,
                                        .changes = changes});
    return found.tariff == q_.corrected.tariff.get() ? found.row : nullptr;
  }

  const RateRow* OfLine(const RecordLine& line) const {
    for (auto s = q_.account.subscriptions.rbegin(); s != q_.account.subscriptions.rend(); ++s) {
      if (context_.at < s->valid_from || context_.at >= s->valid_until) continue;
      rating::UseContext context = context_;
      context.began_at = s->valid_from;
      context.switches = s->switches;
      const Revision* bought = q_.revisions.Find(s->terms.revision);
      OCS_CHECK(bought != nullptr);
      const std::string& offer = bought->tariff->offer({s->terms.offer}).id;
      if (Priced(offer, context, bought, line)) {
        return PriceIn(q_.corrected, offer, q_.record.model, context);
      }
    }
    return OfAnyOffer(line);
  }

 private:
  bool Priced(std::string_view offer, const rating::UseContext& context, const Revision* bought,
              const RecordLine& line) const {
    const Revision* in =
        old_ != nullptr && old_->tariff != nullptr && old_->tariff->FindOffer(offer) ? old_
                                                                                     : bought;
    const RateRow* row = PriceIn(*in, offer, q_.record.model, context);
    return row != nullptr && Made(*in->tariff, *row, line);
  }

  const RateRow* OfAnyOffer(const RecordLine& line) const {
    if (old_ == nullptr || old_->tariff == nullptr) return nullptr;
    const RateRow* found = nullptr;
    for (uint32_t i = 0; i < old_->tariff->offer_count(); ++i) {
      const std::string& offer = old_->tariff->offer({i}).id;
      if (!Priced(offer, context_, old_, line)) continue;
      const RateRow* row = PriceIn(q_.corrected, offer, q_.record.model, context_);
      if (row == nullptr) continue;
      if (found != nullptr && !SameRates(*found, *row)) return nullptr;
      found = row;
    }
    return found;
  }

  static bool SameRates(const RateRow& a, const RateRow& b) {
    return a.shape == b.shape && std::equal(a.rates.begin(), a.rates.end(), b.rates.begin(),
                                            [](const rating::Rate& x, const rating::Rate& y) {
                                              return std::tie(x.numerator, x.denominator, x.line) ==
                                                     std::tie(y.numerator, y.denominator, y.line);
                                            });
  }

  const ReRateQuestion& q_;
  const rating::UseContext& context_;
  const Revision* old_;
};

// The corrected draws of the package's offer.
const RateRow* FindDraw(const ReRateQuestion& q, const balance::Bucket& bucket,
                        rating::UseContext context) {
  const Revision* bought = q.revisions.Find(bucket.terms.revision);
  if (bought == nullptr) return nullptr;  // A bucket of no offer.
  const Tariff& tariff = *q.corrected.tariff;
  const auto offer = tariff.FindOffer(bought->tariff->offer({bucket.terms.offer}).id);
  const auto model = tariff.FindModel(q.record.model);
  if (!offer || !model || bucket.terms.grant >= tariff.offer(*offer).grants.size()) return nullptr;
  if (tariff.offer(*offer).grants[bucket.terms.grant].unit != bucket.unit) return nullptr;
  context.began_at = bucket.valid_from;
  if (const balance::Subscription* s = q.account.FindSubscription(bucket.subscription)) {
    context.began_at = s->valid_from;
    context.switches = s->switches;
  }
  return tariff.FindDraw(*offer, bucket.terms.grant, *model, context);
}

// Whether the record is all of its call.
bool IsWholeCall(const cdr::Record& record) {
  return record.record_sequence == 0 && record.cause == cdr::ClosingCause::kNormalRelease;
}

bool NeedsMore(const rating::Shape& shape, const cdr::Record& record) {
  const bool counts = !shape.tiers.empty() || shape.maximum >= 0;
  if (counts && shape.counter.window.kind != WindowKind::kCall) return true;
  return (counts || shape.minimum > 0) && !IsWholeCall(record);
}

bool NeedsMore(const RecordLine& line) {
  return line.form == LineForm::kVolume || line.form == LineForm::kFree;
}

// What is compared to tell whether anything changed.
struct Priced {
  BucketId bucket;
  TokenKind kind;
  LineForm form;
  int64_t numerator;
  int64_t denominator;
  int32_t tax;
  std::string_view charge_code;
  friend auto operator<=>(const Priced&, const Priced&) = default;
};
using PricedQuantities = absl::btree_map<Priced, int64_t>;

PricedQuantities PricedOf(std::span<const RecordLine> lines) {
  PricedQuantities priced;
  for (const RecordLine& line : lines) {
    const int64_t divisor =
        std::max<int64_t>(std::gcd(line.price_numerator, line.price_denominator), 1);
    priced[{.bucket = line.bucket,
            .kind = line.kind,
            .form = line.form,
            .numerator = line.price_numerator / divisor,
            .denominator = line.price_denominator / divisor,
            .tax = line.tax_basis_points,
            .charge_code = line.charge_code}] += line.quantity;
  }
  return priced;
}

absl::Status AddAmount(const RecordLine& line, int64_t ReRatedAmount::*side,
                       std::vector<ReRatedAmount>* amounts) {
  const bool own = line.bucket <= kMainBucket;
  auto at = std::find_if(amounts->begin(), amounts->end(), [&](const ReRatedAmount& amount) {
    return amount.unit == line.unit && amount.own_money == own;
  });
  if (at == amounts->end())
    at = amounts->insert(at, ReRatedAmount{.unit = line.unit, .own_money = own});
  if (__builtin_add_overflow((*at).*side, line.amount, &((*at).*side)))
    return absl::OutOfRangeError("an amount would not fit");
  return absl::OkStatus();
}

// The lines of one part.
absl::Status ChargeAgain(const ReRateQuestion& q, const Part& part, std::vector<Carry>* carries,
                         ReRated* rated) {
  rating::Pot pot{.row = part.row, .available = std::numeric_limits<int64_t>::max()};
  if (part.row->shape != 0) pot.shape = &part.tariff->shape(*part.row);
  const std::span<const rating::Pot> pots(&pot, 1);
  rating::ChargeLines lines;
  const auto charged = rating::Charge(part.used, pots, *carries, &lines);
  if (charged == rating::RateOutcome::kNotSold) {
    rated->outcome = ReRateOutcome::kNotSold;
    return absl::OkStatus();
  }
  if (charged == rating::RateOutcome::kOverflow ||
      rating::ChargeMinimum(pots, &lines) == rating::RateOutcome::kOverflow) {
    return absl::OutOfRangeError("an amount would not fit");
  }
  *carries = WithLines(*carries, lines);
  const balance::Bucket& bucket = *q.account.FindBucket(part.bucket);
  for (const rating::ChargeLine& line : lines) {
    const rating::Rule& rule = part.tariff->rule(line.rule);
    rated->lines.push_back({.kind = line.kind,
                            .quantity = line.quantity,
                            .unit = bucket.unit,
                            .amount = line.amount,
                            .price_numerator = line.rate.numerator,
                            .price_denominator = line.rate.denominator,
                            .carry_in = line.carry_in,
                            .carry_out = line.carry_out,
                            .carry_line = line.rate.line,
                            .bucket = part.bucket,
                            .charge_code = rule.charge_code,
                            .rule = rule.origin,
                            .form = static_cast<LineForm>(line.form),
                            .tier = line.tier,
                            .tax_basis_points = rule.tax_basis_points,
                            .applied = rule.applied});
  }
  return absl::OkStatus();
}

const RateRow* FindRow(const ReRateQuestion& q, const Part& part,
                       const rating::UseContext& context) {
  if (part.bucket != kMainBucket) return FindDraw(q, *q.account.FindBucket(part.bucket), context);
  const PriceSearch prices(q, context);
  return part.line->bucket == BucketId{} ? prices.OfUnpriced() : prices.OfLine(*part.line);
}

// Finds every part's row; else what is in the way.
std::optional<ReRateOutcome> FindRows(const ReRateQuestion& q, std::vector<Part>* parts) {
  const Tariff& tariff = *q.corrected.tariff;
  if (!tariff.FindModel(q.record.model)) return ReRateOutcome::kModelUnknown;
  const auto gone = [&](const Part& part) { return q.account.FindBucket(part.bucket) == nullptr; };
  if (std::any_of(parts->begin(), parts->end(), gone)) return ReRateOutcome::kPackageGone;
  const rating::UseContext context = QuestionContext(q);
  rating::UseContext long_prompt = context;
  long_prompt.prompt_tokens = kQuantityMax;
  for (Part& part : *parts) {
    part.tariff = &tariff;
    part.row = FindRow(q, part, context);
    if (part.row == nullptr) return ReRateOutcome::kNotSold;
    // Does the price follow from the prompt of the whole call, of which this is a part?
    if (q.record.prompt_tokens == 0 && !IsWholeCall(q.record) &&
        FindRow(q, part, long_prompt) != part.row) {
      return ReRateOutcome::kNeedsWindow;
    }
  }
  const auto needs_more = [&](const Part& part) {
    return part.row->shape != 0 && NeedsMore(tariff.shape(*part.row), q.record);
  };
  const auto& lines = q.record.lines;
  if (std::any_of(parts->begin(), parts->end(), needs_more) ||
      std::any_of(lines.begin(), lines.end(), [](const RecordLine& l) { return NeedsMore(l); })) {
    return ReRateOutcome::kNeedsWindow;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<ReRated> ReRate(const ReRateQuestion& q) {
  ReRated rated;
  auto parts = PartsOf(q.record);
  if (!parts) return absl::OutOfRangeError("a quantity would not fit");
  std::erase_if(*parts, [](const Part& part) { return part.used.empty(); });
  if (parts->empty()) {
    rated.outcome = ReRateOutcome::kNothingCharged;
    return rated;
  }
  if (const auto hindered = FindRows(q, &*parts)) {
    rated.outcome = *hindered;
    return rated;
  }
  std::vector<Carry> carries = q.account.carries;
  rated.outcome = ReRateOutcome::kCorrected;
  for (const Part& part : *parts) {
    const absl::Status charged = ChargeAgain(q, part, &carries, &rated);
    if (!charged.ok()) return charged;
    if (rated.outcome != ReRateOutcome::kCorrected) return ReRated{.outcome = rated.outcome};
  }
  for (const RecordLine& line : q.record.lines) {
    const absl::Status added = AddAmount(line, &ReRatedAmount::before, &rated.amounts);
    if (!added.ok()) return added;
  }
  for (const RecordLine& line : rated.lines) {
    const absl::Status added = AddAmount(line, &ReRatedAmount::after, &rated.amounts);
    if (!added.ok()) return added;
  }
  std::sort(rated.amounts.begin(), rated.amounts.end(),
            [](const ReRatedAmount& a, const ReRatedAmount& b) {
              return std::pair(!a.own_money, a.unit) < std::pair(!b.own_money, b.unit);
            });
  if (PricedOf(q.record.lines) == PricedOf(rated.lines)) rated.outcome = ReRateOutcome::kUnchanged;
  return rated;
}

}  // namespace ocs::engine
