#include "balance/book.h"

#include <algorithm>
#include <utility>

#include "balance/internal/account_cache.h"
#include "balance/internal/answer_index.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

using internal::AccountCache;
using internal::AnswerFamily;
using internal::AnswerIndex;
using internal::AnswerKey;
using internal::CachedAccount;
using internal::MakeAnswerKey;

// Answers of this many closed sessions stay in memory before they are written in slices.
constexpr size_t kAnswersInMemory = 262'144;
constexpr int64_t kWriteBackWhenIdle = 4'096;
constexpr uint32_t kForEver = UINT32_MAX;

CachedAccount* Cached(Account* account) { return static_cast<CachedAccount*>(account); }

std::string RefundText(Position charged) { return Cat(charged.group, ".", charged.index); }

// `*mark`: the row is not there or of an older version, and goes with the first group.
absl::Status CheckFormat(const BookOptions& options, const Store& store, bool* mark) {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store.Get(Table::kMeta, meta_key::kFormat));
  *mark = true;
  if (!row) return absl::OkStatus();
  ByteReader in(*row);
  const uint64_t version = in.Varint();
  const uint64_t shard = in.Varint();
  const uint64_t shards = in.Varint();
  if (!in.ok()) return absl::DataLossError("the store's format row is damaged");
  if (version > kFormatVersion) {
    return absl::FailedPreconditionError(Cat("the store has format version ", version,
                                             ", this release knows up to ", kFormatVersion,
                                             ": use a newer release"));
  }
  if (shard != options.shard.value || shards != static_cast<uint64_t>(options.shard_count)) {
    return absl::FailedPreconditionError(Cat("the store was made as shard ", shard, " of ", shards,
                                             ", not as shard ", options.shard.value, " of ",
                                             options.shard_count,
                                             ": start with as many shards as it was made with"));
  }
  *mark = version < kFormatVersion;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ReadCheckpoint(const Store& store) {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store.Get(Table::kMeta, meta_key::kCheckpoint));
  if (!row) return 0;
  ByteReader in(*row);
  const uint64_t group = in.Varint();
  if (!in.ok()) return absl::DataLossError("the store's checkpoint is damaged");
  return group;
}

}  // namespace

struct Book::State {
  State(const BookOptions& book_options, Store* book_store)
      : options(book_options),
        store(book_store),
        accounts(book_store, book_options.cached_accounts_max),
        answers(book_store) {}

  BookOptions options;
  Store* store;
  Head head;
  AccountCache accounts;
  AnswerIndex answers;
  Applier applier;
  Group groups[2];
  Group* open = nullptr;
  Group* flying = nullptr;
  std::string read_bytes;  ///< The group read last: histories walk through neighbours.
  uint64_t read_number = 0;
  int64_t entries = 0;
  uint64_t checkpoint = 0;
  bool mark_format = false;
  BookStatistics statistics;

  absl::Status Replay();
  absl::Status ReplayGroup(std::string_view bytes, uint64_t number);
  absl::Status ReplayEntry(const EntryView& entry);
  void Remember(const EntryView& entry, const Account* account, Instant logged_at);
  void RememberRefund(const EntryView& entry);
  absl::StatusOr<std::unique_ptr<StoredEntry>> Read(Position position);
};

Book::Book(std::unique_ptr<State> state) : state_(std::move(state)) {}
Book::~Book() = default;

absl::StatusOr<std::unique_ptr<Book>> Book::Open(const BookOptions& options, Store* store) {
  auto state = std::make_unique<State>(options, store);
  OCS_RETURN_IF_ERROR(CheckFormat(options, *store, &state->mark_format));
  OCS_ASSIGN_OR_RETURN(state->head, ReadHead(*store));
  OCS_ASSIGN_OR_RETURN(state->checkpoint, ReadCheckpoint(*store));
  OCS_RETURN_IF_ERROR(state->Replay());
  state->statistics.checkpoint_group = state->checkpoint;
  return std::unique_ptr<Book>(new Book(std::move(state)));
}

