#include "ocs/simulation/population.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/time/time.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "ocs/simulation/internal/alias.h"
#include "ocs/simulation/internal/population_reader.h"
#include "ocs/simulation/internal/sha256.h"

namespace ocs::simulation {
namespace {

using internal::AliasTable;
using internal::Mix;

// What a conversation's hash is drawn for; each draw is independent of the others.
constexpr uint64_t kForAccount = 0x61;
constexpr uint64_t kForModel = 0x6d;
constexpr uint64_t kForUse = 0x75;
// Who is not a customer yet is passed over; after so many draws one of the first customers is
// taken.
constexpr int kDrawsMax = 64;
// What fewer accounts are dealt from is in the cache anyway.
constexpr size_t kAccountsCached = 10'000;

// Weights are whole numbers from here on, so that nothing depends on how a machine rounds.
uint64_t RankWeight(uint32_t rank, int64_t skew_permille) {
  constexpr double kScale = 1'099'511'627'776.0;  // 2^40.
  const double weight =
      kScale / std::pow(static_cast<double>(rank), static_cast<double>(skew_permille) / 1'000.0);
  return std::max<uint64_t>(1, static_cast<uint64_t>(weight));
}

template <typename Entry>
AliasTable SharesOf(const std::vector<Entry>& mix) {
  std::vector<uint64_t> weights;
  for (const Entry& entry : mix) weights.push_back(static_cast<uint64_t>(entry.share));
  return AliasTable(weights);
}

}  // namespace

struct Population::Dealt {
  std::vector<uint8_t> plans;
  std::vector<Instant> joins;  // Of those who come later only, in order of number.
  uint32_t first_count = 0;
  AliasTable accounts;
  std::vector<AliasTable> plan_models;
  AliasTable models;
  AliasTable uses;

