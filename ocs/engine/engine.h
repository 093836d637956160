// The charging engine: start reading here. It owns the shards, knows which one works on what, and
// hands work to them.
//
// The life of an operation: Submit finds the partition and puts the operation in its shard's queue;
// the shard takes what waits, decides each, packs the entries into a group, and gives the group to
// its log; when the group is durable, every operation decided up to it is Done(). Nothing is
// answered before.
// Tested in: tests/engine/operation_test.cc

#ifndef OCS_ENGINE_ENGINE_H_
#define OCS_ENGINE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "balance/store.h"
#include "cdr/record.h"
#include "ocs/base/executor.h"
#include "ocs/base/histogram.h"
#include "ocs/base/ids.h"
#include "ocs/base/time.h"
#include "ocs/engine/ledger_reading.h"
#include "ocs/engine/messages.h"
#include "ocs/engine/operation.h"
#include "rating/diff.h"
#include "rating/tariff.h"

namespace ocs::engine {

class CompiledCatalogues;  // ocs/engine/compiled_catalogues.h
class Shard;
struct PendingDemands;  // ocs/engine/push_operation.h

/// What must be true before a catalogue comes into force.
struct PublishingPolicy {
  bool second_approval = false;      ///< What is published waits for another person's approval.
  bool simulation_required = false;  ///< A simulation's result for its very text is attached.
  int64_t proposal_seconds_max = 7 * 86'400;  ///< A proposal not approved by then has expired.
};

/// What is said to network and gateway when units end, where the catalogue does not say it.
struct CreditPolicy {
  rating::FinalUnits final_units;     ///< Where neither offer nor grant states any.
  uint32_t restricted_seconds = 600;  ///< Validity-Time of a restricted state (CC-54).
  /// What a client hears whose restricted state has ended and who still cannot be granted anything
  /// (CC-55): the same state again, or DIAMETER_CREDIT_LIMIT_REACHED.
  bool restricts_again = true;
  /// What a first interrogation hears of which no rating group can be granted (CC-45): no session,
  /// or one that waits, each rating group with its own code.
  bool opens_without_credit = false;
  /// What a rating group hears that cannot be granted a piece and is to terminate (CC-57): its
  /// code, or a final grant of nothing.
  bool zero_grant_at_end = false;
  /// Reporting-Reason without usage is refused (CC-67).
  bool strict_reasons = false;
  /// Quota-Holding-Time where the catalogue states none (CC-39); 0: none is told.
  int64_t quota_holding_seconds = 0;
  /// Tells which changes of a use ask for a new grant (CC-43).
  bool tells_triggers = false;
};

/// How much is granted when the request leaves it to the server.
struct GrantPolicy {
  int64_t tokens_min = 0;  ///< Never fewer, where there is money for them.
  int64_t tokens_max = 0;  ///< Never more; 0: default_grant_tokens is what is granted.
  /// Aims at so much money a grant, in micros of the account's currency; 0: tokens_max.
  int64_t money_micros = 0;
  /// Aims at a grant that lasts so long, at the speed at which the session has used since its last
  /// report; 0: speed does not matter. Between tokens_min and tokens_max.
  int64_t seconds = 0;
  /// Tells how many output tokens the account could pay for in all (output_tokens_safe).
  bool tells_safe_tokens = false;
  int threshold_percent = 0;  ///< Unit-Quota-Threshold: so many per cent of a grant; 0: not told.
};

/// What becomes of a session that fell silent: what was used and never reported.
enum class LostUse : uint8_t {
  kReleased = 0,     ///< Its holds are released; nothing is charged.
  kChargedHeld = 1,  ///< What was granted is charged, and marked as estimated.
};

/// What becomes of use that is reported when its session is closed.
enum class LateUse : uint8_t {
  kRefused = 0,  ///< 5002: the client reports it as an event.
  kCharged =
      1,  ///< Charged as the session would have been, and marked as late; nothing is granted.
};

struct EngineOptions {
  uint32_t validity_seconds = 600;  ///< Validity-Time of grants.
  uint32_t supervision_factor = 2;  ///< Tcc = validity times this (CC-90).
  /// A partial record with at least so many tokens, or that lasted at least so long, says so as its
  /// closing cause. A larger grant's threshold_tokens tells when a record is full, and no grant is
  /// valid for longer than a record may last. 0: no limit.
  int64_t partial_record_tokens = 0;
  int64_t partial_record_seconds = 0;
  int64_t event_time_past_max_seconds =
      86'400;  ///< How far behind arrival an Event-Timestamp may be.
  int64_t event_time_ahead_max_seconds = 300;  ///< And how far ahead.
  int64_t default_grant_tokens =
      2'000;  ///< Output tokens granted when the request leaves it to the server.
  CreditPolicy credit;
  GrantPolicy grants;
  LostUse lost_use = LostUse::kReleased;
  LateUse late_use = LateUse::kRefused;
  /// An account whose own money and credit fall below it is told once, and again after they were
  /// back. In micros of the account's currency; 0: nobody is told.
  int64_t low_balance_micros = 0;
  /// What is left in a bucket is told so long before it ends, where it lasts longer; 0: never.
  int64_t bucket_notice_seconds = 0;
  std::string service_context =
      "ai-tokens.v1";  ///< What a Service-Context-Id must be, up to its '@'.
  int64_t answer_retention_seconds =
      2 * 86'400;  ///< How long a closed session's answers are known.
  int64_t event_retention_seconds =
      14 * 86'400;  ///< The same for events and administrative changes (CC-28).
  int64_t journal_retention_seconds =
      180 * 86'400;  ///< Groups younger than this are never trimmed.
  /// A consumer holds the journal back, beyond the retention, for at most so long; then it is cut
  /// off: what it has not acknowledged goes. What is younger than the retention stays in any case.
  int64_t consumer_hold_seconds_max = 366 * 86'400;
  /// The same while the journal, as it lies on the disk, has more bytes than this in a shard; 0: no
  /// bound.
  int64_t consumer_hold_bytes_max = 0;
  int64_t cached_accounts_max = 1'000'000;  ///< Per shard.
  int64_t checkpoint_lag_entries =
      1'000'000;  ///< How many entries a restart replays at most, about.
  PublishingPolicy publishing;
  /// A group of at most so many entries, while nothing else waits, is written and answered on the
  /// worker's thread: two hand-overs between threads fewer. 0: groups are always the writer's.
  int written_here_entries_max = 0;
  /// Where texts of catalogues are looked for before they are compiled, and put. Null: nowhere.
  std::shared_ptr<CompiledCatalogues> compiled = nullptr;
};

/// The resources of one shard: each with its own store and threads.
struct ShardResources {
  balance::Store* store = nullptr;  ///< Outlives the engine.
  Executor* worker = nullptr;       ///< Decides.
  Executor* writer = nullptr;       ///< Writes groups and calls Done().
};

/// Counts since start, for metrics. Monotonic.
struct ShardStatistics {
  int64_t operations = 0;
  int64_t replayed_answers = 0;
  int64_t entries = 0;
  int64_t groups = 0;
  int64_t group_bytes = 0;
  int64_t records = 0;
  int64_t refused_overload = 0;
  int64_t abandoned = 0;  ///< Not begun, as nobody waited for them any more.
  int64_t expired_sessions = 0;
  int64_t account_lookups = 0;
  int64_t account_loads = 0;      ///< Those of the lookups that had to read the disk.
  HistogramCounts write_micros;   ///< From a group's sealing to its durability.
  HistogramCounts group_entries;  ///< In a group.
  int64_t queue_length = 0;       ///< Now.
  int64_t cached_accounts = 0;    ///< Now.
  uint64_t durable_group = 0;     ///< Now.
  uint64_t checkpoint_group = 0;  ///< Now: a restart replays from here.
  int64_t store_bytes = 0;        ///< Now.
  bool stopped = false;           ///< After a failed write.
  std::vector<std::pair<uint16_t, int64_t>> results;  ///< Answers by Result-Code.
};

/// What there is to say of a catalogue's text before it is published.
struct CatalogueCheck {
  std::vector<std::string> diagnostics;  ///< Every fault, "file:line: field: ...".
  std::string text_sha256;               ///< 64 hexadecimal digits.
  uint32_t compared_with = 0;            ///< The revision compared with; 0: none is in force.
  std::vector<rating::Change> changes;   ///< Against it; empty when there are faults.
};

/// A record as it leaves the house. Texts point into `bytes`, which the holder keeps.
struct ReadRecord {
  cdr::RecordId id;
  std::string bytes;        ///< Decode with cdr::DecodeRecord.
  std::string tenant = {};  ///< Whose customer's; empty: the operator's.
};

class Engine final {
 public:
  /// Opens the shards: reads heads, replays what is newer than the states, loads the catalogue,
  /// goes on with what was on its way between shards. The map from partitions to shards is made
  /// with the store.
  /// `clock` and the resources outlive the engine. Errors: DataLoss with the place and what to do
  /// when the journal's chain or an entry is damaged; FailedPrecondition when the store is of a
  /// newer format or was made with another number of shards.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(const EngineOptions& options,
                                                      std::vector<ShardResources> shards,
                                                      const Clock* clock);
  ~Engine();

