// A shard without journal, disk, threads and clock: operations are decided one at a time, at the
// time that is told, and only the states of accounts remain. The server's own code decides: a
// simulation that asks here is charged what the server would charge.
//
// What one call wrote can be looked at until the next call. Answers are not remembered: every
// request is new, and keys may be used again. Accounts do not depend on each other, so the time of
// a call may be earlier than that of one before, of another account.

#ifndef OCS_ENGINE_DRY_SHARD_H_
#define OCS_ENGINE_DRY_SHARD_H_

#include <cstdint>
#include <memory>

#include "balance/account.h"
#include "balance/entry.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/operation.h"
#include "ocs/engine/whole_call.h"
#include "rating/tariff.h"

namespace ocs::engine {

/// One catalogue in force since ever, for any number of dry shards. Immutable. Thread-safe.
class DryCatalogue final {
 public:
  /// REQUIRES: the tariff was compiled as revision 1.
  explicit DryCatalogue(std::shared_ptr<const rating::Tariff> tariff);
  ~DryCatalogue();
  DryCatalogue(const DryCatalogue&) = delete;
  DryCatalogue& operator=(const DryCatalogue&) = delete;

  const rating::Tariff& tariff() const { return *tariff_; }

 private:
  friend class DryShard;
  struct Registry;
  std::shared_ptr<const rating::Tariff> tariff_;
  std::unique_ptr<Registry> registry_;
};

/// Thread-compatible.
class DryShard final {
 public:
  /// Options and catalogue must outlive it.
  DryShard(const EngineOptions* options, const DryCatalogue* catalogue);
  ~DryShard();
  DryShard(const DryShard&) = delete;
  DryShard& operator=(const DryShard&) = delete;

  /// Decides the operation at that time; its results and status are then filled. Done() is not
  /// called. REQUIRES: no operation that needs a journal (history, bills, records, catalogues).
  void Decide(Operation* operation, Instant now);

  /// Does all that is due for the account by `now`, as of the time at which it was due. True when
  /// there is more: ask again.
  bool DoDueWork(AccountId account, Instant now);

  /// Looks at an account for calls at once. REQUIRES: there is one.
  void Look(AccountId account, PlainAccount* plain);

  /// Reserves and ends a call at context.at, which is also the time at which it is decided, without
  /// an entry: the account is then as Decide of the two requests would leave it, but for the
  /// positions of its entries. Or declines, and nothing is changed. REQUIRES: plain->known(), of
  /// this shard; nothing else has changed the account since Look.
  WholeCallOutcome CallAtOnce(const WholeCall& call, PlainAccount* plain);

  /// Null when there is none. Good until the next call that changes it.
  const balance::Account* FindAccount(AccountId account) const;

  /// The entries of the last call that decided or did something; good until the next one.
  uint32_t entry_count() const;
  balance::EntryView entry(uint32_t index) const;  ///< REQUIRES: index < entry_count().

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_DRY_SHARD_H_
