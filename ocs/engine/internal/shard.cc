#include "ocs/engine/internal/shard.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/cursors.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/internal/watching.h"

namespace ocs::engine {
namespace {

constexpr uint32_t kWorthAWriteEntries = 1'000;  // More gains little (DESIGN 2.2).
constexpr int kLookAheadStep = 3;                // Operations; each takes longer than a cache miss.
// Of operations in turn: enough to look ahead in, few enough that another source's turn is near.
constexpr int kBacklogLow = 16;
constexpr int kBacklogHigh = 128;
constexpr int kInboxEvery = 1'024;                 // Operations; about a millisecond's.
constexpr int64_t kTrimEverySeconds = 10;          // Old groups go in steps; nothing waits for it.
constexpr int kDueAccountsPerRound = 256;          // Due work shares the shard with charging.
constexpr size_t kIdentitiesInMemory = 1'000'000;  // About 100 bytes each.

// Where groups become durable: on the shard's thread, before Append returns, or on the writer's, as
// the shard says for each.
class LocalLog final : public balance::GroupLog {
 public:
  LocalLog(balance::Store* store, Executor* writer, const balance::Head& head,
           std::function<bool(const balance::Group&)> writes_here)
      : lane_(writer), log_(store, &lane_, head), writes_here_(std::move(writes_here)) {}

  void Append(balance::Group* group,
              std::function<void(balance::AppendOutcome, absl::Status)> done) override {
    lane_.here = writes_here_(*group);
    log_.Append(group, std::move(done));
  }

 private:
  // At most one group is in flight: a task that runs at once does not overtake another.
  struct Lane final : public Executor {
    explicit Lane(Executor* its_writer) : writer(its_writer) {}
    void Post(std::function<void()> task) override {
      if (here) return task();
      writer->Post(std::move(task));
    }
    Executor* const writer;
    bool here = false;
  };

