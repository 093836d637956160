#include "tools/client/charging_client.h"

#include <utility>

#include "tools/client/connection.h"

namespace ocs::client {

ChargingClient::ChargingClient(const std::shared_ptr<grpc::Channel>& channel, ClientOptions options)
    : options_(std::move(options)), stub_(charging::v1::Charging::NewStub(channel)) {}

grpc::Status ChargingClient::Ask(const charging::v1::CreditControlRequest& request,
                                 charging::v1::CreditControlAnswer* answer) {
  return Ask(request, options_.retry, answer);
}

grpc::Status ChargingClient::Ask(const charging::v1::CreditControlRequest& request,
                                 const RetryPolicy& policy,
                                 charging::v1::CreditControlAnswer* answer) {
  RetryTime& time = options_.time == nullptr ? RetryTime::Real() : *options_.time;
  Tried tried = TryWithin(policy, JitterSeed(), time, [&](grpc::ClientContext* context) {
    SetToken(options_.token, context);
    return stub_->CreditControl(context, request, answer);
  });
  requests_.fetch_add(1, std::memory_order_relaxed);
  repeats_.fetch_add(tried.tries - 1, std::memory_order_relaxed);
  if (Judge(tried.status).verdict == Verdict::kRepeat) {
    given_up_.fetch_add(1, std::memory_order_relaxed);
  }
  return std::move(tried.status);
}

ClientStatistics ChargingClient::statistics() const {
  return {.requests = requests_.load(std::memory_order_relaxed),
          .repeats = repeats_.load(std::memory_order_relaxed),
          .given_up = given_up_.load(std::memory_order_relaxed)};
}

}  // namespace ocs::client
