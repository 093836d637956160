// What publishing, approving and cancelling a catalogue revision have in common.

#ifndef OCS_ENGINE_INTERNAL_PUBLISHING_H_
#define OCS_ENGINE_INTERNAL_PUBLISHING_H_

#include <vector>

#include "ocs/base/time.h"
#include "ocs/engine/messages.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// Fails the call as InvalidArgument where the change does not say who and why.
bool CheckWhoAndWhy(Operation* call, const Change& change);

/// Fails the call as FailedPrecondition where a revision in force from `effective` would come
/// before one that is pending at `now`. The newest number wins from its time on, so the pending one
/// would never be in force, and nobody would be told.
bool CheckOrder(Operation* call, const std::vector<RevisionView>& decided, Instant effective,
                Instant now);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_PUBLISHING_H_