  /// Hands over an operation; Done() is called exactly once, possibly before Submit returns.
  /// Thread-safe.
  void Submit(Operation* operation);

  /// Starts what is due by the clock (expiring holds and buckets, writing back states when idle).
  /// Call about once a second. Thread-safe.
  void Tick();

  /// Refuses new work (Unavailable), finishes what was begun, writes back every state so that the
  /// next start replays nothing; then calls `done` once. Thread-safe.
  void Drain(std::function<void()> done);

  /// Holds back what goes from one shard to another, until ReleaseCrossings was called as often.
  /// What each shard is found to have meanwhile has no effect of another's without its cause:
  /// copies of all shards fit together when they are made now, the first shard's last. Thread-safe.
  void HoldCrossings();
  void ReleaseCrossings();

  /// The first failed write's error, or OK. After an error the engine answers nothing more: the
  /// process should drain and exit, and a restart finds the truth. Thread-safe.
  absl::Status health() const;

  /// Calls this once, on an engine thread, when a write failed. Set before the first Submit.
  void OnStopped(std::function<void(const absl::Status&)> callback);

  /// Calls this, on an engine thread, after each durable entry that touched what an account's
  /// gateways are asked to do; and again when they are to be asked again. Must not block. Set
  /// before the first Submit.
  void OnDemands(std::function<void(const PendingDemands&)> callback);

