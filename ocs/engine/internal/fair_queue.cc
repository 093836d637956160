#include "ocs/engine/internal/fair_queue.h"

#include "absl/strings/cord.h"
#include "ocs/base/check.h"

namespace ocs::engine {
namespace {

constexpr char kOverloadMark[] = "ocs/overload";

}  // namespace

absl::Status Overloaded() {
  // Made once: refusing must stay cheap when there is most of it.
  static const absl::Status* const status = [] {
    auto* made = new absl::Status(
        absl::ResourceExhaustedError("the server is overloaded: back off and repeat the request"));
    made->SetPayload(kOverloadMark, absl::Cord("1"));
    return made;
  }();
  return *status;
}

bool IsOverload(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted &&
         status.GetPayload(kOverloadMark).has_value();
}

void OperationList::Push(Operation* operation) {
  operation->next_ = nullptr;
  if (tail_ == nullptr) {
    head_ = operation;
  } else {
    tail_->next_ = operation;
  }
  tail_ = operation;
}

Operation* OperationList::Pop() {
  Operation* operation = head_;
  if (operation == nullptr) return nullptr;
  head_ = operation->next_;
  if (head_ == nullptr) tail_ = nullptr;
  return operation;
}

Operation* OperationList::Next(Operation* operation) { return operation->next_; }

void OperationList::Append(OperationList* other) {
  if (other->head_ == nullptr) return;
  if (tail_ == nullptr) {
    head_ = other->head_;
  } else {
    tail_->next_ = other->head_;
  }
  tail_ = other->tail_;
  other->head_ = nullptr;
  other->tail_ = nullptr;
}

void FairQueue::Add(OperationList* arrived) {
  while (Operation* operation = arrived->Pop()) {
    const size_t source = operation->source;
    OCS_CHECK(source < kSourcesMax);
    if (source >= lines_.size()) lines_.resize(source + 1);
    OperationList& line = lines_[source];
    if (line.empty()) turns_.push_back(operation->source);
    line.Push(operation);
  }
}

int FairQueue::TakeTurns(int count_max, OperationList* out) {
  int count = 0;
  while (count < count_max && !turns_.empty()) {
    const uint16_t source = turns_.front();
    turns_.pop_front();
    OperationList& line = lines_[source];
    for (int i = 0; i < kTurn && !line.empty(); ++i, ++count) out->Push(line.Pop());
    if (!line.empty()) turns_.push_back(source);
  }
  return count;
}

void FairQueue::TakeAll(OperationList* out) {
  for (; !turns_.empty(); turns_.pop_front()) out->Append(&lines_[turns_.front()]);
}

}  // namespace ocs::engine
