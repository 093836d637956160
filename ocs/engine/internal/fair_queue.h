// What waits for a shard, kept apart by where it comes from, so that one source's flood delays
// the others by a turn and not by its length.

#ifndef OCS_ENGINE_INTERNAL_FAIR_QUEUE_H_
#define OCS_ENGINE_INTERNAL_FAIR_QUEUE_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "ocs/engine/operation.h"

namespace ocs::engine {

/// Operations in order, linked through themselves. Thread-compatible.
class OperationList final {
 public:
  bool empty() const { return head_ == nullptr; }
  void Push(Operation* operation);
  Operation* Pop();  ///< The oldest, or null.
  Operation* front() const { return head_; }
  static Operation* Next(Operation* operation);  ///< The one behind it, or null.
  void Append(OperationList* other);             ///< Takes all of the other's.

 private:
  Operation* head_ = nullptr;
  Operation* tail_ = nullptr;
};

/// Sources take turns; within a source operations keep their order. Thread-compatible.
class FairQueue final {
 public:
  /// Operations of one source in one turn. Long enough that turns cost nothing, short enough that
  /// a thousand flooding sources delay another's request by tens of milliseconds.
  static constexpr int kTurn = 16;

  bool empty() const { return turns_.empty(); }
  /// Takes all of the list's. REQUIRES: each source is below kSourcesMax.
  void Add(OperationList* arrived);
  /// Moves operations to the end of `out`, turn after turn, until `count_max` or more are moved or
  /// none is left. Returns how many.
  int TakeTurns(int count_max, OperationList* out);
  /// Moves all that is left to the end of `out`.
  void TakeAll(OperationList* out);

 private:
  std::vector<OperationList> lines_;  ///< By source; as long as the highest that ever came.
  std::deque<uint16_t> turns_;        ///< Sources whose line is not empty, in order of their turn.
};

/// How many operations of a source may wait when `length` wait in all: as many as there is room
/// left. One source alone gets half of the queue, two get a third each, and there is always room
/// for another's first (dynamic thresholds, Choudhury and Hahne 1998).
inline constexpr int64_t SourceLengthMax(int64_t length, int64_t queue_max) {
  return length >= queue_max ? 0 : queue_max - length;
}

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_FAIR_QUEUE_H_
