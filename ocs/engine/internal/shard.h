// A shard's pipeline: takes what waits, decides it, packs entries into a group, and while one group
// is on its way to the disk decides the next. Only one task of a shard runs at a time, so nothing
// here but the inbox is locked.
//
// When a group is durable, everything decided up to it is answered. When a write fails, everything
// that waits is answered Unavailable and the shard stops (DESIGN law 9).

#ifndef OCS_ENGINE_INTERNAL_SHARD_H_
#define OCS_ENGINE_INTERNAL_SHARD_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "balance/book.h"
#include "balance/shard_map.h"
#include "ocs/base/histogram.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/internal/catalogue_registry.h"
#include "ocs/engine/internal/fair_queue.h"
#include "ocs/engine/internal/origins.h"
#include "ocs/engine/internal/trimming.h"
#include "ocs/engine/internal/vouchers.h"
#include "ocs/engine/operation.h"
#include "ocs/engine/push_operation.h"

namespace ocs::engine {

/// Operations from any thread to one. Thread-safe, lock-free.
class Inbox final {
 public:
  void Push(Operation* operation);
  OperationList TakeAll();  ///< In the order pushed.
  bool empty() const { return top_.load(std::memory_order_acquire) == nullptr; }

 private:
  std::atomic<Operation*> top_ = nullptr;
};

/// An operation that a shard begins by itself, to be done in others too.
class OwnOperation : public Operation {
 public:
  void Done() noexcept final { forget_(this); }

 private:
  friend class Engine;
  std::function<void(OwnOperation*)> forget_;
};

/// Everything but Submit, Tick, Drain and statistics is confined to the shard's tasks.
class Shard final {
 public:
  struct Context {
    ShardId id;
    const EngineOptions* options;
    ShardResources resources;
    const Clock* clock;
    const CatalogueRegistry* catalogue;
    std::function<void(const absl::Status&)> on_stopped;
    std::function<void(const PendingDemands&)> on_demands = nullptr;
    /// Which shard has which partition; null: this one has all.
    const balance::ShardMap* partitions = nullptr;
    /// Takes an operation that goes on in another shard, or in this one. Unless this has all.
    std::function<void(Operation*, PartitionId)> go_on = nullptr;
    /// Takes one that a shard begins. The same.
    std::function<void(std::unique_ptr<OwnOperation>, PartitionId)> begin = nullptr;
    bool dry = false;  ///< For DryShard (ocs/engine/dry_shard.h): nothing is ever written.
  };

  /// Opens the shard's book. Errors: as balance::Book::Open.
  static absl::StatusOr<std::unique_ptr<Shard>> Open(Context context);
  ~Shard();

  void Submit(Operation* operation);  ///< Thread-safe.
  /// As Submit, of one that was admitted to another shard.
  void SubmitOnItsWay(Operation* operation);  ///< Thread-safe.
  void Tick();                                ///< Thread-safe.
  void Drain(std::function<void()> done);     ///< Thread-safe; once.
  ShardStatistics statistics() const;         ///< Thread-safe.
  absl::Status health() const;                ///< Thread-safe.
  uint64_t durable_group() const { return durable_group_.load(std::memory_order_acquire); }
  const balance::Store& store() const { return *context_.resources.store; }

  /// Of a dry shard, which has no tasks: begins anew at that time, and lets the operation decide.
  /// Done() is not called.
  void DecideDry(Operation* operation, Instant now);
  void BeginDry(Instant now);

  // ---- For operations, while they execute ----
  ShardId id() const { return context_.id; }
  const EngineOptions& options() const { return *context_.options; }
  balance::Book& book() { return *book_; }
  const Revisions& revisions() const { return *revisions_; }
  balance::EntryBuilder& entry() { return entry_; }
  Vouchers& vouchers() { return *vouchers_; }
  const Origins& origins() const { return *origins_; }
  /// True while accounts may have sessions that their gateways have lost.
  bool ends_lost() const { return lost_place_.has_value(); }
  /// Takes what a request says of its gateway; where that was restarted, its sessions are ended one
  /// after the other from now on. REQUIRES: the shard has an open group.
  void NoteOrigin(std::string_view tenant, std::string_view host, uint32_t state);
  Instant arrival() const {
    return arrival_;
  }  ///< By the wall clock, read once per round and per thousand.
  Instant logged_at() const { return book_->logged_at(); }

  /// The account, or null. An error is a failed read: the shard stops.
  balance::Account* FindAccount(AccountId account);
  /// True for a partition of this shard.
  bool Has(PartitionId partition) const {
    return context_.partitions == nullptr || context_.partitions->ShardOf(partition) == id();
  }
  /// Begins an operation in the shard of a partition. REQUIRES: !has_all_partitions().
  void Begin(std::unique_ptr<OwnOperation> operation, PartitionId partition) {
    context_.begin(std::move(operation), partition);
  }
  /// What is done step by step in several shards is marked in each where another must not begin the
  /// same in between; who finds a mark is told to try again. Marks are in memory only: after a
  /// restart nothing is under way. False: it is marked already.
  bool Mark(std::string what) { return marks_.insert(std::move(what)).second; }
  void Unmark(const std::string& what) { marks_.erase(what); }
  bool marked(const std::string& what) const { return marks_.contains(what); }

  int shard_count() const { return has_all_partitions() ? 1 : context_.partitions->shard_count(); }
  bool has_all_partitions() const { return context_.partitions == nullptr; }

