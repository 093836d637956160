// Listening for demands, against a server that ends its streams as it is told.

#include "tools/client/demand_listener.h"  // tidy-allow arrow: the library's own tests

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "ocs/base/text.h"
#include "tests/support/catch.h"

namespace ocs::client {
namespace {

namespace push_pb = push::v1;

// One stream of the script: what it sends, and how it ends; without an end it stays open.
struct ScriptedStream {
  std::vector<push_pb::Push> pushes = {};
  std::optional<grpc::Status> end = std::nullopt;
};

class ScriptedPushes final : private push_pb::Pushes::Service {
 public:
  explicit ScriptedPushes(std::deque<ScriptedStream> script) : script_(std::move(script)) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
    channel_ = grpc::CreateChannel(Cat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  }
  ~ScriptedPushes() override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      changed_.notify_all();
    }
    server_->Shutdown();
  }

  std::shared_ptr<grpc::Channel> channel() const { return channel_; }
  void RefuseAnswers() {
    const std::lock_guard lock(mutex_);
    answer_status_ = {grpc::StatusCode::UNAVAILABLE, "away"};
  }
  // Waits, at most a minute, until there are so many; gives them.
  std::vector<std::string> Answers(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return answers_.size() >= count; });
    return answers_;
  }
  std::vector<std::string> Listeners(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return listeners_.size() >= count; });
    return listeners_;
  }

 private:
  static std::string TokenOf(const grpc::ServerContext& context) {
    const auto token = context.client_metadata().find("authorization");
    if (token == context.client_metadata().end()) return "nobody";
    return {token->second.data(), token->second.size()};
  }
  grpc::Status StreamPushes(grpc::ServerContext* context,
                            const push_pb::StreamPushesRequest* request,
                            grpc::ServerWriter<push_pb::PushBatch>* writer) override {
    std::unique_lock lock(mutex_);
    listeners_.push_back(Cat(request->origin_host(), " ", TokenOf(*context)));
    changed_.notify_all();
    ScriptedStream stream;
    if (!script_.empty()) {
      stream = std::move(script_.front());
      script_.pop_front();
    }
    lock.unlock();
    if (!stream.pushes.empty()) {
      push_pb::PushBatch batch;
      for (const push_pb::Push& push : stream.pushes) *batch.add_push() = push;
      writer->Write(batch);
    }
    if (stream.end) return *stream.end;
    lock.lock();
    while (!over_ && !context->IsCancelled())
      changed_.wait_for(lock, std::chrono::milliseconds(10));
    return grpc::Status::OK;
  }
  grpc::Status AnswerPush(grpc::ServerContext* context, const push_pb::AnswerPushRequest* request,
                          push_pb::AnswerPushResponse* /*response*/) override {
    const std::lock_guard lock(mutex_);
    answers_.push_back(Cat(request->demand_id(), " ", request->session_id(), " ",
                           request->result_code(), " ", TokenOf(*context)));
    changed_.notify_all();
    return answer_status_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ScriptedStream> script_;
  std::vector<std::string> answers_;
  std::vector<std::string> listeners_;
  grpc::Status answer_status_;
  bool over_ = false;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

push_pb::Push PushOf(const std::string& demand, const std::string& session,
                     push_pb::DemandKind kind) {
  push_pb::Push push;
  push.set_demand_id(demand);
  push.set_session_id(session);
  push.set_kind(kind);
  push.set_ask_count(1);
  return push;
}

ListenerOptions QuickOptions() {
  return {.origin_host = "gw-1.example",
          .token = "word",
          .retry = {.backoff_first_ms = 1, .backoff_most_ms = 4}};
}

grpc::Status Gone() { return {grpc::StatusCode::UNAVAILABLE, "stopping"}; }

TEST_CASE("each demand reaches the handler, and the server its answer", "[client][unit]") {
  auto of_group = PushOf("d-3", "s-3", push_pb::REAUTHORISE);
  of_group.set_rating_group(7);
  of_group.set_reason("new price");
  of_group.set_ask_count(2);
  ScriptedPushes server({{.pushes = {PushOf("d-1", "s-1", push_pb::REAUTHORISE),
                                     PushOf("d-2", "s-2", push_pb::ABORT), of_group}}});
  std::vector<Demand> heard;
  DemandListener listener(server.channel(), QuickOptions(), [&heard](const Demand& demand) {
    heard.push_back(demand);
    return heard.size() == 1   ? DemandAnswer::kUnderWay
           : heard.size() == 2 ? DemandAnswer::kUnableToComply
                               : DemandAnswer::kUnknownSession;
  });
  CHECK(server.Answers(3) == std::vector<std::string>{"d-1 s-1 2001 Bearer word",
                                                      "d-2 s-2 5012 Bearer word",
                                                      "d-3 s-3 5002 Bearer word"});
  CHECK(server.Listeners(1) == std::vector<std::string>{"gw-1.example Bearer word"});
  REQUIRE(heard.size() == 3);
  CHECK(heard[0].kind == DemandKind::kReauthorise);
  CHECK_FALSE(heard[0].rating_group.has_value());
  CHECK(heard[1].kind == DemandKind::kAbort);
  CHECK(heard[2].rating_group == 7U);
  CHECK(heard[2].reason == "new price");
  CHECK(heard[2].ask_count == 2);
}

TEST_CASE("a stream that ends, however, is begun anew", "[client][unit]") {
  ScriptedPushes server(
      {{.end = Gone()},
       {.end = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no credential that is accepted")},
       {.end = grpc::Status::OK},
       {.pushes = {PushOf("d-1", "s-1", push_pb::ABORT)}, .end = Gone()},
       {.pushes = {PushOf("d-1", "s-1", push_pb::ABORT)}}});
  DemandListener listener(server.channel(), QuickOptions(),
                          [](const Demand&) { return DemandAnswer::kWillDo; });
  CHECK(server.Answers(2).size() == 2);
  CHECK(server.Listeners(5).size() == 5);
  CHECK(listener.statistics().streams == 5);
  CHECK(listener.last_end().error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("an answer that is lost is not sent again: the server asks", "[client][unit]") {
  ScriptedPushes server({{.pushes = {PushOf("d-1", "s-1", push_pb::ABORT)}, .end = Gone()}});
  server.RefuseAnswers();
  DemandListener listener(server.channel(), QuickOptions(),
                          [](const Demand&) { return DemandAnswer::kWillDo; });
  CHECK(server.Listeners(2).size() == 2);  // It has gone on behind the answer.
  CHECK(server.Answers(1).size() == 1);
  CHECK(listener.statistics().demands == 1);
  CHECK(listener.statistics().answered == 0);
  CHECK(listener.statistics().unanswered == 1);
}

TEST_CASE("a listener ends while it waits for a server that is not there", "[client][unit]") {
  const auto nobody = grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials());
  ListenerOptions options = QuickOptions();
  options.retry.backoff_first_ms = options.retry.backoff_most_ms = 3'600'000;
  const DemandListener listener(nobody, options,
                                [](const Demand&) { return DemandAnswer::kWillDo; });
}

TEST_CASE("the board keeps what is demanded of open sessions, and an abort outweighs",
          "[client][unit]") {
  DemandBoard board;
  const DemandHandler handler = board.Handler();
  const auto demand = [&handler](const std::string& session, DemandKind kind) {
    return handler(Demand{.session_id = session, .kind = kind});
  };
  CHECK(demand("s-1", DemandKind::kAbort) == DemandAnswer::kUnknownSession);
  board.Open("s-1");
  CHECK_FALSE(board.Take("s-1").has_value());
  CHECK(demand("s-1", DemandKind::kReauthorise) == DemandAnswer::kWillDo);
  CHECK(board.Take("s-1") == DemandKind::kReauthorise);
  CHECK_FALSE(board.Take("s-1").has_value());
  CHECK(demand("s-1", DemandKind::kAbort) == DemandAnswer::kWillDo);
  CHECK(demand("s-1", DemandKind::kReauthorise) == DemandAnswer::kWillDo);
  CHECK(board.Take("s-1") == DemandKind::kAbort);
  CHECK(board.Take("s-1") == DemandKind::kAbort);
  board.Close("s-1");
  CHECK_FALSE(board.Take("s-1").has_value());
  CHECK(demand("s-1", DemandKind::kAbort) == DemandAnswer::kUnknownSession);
}

}  // namespace
}  // namespace ocs::client