absl::Status Book::State::Replay() {
  OCS_ASSIGN_OR_RETURN(const std::optional<std::string> last, store->LastKey(Table::kJournal));
  const std::string expected = head.group == 0 ? "" : GroupKey(head.group);
  if (last.value_or("") != expected) {
    return absl::DataLossError(Cat("the journal does not end with group ", head.group,
                                   " as its head says: restore the store from a backup"));
  }
  if (checkpoint > head.group) {
    return absl::DataLossError(Cat("the states include group ", checkpoint,
                                   ", but the journal ends with group ", head.group,
                                   ": restore the store from a backup"));
  }
  // The group at the checkpoint anchors the chain; it may have been trimmed.
  ChainHash previous = {};
  bool anchored = checkpoint == 0;
  if (checkpoint > 0) {
    absl::StatusOr<std::string> bytes = ReadGroup(*store, checkpoint);
    if (bytes.ok()) {
      previous = Sha256(*bytes);
      anchored = true;
    } else if (!absl::IsNotFound(bytes.status())) {
      return bytes.status();
    }
  }
  const auto broken = [](uint64_t number) {
    return absl::DataLossError(Cat("journal group ", number, " does not follow from group ",
                                   number - 1,
                                   ": the chain is broken; restore the store from a backup"));
  };
  // A group is applied when what follows it has confirmed its hash: the next group, or the head.
  std::string bytes;
  for (uint64_t number = checkpoint + 1; number <= head.group; ++number) {
    absl::StatusOr<std::string> next = ReadGroup(*store, number);
    if (absl::IsNotFound(next.status())) {
      return absl::DataLossError(
          Cat("journal group ", number, " is missing: restore the store from a backup"));
    }
    OCS_RETURN_IF_ERROR(next.status());
    OCS_ASSIGN_OR_RETURN(const GroupReader reader, GroupReader::Open(*next, number));
    if (anchored && reader.previous_hash() != previous) return broken(number);
    if (number > checkpoint + 1) OCS_RETURN_IF_ERROR(ReplayGroup(bytes, number - 1));
    bytes = *std::move(next);
    previous = Sha256(bytes);
    anchored = true;
  }
  if (anchored && head.group > 0 && previous != head.hash) {
    return absl::DataLossError(Cat("journal group ", head.group,
                                   " is not the one that the head names: restore the store from a "
                                   "backup"));
  }
  return head.group > checkpoint ? ReplayGroup(bytes, head.group) : absl::OkStatus();
}

absl::Status Book::State::ReplayGroup(std::string_view bytes, uint64_t number) {
  OCS_ASSIGN_OR_RETURN(GroupReader reader, GroupReader::Open(bytes, number));
  ++statistics.replayed_groups;
  while (true) {
    OCS_ASSIGN_OR_RETURN(const std::optional<EntryView> entry, reader.Next());
    if (!entry) return absl::OkStatus();
    const Instant logged_at = reader.logged_at();
    OCS_RETURN_IF_ERROR(ReplayEntry(*entry));
    const Account* account = accounts.FindInMemory(entry->account);
    Remember(*entry, account, logged_at);
    ++entries;
    ++statistics.replayed_entries;
  }
}

absl::Status Book::State::ReplayEntry(const EntryView& entry) {
  if (!entry.account.valid() || IsBesideAccount(entry.kind)) return absl::OkStatus();
  OCS_ASSIGN_OR_RETURN(CachedAccount * account, accounts.Find(entry.account));
  if (account == nullptr) {
    if (entry.kind != EntryKind::kAccountCreated) {
      return absl::DataLossError(Cat("journal entry ", entry.position.group, ".",
                                     entry.position.index, " is of account ", entry.account.value,
                                     ", which is not there"));
    }
    account = accounts.Insert(entry.account);
  }
  if (account->last_group >= entry.position.group && account->last >= entry.position)
    return absl::OkStatus();
  OCS_RETURN_IF_ERROR(applier.Apply(entry, account));
  accounts.MarkDirty(account, entry.position.group, entries);
  accounts.Schedule(account, applier.earliest_due());
  return absl::OkStatus();
}

void Book::State::Remember(const EntryView& entry, const Account* account, Instant logged_at) {
  const auto until = [&](int64_t seconds) {
    return static_cast<uint32_t>(logged_at.unix_ms / 1000 + seconds);
  };
  const PartitionId partition = entry.account.partition();
  if (entry.kind == EntryKind::kEventRefunded) RememberRefund(entry);
  switch (entry.key.type) {
    case EntryKey::Type::kNone:
      return;
    case EntryKey::Type::kChange:
      if (entry.kind == EntryKind::kEventRefunded || entry.kind == EntryKind::kReRated)
        RememberRefund(entry);
      // What has arrived must not arrive again, however late its sender asks; and a refund asks
      // what a window came to.
      answers.Add(MakeAnswerKey(AnswerFamily::kChange, partition, entry.key.text), entry.position,
                  entry.kind == EntryKind::kTransferReceived ||
                          entry.kind == EntryKind::kWindowSettled ||
                          entry.kind == EntryKind::kTransferRefused ||
                          entry.kind == EntryKind::kVoucherCredited
                      ? kForEver
                      : until(options.event_retention_seconds));
      return;
    case EntryKey::Type::kRequest:
    case EntryKey::Type::kSession: {
      // An open session knows its own last entry.
      if (account != nullptr && account->FindSession(entry.key.text) != nullptr) return;
      const bool event =
          entry.kind == EntryKind::kEventCharged || entry.kind == EntryKind::kEventRefunded;
      answers.Add(
          MakeAnswerKey(AnswerFamily::kSession, partition, entry.key.text), entry.position,
          until(event ? options.event_retention_seconds : options.answer_retention_seconds));
      return;
    }
  }
}

