#include "ocs/workload/workload.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/workload/internal/lengths.h"
#include "ocs/workload/internal/rates.h"

namespace ocs::workload {
namespace {

using internal::ClientLengths;
using internal::ClientRates;
using internal::GapTable;
using internal::QuarterLengths;
using internal::WindowRate;

constexpr int64_t kMillion = 1'000'000;
constexpr int64_t kWindowsPerDay = 86'400'000 / kWindowMillis;

absl::Status CheckOptions(const WorkloadOptions& options) {
  if (options.scale_ppm < 1 || options.scale_ppm > kMillion * kMillion) {
    return absl::InvalidArgumentError("scale: expected a millionth to a million times");
  }
  if (options.growth_ppm_per_day < -900'000 || options.growth_ppm_per_day > kMillion) {
    return absl::InvalidArgumentError("growth: expected -90 % to 100 % a day");
  }
  if (options.cached_share_ppm < 0 || options.cached_share_ppm > kMillion) {
    return absl::InvalidArgumentError("cached share: expected 0 to 1");
  }
  return absl::OkStatus();
}

// A seed for each client and window, far from those of its neighbours.
uint64_t StreamSeed(uint64_t seed, uint64_t client, uint64_t window) {
  Random first(seed ^ (client * 0x9e3779b97f4a7c15ULL));
  Random second(first.Next() ^ (window * 0xd1b54a32d192ed03ULL));
  return second.Next();
}

// `mean` rounded to a neighbour so that the mean of many is exact.
int64_t DrawCount(double mean, Random& random) {
  const double whole = std::floor(mean);
  const double uniform = std::ldexp(static_cast<double>(random.Next() >> 11), -53);
  const int64_t count = static_cast<int64_t>(whole) + (uniform < mean - whole ? 1 : 0);
  return std::min(count, kCallsPerWindowMax);
}

// The times of `count` calls in a window: one gap more than calls, stretched to fill it.
void DrawTimes(const GapTable& gaps, int64_t count, Random& random, std::vector<Call>* out) {
  static_assert((internal::kGapsPerLaw & (internal::kGapsPerLaw - 1)) == 0);
  const size_t begin = out->size();
  out->resize(begin + static_cast<size_t>(count));
  uint64_t sum = 0;  // Below 2^31 x 2^22.
  for (size_t i = begin; i < out->size(); ++i) {
    sum += gaps[random.Next() % internal::kGapsPerLaw];
    (*out)[i].at_millis = static_cast<int64_t>(sum);
  }
  sum += gaps[random.Next() % internal::kGapsPerLaw];
  const double stretch = static_cast<double>(kWindowMillis) / static_cast<double>(sum);
  for (size_t i = begin; i < out->size(); ++i) {
    Call& call = (*out)[i];
    const auto at = static_cast<int64_t>(static_cast<double>(call.at_millis) * stretch);
    call.at_millis = std::min(at, kWindowMillis - 1);
  }
}

}  // namespace

struct Workload::Tables {
  WorkloadOptions options;
  internal::Rates rates;
  std::vector<ClientLengths> lengths;  // Those that are published, in order of client.
  std::vector<uint32_t> lengths_of;    // By client: which of them.
  std::vector<bool> borrows;           // By client.
  internal::AliasTable models;

  double Growth(int64_t window) const {
    const double scale = static_cast<double>(options.scale_ppm) / kMillion;
    if (options.growth_ppm_per_day == 0) return scale;
    const double daily = 1 + static_cast<double>(options.growth_ppm_per_day) / kMillion;
    return scale * std::pow(daily, static_cast<double>(window / kWindowsPerDay));
  }

