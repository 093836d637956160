#include "ocs/simulator/simulator.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cdr/record.h"
#include "ocs/base/status.h"
#include "ocs/report/page.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/population.h"
#include "ocs/simulation/run.h"
#include "ocs/whatif/answer.h"
#include "ocs/whatif/artefact.h"
#include "ocs/whatif/study_page.h"
#include "rating/catalogue.h"
#include "rating/edit.h"

namespace ocs::simulator {
namespace {

namespace fs = std::filesystem;
using simulation::SimulationContent;
using simulation::SimulationProgress;
using Phase = SimulationProgress::Phase;

// Records that are read at once, and about their bytes: a piece of input.
constexpr int kRecordsPerRead = 4'000;
constexpr int64_t kBytesPerRead = 1'000'000;
// How long a shadow may wait to see new records.
constexpr absl::Duration kShadowWait = absl::Milliseconds(50);

// Whatever this thread and those that it begins do, they do when nobody else wants the processor.
void TakeLowestPriority() {
  // A thread has a priority of its own here. What fails costs others a little time.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 19);
}

absl::Status InField(std::string_view field, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(std::string(field), ": ", std::string(status.message())));
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, text.empty() ? "" : "\n", line);
  return text;
}

// Where to read from to get what a shard's journal still has. Of a trimmed journal the first entry
// is left out.
absl::StatusOr<Position> BeforeFirst(const engine::Engine& engine, ShardId shard) {
  OCS_ASSIGN_OR_RETURN(const engine::EarningsPage first, engine.ReadEarnings(shard, {}, 1));
  if (first.last.group <= 1) return Position{};
  return Position{.group = first.last.group, .index = 0};
}

// Reads what a shard's journal has, shard after shard.
simulation::ReadRecordBytes AllRecordsOf(const engine::Engine* engine) {
  struct Place {
    uint16_t shard = 0;
    Position after;
    bool begun = false;
  };
  return [engine, place = Place()]() mutable -> absl::StatusOr<std::vector<std::string>> {
    std::vector<std::string> bytes;
    while (bytes.empty() && place.shard < engine->shard_count()) {
      if (!std::exchange(place.begun, true)) {
        OCS_ASSIGN_OR_RETURN(place.after, BeforeFirst(*engine, {place.shard}));
      }
      OCS_ASSIGN_OR_RETURN(
          std::vector<engine::ReadRecord> records,
          engine->ReadRecords({place.shard}, place.after, kRecordsPerRead, kBytesPerRead));
      if (records.empty()) {
        ++place.shard;
        place.begun = false;
        continue;
      }
      place.after = records.back().id.position;
      for (engine::ReadRecord& record : records) bytes.push_back(std::move(record.bytes));
    }
    return bytes;
  };
}

simulation::ShadowSum ToTold(const whatif::ShadowSum& sum) {
  return {.name = sum.model,
          .unit = std::string(sum.unit.code()),
          .records = sum.records,
          .before = sum.before,
          .after = sum.after,
          .cost_before = sum.cost_before,
          .cost_after = sum.cost_after};
}

}  // namespace

struct Simulator::Job {
  simulation::SimulationAsked asked;
  std::unique_ptr<const simulation::Population> population;
  whatif::Question question;
  std::atomic<bool> cancel{false};
  // The rest is guarded by Simulator::mutex_.
  SimulationProgress progress;
  Instant began;
  std::string headline;
  std::vector<std::string> sentences;
  bool passed = false;
  std::string artefact;
  std::string json;
  std::string page;
  std::map<std::string, std::string> tables;
};

struct Simulator::Shadowing {
  std::string sha256;
  std::vector<Position> after;  // By shard.
  std::atomic<bool> stop{false};
  std::thread thread;
  mutable absl::Mutex mutex;
  std::unique_ptr<whatif::Shadow> shadow ABSL_GUARDED_BY(mutex);
  bool running ABSL_GUARDED_BY(mutex) = true;
  std::string error ABSL_GUARDED_BY(mutex);
};

Simulator::Simulator(SimulationsOptions options, const engine::Engine* engine, const Clock* clock)
    : options_(std::move(options)), engine_(engine), clock_(clock), worker_([this] { Work(); }) {}

