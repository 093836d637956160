#include "ocs/simulation/run.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "ocs/base/check.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/simulation/internal/collect.h"
#include "ocs/simulation/internal/lane.h"
#include "ocs/simulation/internal/sha256.h"
#include "ocs/simulation/internal/tally.h"
#include "ocs/simulation/internal/workers.h"
#include "ocs/simulation/internal/world.h"

namespace ocs::simulation {
namespace {

using internal::Lane;
using internal::Tally;
using internal::World;

// Pieces that are read, and then parsed, at once: a few megabytes, and two for each thread.
constexpr size_t kPiecesPerReadMin = 8;
// So many events are charged at once that an account's calls stand together, and no more than are
// at hand in the cache, or else in a little memory.
constexpr int64_t kEventsPerAccount = 64;
constexpr int64_t kEventsPerRoundMin = 60'000;
constexpr int64_t kEventsPerRoundMax = 1'000'000;  // 48 MB.
constexpr size_t kPiecesPerRoundMax = 512;         // Of input with little use in it.
// A lane's accounts should stay in a processor's own cache while its events of a round are charged.
constexpr uint32_t kAccountsPerLane = 1'024;
constexpr uint32_t kLanesMax = 1'024;
constexpr uint16_t kNoLane = UINT16_MAX;  // Of events that are outside the population's time.
constexpr size_t kFaultsListed = 10;

// A piece parsed and sorted by lane.
struct Parsed {
  EventBatch batch;              // Its events are in `events`.
  int64_t event_count = 0;       // Of the batch.
  std::vector<Event> events;     // Within the population's time.
  std::vector<uint32_t> begins;  // Of each lane's events, and the end.
  int64_t outside = 0;
  Instant last;
};

// What a thread uses again and again, so that it stays in the cache.
struct Scratch {
  std::vector<Event> events;    // Of a piece as it was parsed.
  std::vector<uint16_t> lanes;  // Of each of them.
  std::vector<uint32_t> next;   // Where each lane's next goes.
  std::vector<internal::LaneEvents> pieces;
  internal::LaneOrder order;
};

// One variant being simulated.
struct Side {
  Side(const Population& population, const Variant& variant, const RunOptions& options)
      : world(population, variant, options) {}
  World world;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::vector<Tally> tallies;  // One for each thread.
};

class Running final {
 public:
  Running(const Population& population, const std::vector<Variant>& variants,
          const std::vector<EventSource*>& sources, const Names& names, const RunOptions& options)
      : population_(population),
        sources_(sources),
        names_(names),
        options_(options),
        workers_(options.threads > 0
                     ? options.threads
                     : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {
    const uint32_t accounts = population.account_count();
    lane_count_ = std::clamp<uint32_t>(accounts / kAccountsPerLane, 1, kLanesMax);
    lane_count_ = std::max(lane_count_, std::min<uint32_t>(accounts, 16));
    pieces_per_read_ = std::max(kPiecesPerReadMin, 2 * static_cast<size_t>(workers_.threads()));
    events_per_round_ =
        std::clamp(kEventsPerAccount * accounts, kEventsPerRoundMin, kEventsPerRoundMax);
    for (const Variant& variant : variants)
      sides_.push_back(std::make_unique<Side>(population, variant, options));
  }

  absl::StatusOr<Result> Go();

 private:
  void MakeLanes();
  absl::Status ReadAll(EventSource* source);
  void ReadPieces(EventSource* source);
  absl::Status ParsePieces(const EventSource& source);
  void SortByLane(Parsed* parsed, Scratch* scratch) const;
  absl::Status CountPieces();
  bool RoundIsFull() const {
    return waiting_events_ >= events_per_round_ || parsed_count_ >= kPiecesPerRoundMax;
  }
  absl::Status ChargeRound();
  absl::Status Finish();
  void Tell();
  bool Cancelled() const { return options_.cancel != nullptr && options_.cancel->load(); }
  absl::Status FirstFault() const;

  const Population& population_;
  const std::vector<EventSource*>& sources_;
  const Names& names_;
  const RunOptions& options_;
  internal::Workers workers_;
  uint32_t lane_count_ = 1;
  std::vector<std::unique_ptr<Side>> sides_;
  struct Reading {
    std::vector<Piece> pieces;
    size_t count = 0;
    bool last = false;
    absl::Status status;
  };
  Reading next_;  // The reader's while one is reading.
  std::vector<Piece> pieces_;
  size_t piece_count_ = 0;
  std::vector<Parsed> parsed_;
  size_t parsed_count_ = 0;     // Not yet charged.
  int64_t waiting_events_ = 0;  // Of those.
  size_t pieces_per_read_ = kPiecesPerReadMin;
  int64_t events_per_round_ = kEventsPerRoundMin;
  std::vector<Scratch> scratch_;  // One for each thread.
  RunProgress progress_;
  Result result_;
  InputRead input_;
};

void Running::MakeLanes() {
  for (const auto& side : sides_) {
    side->lanes.resize(lane_count_);
    side->tallies.resize(static_cast<size_t>(workers_.threads()));
    for (Tally& tally : side->tallies) tally.packages.resize(side->world.package_count());
  }
  workers_.Do(sides_.size() * lane_count_, [this](size_t task, int) {
    Side& side = *sides_[task / lane_count_];
    const auto number = static_cast<uint32_t>(task % lane_count_);
    side.lanes[number] = std::make_unique<Lane>(&side.world, number, lane_count_);
  });
}

void Running::ReadPieces(EventSource* source) {
  next_.pieces.resize(pieces_per_read_);
  next_.count = 0;
  while (next_.count < pieces_per_read_) {
    Piece& piece = next_.pieces[next_.count];
    piece.bytes.clear();
    const absl::StatusOr<bool> more = source->Read(&piece);
    next_.status = more.status();
    next_.last = !more.ok() || !*more;
    if (next_.last) return;
    ++next_.count;
  }
}

void Running::SortByLane(Parsed* parsed, Scratch* scratch) const {
  const PopulationTerms& terms = population_.terms();
  std::vector<Event>& from = parsed->batch.events;
  parsed->event_count = static_cast<int64_t>(from.size());
  parsed->begins.assign(lane_count_ + 1, 0);
  scratch->lanes.resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) {
    Event& event = from[i];
    const bool outside = event.at < terms.begins || event.at >= terms.ends;
    const uint32_t lane = event.account % lane_count_;
    event.account /= lane_count_;  // The seat.
    scratch->lanes[i] = outside ? kNoLane : static_cast<uint16_t>(lane);
    if (outside) continue;
    ++parsed->begins[lane + 1];
    parsed->last = std::max(parsed->last, event.at);
  }
  for (uint32_t lane = 0; lane < lane_count_; ++lane)
    parsed->begins[lane + 1] += parsed->begins[lane];
  const size_t count = parsed->begins[lane_count_];
  // A little more, so that the next pieces fit, too.
  if (parsed->events.capacity() < count) parsed->events.reserve(count + count / 16);
  parsed->events.resize(count);
  scratch->next.assign(parsed->begins.begin(), parsed->begins.end() - 1);
  for (size_t i = 0; i < from.size(); ++i) {
    const uint16_t lane = scratch->lanes[i];
    if (lane != kNoLane) parsed->events[scratch->next[lane]++] = from[i];
  }
  parsed->outside = static_cast<int64_t>(from.size() - parsed->events.size());
}

absl::Status Running::ParsePieces(const EventSource& source) {
  if (parsed_.size() < parsed_count_ + piece_count_) parsed_.resize(parsed_count_ + piece_count_);
  workers_.Do(piece_count_, [&](size_t number, int thread) {
    Parsed& parsed = parsed_[parsed_count_ + number];
    Scratch& scratch = scratch_[static_cast<size_t>(thread)];
    parsed.batch.events.swap(scratch.events);
    parsed.batch.Clear();
    parsed.last = {};
    source.Parse(pieces_[number], &parsed.batch);
    SortByLane(&parsed, &scratch);
    parsed.batch.events.swap(scratch.events);
  });
  return CountPieces();
}

absl::Status Running::CountPieces() {
  for (size_t i = 0; i < piece_count_; ++i) {
    Parsed& parsed = parsed_[parsed_count_++];
    input_.events += parsed.event_count;
    input_.lines += parsed.batch.lines;
    result_.events += static_cast<int64_t>(parsed.events.size());
    waiting_events_ += static_cast<int64_t>(parsed.events.size());
    result_.outside += parsed.outside;
    result_.reached = std::max(result_.reached, parsed.last);
    result_.bad_row_count += parsed.batch.bad_row_count;
    for (BadRow& row : parsed.batch.bad_rows) {
      if (result_.bad_rows.size() < kBadRowsListed) result_.bad_rows.push_back(std::move(row));
    }
    progress_.weight_done += pieces_[i].weight;
  }
  progress_.events = result_.events;
  if (result_.bad_row_count <= options_.bad_rows_max) return absl::OkStatus();
  std::string message = Cat("more than ", options_.bad_rows_max, " rows are not events:");
  for (size_t i = 0; i < std::min(kFaultsListed, result_.bad_rows.size()); ++i) {
    const BadRow& row = result_.bad_rows[i];
    message += Cat("\n", row.file, ":", row.line, ": ", row.why);
  }
  return absl::InvalidArgumentError(message);
}

absl::Status Running::ChargeRound() {
  for (const auto& side : sides_) side->world.TakeNames(names_);
  workers_.Do(sides_.size() * lane_count_, [this](size_t task, int thread) {
    Side& side = *sides_[task / lane_count_];
    const size_t number = task % lane_count_;
    Scratch& scratch = scratch_[static_cast<size_t>(thread)];
    scratch.pieces.resize(parsed_count_);
    for (size_t i = 0; i < parsed_count_; ++i) {
      const Parsed& parsed = parsed_[i];
      scratch.pieces[i] = {.events = {parsed.events.data() + parsed.begins[number],
                                      parsed.events.data() + parsed.begins[number + 1]},
                           .more = &parsed.batch.more};
    }
    side.lanes[number]->Charge(scratch.pieces, &scratch.order,
                               &side.tallies[static_cast<size_t>(thread)]);
  });
  parsed_count_ = 0;
  waiting_events_ = 0;
  return FirstFault();
}

void Running::Tell() {
  if (options_.progress) options_.progress(progress_);
}

absl::Status Running::FirstFault() const {
  for (const auto& side : sides_) {
    std::string first;
    for (const Tally& tally : side->tallies) {
      if (!tally.fault.empty() && (first.empty() || tally.fault < first)) first = tally.fault;
    }
    if (!first.empty()) return absl::InvalidArgumentError(first);
  }
  return absl::OkStatus();
}

// The next pieces are read while these are parsed and charged.
absl::Status Running::ReadAll(EventSource* source) {
  input_ = {.name = source->name(), .generated = source->generated()};
  scratch_.resize(static_cast<size_t>(workers_.threads()));
  next_ = {};
  ReadPieces(source);
  for (bool last = false; !last;) {
    OCS_RETURN_IF_ERROR(next_.status);
    std::swap(pieces_, next_.pieces);
    piece_count_ = next_.count;
    last = next_.last;
    std::thread reader;
    if (!last) reader = std::thread([this, source] { ReadPieces(source); });
    absl::Status done = ParsePieces(*source);
    last = last || Cancelled();
    if (done.ok() && (last || RoundIsFull())) done = ChargeRound();
    if (reader.joinable()) reader.join();
    OCS_RETURN_IF_ERROR(done);
    Tell();
  }
  input_.hash = source->hash();
  result_.inputs.push_back(input_);
  return absl::OkStatus();
}

absl::Status Running::Finish() {
  workers_.Do(sides_.size() * lane_count_, [this](size_t task, int thread) {
    Side& side = *sides_[task / lane_count_];
    side.lanes[task % lane_count_]->Finish(&side.tallies[static_cast<size_t>(thread)]);
  });
  OCS_RETURN_IF_ERROR(FirstFault());
  for (const auto& side : sides_) {
    Tally all;
    all.packages.resize(side->world.package_count());
    for (const Tally& tally : side->tallies) all.Merge(tally);
    result_.variants.push_back(internal::Collect(side->world, names_, side->lanes, all));
    for (const auto& lane : side->lanes) {
      for (ExplainLine& line : lane->explained()) result_.explained.push_back(std::move(line));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Result> Running::Go() {
  const PopulationTerms& terms = population_.terms();
  result_.population = terms.name;
  result_.population_hash = population_.hash();
  result_.seed = terms.seed;
  result_.begins = terms.begins;
  result_.ends = terms.ends;
  for (const Plan& plan : terms.plans) result_.plans.push_back(plan.name);
  for (const EventSource* source : sources_) progress_.weight_total += source->total_weight();
  for (const auto& side : sides_) side->world.TakeNames(names_);
  MakeLanes();
  for (EventSource* source : sources_) {
    if (Cancelled()) break;
    OCS_RETURN_IF_ERROR(ReadAll(source));
  }
  result_.cancelled = Cancelled();
  OCS_RETURN_IF_ERROR(Finish());
  if (!result_.cancelled) result_.reached = terms.ends;
  return std::move(result_);
}

}  // namespace

std::string TextSha256(std::string_view text) { return internal::Sha256Hex(text); }

std::vector<std::string> CheckVariants(const Population& population,
                                       const std::vector<Variant>& variants) {
  std::vector<std::string> faults;
  const PopulationTerms& terms = population.terms();
  for (size_t v = 0; v < variants.size(); ++v) {
    const Variant& variant = variants[v];
    const std::string where = Cat("variant ", variant.label, ": ");
    for (size_t other = 0; other < v; ++other) {
      if (variants[other].label == variant.label) faults.push_back(Cat(where, "is there twice"));
    }
    if (!variant.offers.empty() && variant.offers.size() != terms.plans.size()) {
      faults.push_back(Cat(where, "has offers for ", variant.offers.size(), " plans, expected ",
                           terms.plans.size()));
      continue;
    }
    for (size_t p = 0; p < terms.plans.size(); ++p) {
      const Plan& plan = terms.plans[p];
      const std::string in = Cat(where, "plan ", plan.name, ": ");
      for (const std::string& id : variant.offers.empty() ? plan.offers : variant.offers[p]) {
        const auto offer = variant.tariff->FindOffer(id);
        if (!offer) {
          faults.push_back(Cat(in, "offer: the catalogue has no '", id, "'"));
        } else if (variant.tariff->offer(*offer).currency != plan.currency) {
          faults.push_back(Cat(in, "currency: is ", plan.currency.code(), ", but '", id,
                               "' is sold in ", variant.tariff->offer(*offer).currency.code()));
        }
      }
      for (const ModelMix& mix : population.ModelsOf(static_cast<uint8_t>(p))) {
        if (!variant.tariff->FindModel(mix.model))
          faults.push_back(Cat(in, "model: the catalogue has no '", mix.model, "'"));
      }
    }
  }
  return faults;
}

absl::StatusOr<Result> Run(const Population& population, const std::vector<Variant>& variants,
                           const std::vector<EventSource*>& sources, const Names& names,
                           const RunOptions& options) {
  const std::vector<std::string> faults = CheckVariants(population, variants);
  if (!faults.empty()) {
    std::string message;
    for (const std::string& fault : faults) message += Cat(message.empty() ? "" : "\n", fault);
    return absl::InvalidArgumentError(message);
  }
  if (options.explain && *options.explain >= population.account_count()) {
    return absl::InvalidArgumentError(Cat("explain: is ", *options.explain,
                                          ", expected a customer from 0 to ",
                                          population.account_count() - 1));
  }
  return Running(population, variants, sources, names, options).Go();
}

}  // namespace ocs::simulation
