// What a use is like beside its model: from what the request states, what the rating group began
// with, and the account.

#ifndef OCS_ENGINE_INTERNAL_CONTEXT_H_
#define OCS_ENGINE_INTERNAL_CONTEXT_H_

#include <cstdint>

#include "balance/account.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/engine/messages.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// The context of a rating group's use at `at`: each dimension as stated, else as kept in `before`
/// (null: the group begins), else not stated; the service tier then is "standard", the segment the
/// account's. `began_at` and `switches` belong to the offer that is asked about and are left out.
rating::UseContext ContextOf(const CreditControlRequest& request, const ServiceRequest& service,
                             const balance::Account& account, const balance::Grant* before,
                             Instant at);

/// What a grant keeps as its prompt_tokens after this service of a request: the prompt pieces
/// reported so far in the call, or, below 0, minus those requested or stated while none is
/// reported.
int64_t KeptPromptTokens(const ServiceRequest& service, const balance::Grant* before);

/// True when the call has not been charged yet: its first charge counts it as a request.
bool IsFirstCharge(const balance::Grant* before);

/// Takes a kind out.
void RemoveKind(TokenKind kind, Quantities* quantities);

/// True when something was used: what is reported as nothing is no call.
bool UsesAnything(const Quantities& used);

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_CONTEXT_H_