Simulator::~Simulator() { Stop(); }

void Simulator::Stop() {
  StopShadow();
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const auto& job : jobs_) job->cancel = true;
  }
  if (worker_.joinable()) worker_.join();
}

absl::StatusOr<std::string> Simulator::TextOf(const simulation::CatalogueSource& source) const {
  if (!source.text.empty()) return source.text;
  uint32_t revision = source.revision;
  if (revision == 0) {
    for (const engine::RevisionView& view : engine_->revisions()) {
      if (view.state == engine::RevisionState::kInForce) revision = view.revision;
    }
    if (revision == 0) return absl::FailedPreconditionError("no catalogue is in force");
  }
  return engine_->revision_text(revision);
}

absl::Status Simulator::CheckInputs(const simulation::SimulationAsked& asked) const {
  if (!asked.own_records && asked.input_files.empty()) {
    return absl::InvalidArgumentError(
        "input_file: nothing is to be simulated; expected files, or own_records");
  }
  for (const std::string& name : asked.input_files) {
    if (options_.input_folder.empty())
      return absl::FailedPreconditionError("the server has no simulation_folder");
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos)
      return absl::InvalidArgumentError(
          absl::StrCat("input_file: '", name, "' is not the name of a file"));
    std::error_code error;
    if (!fs::is_regular_file(fs::path(options_.input_folder) / name, error)) {
      return absl::InvalidArgumentError(
          absl::StrCat("input_file: the simulation_folder has no '", name, "'"));
    }
  }
  if (!asked.trace_begins.empty()) {
    const auto begins = ParseInstant(asked.trace_begins);
    if (!begins.ok()) return InField("trace_begins", begins.status());
  }
  return absl::OkStatus();
}

absl::Status Simulator::Run(simulation::SimulationAsked asked) {
  OCS_RETURN_IF_ERROR(CheckInputs(asked));
  auto job = std::make_unique<Job>();
  simulation::PopulationCheck check = simulation::ParsePopulation(asked.population, "population");
  if (check.population == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("population: ", Lines(check.diagnostics)));
  }
  job->population = std::move(check.population);
  whatif::Question& question = job->question;
  auto before = TextOf(asked.before);
  if (!before.ok()) return before.status();
  question.before = {
      .label = asked.before.label, .text = *std::move(before), .file_name = "before"};
  if (asked.has_candidate) {
    auto candidate = TextOf(asked.candidate);
    if (!candidate.ok()) return candidate.status();
    question.candidate = {
        .label = asked.candidate.label, .text = *std::move(candidate), .file_name = "candidate"};
    if (asked.candidate.label == asked.before.label)
      return absl::InvalidArgumentError("candidate.label: is that of before");
  }
  for (const whatif::CatalogueText* text : {&question.before, &question.candidate}) {
    if (text->text.empty()) continue;
    const auto parsed = rating::ParseCatalogue(text->text, text->file_name);
    if (parsed.catalogue) continue;
    std::vector<std::string> faults;
    for (const auto& fault : parsed.diagnostics) faults.push_back(fault.ToString());
    return absl::InvalidArgumentError(absl::StrCat(text->file_name, ": ", Lines(faults)));
  }
  for (const std::string& change : asked.changes) {
    const auto edit = rating::ParseEdit(change);
    if (!edit.ok()) return InField("change", edit.status());
  }
  for (const std::string& required : asked.required) {
    const auto parsed = whatif::ParseRequired(required);
    if (!parsed.ok()) return InField("require", parsed.status());
  }
  const int64_t catalogues = asked.has_candidate || !asked.changes.empty() ? 2 : 1;
  if (job->population->account_count() * catalogues > options_.accounts_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "population: accounts: has ", job->population->account_count(), " under ", catalogues,
        " catalogues; together at most ", options_.accounts_max, " (simulation_accounts_max)"));
  }
  question.changes = asked.changes;
  question.required = asked.required;
  question.signed_by = asked.signed_by;
  job->progress.name = asked.name;
  job->asked = std::move(asked);

  const absl::MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError("the server is stopping");
  if (Find(job->asked.name) != nullptr)
    return absl::AlreadyExistsError("there is a simulation of this name");
  const auto waiting = std::count_if(jobs_.begin(), jobs_.end(), [](const auto& other) {
    return other->progress.phase == Phase::kWaiting;
  });
  if (static_cast<size_t>(waiting) >= kSimulationsWaitingMax)
    return absl::ResourceExhaustedError(absl::StrCat(waiting, " simulations wait already"));
  jobs_.push_back(std::move(job));
  DropOld();
  return absl::OkStatus();
}