void Book::State::RememberRefund(const EntryView& entry) {
  for (EffectReader effects(entry.effects); effects.Next();) {
    if (effects.effect() != Effect::kRefundOf) continue;
    answers.Add(MakeAnswerKey(AnswerFamily::kRefund, entry.account.partition(),
                              RefundText(effects.refund_of())),
                entry.position, kForEver);
  }
}

const Head& Book::head() const { return state_->head; }

void Book::OpenGroup(Instant now) {
  State& s = *state_;
  if (s.options.dry) {
    if (s.open != nullptr) s.head = s.open->head;  // What was in it is not kept.
    s.open = &s.groups[0];
    s.open->head = s.head;
    s.open->Begin(s.options.shard, s.head.group + 1, now);
    return;
  }
  if (s.open != nullptr) {
    // While nothing is in it, time goes on.
    if (s.open->empty()) {
      s.open->Begin(s.options.shard, s.open->head.group, std::max(now, s.open->head.logged_at));
    }
    return;
  }
  s.open = s.flying == &s.groups[0] ? &s.groups[1] : &s.groups[0];
  s.open->head = s.head;
  s.open->Begin(s.options.shard, s.head.group + 1, std::max(now, s.head.logged_at));
}

bool Book::has_open_group() const { return state_->open != nullptr; }

Instant Book::logged_at() const {
  OCS_CHECK(state_->open != nullptr);
  return state_->open->head.logged_at;
}

uint64_t Book::open_group() const {
  OCS_CHECK(state_->open != nullptr);
  return state_->open->head.group;
}

bool Book::group_full() const {
  const Group* open = state_->open;
  return open != nullptr && (open->entry_count() >= kGroupEntriesMax ||
                             open->bytes.size() >= static_cast<size_t>(kGroupBytesMax));
}

absl::StatusOr<EntryView> Book::OpenEntry(uint32_t index) const {
  OCS_CHECK(state_->open != nullptr);
  return ParseEntry(state_->open->entry(index),
                    Position{.group = state_->open->head.group, .index = index});
}

bool Book::has_entries() const {
  return state_->open != nullptr && state_->open->entry_count() > 0;
}

Position Book::NextPosition() const {
  OCS_CHECK(state_->open != nullptr);
  return {.group = state_->open->head.group,
          .index = static_cast<uint32_t>(state_->open->offsets.size())};
}

uint64_t Book::NextRecordSequence() {
  OCS_CHECK(state_->open != nullptr);
  return ++state_->open->head.record_sequence;
}

Position Book::Append(Account* account, EntryBuilder* entry) {
  State& s = *state_;
  OCS_CHECK(s.open != nullptr);
  const Position position{.group = s.open->head.group,
                          .index = static_cast<uint32_t>(s.open->offsets.size())};
  s.open->offsets.push_back(static_cast<uint32_t>(s.open->bytes.size()));
  entry->AppendTo(&s.open->bytes, position.group, account != nullptr ? account->last : Position{});
  ++s.entries;
  // What is applied is what was written: a replay cannot differ.
  const absl::StatusOr<EntryView> view = ParseEntry(s.open->entry(position.index), position);
  OCS_CHECK(view.ok());
  if (account != nullptr) {
    const absl::Status applied = s.applier.Apply(*view, account);
    OCS_CHECK(applied.ok());
  }
  if (s.options.dry) return position;
  if (account != nullptr) {
    s.accounts.MarkDirty(Cached(account), position.group, s.entries);
    s.accounts.Schedule(Cached(account), s.applier.earliest_due());
  }
  s.Remember(*view, account, s.open->head.logged_at);
  return position;
}

StoreBatch* Book::derived() {
  OCS_CHECK(state_->open != nullptr);
  return &state_->open->derived;
}

