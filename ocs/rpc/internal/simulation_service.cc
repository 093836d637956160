#include "ocs/rpc/internal/simulation_service.h"

#include <grpcpp/alarm.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ocs/rpc/internal/record_stream.h"
#include "ocs/rpc/internal/status.h"
#include "ocs/rpc/internal/unary_call.h"

namespace ocs::rpc::internal {
namespace {

namespace simulation_pb = ::ocs::simulation::v1;
using ::ocs::simulation::CatalogueSource;
using ::ocs::simulation::ShadowState;
using ::ocs::simulation::ShadowSum;
using ::ocs::simulation::SimulationAsked;
using ::ocs::simulation::SimulationContent;
using ::ocs::simulation::SimulationProgress;
using Phase = SimulationProgress::Phase;
using Form = SimulationContent::Form;

constexpr int kChangesMax = 256;
constexpr int kRequiredMax = 64;
constexpr int kInputFilesMax = 64;
constexpr int kNameBytesMax = 256;
constexpr int64_t kStretchPermilleMax = 1'000'000'000;
constexpr int64_t kRepeatMax = 10'000;
// A client takes 4 MiB unless it asks for more.
constexpr size_t kContentBytesMax = 4'000'000;
// How long a reader may wait to see that a simulation has gone on.
constexpr int64_t kProgressPollMillis = 100;

grpc::Status Nobody() {
  return {grpc::StatusCode::FAILED_PRECONDITION, "this server does not simulate"};
}

CatalogueSource SourceFromWire(const simulation_pb::CatalogueSource& in, std::string_view label) {
  return {.text = in.text(),
          .revision = in.revision(),
          .label = in.label().empty() ? std::string(label) : in.label()};
}

std::optional<FieldFault> CheckNumber(const char* field, int64_t number, int64_t max) {
  if (number >= 0 && number <= max) return std::nullopt;
  return FieldFault{field, absl::StrCat("is ", number, "; expected 0 to ", max)};
}

std::optional<FieldFault> AskedFromWire(const simulation_pb::RunSimulationRequest& in,
                                        SimulationAsked* out) {
  if (auto fault = CheckConsumer("name", in.name())) return fault;
  if (in.change_size() > kChangesMax)
    return FieldFault{"change", absl::StrCat("has ", in.change_size(), "; at most ", kChangesMax)};
  if (in.require_size() > kRequiredMax) {
    return FieldFault{"require",
                      absl::StrCat("has ", in.require_size(), "; at most ", kRequiredMax)};
  }
  if (in.input_file_size() > kInputFilesMax) {
    return FieldFault{"input_file",
                      absl::StrCat("has ", in.input_file_size(), "; at most ", kInputFilesMax)};
  }
  if (auto fault = CheckLength("signed_by", in.signed_by(), kNameBytesMax)) return fault;
  if (auto fault = CheckNumber("stretch_permille", in.stretch_permille(), kStretchPermilleMax))
    return fault;
  if (auto fault = CheckNumber("repeat", in.repeat(), kRepeatMax)) return fault;
  out->name = in.name();
  out->population = in.population();
  out->before = SourceFromWire(in.before(), "in force");
  out->has_candidate = in.has_candidate();
  out->candidate = SourceFromWire(in.candidate(), "candidate");
  out->changes.assign(in.change().begin(), in.change().end());
  out->required.assign(in.require().begin(), in.require().end());
  out->signed_by = in.signed_by();
  out->own_records = in.own_records();
  out->input_files.assign(in.input_file().begin(), in.input_file().end());
  out->trace_begins = in.trace_begins();
  if (in.stretch_permille() != 0) out->stretch_permille = in.stretch_permille();
  if (in.repeat() != 0) out->repeat = in.repeat();
  return std::nullopt;
}

simulation_pb::Phase PhaseToWire(Phase phase) {
  switch (phase) {
    case Phase::kWaiting:
      return simulation_pb::WAITING;
    case Phase::kRunning:
      return simulation_pb::RUNNING;
    case Phase::kDone:
      return simulation_pb::DONE;
    case Phase::kCancelled:
      return simulation_pb::CANCELLED;
    case Phase::kFailed:
      return simulation_pb::FAILED;
  }
  return simulation_pb::PHASE_UNSPECIFIED;
}

void ProgressToWire(const SimulationProgress& in, simulation_pb::Progress* out) {
  out->set_name(in.name);
  out->set_phase(PhaseToWire(in.phase));
  out->set_calls(in.calls);
  out->set_weight_done(in.weight_done);
  out->set_weight_total(in.weight_total);
  out->set_took_ms(in.took_ms);
  out->set_error(in.error);
}

std::optional<Form> FormOf(simulation_pb::Form form) {
  switch (form) {
    case simulation_pb::FORM_UNSPECIFIED:
    case simulation_pb::SENTENCES:
      return Form::kSentences;
    case simulation_pb::ARTEFACT:
      return Form::kArtefact;
    case simulation_pb::JSON:
      return Form::kJson;
    case simulation_pb::PAGE:
      return Form::kPage;
    case simulation_pb::TABLE:
      return Form::kTable;
    default:
      return std::nullopt;
  }
}

void SumToWire(const ShadowSum& in, simulation_pb::ShadowSum* out) {
  out->set_name(in.name);
  out->set_unit(in.unit);
  out->set_records(in.records);
  out->set_before(in.before);
  out->set_after(in.after);
  out->set_cost_before(in.cost_before);
  out->set_cost_after(in.cost_after);
}

// InvalidArgument names its field in front: "population: ...".
grpc::Status WithField(const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return ToGrpcStatus(status, "");
  const std::string message(status.message());
  const size_t colon = message.find(": ");
  if (colon == std::string::npos) return ToGrpcStatus(status, "");
  return ToGrpcStatus({FieldFault{message.substr(0, colon), message.substr(colon + 2)}});
}

// Tells how far a simulation is until it has ended. One thing is under way at a time: a write, or
// waiting for the alarm.
class ProgressStream final : public grpc::ServerWriteReactor<simulation_pb::Progress> {
 public:
  ProgressStream(const SimulationScope& scope, Pass pass, std::string name)
      : scope_(scope), pass_(std::move(pass)), name_(std::move(name)) {
    Continue();
  }

