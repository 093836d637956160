// A call that is reserved and ended at one instant, of an account whose answers, records and
// journal nobody reads: decided at once, without an entry. The short way of a simulation: what the
// two requests would do to the account and earn is worked out by the same pots, rates and postings,
// and where one of many conditions does not hold the call is not taken and goes the full way.
//
// Taken are calls of active accounts without nodes, limits, open sessions and due work, that one
// bucket surely pays alone at rates without counters, and those that surely nothing pays; while no
// price changes before the grant would end.

#ifndef OCS_ENGINE_WHOLE_CALL_H_
#define OCS_ENGINE_WHOLE_CALL_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "balance/account.h"
#include "ocs/base/ids.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "rating/one_pot.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// An account that was looked at. Good until something else than calls at once changes it, or it
/// was taken of another shard: Forget then.
class PlainAccount final {
 public:
  void Forget() { account_ = nullptr; }
  bool known() const { return account_ != nullptr; }
  /// REQUIRES: known(), of all that follows.
  const balance::Account& account() const { return *account_; }
  /// When something of the account falls due: from then on no call is taken.
  Instant due() const { return due_; }
  int64_t main_available() const { return account_->buckets[main_].available; }

  /// For who will soon make calls of many accounts one after the other: brings what a call reads
  /// into the processor's cache, first what this points to, some time later what that points to.
  void FetchAccount() const {
    if (account_ == nullptr) return;
    FetchLines(account_, sizeof(balance::Account) / 2);  // What stands behind is for others.
    FetchLines(known_.data(), known_.size() * sizeof(Known));
  }
  void FetchBuckets() const {
    if (account_ == nullptr) return;
    FetchLines(account_->buckets.data(), account_->buckets.size() * sizeof(balance::Bucket));
    FetchLines(account_->carries.data(), account_->carries.size() * sizeof(Carry));
  }

 private:
  friend class DryShard;
  friend class WholeCallDecision;
  // A bucket that may pay, in draw order. Of each mask, bit k is of TokenKind k.
  struct Payer {
    const rating::RateRow* row;
    uint32_t bucket;  // Index.
    uint16_t sold;    // Kinds that it pays.
    uint16_t whole;   // Of those, kinds of which it pays none when it has nothing.
    rating::CarryPlaces places;
  };
  // What a kind of use comes to, for as long as no row becomes another rule's.
  struct Known {
    rating::ModelIndex model = {};
    bool declined = false;  // No call of the kind is taken.
    bool goes_on = false;   // Without units something else happens than that the call is refused.
    std::array<rating::Symbol, rating::kDimensionCount> values = {};
    rating::PromptBand prompts = {};
    Instant from = {};
    Instant until = {};  // All of this holds before it.
    Instant last = {};   // A grant of a call after it would end when prices are others.
    const rating::RateRow* cost = nullptr;
    rating::CarryPlaces cost_places = {};
    absl::InlinedVector<Payer, 4> payers;
  };
  static constexpr size_t kKnownMax = 8;

  static void FetchLines(const void* from, size_t size) {
    constexpr size_t kLine = 64;
    constexpr size_t kLinesMax = 16;
    const char* at = static_cast<const char*>(from);
    for (size_t i = 0; i < size && i < kLine * kLinesMax; i += kLine) __builtin_prefetch(at + i);
  }

  balance::Account* account_ = nullptr;
  Instant due_;
  uint32_t main_ = 0;   // Index of the main bucket.
  bool plain_ = false;  // Calls may be taken at all.
  uint8_t replaced_ = 0;
  std::vector<Known> known_;
};

struct WholeCall {
  rating::ModelIndex model = {};  ///< Of the catalogue.
  /// Instant, prompt tokens and values, the account's segment among them. What belongs to an offer
  /// is not read.
  rating::UseContext context = {};
  /// What is asked for and then used, in order of kind; each above 0, and none kRequest.
  std::span<const KindQuantity> used = {};
};

struct WholeCallOutcome {
  enum class End : uint8_t {
    kNotTaken = 0,  ///< Nothing was changed: let the engine decide step by step.
    kRan = 1,
    kBlocked = 2,  ///< What the account has does not let it begin.
    kNotSold = 3,  ///< Nothing that it has sells this.
  };
  End end = End::kNotTaken;
  BucketId bucket = {};        ///< That paid.
  bool money = false;          ///< It is money.
  int64_t amount = 0;          ///< Taken from it.
  int64_t revenue_micros = 0;  ///< Deferred revenue that this earned.
  int64_t cost_micros = 0;     ///< What the vendor is owed,
  Unit cost_currency = {};     ///< in this; empty: no wholesale price is for it.
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_WHOLE_CALL_H_