  void DrawUse(const QuarterLengths& quarter, Random& random, Call* call) const {
    const int64_t prompt = quarter.input.Pick(random.Next());
    const int64_t output = quarter.output.Pick(random.Next());
    call->cached_tokens = static_cast<int32_t>(prompt * options.cached_share_ppm / kMillion);
    call->input_tokens = static_cast<int32_t>(prompt) - call->cached_tokens;
    int64_t reasoning = 0;
    if (!quarter.reasoning_ppm.empty()) {
      reasoning = output * quarter.reasoning_ppm.Pick(random.Next()) / kMillion;
    }
    call->reasoning_tokens = static_cast<int32_t>(reasoning);
    call->output_tokens = static_cast<int32_t>(output - reasoning);
    if (!models.empty()) call->model = models.Pick(random.Next());
    call->draw = random.Next();
  }
};

Workload::Workload(std::unique_ptr<const Tables> tables) : tables_(std::move(tables)) {}
Workload::~Workload() = default;
Workload::Workload(Workload&&) noexcept = default;
Workload& Workload::operator=(Workload&&) noexcept = default;

absl::StatusOr<Workload> Workload::Read(std::string_view rates, std::string_view lengths,
                                        WorkloadOptions options) {
  OCS_RETURN_IF_ERROR(CheckOptions(options));
  auto tables = std::make_unique<Tables>();
  tables->options = std::move(options);
  OCS_ASSIGN_OR_RETURN(tables->rates, internal::ReadRates(rates));
  OCS_ASSIGN_OR_RETURN(auto published, internal::ReadLengths(lengths));
  if (published.empty()) return absl::InvalidArgumentError("lengths: no client has any");
  std::map<int64_t, uint32_t> index_of;
  for (auto& [number, client] : published) {
    index_of.emplace(number, static_cast<uint32_t>(tables->lengths.size()));
    tables->lengths.push_back(std::move(client));
  }
  for (const ClientRates& client : tables->rates.clients) {
    auto found = index_of.lower_bound(client.number);
    if (found == index_of.end()) found = index_of.begin();
    tables->lengths_of.push_back(found->second);
    tables->borrows.push_back(found->first != client.number);
  }
  if (!tables->options.mix.parts.empty()) {
    std::vector<double> weights;
    for (const ModelMix::Part& part : tables->options.mix.parts) {
      weights.push_back(static_cast<double>(part.weight));
    }
    tables->models = internal::AliasTable::Make(weights);
  }
  return Workload(std::move(tables));
}

uint32_t Workload::client_count() const {
  return static_cast<uint32_t>(tables_->rates.clients.size());
}

int64_t Workload::client_number(uint32_t client) const {
  return tables_->rates.clients[client].number;
}

bool Workload::client_borrows_lengths(uint32_t client) const { return tables_->borrows[client]; }

int64_t Workload::span_windows() const { return tables_->rates.span_windows; }

const WorkloadOptions& Workload::options() const { return tables_->options; }

int64_t Workload::ExpectedCalls(int64_t windows) const {
  std::vector<double> by_window(static_cast<size_t>(span_windows()));
  for (const ClientRates& client : tables_->rates.clients) {
    for (const WindowRate& rate : client.windows) by_window[rate.window] += rate.calls;
  }
  double sum = 0;
  for (int64_t window = 0; window < windows; ++window) {
    sum += by_window[static_cast<size_t>(window % span_windows())] * tables_->Growth(window);
  }
  return sum > 9e18 ? int64_t{9'000'000'000'000'000'000} : std::llround(sum);
}

void Workload::Draw(uint32_t client, int64_t window, std::vector<Call>* out) const {
  OCS_CHECK(client < client_count());
  OCS_CHECK(window >= 0);
  const std::vector<WindowRate>& windows = tables_->rates.clients[client].windows;
  const auto index = static_cast<uint32_t>(window % span_windows());
  const auto rate = std::lower_bound(
      windows.begin(), windows.end(), index,
      [](const WindowRate& entry, uint32_t wanted) { return entry.window < wanted; });
  if (rate == windows.end() || rate->window != index) return;
  Random random(StreamSeed(tables_->options.seed, client, static_cast<uint64_t>(window)));
  const int64_t count = DrawCount(rate->calls * tables_->Growth(window), random);
  if (count == 0) return;
  const size_t begin = out->size();
  DrawTimes(tables_->rates.laws.table(rate->law), count, random, out);
  const int64_t from_millis = window * kWindowMillis;
  const auto quarter = static_cast<size_t>(from_millis / 1000 / internal::kQuarterSeconds %
                                           internal::kQuartersPerDay);
  const QuarterLengths& lengths = tables_->lengths[tables_->lengths_of[client]][quarter];
  for (size_t i = begin; i < out->size(); ++i) {
    Call& call = (*out)[i];
    call.at_millis += from_millis;
    call.client = client;
    tables_->DrawUse(lengths, random, &call);
  }
}

}  // namespace ocs::workload
