// What is decided of a catalogue revision after it was proposed or published.

#ifndef OCS_ENGINE_CATALOGUE_OPERATION_H_
#define OCS_ENGINE_CATALOGUE_OPERATION_H_

#include <cstdint>
#include <memory>

#include "ocs/base/time.h"
#include "ocs/engine/messages.h"
#include "ocs/engine/operation.h"

namespace ocs::engine {

/// Approves or rejects a proposal, or cancels a published revision before it is in force. The actor
/// and the reason must be given: both are part of the entry. What was decided is never changed.
///
/// Refused, in this order: InvalidArgument, actor or reason is missing; NotFound, the revision;
/// FailedPrecondition: what is decided already; the proposal has expired; it is approved by who
/// proposed it; a revision after it is published, so that it was compared with another price list
/// than it would replace; it has no simulation where one is required; it would be in force before
/// one that is pending; what is cancelled is in force (publish the text of the one before it
/// again).
class DecideRevisionCall : public Operation {
 public:
  enum class Action : uint8_t {
    kApprove,  ///< In force from `effective_from` of the proposal, at the earliest from now.
    kReject,   ///< Also by who proposed it.
    kCancel,
  };
  Change change;
  uint32_t revision = 0;
  Action action = Action::kApprove;

  Instant effective_from;  ///< Result of kApprove.

 private:
  bool Prepare(Engine& engine) override;
  void Execute(Shard& shard) override;
  void Durable() noexcept override;
  bool CheckProposal(const RevisionView& view, Instant now);
  bool CheckApproval(const RevisionView& view, Instant now);
  bool CheckCancellation(const RevisionView& view, Instant now);
  Engine* engine_ = nullptr;
  std::shared_ptr<Revision> decided_;  ///< As it will be; null when the call changes nothing.
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_CATALOGUE_OPERATION_H_