Simulator::Job* Simulator::Find(const std::string& name) const {
  for (const auto& job : jobs_) {
    if (job->asked.name == name) return job.get();
  }
  return nullptr;
}

void Simulator::DropOld() {
  auto ended = static_cast<size_t>(std::count_if(
      jobs_.begin(), jobs_.end(), [](const auto& job) { return job->progress.ended(); }));
  for (auto job = jobs_.begin(); job != jobs_.end() && ended > kSimulationsKept;) {
    if (!(*job)->progress.ended()) {
      ++job;
      continue;
    }
    job = jobs_.erase(job);
    --ended;
  }
}

void Simulator::Work() {
  TakeLowestPriority();
  while (true) {
    Job* job = nullptr;
    {
      const absl::MutexLock lock(&mutex_);
      const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        return stopping_ || std::any_of(jobs_.begin(), jobs_.end(), [](const auto& other) {
                 return other->progress.phase == Phase::kWaiting;
               });
      };
      mutex_.Await(absl::Condition(&ready));
      if (stopping_) return;
      for (const auto& other : jobs_) {
        if (job == nullptr && other->progress.phase == Phase::kWaiting) job = other.get();
      }
      job->progress.phase = Phase::kRunning;
      job->began = clock_->Now();
    }
    Do(job);
    const absl::MutexLock lock(&mutex_);
    DropOld();
  }
}

void Simulator::Do(Job* job) {
  const auto run =
      [&](std::vector<simulation::Variant> variants) -> absl::StatusOr<simulation::Result> {
    simulation::Names names;
    std::vector<std::unique_ptr<simulation::EventSource>> sources;
    std::vector<simulation::EventSource*> pointers;
    simulation::TraceOptions trace;
    trace.begins = job->population->terms().begins;
    if (!job->asked.trace_begins.empty()) {
      OCS_ASSIGN_OR_RETURN(trace.begins, ParseInstant(job->asked.trace_begins));
    }
    trace.stretch_permille = job->asked.stretch_permille;
    trace.repeat = job->asked.repeat;
    for (const std::string& name : job->asked.input_files) {
      OCS_ASSIGN_OR_RETURN(auto source,
                           simulation::OpenInput((fs::path(options_.input_folder) / name).string(),
                                                 trace, job->population.get(), &names));
      sources.push_back(std::move(source));
    }
    if (job->asked.own_records) {
      sources.push_back(simulation::OpenRecordBytes("own records", AllRecordsOf(engine_),
                                                    job->population.get(), &names));
    }
    for (const auto& source : sources) pointers.push_back(source.get());
    simulation::RunOptions options;
    options.threads = 1;
    options.cancel = &job->cancel;
    options.progress = [this, job](const simulation::RunProgress& progress) {
      const absl::MutexLock lock(&mutex_);
      job->progress.calls = progress.events;
      job->progress.weight_done = progress.weight_done;
      job->progress.weight_total = progress.weight_total;
      job->progress.took_ms = clock_->Now().unix_ms - job->began.unix_ms;
    };
    return simulation::Run(*job->population, variants, pointers, names, options);
  };
  const auto answer = whatif::AnswerQuestion(job->question, job->population->terms(), run);
  absl::StatusOr<std::string> html = absl::InternalError("");
  std::string artefact;
  std::string json;
  std::map<std::string, std::string> tables;
  if (answer.ok()) {
    const whatif::Answer& found = **answer;
    html = report::PageHtml(whatif::StudyPage(found.study, {.title = ""}));
    artefact = whatif::ArtefactJson(
        found.study,
        simulation::TextSha256(simulation::ResultJson(found.result, /*customers=*/true)),
        whatif::kArtefactCustomersMax);
    json = simulation::ResultJson(found.result, /*customers=*/false);
    for (const simulation::ResultTable& table : simulation::TablesOf(found.result)) {
      if (table.name != "customers") tables[table.name] = simulation::TableCsv(table);
    }
  }
  const absl::Status status = answer.ok() ? html.status() : answer.status();
  const absl::MutexLock lock(&mutex_);
  job->progress.took_ms = clock_->Now().unix_ms - job->began.unix_ms;
  if (!status.ok()) {
    job->progress.phase = Phase::kFailed;
    job->progress.error = std::string(status.message());
    return;
  }
  job->progress.phase = (*answer)->result.cancelled ? Phase::kCancelled : Phase::kDone;
  job->progress.calls = (*answer)->result.events;
  job->headline = whatif::StudyHeadline((*answer)->study);
  job->sentences = whatif::StudySentences((*answer)->study);
  job->passed = (*answer)->study.passed();
  job->artefact = std::move(artefact);
  job->json = std::move(json);
  job->page = *std::move(html);
  job->tables = std::move(tables);
}

