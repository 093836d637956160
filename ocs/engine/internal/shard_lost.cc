// Sessions that a restarted gateway has lost are ended in all accounts of a shard, some at a time:
// charging goes on meanwhile.

#include <algorithm>

#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/origins.h"
#include "ocs/engine/internal/shard.h"

namespace ocs::engine {
namespace {

constexpr size_t kListedAtOnce = 10'000;    // Keys only: a millisecond or two.
constexpr int kLostAccountsPerRound = 256;  // It shares the shard with charging.

}  // namespace

void Shard::NoteOrigin(std::string_view tenant, std::string_view host, uint32_t state) {
  if (!origins_->Note(*this, tenant, host, state)) return;
  lost_in_.clear();
  lost_place_ = balance::DuePlace{};  // From the front, whatever was under way.
  Tick();
}

void Shard::EndLost() {
  if (!lost_place_) return;
  if (lost_in_.empty() && !lost_place_->done) {
    // Every account with an open session falls due by the end of its supervision timer.
    const int64_t validity =
        std::max<int64_t>(GrantValiditySeconds(options()), options().credit.restricted_seconds);
    const Instant until = logged_at().PlusSeconds(validity * options().supervision_factor);
    const absl::Status listed = book_->ListDue(until, kListedAtOnce, &*lost_place_, &lost_in_);
    if (!listed.ok()) return Stop(listed);
  }
  for (int i = 0; i < kLostAccountsPerRound && !lost_in_.empty(); ++i) {
    if (book_->group_full() && !book_->in_flight()) {
      WriteGroup(balance::Book::WriteBack::kAsNeeded);
      book_->OpenGroup(arrival_);
    }
    balance::Account* account = FindAccount(lost_in_.back());
    if (stopped()) return;
    if (account == nullptr || EndLostSessions(*this, account)) lost_in_.pop_back();
    if (!watched_.empty()) TellWatchers();
    if (stopped()) return;
  }
  if (lost_place_->done && lost_in_.empty()) return lost_place_.reset();
  Tick();  // There is more.
}

}  // namespace ocs::engine