 private:
  void OnWriteDone(bool ok) override {
    if (!ok) cancelled_.store(true, std::memory_order_relaxed);
    if (ended_) {
      Finish(grpc::Status::OK);
    } else {
      Continue();
    }
  }
  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override { delete this; }

  // Must be the last thing that a callback does.
  void Continue() {
    if (cancelled_.load(std::memory_order_relaxed))
      return Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the reader is gone"));
    if (scope_.stopping->load(std::memory_order_relaxed))
      return Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is stopping"));
    if (const grpc::Status* refusal = scope_.gate->Renew(&pass_)) return Finish(*refusal);
    const absl::StatusOr<SimulationProgress> progress = scope_.simulations->Progress(name_);
    if (!progress.ok()) return Finish(ToGrpcStatus(progress.status(), "name"));
    ended_ = progress->ended();
    const bool same = progress->phase == told_.phase && progress->calls == told_.calls;
    if (any_ && same && !ended_) return Wait();
    any_ = true;
    told_ = *progress;
    message_.Clear();
    ProgressToWire(told_, &message_);
    StartWrite(&message_);
  }

  void Wait() {
    const gpr_timespec until = gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(kProgressPollMillis, GPR_TIMESPAN));
    // A new one each time: the last may still be on its way out of its callback.
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(until, [this](bool /*expired*/) { Continue(); });
  }