Group* Book::Seal(WriteBack write_back) {
  State& s = *state_;
  OCS_CHECK(s.flying == nullptr);
  if (s.open == nullptr) return nullptr;
  Group* group = s.open;
  if (write_back == WriteBack::kAsNeeded && group->empty()) {
    s.accounts.Evict();  // Who only reads must not fill the memory either.
    return nullptr;      // Stays open.
  }
  StoreBatch* batch = &group->derived;
  const int64_t lag = write_back == WriteBack::kAsNeeded ? s.options.checkpoint_lag_entries : 0;
  const int64_t count_max =
      write_back == WriteBack::kAsNeeded ? 64 + 4 * group->entry_count() : kWriteBackWhenIdle;
  s.accounts.WriteBack(s.entries, lag, count_max, batch);
  s.answers.WriteSlice(write_back == WriteBack::kAsNeeded ? kAnswersInMemory : 0, batch);
  if (group->empty()) return nullptr;
  const uint64_t through =
      std::min({s.accounts.stored_through(), s.answers.stored_through(), group->head.group});
  if (through > s.checkpoint) {
    s.checkpoint = through;
    std::string row;
    ByteWriter(&row).Varint(through);
    batch->Put(Table::kMeta, meta_key::kCheckpoint, row);
  }
  if (s.mark_format) {
    std::string row;
    ByteWriter out(&row);
    out.Varint(kFormatVersion);
    out.Varint(s.options.shard.value);
    out.Varint(static_cast<uint64_t>(s.options.shard_count));
    batch->Put(Table::kMeta, meta_key::kFormat, row);
    s.mark_format = false;
  }
  s.head = group->head;
  s.flying = group;
  s.open = nullptr;
  return group;
}

void Book::Durable(Group* group) {
  State& s = *state_;
  OCS_CHECK(group == s.flying);
  s.head.hash = group->head.hash;
  s.flying = nullptr;
  s.answers.Written();
  s.accounts.Evict();
}

bool Book::in_flight() const { return state_->flying != nullptr; }

bool Book::all_written_back() const {
  const State& s = *state_;
  return s.flying == nullptr && !has_entries() && s.accounts.dirty_count() == 0 &&
         s.answers.waiting() == 0;
}

absl::StatusOr<Account*> Book::FindAccount(AccountId id) {
  OCS_ASSIGN_OR_RETURN(CachedAccount * account, state_->accounts.Find(id));
  return account;
}

void Book::Prefetch(AccountId id, PrefetchStage stage) const {
  if (stage == PrefetchStage::kSlot) return state_->accounts.PrefetchSlot(id);
  const CachedAccount* account = state_->accounts.FindInMemory(id);
  if (account == nullptr) return;
  const auto fetch = [](const void* data, size_t size) {
    for (size_t at = 0; at < size; at += 64)
      __builtin_prefetch(static_cast<const char*>(data) + at);
  };
  if (stage == PrefetchStage::kAccount) return fetch(account, sizeof(CachedAccount));
  fetch(account->buckets.data(), account->buckets.size() * sizeof(Bucket));
  fetch(account->subscriptions.data(), account->subscriptions.size() * sizeof(Subscription));
  fetch(account->sessions.data(), std::min<size_t>(account->sessions.size(), 4) * sizeof(Session));
  fetch(account->carries.data(), std::min<size_t>(account->carries.size(), 16) * sizeof(Carry));
}

AccountId Book::ReserveAccount(PartitionId partition) {
  State& s = *state_;
  OCS_CHECK(s.open != nullptr);
  return AccountId::Of(partition, ++s.open->head.account_sequence);
}

Account* Book::NewReserved(AccountId reserved) { return state_->accounts.Insert(reserved); }

absl::StatusOr<KnownRequest> Book::FindRequest(const Account& account, std::string_view session_id,
                                               uint32_t number) {
  KnownRequest known;
  if (state_->options.dry) return known;
  if (const Session* session = account.FindSession(session_id)) {
    known.session_last = session->last;
    if (number > session->number_max) return known;
  } else {
    const Instant now =
        state_->open != nullptr ? state_->open->head.logged_at : state_->head.logged_at;
    OCS_ASSIGN_OR_RETURN(
        const std::optional<Position> last,
        state_->answers.Find(
            MakeAnswerKey(AnswerFamily::kSession, account.id.partition(), session_id), now));
    if (!last) return known;
    known.session_last = *last;
  }
  Position at = known.session_last;
  while (at.valid()) {
    absl::StatusOr<std::unique_ptr<StoredEntry>> entry = state_->Read(at);
    if (absl::IsNotFound(entry.status()))
      return known;  // Trimmed: older than anything that may be repeated.
    if (!entry.ok()) return entry.status();
    const EntryView& view = (*entry)->view;
    if (view.key.text != session_id) {
      if (at == known.session_last) known.session_last = {};  // Another session with the same hash.
      return known;
    }
    known.number_max = std::max(known.number_max, view.key.number);
    if (view.key.type == EntryKey::Type::kRequest && view.key.number == number) {
      known.entry = *std::move(entry);
      return known;
    }
    at = view.session_previous;
  }
  return known;
}