  void DealPlans(const PopulationTerms& terms);
  void DealJoins(const PopulationTerms& terms);
};

// Each plan gets its share of the accounts, rounded; who gets which is drawn.
void Population::Dealt::DealPlans(const PopulationTerms& terms) {
  const size_t count = plans.size();
  int64_t sum = 0;
  for (const Plan& plan : terms.plans) sum += plan.share;
  int64_t shares = 0;
  size_t filled = 0;
  for (size_t p = 0; p < terms.plans.size(); ++p) {
    shares += terms.plans[p].share;
    const auto until = static_cast<size_t>(
        MultiplyDivide(static_cast<int64_t>(count), shares, sum, Rounding::kHalfEven).value());
    for (; filled < until; ++filled) plans[filled] = static_cast<uint8_t>(p);
  }
  Random random(Mix(terms.seed, 0x70));
  for (size_t i = count; i > 1; --i)
    std::swap(plans[i - 1], plans[static_cast<size_t>(random.Below(static_cast<int64_t>(i)))]);
}

// Evenly over each month.
void Population::Dealt::DealJoins(const PopulationTerms& terms) {
  if (terms.growth_permille == 0) return;
  const int64_t per_month =
      MultiplyDivide(terms.accounts, terms.growth_permille, 1'000, Rounding::kDown).value();
  Instant month = terms.begins;
  for (int i = 1; month < terms.ends && per_month > 0; ++i) {
    const Instant next = AddMonths(terms.begins, i, absl::UTCTimeZone());
    const int64_t step = (next.unix_ms - month.unix_ms) / per_month;
    for (int64_t n = 0; n < per_month; ++n) {
      const Instant at = month.PlusMillis(n * step + step / 2);
      if (at >= terms.ends) break;
      joins.push_back(at);
    }
    month = next;
  }
}

Population::Population(PopulationTerms terms)
    : terms_(std::move(terms)), dealt_(std::make_unique<Dealt>()) {
  Dealt& dealt = *dealt_;
  dealt.first_count = static_cast<uint32_t>(terms_.accounts);
  dealt.DealJoins(terms_);
  OCS_CHECK(terms_.accounts + static_cast<int64_t>(dealt.joins.size()) < UINT32_MAX);
  dealt.plans.resize(static_cast<size_t>(terms_.accounts) + dealt.joins.size());
  dealt.DealPlans(terms_);
  // Ranks are dealt too, so that who comes later may be a large customer.
  std::vector<uint32_t> ranks(dealt.plans.size());
  for (size_t i = 0; i < ranks.size(); ++i) ranks[i] = static_cast<uint32_t>(i + 1);
  Random random(Mix(terms_.seed, 0x72));
  for (size_t i = ranks.size(); i > 1; --i)
    std::swap(ranks[i - 1], ranks[static_cast<size_t>(random.Below(static_cast<int64_t>(i)))]);
  std::vector<uint64_t> weights(ranks.size());
  for (size_t i = 0; i < ranks.size(); ++i) {
    const Plan& plan = terms_.plans[dealt.plans[i]];
    const uint64_t weight = RankWeight(ranks[i], terms_.skew_permille) / 1'000;
    weights[i] = std::max<uint64_t>(1, weight * static_cast<uint64_t>(plan.use_permille) / 1'000);
  }
  dealt.accounts = AliasTable(weights);
  for (const Plan& plan : terms_.plans)
    dealt.plan_models.push_back(SharesOf(plan.models.empty() ? terms_.models : plan.models));
  dealt.models = SharesOf(terms_.models);
  dealt.uses = SharesOf(terms_.uses);
  if (hash_.empty()) hash_ = internal::Sha256Hex(Cat(terms_.name, "/", terms_.seed));
}

Population::~Population() = default;

uint32_t Population::account_count() const { return static_cast<uint32_t>(dealt_->plans.size()); }

uint8_t Population::plan_of(uint32_t account) const {
  OCS_CHECK(account < dealt_->plans.size());
  return dealt_->plans[account];
}

Instant Population::joins_at(uint32_t account) const {
  OCS_CHECK(account < dealt_->plans.size());
  return account < dealt_->first_count ? terms_.begins
                                       : dealt_->joins[account - dealt_->first_count];
}

uint32_t Population::AccountOf(uint64_t conversation, Instant at) const {
  const uint64_t key = Mix(conversation, terms_.seed ^ kForAccount);
  for (int draw = 0; draw < kDrawsMax; ++draw) {
    const uint32_t account = dealt_->accounts.Draw(Mix(key, static_cast<uint64_t>(draw)));
    if (account < dealt_->first_count || joins_at(account) <= at) return account;
  }
  return static_cast<uint32_t>(key % dealt_->first_count);
}

void Population::FetchAccountOf(uint64_t conversation) const {
  if (dealt_->plans.size() < kAccountsCached) return;
  dealt_->accounts.Fetch(Mix(Mix(conversation, terms_.seed ^ kForAccount), 0));
}

uint32_t Population::ModelOf(uint64_t conversation, uint8_t plan) const {
  return dealt_->plan_models[plan].Draw(Mix(conversation, terms_.seed ^ kForModel));
}

const std::vector<ModelMix>& Population::ModelsOf(uint8_t plan) const {
  const std::vector<ModelMix>& own = terms_.plans[plan].models;
  return own.empty() ? terms_.models : own;
}

uint32_t Population::UseOf(uint64_t conversation) const {
  return terms_.uses.empty() ? 0 : dealt_->uses.Draw(Mix(conversation, terms_.seed ^ kForUse));
}

PopulationCheck ParsePopulation(std::string_view text, std::string_view file_name) {
  PopulationCheck check;
  internal::Faults faults(file_name);
  PopulationTerms terms = internal::ReadPopulation(text, &faults);
  if (!faults.empty()) {
    check.diagnostics = faults.Take();
    return check;
  }
  auto population = std::make_unique<Population>(std::move(terms));
  population->hash_ = internal::Sha256Hex(text);
  check.population = std::move(population);
  return check;
}

}  // namespace ocs::simulation
