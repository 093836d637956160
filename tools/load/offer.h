// The calls. Open loop: by the clock. Closed loop: as many in flight as may be, to find the
// capacity.
// Tested in: tests/tools/load_test.cc

#ifndef TOOLS_LOAD_OFFER_H_
#define TOOLS_LOAD_OFFER_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/load/measure.h"

namespace ocs::load {

/// One caller.
struct Tenant {
  std::string name = "all";
  int64_t share = 1;  ///< Of the load, beside the other tenants'.
  std::string token;
  std::vector<std::shared_ptr<grpc::Channel>> channels;  ///< Used in turn.
};

struct Workload {
  std::vector<Tenant> tenants;
  std::vector<uint64_t> accounts;
  uint64_t seed = 1;
  std::string model = "xingchen";
  int64_t deadline_ms = 1'000;
  int64_t in_flight_max = 20'000;  ///< Memory of this program; beyond it a request is not sent.
};

/// Offers a workload again and again; session ids never repeat, also over runs.
class Offerer final {
 public:
  explicit Offerer(Workload workload);
  ~Offerer();

  /// Keeps `in_flight` requests of the first tenant in flight for so long; returns those done in a
  /// second; 0 when none was.
  int64_t MeasureCapacity(int64_t seconds, int64_t in_flight);

  /// Offers `per_second` requests, the tenants' shares of them each, and waits until the last has
  /// ended. Counts them in `measure` as of that phase.
  void Offer(int phase, int64_t per_second, int64_t seconds, Measure* measure);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocs::load

#endif  // TOOLS_LOAD_OFFER_H_