absl::StatusOr<std::unique_ptr<StoredEntry>> Book::FindChange(PartitionId partition,
                                                              std::string_view key) {
  if (state_->options.dry) return nullptr;
  const Instant now =
      state_->open != nullptr ? state_->open->head.logged_at : state_->head.logged_at;
  OCS_ASSIGN_OR_RETURN(
      const std::optional<Position> at,
      state_->answers.Find(MakeAnswerKey(AnswerFamily::kChange, partition, key), now));
  if (!at) return nullptr;
  absl::StatusOr<std::unique_ptr<StoredEntry>> entry = state_->Read(*at);
  if (absl::IsNotFound(entry.status())) return nullptr;
  if (!entry.ok()) return entry.status();
  if ((*entry)->view.key.text != key) return nullptr;
  return entry;
}

absl::StatusOr<std::optional<Position>> Book::FindRefund(PartitionId partition, Position charged) {
  return state_->answers.Find(MakeAnswerKey(AnswerFamily::kRefund, partition, RefundText(charged)),
                              state_->head.logged_at);
}

absl::StatusOr<std::unique_ptr<StoredEntry>> Book::ReadEntry(Position position) {
  return state_->Read(position);
}

absl::StatusOr<std::unique_ptr<StoredEntry>> Book::State::Read(Position position) {
  auto entry = std::make_unique<StoredEntry>();
  for (const Group* group : {open, flying}) {
    if (group == nullptr || group->head.group != position.group) continue;
    if (position.index >= group->offsets.size()) {
      return absl::NotFoundError(
          Cat("journal group ", position.group, " has no entry ", position.index));
    }
    entry->bytes = group->entry(position.index);
    entry->logged_at = group->head.logged_at;
    OCS_ASSIGN_OR_RETURN(entry->view, ParseEntry(entry->bytes, position));
    return entry;
  }
  if (read_number != position.group) {
    read_number = 0;
    OCS_ASSIGN_OR_RETURN(read_bytes, ReadGroup(*store, position.group));
    read_number = position.group;
  }
  OCS_ASSIGN_OR_RETURN(GroupReader reader, GroupReader::Open(read_bytes, position.group));
  entry->logged_at = reader.logged_at();
  OCS_ASSIGN_OR_RETURN(entry->bytes, reader.FindBody(position.index));
  OCS_ASSIGN_OR_RETURN(entry->view, ParseEntry(entry->bytes, position));
  return entry;
}

std::string Book::IdentityKey(uint8_t type, std::string_view data) {
  std::string key;
  ByteWriter out(&key);
  out.Big16(IdentityPartition(type, data).value);
  out.U8(type);
  out.Raw(data);
  return key;
}

PartitionId Book::IdentityPartition(uint8_t type, std::string_view data) {
  return {static_cast<uint16_t>(StableHash64(data, type) % kPartitionCount)};
}

absl::StatusOr<std::vector<AccountId>> Book::TakeDue(Instant now, int accounts_max) {
  return state_->accounts.TakeDue(now, accounts_max);
}

void Book::Reschedule(Account* account) {
  state_->accounts.Schedule(Cached(account), account->NextDue());
}

absl::Status Book::ListDue(Instant until, size_t count_max, DuePlace* place,
                           std::vector<AccountId>* accounts) const {
  return state_->accounts.ListDue(until, count_max, place, accounts);
}

BookStatistics Book::statistics() const {
  BookStatistics statistics = state_->statistics;
  statistics.account_loads = state_->accounts.loads();
  statistics.accounts_written = state_->accounts.writes();
  statistics.cached_accounts = state_->accounts.size();
  statistics.dirty_accounts = state_->accounts.dirty_count();
  statistics.answers_waiting = static_cast<int64_t>(state_->answers.waiting());
  statistics.checkpoint_group = state_->checkpoint;
  return statistics;
}

std::string AccountKey(AccountId id) {
  std::string key;
  ByteWriter out(&key);
  out.Big16(id.partition().value);
  out.Big64(id.value);
  return key;
}

absl::StatusOr<Account> DecodeAccountRow(std::string_view row, int64_t* due_second) {
  ByteReader in(row);
  *due_second = static_cast<int64_t>(in.Varint());
  if (!in.ok()) return absl::DataLossError("account row is damaged");
  return DecodeAccount(row.substr(row.size() - in.remaining()));
}

}  // namespace ocs::balance
