// A call that does nothing: what gRPC alone costs on this machine.

#ifndef TESTS_BENCH_EMPTY_SERVICE_H_
#define TESTS_BENCH_EMPTY_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "empty.grpc.pb.h"

namespace ocs::bench {

/// Answers at once, on the thread that received the call.
class EmptyService final : public Empty::CallbackService {
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const EmptyMessage* /*request*/,
                                 EmptyMessage* /*response*/) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace ocs::bench

#endif  // TESTS_BENCH_EMPTY_SERVICE_H_
