// What must be true of a credit-control request before anything is looked up; in order of
// precedence.

#ifndef OCS_ENGINE_INTERNAL_REQUEST_FORM_H_
#define OCS_ENGINE_INTERNAL_REQUEST_FORM_H_

#include <string>

#include "ocs/engine/engine.h"
#include "ocs/engine/messages.h"

namespace ocs::engine {

struct FormFault {
  ResultCode code = ResultCode::kSuccess;  ///< Success: there is none.
  std::string field;
  std::string message;
};

/// The first fault of the request's form. Pure.
FormFault CheckForm(const CreditControlRequest& request, const EngineOptions& options);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_REQUEST_FORM_H_
