#include "ocs/simulation/workload_source.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/simulation/internal/dealer.h"
#include "ocs/simulation/internal/sha256.h"

namespace ocs::simulation {
namespace {

using workload::Call;
using workload::kWindowMillis;
using workload::Workload;

// A piece holds about so many events: enough to be worth a thread's while, few enough to be small.
constexpr int64_t kEventsPerPiece = 20'000;
constexpr int64_t kWindowsPerPieceMax = 144;
constexpr size_t kCallsAhead = 16;

std::string HashOf(std::string_view rates, std::string_view lengths,
                   const WorkloadSourceOptions& options) {
  internal::Sha256Sum sum;
  sum.Add(rates);
  sum.Add(Cat("|", rates.size(), "|"));
  sum.Add(lengths);
  const workload::WorkloadOptions& draws = options.draws;
  sum.Add(Cat("|", draws.seed, "|", draws.scale_ppm, "|", draws.growth_ppm_per_day, "|",
              draws.cached_share_ppm, "|", options.conversations_per_client));
  for (const workload::ModelMix::Part& part : draws.mix.parts) {
    sum.Add(Cat("|", part.model, "|", part.weight));
  }
  return sum.Hex();
}

// Sorts a window's calls by time, those of the same millisecond as they came: by counting, once for
// the low and once for the high bits of the time in the window.
class WindowSorter final {
 public:
  void Sort(int64_t window_begin, std::vector<Call>* calls) {
    other_.resize(calls->size());
    Pass(window_begin, 0, *calls, &other_);
    Pass(window_begin, kBits, other_, calls);
  }

 private:
  static constexpr int kBits = 10;
  static constexpr size_t kCells = size_t{1} << kBits;
  static_assert(kWindowMillis <= int64_t{1} << (2 * kBits));

  static size_t CellOf(const Call& call, int64_t begin, int shift) {
    return static_cast<size_t>((call.at_millis - begin) >> shift) & (kCells - 1);
  }

  static void Pass(int64_t begin, int shift, const std::vector<Call>& from, std::vector<Call>* to) {
    std::array<uint32_t, kCells + 1> places = {};
    for (const Call& call : from) ++places[CellOf(call, begin, shift) + 1];
    for (size_t i = 0; i < kCells; ++i) places[i + 1] += places[i];
    for (const Call& call : from) (*to)[places[CellOf(call, begin, shift)]++] = call;
  }

  std::vector<Call> other_;
};

class WorkloadSource final : public EventSource {
 public:
  WorkloadSource(std::string name, std::string hash, Workload workload,
                 int64_t conversations_per_client, const Population* population, Names* names)
      : name_(std::move(name)),
        hash_(std::move(hash)),
        workload_(std::move(workload)),
        conversations_per_client_(conversations_per_client),
        begins_(population->terms().begins),
        dealer_(population, names) {
    const int64_t millis = population->terms().ends.unix_ms - begins_.unix_ms;
    windows_ = (millis + kWindowMillis - 1) / kWindowMillis;
    const int64_t each =
        std::max<int64_t>(1, workload_.ExpectedCalls(windows_) / std::max<int64_t>(1, windows_));
    windows_per_piece_ = std::clamp<int64_t>(kEventsPerPiece / each, 1, kWindowsPerPieceMax);
  }

  // False when there are too many names.
  bool NameModels(Names* names) {
    for (const workload::ModelMix::Part& part : workload_.options().mix.parts) {
      const uint32_t number = names->Model(part.model);
      if (number >= Names::kNamesMax) return false;
      models_.push_back(static_cast<uint16_t>(number));
    }
    return true;
  }

  std::string name() const override { return name_; }
  bool generated() const override { return true; }
  std::string hash() const override { return hash_; }
  int64_t total_weight() const override { return windows_; }

  absl::StatusOr<bool> Read(Piece* piece) override {
    if (next_ >= windows_) return false;
    const int64_t end = std::min(windows_, next_ + windows_per_piece_);
    *piece = {.number = number_++, .first_line = next_, .weight = end - next_};
    next_ = end;
    return true;
  }

  // A piece's first_line is its first window, its weight how many there are.
  void Parse(const Piece& piece, EventBatch* batch) const override {
    std::vector<Call> calls;
    WindowSorter sorter;
    for (int64_t window = piece.first_line; window < piece.first_line + piece.weight; ++window) {
      calls.clear();
      for (uint32_t client = 0; client < workload_.client_count(); ++client) {
        workload_.Draw(client, window, &calls);
      }
      sorter.Sort(window * kWindowMillis, &calls);
      batch->lines += static_cast<int64_t>(calls.size());
      for (size_t i = 0; i < calls.size(); ++i) {
        if (i + kCallsAhead < calls.size()) dealer_.Fetch(ConversationOf(calls[i + kCallsAhead]));
        AddEvent(calls[i], batch);
      }
    }
  }

 private:
  uint64_t ConversationOf(const Call& call) const {
    if (conversations_per_client_ == 0) return call.draw;
    const uint64_t number = call.draw % static_cast<uint64_t>(conversations_per_client_);
    return Random((uint64_t{call.client} << 32) ^ number).Next();
  }

  void AddEvent(const Call& call, EventBatch* batch) const {
    if (call.input_tokens + call.cached_tokens + call.output_tokens + call.reasoning_tokens == 0) {
      return;  // Some published lengths are 0: nothing was used.
    }
    Event event;
    event.at = begins_.PlusMillis(call.at_millis);
    internal::Dealer::Cache unused;
    const bool dealt = dealer_.Deal(ConversationOf(call), "", &unused, &event);
    OCS_CHECK(dealt);
    if (!models_.empty()) event.model = models_[call.model];
    event.tokens = {static_cast<uint32_t>(call.input_tokens),
                    static_cast<uint32_t>(call.cached_tokens),
                    0,
                    0,
                    static_cast<uint32_t>(call.output_tokens),
                    static_cast<uint32_t>(call.reasoning_tokens)};
    batch->events.push_back(event);
  }

  std::string name_;
  std::string hash_;
  Workload workload_;
  int64_t conversations_per_client_;
  Instant begins_;
  internal::Dealer dealer_;
  std::vector<uint16_t> models_;
  int64_t windows_ = 0;
  int64_t windows_per_piece_ = 1;
  int64_t next_ = 0;
  uint64_t number_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EventSource>> OpenWorkload(std::string name, std::string_view rates,
                                                          std::string_view lengths,
                                                          WorkloadSourceOptions options,
                                                          const Population* population,
                                                          Names* names) {
  if (options.conversations_per_client < 0 ||
      options.conversations_per_client > kConversationsPerClientMax) {
    return absl::InvalidArgumentError(
        Cat("conversations of a client: expected 0 to ", kConversationsPerClientMax));
  }
  std::string hash = HashOf(rates, lengths, options);
  auto read = Workload::Read(rates, lengths, std::move(options.draws));
  if (!read.ok()) return Annotate(read.status(), name);
  auto source =
      std::make_unique<WorkloadSource>(std::move(name), std::move(hash), *std::move(read),
                                       options.conversations_per_client, population, names);
  if (!source->NameModels(names)) {
    return absl::InvalidArgumentError(
        Cat("more than ", Names::kNamesMax, " different names of models"));
  }
  return source;
}

}  // namespace ocs::simulation