absl::StatusOr<SimulationProgress> Simulator::Progress(const std::string& name) const {
  const absl::MutexLock lock(&mutex_);
  const Job* job = Find(name);
  if (job == nullptr) return absl::NotFoundError("there is no simulation of this name");
  return job->progress;
}

absl::Status Simulator::Cancel(const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  Job* job = Find(name);
  if (job == nullptr) return absl::NotFoundError("there is no simulation of this name");
  job->cancel = true;
  return absl::OkStatus();
}

absl::StatusOr<SimulationContent> Simulator::Get(const std::string& name,
                                                 SimulationContent::Form form,
                                                 const std::string& table) const {
  const absl::MutexLock lock(&mutex_);
  const Job* job = Find(name);
  if (job == nullptr) return absl::NotFoundError("there is no simulation of this name");
  if (!job->progress.ended()) return absl::FailedPreconditionError("the simulation has not ended");
  if (job->progress.phase == Phase::kFailed)
    return absl::FailedPreconditionError(absl::StrCat("it failed: ", job->progress.error));
  SimulationContent content{
      .headline = job->headline, .sentences = job->sentences, .passed = job->passed};
  switch (form) {
    case SimulationContent::Form::kSentences:
      break;
    case SimulationContent::Form::kArtefact:
      content.content = job->artefact;
      break;
    case SimulationContent::Form::kJson:
      content.content = job->json;
      break;
    case SimulationContent::Form::kPage:
      content.content = job->page;
      break;
    case SimulationContent::Form::kTable: {
      const auto found = job->tables.find(table);
      if (found == job->tables.end()) {
        std::vector<std::string> names;
        for (const auto& [known, csv] : job->tables) names.push_back(known);
        std::string all = Lines(names);
        std::replace(all.begin(), all.end(), '\n', ' ');
        return absl::NotFoundError(absl::StrCat("it has no table '", table, "', but ", all));
      }
      content.content = found->second;
      break;
    }
  }
  return content;
}

std::vector<SimulationProgress> Simulator::List() const {
  const absl::MutexLock lock(&mutex_);
  std::vector<SimulationProgress> all;
  for (const auto& job : jobs_) all.push_back(job->progress);
  return all;
}

// ---- Shadow rating ----