  const SimulationScope scope_;
  Pass pass_;
  const std::string name_;
  std::atomic<bool> cancelled_{false};
  bool any_ = false;
  bool ended_ = false;
  SimulationProgress told_;
  simulation_pb::Progress message_;
  std::unique_ptr<grpc::Alarm> alarm_;
};

// A stream that cannot begin.
class FailedStream final : public grpc::ServerWriteReactor<simulation_pb::Progress> {
 public:
  explicit FailedStream(const grpc::Status& status) { Finish(status); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace

bool SimulationService::Closed(Context* context, Method method, grpc::ServerUnaryReactor* reactor) {
  if (Refused(scope_.gate->Enter(context, method), reactor)) return true;
  if (scope_.simulations != nullptr) return false;
  reactor->Finish(Nobody());
  return true;
}

grpc::ServerUnaryReactor* SimulationService::RunSimulation(
    Context* context, const simulation_pb::RunSimulationRequest* request,
    simulation_pb::RunSimulationResponse* /*response*/) {
  auto* reactor = context->DefaultReactor();
  if (Closed(context, Method::kRunSimulation, reactor)) return reactor;
  SimulationAsked asked;
  if (const auto fault = AskedFromWire(*request, &asked)) {
    reactor->Finish(ToGrpcStatus({*fault}));
    return reactor;
  }
  reactor->Finish(WithField(scope_.simulations->Run(std::move(asked))));
  return reactor;
}

grpc::ServerWriteReactor<simulation_pb::Progress>* SimulationService::StreamProgress(
    Context* context, const simulation_pb::StreamProgressRequest* request) {
  Pass pass;
  const Entry entry = scope_.gate->EnterStream(context, Method::kStreamProgress, &pass);
  if (entry.refusal != nullptr) return new FailedStream(*entry.refusal);
  if (scope_.simulations == nullptr) return new FailedStream(Nobody());
  return new ProgressStream(scope_, std::move(pass), request->name());
}

grpc::ServerUnaryReactor* SimulationService::CancelSimulation(
    Context* context, const simulation_pb::CancelSimulationRequest* request,
    simulation_pb::CancelSimulationResponse* /*response*/) {
  auto* reactor = context->DefaultReactor();
  if (Closed(context, Method::kCancelSimulation, reactor)) return reactor;
  reactor->Finish(ToGrpcStatus(scope_.simulations->Cancel(request->name()), "name"));
  return reactor;
}

grpc::ServerUnaryReactor* SimulationService::GetSimulation(
    Context* context, const simulation_pb::GetSimulationRequest* request,
    simulation_pb::GetSimulationResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Closed(context, Method::kGetSimulation, reactor)) return reactor;
  const std::optional<Form> form = FormOf(request->form());
  if (!form) {
    reactor->Finish(ToGrpcStatus({FieldFault{"form", "is unknown"}}));
    return reactor;
  }
  absl::StatusOr<SimulationContent> got =
      scope_.simulations->Get(request->name(), *form, request->table());
  if (!got.ok()) {
    reactor->Finish(ToGrpcStatus(got.status(), "name"));
    return reactor;
  }
  if (got->content.size() > kContentBytesMax) {
    reactor->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED,
                     absl::StrCat("the content has ", got->content.size(), " bytes; at most ",
                                  kContentBytesMax, " fit a message")});
    return reactor;
  }
  response->set_headline(got->headline);
  for (std::string& sentence : got->sentences) response->add_sentence(std::move(sentence));
  response->set_passed(got->passed);
  response->set_content(std::move(got->content));
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* SimulationService::ListSimulations(
    Context* context, const simulation_pb::ListSimulationsRequest* /*request*/,
    simulation_pb::ListSimulationsResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Closed(context, Method::kListSimulations, reactor)) return reactor;
  for (const SimulationProgress& progress : scope_.simulations->List())
    ProgressToWire(progress, response->add_simulation());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* SimulationService::StartShadow(
    Context* context, const simulation_pb::StartShadowRequest* request,
    simulation_pb::StartShadowResponse* /*response*/) {
  auto* reactor = context->DefaultReactor();
  if (Closed(context, Method::kStartShadow, reactor)) return reactor;
  const absl::Status started = scope_.simulations->StartShadow(
      SourceFromWire(request->candidate(), "candidate"), request->from_beginning());
  reactor->Finish(WithField(started));
  return reactor;
}

grpc::ServerUnaryReactor* SimulationService::StopShadow(
    Context* context, const simulation_pb::StopShadowRequest* /*request*/,
    simulation_pb::StopShadowResponse* /*response*/) {
  auto* reactor = context->DefaultReactor();
  if (Closed(context, Method::kStopShadow, reactor)) return reactor;
  scope_.simulations->StopShadow();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* SimulationService::GetShadow(
    Context* context, const simulation_pb::GetShadowRequest* /*request*/,
    simulation_pb::GetShadowResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (Closed(context, Method::kGetShadow, reactor)) return reactor;
  const absl::StatusOr<ShadowState> state = scope_.simulations->Shadow();
  if (!state.ok()) {
    reactor->Finish(ToGrpcStatus(state.status(), ""));
    return reactor;
  }
  response->set_running(state->running);
  response->set_error(state->error);
  response->set_candidate_sha256(state->candidate_sha256);
  response->set_records(state->records);
  response->set_last_unix_ms(state->last.unix_ms);
  response->set_not_sold(state->not_sold);
  response->set_not_comparable(state->not_comparable);
  for (const ShadowSum& sum : state->total) SumToWire(sum, response->add_total());
  for (const ShadowSum& sum : state->by_model) SumToWire(sum, response->add_by_model());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace ocs::rpc::internal