  Lane lane_;
  balance::EmbeddedGroupLog log_;
  const std::function<bool(const balance::Group&)> writes_here_;
};

int64_t SteadyMicros() {
  // tidy-allow clock: measures how long a write takes; decides nothing and is nowhere recorded
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

absl::Status StoppingError() {
  return absl::UnavailableError("the server is stopping: repeat the request after its restart");
}

void Inbox::Push(Operation* operation) {
  Operation* top = top_.load(std::memory_order_relaxed);
  do {
    operation->next_ = top;
  } while (!top_.compare_exchange_weak(top, operation, std::memory_order_release,
                                       std::memory_order_relaxed));
}

OperationList Inbox::TakeAll() {
  Operation* newest = top_.exchange(nullptr, std::memory_order_acquire);
  Operation* oldest = nullptr;
  while (newest != nullptr) {  // The stack is newest first.
    Operation* next = newest->next_;
    newest->next_ = oldest;
    oldest = newest;
    newest = next;
  }
  OperationList list;
  while (oldest != nullptr) {
    Operation* next = oldest->next_;
    list.Push(oldest);
    oldest = next;
  }
  return list;
}

Shard::Shard(Context context)
    : context_(std::move(context)),
      source_lengths_(std::make_unique<std::array<std::atomic<int32_t>, kSourcesMax>>()) {}
Shard::~Shard() = default;

absl::StatusOr<std::unique_ptr<Shard>> Shard::Open(Context context) {
  std::unique_ptr<Shard> shard(new Shard(std::move(context)));
  const EngineOptions& options = *shard->context_.options;
  const balance::BookOptions book_options{
      .shard = shard->context_.id,
      .shard_count = shard->shard_count(),
      .cached_accounts_max = options.cached_accounts_max,
      .checkpoint_lag_entries = options.checkpoint_lag_entries,
      .answer_retention_seconds = options.answer_retention_seconds,
      .event_retention_seconds = options.event_retention_seconds,
      .dry = shard->context_.dry,
  };
  OCS_ASSIGN_OR_RETURN(shard->book_,
                       balance::Book::Open(book_options, shard->context_.resources.store));
  shard->log_ = std::make_unique<LocalLog>(
      shard->context_.resources.store, shard->context_.resources.writer, shard->book_->head(),
      [self = shard.get()](const balance::Group& group) {
        return group.entry_count() <= self->options().written_here_entries_max &&
               self->backlog_.empty() && self->queue_.empty() && self->inbox_.empty();
      });
  shard->trimming_ = std::make_unique<Trimming>(
      shard->context_.resources.store,
      TrimmingPolicy{.retention_seconds = options.journal_retention_seconds,
                     .hold_seconds_max = options.consumer_hold_seconds_max,
                     .hold_bytes_max = options.consumer_hold_bytes_max});
  OCS_RETURN_IF_ERROR(shard->trimming_->Load());
  shard->entry_.SetBucketNoticeDefault(options.bucket_notice_seconds * 1'000);
  shard->vouchers_ = std::make_unique<Vouchers>(shard->context_.resources.store);
  OCS_ASSIGN_OR_RETURN(shard->origins_, Origins::Load(*shard->context_.resources.store));
  // What was not done before the restart.
  if (!shard->origins_->empty()) shard->lost_place_.emplace();
  shard->durable_group_ = shard->book_->head().group;
  shard->revisions_ = shard->context_.catalogue->snapshot();
  shard->Publish();
  return shard;
}

void Shard::Submit(Operation* operation) {
  if (draining_.load(std::memory_order_acquire) || stopped()) {
    operation->status = StoppingError();
    operation->Done();
    return;
  }
  if (!Admit(*operation)) {
    refused_overload_.fetch_add(1, std::memory_order_relaxed);
    operation->status = Overloaded();
    operation->Done();
    return;
  }
  inbox_.Push(operation);
  Schedule();
}

void Shard::SubmitOnItsWay(Operation* operation) {
  if (draining_.load(std::memory_order_acquire) || stopped()) {
    operation->status = StoppingError();
    operation->Done();
    return;
  }
  queue_length_.fetch_add(1, std::memory_order_relaxed);
  if (operation->source != 0)
    (*source_lengths_)[operation->source].fetch_add(1, std::memory_order_relaxed);
  operation->on_its_way_ = true;
  inbox_.Push(operation);
  Schedule();
}

bool Shard::Admit(const Operation& operation) {
  const int64_t length = queue_length_.fetch_add(1, std::memory_order_relaxed);
  bool admitted = length < kQueueMax;
  if (operation.source != 0) {
    OCS_CHECK(operation.source < kSourcesMax);
    std::atomic<int32_t>& own = (*source_lengths_)[operation.source];
    if (own.fetch_add(1, std::memory_order_relaxed) >= SourceLengthMax(length, kQueueMax)) {
      admitted = false;
      own.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  if (!admitted) queue_length_.fetch_sub(1, std::memory_order_relaxed);
  return admitted;
}

void Shard::Tick() {
  tick_ = true;
  Schedule();
}

void Shard::Drain(std::function<void()> done) {
  {
    absl::MutexLock lock(&mutex_);
    drained_ = std::move(done);
  }
  draining_ = true;
  Schedule();
}

void Shard::Schedule() {
  if (scheduled_.exchange(true, std::memory_order_acq_rel)) return;
  context_.resources.worker->Post([this] { Run(); });
}

void Shard::Run() {
  // Not a store: reading what Schedule() wrote makes all visible that came before a call of it that
  // found a task posted already, and left its work to this one.
  scheduled_.exchange(false, std::memory_order_acq_rel);
  if (finished_.exchange(false, std::memory_order_acq_rel)) TakeFinished();
  arrival_ = context_.clock->Now();
  revisions_ = context_.catalogue->snapshot();
  TakeInbox();
  if (stopped()) {
    FailWaiting();
    Publish();
    ContinueDrain();
    return;
  }
  DecideWaiting();
  const bool tick = tick_.exchange(false);
  if (tick && !stopped()) DoDueWork();
  if (tick && !stopped()) TrimJournal();
  if (!stopped() && !book_->in_flight()) {
    const bool idle = tick && quiet_;
    WriteGroup(idle ? balance::Book::WriteBack::kMore : balance::Book::WriteBack::kAsNeeded);
  }
  if (stopped()) {  // A read failed in this round: what it decided will never be written.
    FailWaiting();
  }
  if (tick) {
    quiet_ = true;
    Publish();
  }
  if (stopped() || draining_.load(std::memory_order_acquire)) ContinueDrain();
}

void Shard::TakeInbox() {
  since_inbox_count_ = 0;
  if (inbox_.empty()) return;
  OperationList arrived = inbox_.TakeAll();
  quiet_ = false;
  queue_.Add(&arrived);
}

void Shard::FillBacklog() {
  if (backlog_count_ >= kBacklogLow) return;
  if (since_inbox_count_ >= kInboxEvery) {
    // Who came while a flood is worked off gets a turn in it, by the catalogue that he may know.
    arrival_ = context_.clock->Now();
    revisions_ = context_.catalogue->snapshot();
    TakeInbox();
  }
  backlog_count_ += queue_.TakeTurns(kBacklogHigh - backlog_count_, &backlog_);
}

void Shard::FailWaiting() {
  queue_.TakeAll(&backlog_);
  FailAll(&backlog_);
  backlog_count_ = 0;
  FailAll(&waiting_);
}

void Shard::LookAhead(Operation* operation) {
  if (operation == nullptr) return;
  // One stage for each pointer on the way; the last ones are the nearest.
  using Stage = balance::Book::PrefetchStage;
  constexpr Stage kStages[] = {Stage::kContent, Stage::kAccount, Stage::kSlot};
  Operation* at = operation;
  for (const Stage stage : kStages) {
    for (int i = 0; i < kLookAheadStep && at != nullptr; ++i) at = OperationList::Next(at);
    if (at == nullptr) return;
    if (const AccountId payer = at->payer(); payer.valid()) book_->Prefetch(payer, stage);
  }
}

void Shard::DecideWaiting() {
  while (!stopped()) {
    FillBacklog();
    if (backlog_.empty()) return;
    if (finished_.load(std::memory_order_acquire) && finished_.exchange(false)) {
      TakeFinished();
      // The disk is free: what is decided goes there while the rest is decided, if it is worth a
      // write.
      if (book_->has_open_group() && book_->NextPosition().index >= kWorthAWriteEntries) {
        WriteGroup(balance::Book::WriteBack::kAsNeeded);
      }
    }
    LookAhead(backlog_.front());
    if (book_->group_full()) {
      if (book_->in_flight()) return;  // Goes on when that group is durable.
      WriteGroup(balance::Book::WriteBack::kAsNeeded);
    }
    --backlog_count_;
    ++since_inbox_count_;
    Decide(backlog_.Pop());
  }
}

void Shard::Decide(Operation* operation) {
  queue_length_.fetch_sub(1, std::memory_order_relaxed);
  if (operation->source != 0) {
    (*source_lengths_)[operation->source].fetch_sub(1, std::memory_order_relaxed);
  }
  ++counts_.operations;
  if (!operation->on_its_way_ && operation->abandoned()) {
    ++counts_.abandoned;
    operation->status = absl::DeadlineExceededError("the caller gave up before the work was begun");
    operation->Done();
    return;
  }
  if (context_.partitions != nullptr && GoesOnAtOnce(operation)) return;
  book_->OpenGroup(arrival_);
  operation->Execute(*this);
  if (!watched_.empty()) TellWatchers();
  if (stopped()) {
    operation->status = health();
    operation->Done();
    return;
  }
  waiting_.Push(operation);
}

// Where it asks for an account by an identity that is kept here: it goes to the account's shard,
// unless that is this one, or none.
bool Shard::GoesOnAtOnce(Operation* operation) {
  const auto identity = operation->looked_up_ ? std::nullopt : operation->identity_wanted();
  if (!identity) {
    identified_ = std::exchange(operation->identified_, AccountId{});
    return false;
  }
  operation->looked_up_ = true;
  identified_ = {};
  const AccountId account = FindClaim(identity->type, identity->data);
  if (stopped() || !account.valid() || Has(account.partition())) return false;
  operation->identified_ = account;
  context_.go_on(operation, account.partition());
  return true;
}

void Shard::BeginDry(Instant now) {
  OCS_CHECK(context_.dry);
  arrival_ = now;
  book_->OpenGroup(now);
}

void Shard::DecideDry(Operation* operation, Instant now) {
  BeginDry(now);
  operation->Execute(*this);
}

void Shard::WriteGroup(balance::Book::WriteBack write_back) {
  OCS_CHECK(!book_->in_flight());
  if (!book_->has_open_group()) book_->OpenGroup(arrival_);
  balance::Group* group = book_->Seal(write_back);
  if (group ==
      nullptr) {  // Nothing was changed since the last durable group: what was read is durable.
    Complete(&waiting_);
    return;
  }
  flying_group_ = group;
  flying_.Append(&waiting_);
  counts_.entries += group->entry_count();
  counts_.group_bytes += static_cast<int64_t>(group->bytes.size());
  ++counts_.groups;
  counts_.group_entries.Add(group->entry_count());
  sealed_at_us_ = SteadyMicros();
  finishing_.fetch_add(1, std::memory_order_relaxed);
  log_->Append(group, [this](balance::AppendOutcome outcome, absl::Status status) {
    Finished(outcome, status);
    finishing_.fetch_sub(1, std::memory_order_release);  // Last: the shard may be gone after it.
  });
}

void Shard::Finished(balance::AppendOutcome outcome, const absl::Status& status) {
  // On the log's thread. The operations of the flying group are ours until `finished_` is set.
  if (outcome != balance::AppendOutcome::kDurable) {
    Stop(Annotate(status, "the journal could not be written"));
    FailAll(&flying_);
    finished_.store(true, std::memory_order_release);
    Schedule();
    return;
  }
  write_micros_.Add(SteadyMicros() - sealed_at_us_);
  durable_group_.store(flying_group_->head.group, std::memory_order_release);
  OperationList done;
  done.Append(&flying_);
  finished_.store(true, std::memory_order_release);
  Schedule();  // The next group goes on its way while these are answered.
  Complete(&done);
}

void Shard::TakeFinished() {
  balance::Group* group = std::exchange(flying_group_, nullptr);
  if (stopped() || group == nullptr) return;
  const uint64_t number = group->head.group;
  book_->Durable(group);
  vouchers_->Durable(number);
  TellDemands(number);
  absl::erase_if(acknowledged_, [&](const auto& a) { return a.second.group <= number; });
  if (last_claim_group_ <= number && identities_.size() > kIdentitiesInMemory) identities_.clear();
}

void Shard::Complete(OperationList* operations) {
  while (Operation* operation = operations->Pop()) {
    operation->Durable();
    if (operation->next_stop_) {
      context_.go_on(operation, *std::exchange(operation->next_stop_, std::nullopt));
    } else {
      operation->Done();
    }
  }
}

void Shard::FailAll(OperationList* operations) {
  while (Operation* operation = operations->Pop()) {
    operation->status = StoppingError();
    operation->Done();
  }
}

void Shard::Stop(const absl::Status& why) {
  std::function<void(const absl::Status&)> on_stopped;
  {
    absl::MutexLock lock(&mutex_);
    if (!stopped_.ok()) return;
    stopped_ = absl::UnavailableError(Cat("shard ", context_.id.value, " stopped (",
                                          FromAbsl(why.message()),
                                          "): repeat the request after the restart"));
    on_stopped = context_.on_stopped;
  }
  stopped_flag_.store(true, std::memory_order_release);
  if (on_stopped) on_stopped(why);
}

absl::Status Shard::health() const {
  absl::MutexLock lock(&mutex_);
  return stopped_;
}

void Shard::DoDueWork() {
  book_->OpenGroup(arrival_);
  const auto due = book_->TakeDue(book_->logged_at(), kDueAccountsPerRound);
  if (!due.ok()) return Stop(due.status());
  for (const AccountId id : *due) {
    if (book_->group_full() && !book_->in_flight()) {
      WriteGroup(balance::Book::WriteBack::kAsNeeded);
      book_->OpenGroup(arrival_);
    }
    balance::Account* account = FindAccount(id);
    if (stopped()) return;
    if (account == nullptr) continue;
    engine::DoDueWork(*this, account);
    if (!watched_.empty()) TellWatchers();
    if (stopped()) return;
    book_->Reschedule(account);
  }
  EndLost();
  if (static_cast<int>(due->size()) == kDueAccountsPerRound) Tick();  // There is more.
}

void Shard::TrimJournal() {
  if (arrival_ < trimmed_at_.PlusSeconds(kTrimEverySeconds)) return;
  trimmed_at_ = arrival_;
  book_->OpenGroup(arrival_);
  // The checkpoint of the flying group is not durable yet; that of the one before it lies no later.
  if (book_->in_flight()) return;
  const auto moved =
      trimming_->Trim(book_->logged_at(), book_->statistics().checkpoint_group, book_->derived());
  if (!moved.ok()) return Stop(moved.status());
  for (const Trimming::Moved& consumer : *moved) {
    const auto before = FindAcknowledged(consumer.consumer);
    if (!before.ok()) return Stop(before.status());
    if (consumer.position > *before) Acknowledge(consumer.consumer, consumer.position);
  }
}

void Shard::ContinueDrain() {
  if (!draining_.load(std::memory_order_acquire)) return;
  const bool done = stopped() ? flying_group_ == nullptr
                              : backlog_.empty() && queue_.empty() && waiting_.empty() &&
                                    inbox_.empty() && book_->all_written_back();
  if (!done) {
    if (!stopped() && !book_->in_flight()) WriteGroup(balance::Book::WriteBack::kAll);
    if (!stopped() && !book_->in_flight()) Schedule();
    return;
  }
  // Whoever is told may end the shard at once: nobody may still be in Finished(), and no round may
  // be posted.
  if (finishing_.load(std::memory_order_acquire) > 0) return Schedule();
  if (scheduled_.load(std::memory_order_acquire)) return;
  std::function<void()> drained;
  {
    absl::MutexLock lock(&mutex_);
    drained = std::exchange(drained_, nullptr);
  }
  Publish();
  if (drained) drained();
}

balance::Account* Shard::FindAccount(AccountId account) {
  ++counts_.account_lookups;
  absl::StatusOr<balance::Account*> found = book_->FindAccount(account);
  if (found.ok()) return *found;
  Stop(found.status());
  return nullptr;
}

AccountId Shard::FindIdentity(IdentityType type, std::string_view data) {
  if (has_all_partitions()) return FindClaim(type, data);
  const auto number = static_cast<uint8_t>(type);
  const bool kept_here = Has(balance::Book::IdentityPartition(number, data));
  const AccountId account = kept_here ? FindClaim(type, data) : identified_;
  if (!account.valid() || !Has(account.partition())) return {};
  // A claim is made before the account has it, and given back after it has not.
  const balance::Account* found = FindAccount(account);
  return found != nullptr && found->FindIdentity(number, data) != nullptr ? account : AccountId{};
}

AccountId Shard::FindClaim(IdentityType type, std::string_view data) {
  identity_key_ = balance::Book::IdentityKey(static_cast<uint8_t>(type), data);
  const auto cached = identities_.find(identity_key_);
  if (cached != identities_.end()) return cached->second;
  std::string row;
  const auto there =
      context_.resources.store->GetInto(balance::Table::kIdentities, identity_key_, &row);
  if (!there.ok()) {
    Stop(there.status());
    return {};
  }
  if (!*there) return {};
  ByteReader in(row);
  const AccountId account{in.Varint()};
  if (!in.ok() || !account.valid()) {
    Stop(absl::DataLossError("a row of the table of identities is damaged"));
    return {};
  }
  identities_[identity_key_] = account;
  return account;
}

void Shard::ClaimIdentity(IdentityType type, std::string_view data, AccountId account) {
  entry_.Begin(balance::EntryKind::kIdentityClaimed, account);
  entry_.AddIdentity({.type = static_cast<uint8_t>(type), .data = std::string(data)});
  Append(nullptr);
  std::string key = balance::Book::IdentityKey(static_cast<uint8_t>(type), data);
  std::string row;
  ByteWriter(&row).Varint(account.value);
  book_->derived()->Put(balance::Table::kIdentities, key, row);
  identities_[std::move(key)] = account;
  last_claim_group_ = book_->open_group();
}

void Shard::ReleaseIdentity(IdentityType type, std::string_view data, AccountId account) {
  entry_.Begin(balance::EntryKind::kIdentityReleased, account);
  entry_.RemoveIdentity({.type = static_cast<uint8_t>(type), .data = std::string(data)});
  Append(nullptr);
  std::string key = balance::Book::IdentityKey(static_cast<uint8_t>(type), data);
  book_->derived()->Delete(balance::Table::kIdentities, key);
  identities_[std::move(key)] = AccountId{};
  last_claim_group_ = book_->open_group();
}

absl::StatusOr<Position> Shard::FindAcknowledged(const std::string& consumer) {
  const auto waiting = acknowledged_.find(consumer);
  if (waiting != acknowledged_.end()) return waiting->second.position;
  return ReadCursor(store(), consumer);
}

void Shard::Acknowledge(const std::string& consumer, Position position) {
  WriteCursor(consumer, position, book_->derived());
  acknowledged_[consumer] = {.position = position, .group = book_->open_group()};
}

Position Shard::Append(balance::Account* account) {
  if (account != nullptr && !account->tenant.empty() && entry_.attaches_news())
    entry_.Attach(balance::AttachmentType::kTenant)->append(account->tenant);
  const bool had_demands = account != nullptr && !account->demands.empty();
  const Position position = book_->Append(account, &entry_);
  if (account != nullptr && !account->watches.empty()) watched_.push_back(account->id);
  if (had_demands || (account != nullptr && !account->demands.empty())) NoteDemands(*account);
  return position;
}

void Shard::NoteDemands(const balance::Account& account) {
  if (context_.dry) return;
  PendingDemands now{.account = account.id, .tenant = account.tenant, .items = {}};
  for (const balance::Demand& demand : account.demands)
    now.items.push_back({demand, account.FindSession(demand.session_id)->origin_host});
  const uint64_t group = book_->open_group();
  // Of one account only the last of a group counts.
  for (auto& [of_group, told] : demands_) {
    if (of_group == group && told.account == account.id) {
      told = std::move(now);
      return;
    }
  }
  demands_.emplace_back(group, std::move(now));
}

void Shard::TellWatchers() {
  std::sort(watched_.begin(), watched_.end());
  watched_.erase(std::unique(watched_.begin(), watched_.end()), watched_.end());
  const std::vector<AccountId> watched = std::exchange(watched_, {});
  for (const AccountId id : watched) {
    if (stopped()) return;
    balance::Account* account = FindAccount(id);
    if (account != nullptr) TellStatuses(*this, account);
  }
  watched_.clear();  // What was told just now is no news.
}

void Shard::TellDemands(uint64_t durable_group) {
  size_t told = 0;
  while (told < demands_.size() && demands_[told].first <= durable_group) {
    if (context_.on_demands) context_.on_demands(demands_[told].second);
    ++told;
  }
  demands_.erase(demands_.begin(), demands_.begin() + static_cast<std::ptrdiff_t>(told));
}

void Shard::CountResult(ResultCode code) { ++results_[static_cast<uint16_t>(code)]; }

void Shard::Publish() {
  const balance::BookStatistics book = book_->statistics();
  ShardStatistics now = counts_;
  now.account_loads = book.account_loads;
  now.cached_accounts = book.cached_accounts;
  now.checkpoint_group = book.checkpoint_group;
  now.store_bytes = context_.resources.store->DiskBytes();
  now.results.assign(results_.begin(), results_.end());
  std::sort(now.results.begin(), now.results.end());
  absl::MutexLock lock(&mutex_);
  published_ = std::move(now);
}

ShardStatistics Shard::statistics() const {
  absl::MutexLock lock(&mutex_);
  ShardStatistics now = published_;
  now.refused_overload = refused_overload_.load(std::memory_order_relaxed);
  now.write_micros = write_micros_.counts();
  now.queue_length = queue_length_.load(std::memory_order_relaxed);
  now.durable_group = durable_group();
  now.stopped = !stopped_.ok();
  return now;
}

}  // namespace ocs::engine
