// Some of the accounts under one variant, from the day they come to the end: their calls are
// charged, what is due happens at its time, months end and bills are paid.

#ifndef OCS_SIMULATION_INTERNAL_LANE_H_
#define OCS_SIMULATION_INTERNAL_LANE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ocs/engine/dry_shard.h"
#include "ocs/engine/operation.h"
#include "ocs/simulation/event.h"
#include "ocs/simulation/internal/tally.h"
#include "ocs/simulation/internal/world.h"
#include "ocs/simulation/result.h"

namespace ocs::simulation::internal {

/// Whoever asks waits: nothing is to be done when it is done.
template <typename Call>
class Asked final : public Call {
 public:
  void Done() noexcept override {}
};

/// A bucket that was bought.
struct HeldPackage {
  BucketId bucket;
  uint32_t package = 0;  ///< Index in Tally::packages.
  bool issued = false;
  bool limited = true;  ///< Not kUnlimitedAmount.
  int64_t expired = 0;
};

/// One account.
struct Seat {
  AccountId account;
  uint32_t number = 0;
  uint8_t plan = 0;
  bool opened = false;
  uint16_t month = 0;         ///< Index of World::month_ends.
  uint16_t top_ups = 0;       ///< Automatic ones of this month.
  Instant now;                ///< Up to where its life has been lived.
  int64_t billed_micros = 0;  ///< Of this month.
  Figures figures;
  std::vector<HeldPackage> packages;
  engine::PlainAccount plain;  ///< Forgotten whenever the engine decides something.
};

/// Events of one piece of input. Their `account` is the index of the lane's seat: of account n of
/// the population, n / lane_count.
struct LaneEvents {
  std::span<const Event> events;
  const std::vector<Quantities>* more = nullptr;  ///< Of their batch.
};

/// A lane's events, seat after seat. Reused from lane to lane for its memory.
struct LaneOrder {
  std::vector<uint32_t> ends;  ///< Of each seat's.
  std::vector<const Event*> events;
};

/// Thread-compatible; lanes do not depend on each other.
class Lane final {
 public:
  /// The accounts whose number modulo `lane_count` is `number`.
  Lane(const World* world, uint32_t number, uint32_t lane_count);

  /// Charges events of this lane's accounts: those of an account in the order of the pieces, and
  /// one account after the other where they have several each, so that what an account has is at
  /// hand.
  void Charge(std::span<const LaneEvents> pieces, LaneOrder* order, Tally* tally);

  /// Lives on to the end: what is due, the last bills; then counts what is left.
  void Finish(Tally* tally);

  /// After Finish. The bill of the account's month.
  const std::vector<Seat>& seats() const { return seats_; }
  int64_t bill(size_t seat, size_t month) const { return bills_[month * seats_.size() + seat]; }
  std::vector<ExplainLine>& explained() { return explained_; }

 private:
  /// What is going on while entries are looked at.
  struct Now {
    Seat* seat;
    Instant at;
    uint32_t model = 0;
    uint32_t use = 0;
    Tally* tally;
  };

  void ChargeOne(const Event& event, std::span<const LaneEvents> pieces, Tally* tally);
  /// REQUIRES: `count` events are in the pieces.
  void SortBySeat(std::span<const LaneEvents> pieces, size_t count, LaneOrder* order) const;
  void FetchSeats(size_t seat) const;
  /// True when it was charged at once; else nothing was done.
  bool ChargeAtOnce(Seat* seat, const Event& event, Tally* tally);
  void CountAtOnce(Seat* seat, const Event& event, const engine::WholeCallOutcome& outcome,
                   Tally* tally);
  void ChargeInFull(Seat* seat, const Event& event, const Quantities& wanted, Tally* tally);
  void FillRequest(const Seat& seat, const Event& event, engine::RequestType type, Instant at);
  /// True when the call may begin.
  bool Reserve(const Event& event, const Quantities& wanted, const Now& now, Figures* call);
  void EndCall(const Event& event, const Quantities& used, const Now& now, Figures* call);

  void Open(Seat* seat, Tally* tally);
  void Buy(Seat* seat, const std::string& offer, Tally* tally);
  void PayIn(Seat* seat, int64_t micros, Tally* tally);
  void Advance(Seat* seat, Instant to, Tally* tally);
  void DoDue(Seat* seat, Instant to, Tally* tally);
  void EndMonth(Seat* seat, Tally* tally);
  void TopUpIfLow(Seat* seat, Instant at, Tally* tally);
  void CountLeft(const Seat& seat, Tally* tally);

  /// Adds up what the shard has just written.
  void Look(const Now& now);
  void LookAt(const balance::EntryView& entry, const Now& now, Figures* delta);
  void TakePosting(const balance::Posting& posting, bool usage, const Now& now, Figures* delta);
  void CountCosts(const balance::EntryView& entry, const Now& now);
  void Explain(const balance::EntryView& entry, const Now& now);
  void ExplainText(const Now& now, std::string_view what, std::string text);

  int64_t Available(const Seat& seat) const;

  const World* world_;
  engine::DryShard shard_;
  std::vector<Seat> seats_;
  std::vector<int64_t> bills_;
  std::vector<ExplainLine> explained_;
  // Kept from call to call for their memory.
  Asked<engine::CreditControlCall> call_;
  balance::EffectReader effects_;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_LANE_H_