absl::Status Simulator::StartShadow(const simulation::CatalogueSource& candidate,
                                    bool from_beginning) {
  OCS_ASSIGN_OR_RETURN(const std::string text, TextOf(candidate));
  const rating::CatalogueCheck check = rating::ParseCatalogue(text, "candidate");
  if (!check.catalogue) {
    std::vector<std::string> faults;
    for (const auto& fault : check.diagnostics) faults.push_back(fault.ToString());
    return absl::InvalidArgumentError(absl::StrCat("candidate.text: ", Lines(faults)));
  }
  const absl::MutexLock change(&shadow_change_);
  StopShadowing();
  auto shadowing = std::make_unique<Shadowing>();
  shadowing->sha256 = simulation::TextSha256(text);
  for (int shard = 0; shard < engine_->shard_count(); ++shard) {
    const ShardId id{static_cast<uint16_t>(shard)};
    // Behind all of the last durable group.
    Position after{.group = engine_->statistics(id).durable_group, .index = UINT32_MAX};
    if (from_beginning) {
      OCS_ASSIGN_OR_RETURN(after, BeforeFirst(*engine_, id));
    }
    shadowing->after.push_back(after);
  }
  // Revisions' tariffs are made once each, of their texts.
  auto known = std::make_shared<std::map<uint32_t, std::shared_ptr<const rating::Tariff>>>();
  const auto tariff_of = [engine = engine_, known](uint32_t revision) {
    auto [at, added] = known->try_emplace(revision);
    if (!added) return at->second;
    const auto source = engine->revision_text(revision);
    if (!source.ok()) return at->second;
    const rating::CatalogueCheck read = rating::ParseCatalogue(*source, "revision");
    if (read.catalogue) at->second = rating::Tariff::Compile(*read.catalogue, revision);
    return at->second;
  };
  {
    const absl::MutexLock lock(&shadowing->mutex);
    shadowing->shadow =
        std::make_unique<whatif::Shadow>(tariff_of, rating::Tariff::Compile(*check.catalogue, 1));
  }
  const absl::MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError("the server is stopping");
  shadow_ = std::move(shadowing);
  shadow_->thread = std::thread([this, started = shadow_.get()] { Follow(started); });
  return absl::OkStatus();
}

// On its thread: reads what has become durable, and rates it.
void Simulator::Follow(Shadowing* shadowing) {
  TakeLowestPriority();
  absl::Status status;
  while (status.ok() && !shadowing->stop) {
    bool any = false;
    for (size_t shard = 0; shard < shadowing->after.size() && status.ok(); ++shard) {
      Position& after = shadowing->after[shard];
      const auto records = engine_->ReadRecords({static_cast<uint16_t>(shard)}, after,
                                                kRecordsPerRead, kBytesPerRead);
      status = records.status();
      if (!status.ok() || records->empty()) continue;
      any = true;
      after = records->back().id.position;
      const absl::MutexLock lock(&shadowing->mutex);
      for (const engine::ReadRecord& read : *records) {
        const auto record = cdr::DecodeRecord(read.bytes);
        if (record.ok()) shadowing->shadow->Take(*record);
      }
    }
    if (any || !status.ok()) continue;
    const absl::MutexLock lock(&shadowing->mutex);
    const auto stopped = [shadowing] { return shadowing->stop.load(); };
    shadowing->mutex.AwaitWithTimeout(absl::Condition(&stopped), kShadowWait);
  }
  const absl::MutexLock lock(&shadowing->mutex);
  shadowing->running = false;
  if (!status.ok()) shadowing->error = std::string(status.message());
}

void Simulator::StopShadow() {
  const absl::MutexLock change(&shadow_change_);
  StopShadowing();
}

void Simulator::StopShadowing() {
  Shadowing* shadowing = nullptr;
  {
    const absl::MutexLock lock(&mutex_);
    shadowing = shadow_.get();
  }
  if (shadowing == nullptr) return;
  {
    const absl::MutexLock lock(&shadowing->mutex);
    shadowing->stop = true;
  }
  if (shadowing->thread.joinable()) shadowing->thread.join();
}

absl::StatusOr<simulation::ShadowState> Simulator::Shadow() const {
  const absl::MutexLock lock(&mutex_);
  if (shadow_ == nullptr) return absl::NotFoundError("no shadow was started");
  const absl::MutexLock inner(&shadow_->mutex);
  const whatif::ShadowResult result = shadow_->shadow->result();
  simulation::ShadowState state{.running = shadow_->running,
                                .error = shadow_->error,
                                .candidate_sha256 = shadow_->sha256,
                                .records = result.records,
                                .last = result.last,
                                .not_sold = result.not_sold,
                                .not_comparable = result.not_comparable};
  for (const whatif::ShadowSum& sum : result.total) state.total.push_back(ToTold(sum));
  for (const whatif::ShadowSum& sum : result.by_model) state.by_model.push_back(ToTold(sum));
  return state;
}

}  // namespace ocs::simulator
