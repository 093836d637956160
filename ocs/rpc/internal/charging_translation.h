// Credit control between its wire form and the engine's. The engine's request points into the wire
// message, which must live as long.

#ifndef OCS_RPC_INTERNAL_CHARGING_TRANSLATION_H_
#define OCS_RPC_INTERNAL_CHARGING_TRANSLATION_H_

#include <vector>

#include "ocs/charging/v1/charging.pb.h"
#include "ocs/engine/messages.h"
#include "ocs/rpc/internal/status.h"

namespace ocs::rpc::internal {

/// What came of reading a request, in order of precedence.
enum class Reading : uint8_t {
  kWhole,      ///< It may be submitted.
  kMalformed,  ///< A bound of the message is broken: InvalidArgument with `faults`.
  kRefused,    ///< A field has a value that the engine's types cannot say: `code` and one fault.
};

/// Why a request was not whole.
struct ReadingFault {
  engine::ResultCode code = engine::ResultCode::kSuccess;
  std::vector<FieldFault> faults;
};

/// Fills `out`, which must be fresh. `fault` is written only when the result is not kWhole.
Reading FromWire(const charging::v1::CreditControlRequest& in, engine::CreditControlRequest* out,
                 ReadingFault* fault);

/// Writes an answer. REQUIRES: out is cleared.
void ToWire(const engine::CreditControlAnswer& in, charging::v1::CreditControlAnswer* out);

/// Writes the answer to a request whose reading was kRefused. REQUIRES: out is cleared.
void WriteRefusal(const charging::v1::CreditControlRequest& request, const ReadingFault& fault,
                  charging::v1::CreditControlAnswer* out);

}  // namespace ocs::rpc::internal

#endif  // OCS_RPC_INTERNAL_CHARGING_TRANSLATION_H_
