// A charging service in this process that answers as it is told and keeps what it was asked: for
// the failures that a real server cannot be made to show at will.

#ifndef TESTS_CLIENT_SCRIPTED_SERVER_H_
#define TESTS_CLIENT_SCRIPTED_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ocs/charging/v1/charging.grpc.pb.h"
#include "tools/client/retry.h"  // tidy-allow arrow: the library's own tests

namespace ocs::client {

struct Scripted {
  grpc::Status status;
  charging::v1::CreditControlAnswer answer = {};
};

/// Thread-safe.
class ScriptedServer final : private charging::v1::Charging::Service {
 public:
  ScriptedServer();
  ~ScriptedServer() override;

  std::shared_ptr<grpc::Channel> channel() const { return channel_; }
  void Then(Scripted scripted);  ///< To the next request that has nothing scripted yet.
  /// Requests as they came, serialized, so that a repeat can be seen to be the same bytes.
  std::vector<std::string> seen() const;
  std::vector<std::string> tokens() const;  ///< Of each of them.

 private:
  grpc::Status CreditControl(grpc::ServerContext* context,
                             const charging::v1::CreditControlRequest* request,
                             charging::v1::CreditControlAnswer* answer) override;

  mutable std::mutex mutex_;
  std::deque<Scripted> script_;
  std::vector<std::string> seen_;
  std::vector<std::string> tokens_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

/// Time that passes only while somebody waits.
class TestTime final : public RetryTime {
 public:
  int64_t NowMs() override { return now_; }
  void Wait(int64_t milliseconds) override {
    waits.push_back(milliseconds);
    now_ += milliseconds;
  }
  std::vector<int64_t> waits;

 private:
  int64_t now_ = 1'000;
};

/// RESOURCE_EXHAUSTED with a RetryInfo of so many milliseconds.
grpc::Status Busy(int64_t milliseconds);

}  // namespace ocs::client

#endif  // TESTS_CLIENT_SCRIPTED_SERVER_H_