  /// The account of an identity, or 0. With several shards: only an account of this shard, that of
  /// the operation that is being decided where another shard keeps the identity.
  AccountId FindIdentity(IdentityType type, std::string_view data);
  /// Who has claimed an identity of a partition of this shard, or 0.
  AccountId FindClaim(IdentityType type, std::string_view data);
  /// Writes that the identity belongs to the account, or to nobody any more. REQUIRES: it was free,
  /// or its own.
  void ClaimIdentity(IdentityType type, std::string_view data, AccountId account);
  void ReleaseIdentity(IdentityType type, std::string_view data, AccountId account);
  /// What a consumer has acknowledged, durable or not. Errors: DataLoss, Unavailable.
  absl::StatusOr<Position> FindAcknowledged(const std::string& consumer);
  /// Writes it with the open group.
  void Acknowledge(const std::string& consumer, Position position);
  /// Appends entry(), with what every entry of its account carries, and counts it.
  Position Append(balance::Account* account);
  /// After a read failed: answers Unavailable to all from now on.
  void Stop(const absl::Status& why);
  bool stopped() const { return stopped_flag_.load(std::memory_order_acquire); }

  void CountResult(ResultCode code);
  void CountReplayed() { ++counts_.replayed_answers; }
  void CountRecord() { ++counts_.records; }
  void CountExpiredSession() { ++counts_.expired_sessions; }

 private:
  explicit Shard(Context context);
  void Schedule();
  void Run();
  bool Admit(const Operation& operation);
  void TakeInbox();
  void FillBacklog();
  void FailWaiting();
  void DecideWaiting();
  void Decide(Operation* operation);
  void LookAhead(Operation* operation);
  void WriteGroup(balance::Book::WriteBack write_back);
  void Finished(balance::AppendOutcome outcome, const absl::Status& status);
  void TakeFinished();
  void NoteDemands(const balance::Account& account);
  void TellWatchers();
  void TellDemands(uint64_t durable_group);
  void DoDueWork();
  void EndLost();  ///< Some of the accounts in which a restarted gateway may have left sessions.
  void TrimJournal();
  void ContinueDrain();
  void FailAll(OperationList* operations);
  void Publish();  ///< Copies the counts to where other threads read them.
  void Complete(OperationList* operations);
  bool GoesOnAtOnce(Operation* operation);

  Context context_;
  std::unique_ptr<balance::Book> book_;
  std::unique_ptr<balance::GroupLog> log_;
  std::unique_ptr<Trimming> trimming_;
  std::unique_ptr<Vouchers> vouchers_;
  std::unique_ptr<Origins> origins_;
  std::optional<balance::DuePlace> lost_place_;  ///< How far EndLost has listed; none: at rest.
  std::vector<AccountId> lost_in_;               ///< Listed, and not looked at yet.
  Instant trimmed_at_;                           ///< When the journal's front was last looked at.
  balance::EntryBuilder entry_;
  std::shared_ptr<const Revisions> revisions_;
  Instant arrival_;
  absl::flat_hash_map<std::string, AccountId>
      identities_;  ///< Cache; also what is claimed and not yet durable.
  struct Acknowledged {
    Position position;
    uint64_t group = 0;  ///< That it is written with.
  };
  absl::flat_hash_map<std::string, Acknowledged> acknowledged_;  ///< Not yet durable.
  std::vector<AccountId> watched_;  ///< Touched by what is being decided, and watched.
  /// What is to be told of demands, in the order of the groups that make it durable.
  std::vector<std::pair<uint64_t, PendingDemands>> demands_;
  std::string identity_key_;
  uint64_t last_claim_group_ = 0;
  AccountId identified_;  ///< By the identity of the operation that is being decided.
  absl::flat_hash_set<std::string> marks_;

  Inbox inbox_;
  std::atomic<int64_t> queue_length_ = 0;
  /// Of each source but 0.
  std::unique_ptr<std::array<std::atomic<int32_t>, kSourcesMax>> source_lengths_;
  std::atomic<bool> scheduled_ = false;
  std::atomic<bool> tick_ = false;
  std::atomic<bool> draining_ = false;
  std::atomic<bool> finished_ = false;  ///< The flying group's write has ended.
  std::atomic<int> finishing_ = 0;      ///< Groups whose Finished() has not ended.
  std::atomic<bool> stopped_flag_ = false;
  std::atomic<uint64_t> durable_group_ = 0;

  FairQueue queue_;        ///< Taken from the inbox, not yet in turn.
  OperationList backlog_;  ///< In turn, not yet decided.
  int backlog_count_ = 0;
  int since_inbox_count_ = 0;  ///< Decided since the inbox was last emptied.
  OperationList waiting_;      ///< Decided; they wait for the open group.
  OperationList flying_;       ///< They wait for the flying group.
  balance::Group* flying_group_ = nullptr;
  bool quiet_ = false;  ///< No operation came since the last tick.

  mutable absl::Mutex mutex_;
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> drained_ ABSL_GUARDED_BY(mutex_);
  ShardStatistics published_ ABSL_GUARDED_BY(mutex_);
  ShardStatistics counts_;
  std::atomic<int64_t> refused_overload_ = 0;
  Histogram write_micros_;
  int64_t sealed_at_us_ = 0;  ///< The flying group; by a clock of its own.
  absl::flat_hash_map<uint16_t, int64_t> results_;
};

/// What who asks a stopping server is told.
absl::Status StoppingError();

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_SHARD_H_