  int shard_count() const;
  ShardStatistics statistics(ShardId shard) const;  ///< Thread-safe.

  // ---- The catalogue ----
  std::vector<RevisionView> revisions() const;  ///< Thread-safe. Oldest first; states as of now.
  absl::StatusOr<std::string> revision_text(uint32_t revision) const;  ///< NotFound. Thread-safe.
  /// The simulation's result that is attached; "" when there is none. NotFound. Thread-safe.
  absl::StatusOr<std::string> revision_simulation(uint32_t revision) const;
  /// Every fault of a text and, when it has none, what it changes against a revision: that of
  /// `compare_with`, or the one in force. Publishes nothing. Errors: NotFound, no such revision.
  /// Thread-safe.
  absl::StatusOr<CatalogueCheck> CheckCatalogue(std::string_view text, std::string_view file_name,
                                                std::optional<uint32_t> compare_with) const;

  // ---- Records and their consumers (DESIGN 2.5) ----
  /// The durable records of a shard after `after`, oldest first, at most `records_max` and about
  /// `bytes_max` bytes; empty when there are none yet. Thread-safe; reads the store. Errors:
  /// OutOfRange when the journal there was trimmed.
  absl::StatusOr<std::vector<ReadRecord>> ReadRecords(ShardId shard, Position after,
                                                      int records_max, int64_t bytes_max) const;
  /// What entries behind `after` earned, of `entries_max` that are looked at; from the first that
  /// is there when `after` is not valid. Thread-safe; reads the store. Errors: OutOfRange when the
  /// journal there was trimmed; DataLoss.
  absl::StatusOr<EarningsPage> ReadEarnings(ShardId shard, Position after, int entries_max) const;
  /// Where a consumer stands in a shard: the last record that it has acknowledged. Thread-safe.
  absl::StatusOr<Position> ConsumerPosition(std::string_view consumer, ShardId shard) const;
  // A consumer's position is made durable by submitting an AcknowledgeCall. Positions only go
  // forward: an older one is ignored with OK. Errors: InvalidArgument for a name that is not 1 to
  // 64 of [a-z0-9-_.], which a tenant's name of 1 to 48 of [A-Za-z0-9-_.] and '/' may precede;
  // OutOfRange beyond the durable end.
  struct Consumer {
    std::string name;
    ShardId shard;
    Position position;
    uint64_t groups_behind = 0;
    Instant oldest_waiting = Instant::Never();  ///< Of the first record that it has not
                                                ///< acknowledged; Never(): it has all.
    bool cut_off = false;  ///< Of that record only the number is known: the journal there is gone.
  };
  std::vector<Consumer> consumers() const;  ///< Sorted by name and shard. Thread-safe; reads the
                                            ///< store.

 private:
  friend class PublishCatalogueCall;
  friend class DecideRevisionCall;
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_ENGINE_H_
