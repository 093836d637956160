// The inspector finds nothing in a good store, and names every fault that is planted.

// tidy-allow arrow: the tools' own tests
#include "tools/inspect/prove.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "balance/changes.h"
#include "balance/rocks_store.h"
#include "tests/support/temp_dir.h"
#include "tests/tools/world.h"
#include "tools/inspect/restore.h"
#include "tools/inspect/store_files.h"
#include "tools/inspect/trial_text.h"

namespace ocs::tools::tests {
namespace {

using balance::EntryBuilder;
using balance::EntryKey;
using balance::EntryKind;
using balance::LedgerAccount;

Report MustProve(const balance::Store& store) {
  auto report = Prove(store, {});
  INFO(report.status());
  REQUIRE(report.ok());
  return *std::move(report);
}

// The names of the checks that failed.
std::string Failed(const Report& report) {
  std::string names;
  for (int i = 0; i < kCheckCount; ++i) {
    if (report.checks[static_cast<size_t>(i)].failed == 0) continue;
    names += (names.empty() ? "" : " ") + std::string(InfoOf(static_cast<Check>(i)).name);
  }
  return names;
}

// The first failure of a check: "place: what".
std::string First(Report& report, Check check) {
  const CheckResult& result = report.of(check);
  return result.first.empty() ? "" : result.first[0].place + ": " + result.first[0].what;
}

// An entry of bob with a record of one line that charges nothing to the ledger.
void AddRecordEntry(const World& world, Forger* forger, EntryBuilder* entry,
                    const cdr::RecordLine& line, uint64_t sequence) {
  entry->Begin(EntryKind::kEventCharged, world.bob);
  entry->SetKey({.type = EntryKey::Type::kRequest, .text = "forged", .number = 0});
  // On the heap: under the sanitizers g++ 12 takes its empty lines for uninitialized ones.
  const auto record = std::make_unique<cdr::Record>();
  record->local_sequence = sequence;
  record->account = world.bob;
  record->session_id = "forged";
  record->model = "odd";
  record->lines.push_back(line);
  EncodeRecord(*record, entry->Attach(balance::AttachmentType::kRecord));
  forger->Add(entry, Rebuild(*world.store(), world.bob).last);
}

cdr::RecordLine FreeLine() {
  cdr::RecordLine line;
  line.quantity = 7;
  line.unit = Unit::Of("CNY");
  line.bucket = balance::kMainBucket;
  line.charge_code = "FREE";
  line.rule = "forged";
  return line;
}

TEST_CASE("a good store passes every check, and every check was made", "[tools][inspect][unit]") {
  const World world;
  const Report report = MustProve(*world.store());
  INFO(FormatReport(report));
  CHECK(report.ok());
  CHECK(report.accounts == 2);
  CHECK(report.notes.empty());
  for (const CheckResult& check : report.checks) CHECK(check.checked > 0);
  // 10 CNY of the package, then 100 + 100 + 50 odd tokens at a third of a micro: the refund gave
  // back 33 or 34, and what was carried stays carried.
  REQUIRE(report.totals.size() == 2);
  CHECK(report.totals[0].records == "10.000083 CNY");
  CHECK(report.totals[0].ledger == "10.000083 CNY");
  CHECK(report.totals[1].records == "120 token");
}

TEST_CASE("a store on disk is proved without changing it", "[tools][inspect][unit]") {
  const testing::TempDir folder;
  const std::string path = folder.Path("shard-000");
  {
    auto opened =
        balance::OpenRocksStore({.folder = path, .mode = balance::OpenMode::kCreateIfMissing});
    REQUIRE(opened.ok());
    const World world(std::shared_ptr<balance::Store>(*std::move(opened)));
  }
  for (int i = 0; i < 2; ++i) {
    const auto store =
        balance::OpenRocksStore({.folder = path, .mode = balance::OpenMode::kReadOnly});
    REQUIRE(store.ok());
    const Report report = MustProve(**store);
    INFO(FormatReport(report));
    CHECK(report.ok());
    CHECK(report.head_group > 10);
  }
}

TEST_CASE("postings that do not sum to zero are found", "[tools][inspect][unit]") {
  const World world;
  Forger forger(world.store());
  EntryBuilder entry;
  entry.Begin(EntryKind::kToppedUp, world.alice);
  entry.SetKey({.type = EntryKey::Type::kChange, .text = "forged", .number = 0});
  entry.Post(LedgerAccount::kAvailable, balance::kMainBucket, 5);
  entry.Post(LedgerAccount::kCash, balance::kMainBucket, -4);
  forger.Add(&entry, Rebuild(*world.store(), world.alice).last);
  forger.Write();
  Report report = MustProve(*world.store());
  CHECK(Failed(report) == "postings buckets");
  CHECK(Contains(First(report, Check::kPostings), "its postings in CNY sum to 1, not to 0"));
  CHECK(Contains(First(report, Check::kBuckets), "bucket 1"));
}

TEST_CASE("an entry that forgets the one before it is found", "[tools][inspect][unit]") {
  const World world;
  Forger forger(world.store());
  EntryBuilder entry;
  entry.Begin(EntryKind::kRefused, world.alice);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "forged", .number = 0});
  forger.Add(&entry, {.group = 1, .index = 0});
  forger.Write();
  Report report = MustProve(*world.store());
  CHECK(Failed(report) == "history");
  CHECK(Contains(First(report, Check::kHistory), "was last changed by entry 1.0"));
}

TEST_CASE("a request that was answered twice is found", "[tools][inspect][unit]") {
  const World world;
  Forger forger(world.store());
  EntryBuilder entry;
  entry.Begin(EntryKind::kRefused, world.alice);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s-1", .number = 1});
  forger.Add(&entry, Rebuild(*world.store(), world.alice).last);
  forger.Write();
  Report report = MustProve(*world.store());
  CHECK(Failed(report) == "requests");
  CHECK(Contains(First(report, Check::kRequests), "session s-1 request 1"));

  // Behind the time for which answers are remembered a key may come again.
  const auto later = Prove(*world.store(), {.retention = {.answer_seconds = 0}});
  REQUIRE(later.ok());
  CHECK(later->ok());
  REQUIRE(later->notes.size() == 1);
  CHECK(Contains(later->notes[0], "1 keys were used again"));
}

TEST_CASE("a key counts for as long as its first answer is remembered", "[tools][inspect][unit]") {
  const World world;
  const balance::Account alice = Rebuild(*world.store(), world.alice);
  const Position next{.group = balance::ReadHead(*world.store())->group + 1, .index = 0};
  const auto forge = [&](EntryKind first, EntryKind second) {
    Forger forger(world.store());
    EntryBuilder entry;
    Position last = alice.last;
    for (const EntryKind kind : {first, second}) {
      entry.Begin(kind, world.alice);
      entry.SetKey({.type = EntryKey::Type::kRequest, .text = "forged", .number = 0});
      forger.Add(&entry, last);
      last = next;
    }
    forger.Write();
    const auto report = Prove(*world.store(), {.retention = {.answer_seconds = 0}});
    REQUIRE(report.ok());
    return Failed(*report);
  };
  SECTION("a refused event, as long as a session's") {
    CHECK(forge(EntryKind::kRefused, EntryKind::kEventCharged).empty());
  }
  SECTION("a charged event, longer") {
    CHECK(forge(EntryKind::kEventCharged, EntryKind::kRefused) == "requests");
  }
}

TEST_CASE("a change that was made twice is found", "[tools][inspect][unit]") {
  const World world;
  Forger forger(world.store());
  EntryBuilder entry;
  Position last = Rebuild(*world.store(), world.alice).last;
  for (uint32_t i = 0; i < 2; ++i) {
    entry.Begin(EntryKind::kToppedUp, world.alice);
    entry.SetKey({.type = EntryKey::Type::kChange, .text = "forged", .number = 0});
    balance::PostTopUp(1'000'000, &entry);
    forger.Add(&entry, last);
    last = {.group = balance::ReadHead(*world.store())->group + 1, .index = i};
  }
  forger.Write();
  Report report = MustProve(*world.store());
  CHECK(Failed(report) == "changes");
  CHECK(Contains(First(report, Check::kChanges), "key forged"));
}

TEST_CASE("a charge that was given back twice is found", "[tools][inspect][unit]") {
  const World world;
  const balance::Account bob = Rebuild(*world.store(), world.bob);
  Forger forger(world.store());
  EntryBuilder entry;
  for (const std::string key : {"r-2", "r-3"}) {
    entry.Begin(EntryKind::kEventRefunded, world.bob);
    entry.SetKey({.type = EntryKey::Type::kRequest, .text = key, .number = 0});
    entry.RefundOf(bob.last);
    const bool first = key == "r-2";
    forger.Add(&entry,
               first ? bob.last
                     : Position{.group = balance::ReadHead(*world.store())->group + 1, .index = 0});
  }
  forger.Write();
  Report report = MustProve(*world.store());
  CHECK(Failed(report) == "refunds");
  CHECK(report.of(Check::kRefunds).failed == 1);
  CHECK(Contains(First(report, Check::kRefunds), "gave back already"));
}

TEST_CASE("a refund of another account's charge is found", "[tools][inspect][unit]") {
  const World world;
  Forger forger(world.store());
  EntryBuilder entry;
  entry.Begin(EntryKind::kEventRefunded, world.alice);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "r-2", .number = 0});
  entry.RefundOf(Rebuild(*world.store(), world.bob).last);
  forger.Add(&entry, Rebuild(*world.store(), world.alice).last);
  forger.Write();
  Report report = MustProve(*world.store());
  CHECK(Failed(report) == "refunds");
  CHECK(Contains(First(report, Check::kRefunds), "which is of account"));
}

TEST_CASE("records are held against the ledger, their sequence and their own arithmetic",
          "[tools][inspect][unit]") {
  const World world;
  Forger forger(world.store());
  EntryBuilder entry;
  cdr::RecordLine line = FreeLine();
  SECTION("a record that charges what the ledger did not earn") {
    line.amount = 14;
    line.price_numerator = 2;
    AddRecordEntry(world, &forger, &entry, line, forger.NextRecordSequence());
    forger.Write();
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "record_amounts");
    CHECK(report.of(Check::kRecordAmount).failed == 2);  // The entry, and the sum over all.
    CHECK(Contains(First(report, Check::kRecordAmount),
                   "its records charge 0.000014 CNY, its postings earn 0.00 CNY"));
  }
  SECTION("a line that does not add up") {
    line.carry_out = 1;
    AddRecordEntry(world, &forger, &entry, line, forger.NextRecordSequence());
    forger.Write();
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "record_lines");
    CHECK(Contains(First(report, Check::kLines), "a line of 7 input at 0/1"));
  }
  SECTION("a record too many in the count") {
    AddRecordEntry(world, &forger, &entry, line, forger.record_sequence() + 2);
    forger.NextRecordSequence();
    forger.Write();
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "record_sequence");
    CHECK(report.of(Check::kSequence).failed == 2);  // The record, and the head.
  }
  SECTION("a remainder that is forgotten") {
    const std::vector<Carry> carries = Rebuild(*world.store(), world.bob).carries;
    REQUIRE(!carries.empty());
    line.carry_line = carries[0].line;
    line.price_denominator = carries[0].denominator;
    line.carry_in = (carries[0].remainder + 1) % carries[0].denominator;
    line.carry_out = line.carry_in;
    AddRecordEntry(world, &forger, &entry, line, forger.NextRecordSequence());
    forger.Write();
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "carries");
    CHECK(report.of(Check::kCarries).failed == 2);  // Carried in wrongly, and not kept.
  }
}

TEST_CASE("a remainder that no record charged is found", "[tools][inspect][unit]") {
  const World world;
  Forger forger(world.store());
  EntryBuilder entry;
  entry.Begin(EntryKind::kRefused, world.bob);
  entry.SetCarry({.line = 77, .denominator = 3, .remainder = 1});
  forger.Add(&entry, Rebuild(*world.store(), world.bob).last);
  forger.Write();
  Report report = MustProve(*world.store());
  CHECK(Failed(report) == "carries");
  CHECK(Contains(First(report, Check::kCarries), "line 77, which no record of it charged"));
}

TEST_CASE("a stored state that was changed is found and told apart", "[tools][inspect][unit]") {
  const World world;
  SECTION("an amount") {
    ChangeState(world.store(), world.alice, [](balance::Account* account) {
      account->FindBucket(balance::kMainBucket)->available += 1;
    });
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "states");
    CHECK(Contains(First(report, Check::kStates), "bucket 1: available is stored as"));
  }
  SECTION("a remainder, in a state that is older than the journal's end") {
    ChangeState(world.store(), world.bob, [](balance::Account* account) {
      REQUIRE(!account->carries.empty());
      account->carries[0].remainder = (account->carries[0].remainder + 1) % 3;
    });
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "states");
    CHECK(Contains(First(report, Check::kStates), "the remainder of line"));
  }
  SECTION("an open session that is gone") {
    ChangeState(world.store(), world.bob,
                [](balance::Account* account) { account->sessions.clear(); });
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "states due");
    CHECK(Contains(First(report, Check::kStates), "its open sessions differ"));
  }
  SECTION("a position that is none of the account's") {
    ChangeState(world.store(), world.alice,
                [](balance::Account* account) { account->last.index += 7; });
    CHECK(Failed(MustProve(*world.store())) == "states");
  }
  SECTION("a state that is gone, though a restart relies on it") {
    balance::StoreBatch batch;
    batch.Delete(balance::Table::kAccounts, balance::AccountKey(world.alice));
    REQUIRE(world.store()->Write(batch).ok());
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "states due");
    CHECK(Contains(First(report, Check::kStates), "its stored state lacks group"));
  }
  SECTION("a state of nobody") {
    ChangeState(world.store(), world.alice, [](balance::Account*) {});
    const auto row =
        world.store()->Get(balance::Table::kAccounts, balance::AccountKey(world.alice));
    int64_t due_second = 0;
    auto account = balance::DecodeAccountRow(**row, &due_second);
    account->id.value += 1;
    std::string bytes;
    ByteWriter(&bytes).Varint(0);
    balance::EncodeAccount(*account, &bytes);
    balance::StoreBatch batch;
    batch.Put(balance::Table::kAccounts, balance::AccountKey(account->id), bytes);
    REQUIRE(world.store()->Write(batch).ok());
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "states due");
    CHECK(Contains(First(report, Check::kStates), "the journal has no entry of it"));
  }
}

TEST_CASE("a charge that was given back in parts is found when the parts are too many",
          "[tools][inspect][unit]") {
  const World world;
  const balance::Account bob = Rebuild(*world.store(), world.bob);
  // The last charge: 50 odd tokens at a third of a micro.
  const auto prove = [&](int64_t first, int64_t second) {
    Forger forger(world.store());
    EntryBuilder entry;
    Position previous = bob.last;
    for (const int64_t amount : {first, second}) {
      entry.Begin(EntryKind::kEventRefunded, world.bob);
      entry.SetKey({.type = EntryKey::Type::kRequest, .text = std::to_string(amount), .number = 0});
      entry.RefundOf(bob.last, {{.record = 0, .line = 0, .amount = amount}});
      forger.Add(&entry, previous);
      previous = {.group = balance::ReadHead(*world.store())->group + 1, .index = 0};
    }
    forger.Write();
    return MustProve(*world.store());
  };
  SECTION("in all no more than was charged") { CHECK(Failed(prove(3, 16)).empty()); }
  SECTION("more than was charged") {
    Report report = prove(3, 18);
    CHECK(Failed(report) == "refunds");
    CHECK(Contains(First(report, Check::kRefunds), "in line 0 of record 0, not 18"));
  }
}

TEST_CASE("tables that do not say what the accounts say are found", "[tools][inspect][unit]") {
  const World world;
  balance::StoreBatch batch;
  const auto first_key = [&](balance::Table table) {
    const auto cursor = world.store()->Seek(table, "");
    REQUIRE(cursor->valid());
    return std::string(cursor->key());
  };
  const auto prove = [&] {
    REQUIRE(world.store()->Write(batch).ok());
    return MustProve(*world.store());
  };
  using balance::Table;
  SECTION("an identity that leads to another account") {
    std::string row;
    ByteWriter(&row).Varint(7);
    batch.Put(Table::kIdentities, first_key(Table::kIdentities), row);
    Report report = prove();
    CHECK(Failed(report) == "identities");
    CHECK(Contains(First(report, Check::kIdentities), "leads to account 7"));
  }
  SECTION("an identity that is not in the table") {
    batch.Delete(Table::kIdentities, first_key(Table::kIdentities));
    Report report = prove();
    CHECK(Failed(report) == "identities");
    CHECK(report.of(Check::kIdentities).failed == 2);  // It, and the number of rows.
  }
  SECTION("due work that is not known") {
    batch.Delete(Table::kDue, first_key(Table::kDue));
    Report report = prove();
    CHECK(Failed(report) == "due");
    CHECK(Contains(First(report, Check::kDue), "not in the table of due work"));
  }
  SECTION("an answer that is not there") {
    std::string row;
    ByteWriter out(&row);
    out.Big32(UINT32_MAX);
    out.Varint(balance::ReadHead(*world.store())->group);
    out.Varint(99);
    batch.Put(Table::kAnswers, first_key(Table::kAnswers), row);
    Report report = prove();
    CHECK(Failed(report) == "answers");
    CHECK(Contains(First(report, Check::kAnswers), "which is not there"));
  }
}

TEST_CASE("a record that says too much of what a package earns is found",
          "[tools][inspect][unit]") {
  const World world;
  Forger forger(world.store());
  EntryBuilder entry;
  cdr::RecordLine line = FreeLine();
  line.revenue_micros = 5;
  AddRecordEntry(world, &forger, &entry, line, forger.NextRecordSequence());
  forger.Write();
  Report report = MustProve(*world.store());
  CHECK(Failed(report) == "revenue");
  CHECK(Contains(First(report, Check::kRevenue), "packages earn 5 micros, its postings 0"));
}

TEST_CASE("a trial balance and a statement in words", "[tools][inspect][unit]") {
  const World world;
  bool balanced = false;
  const auto trial = TrialInWords(*world.store(), {}, &balanced);
  REQUIRE(trial.ok());
  CHECK(balanced);
  CHECK(Contains(*trial, "the postings of each unit sum to 0"));
  CHECK(Contains(*trial, "package revenue earned"));
  const balance::Account bob = Rebuild(*world.store(), world.bob);
  const auto now =
      StatementInWords(*world.store(), world.bob, balance::kEndOfJournal, absl::UTCTimeZone());
  REQUIRE(now.ok());
  CHECK(Contains(*now,
                 FormatAmount(bob.FindBucket(balance::kMainBucket)->available, Unit::Of("CNY"))));
  const auto before = StatementInWords(
      *world.store(), world.bob, {.group = bob.last.group - 1, .index = 99}, absl::UTCTimeZone());
  REQUIRE(before.ok());
  CHECK(*before != *now);
  CHECK(absl::IsNotFound(
      StatementInWords(*world.store(), world.bob, {.group = 1, .index = 0}, absl::UTCTimeZone())
          .status()));
  Forger forger(world.store());
  EntryBuilder entry;
  entry.Begin(EntryKind::kAdjusted, world.bob);
  entry.Post(LedgerAccount::kVendorCost, balance::kMainBucket, 5);
  forger.Add(&entry, bob.last);
  forger.Write();
  const auto wrong = TrialInWords(*world.store(), {.account = world.bob}, &balanced);
  REQUIRE(wrong.ok());
  CHECK_FALSE(balanced);
  CHECK(Contains(*wrong, "the postings in CNY sum to 0.000005 CNY, not to 0"));
}

TEST_CASE("positions are read from text", "[tools][inspect][unit]") {
  CHECK(*ParseEntryPosition("12.3") == Position{.group = 12, .index = 3});
  for (const char* text : {"", "12", "12.", ".3", "0.0", "1.2.3", "a.b", "-1.2"})
    CHECK(absl::IsInvalidArgument(ParseEntryPosition(text).status()));
}

TEST_CASE("a backup made of a store is proved, copied to a new folder and proved there",
          "[tools][inspect][unit]") {
  const testing::TempDir folder;
  {
    auto opened = balance::OpenRocksStore(
        {.folder = folder.Path("live"), .mode = balance::OpenMode::kCreateIfMissing});
    REQUIRE(opened.ok());
    const World world(std::shared_ptr<balance::Store>(*std::move(opened)));
    std::filesystem::create_directory(folder.Path("backup"));
    REQUIRE(world.store()->CopyTo(folder.Path("backup/shard-000")).ok());
  }
  REQUIRE(CopyFolder(folder.Path("backup"), folder.Path("restored")).ok());
  CHECK(absl::IsAlreadyExists(CopyFolder(folder.Path("backup"), folder.Path("restored"))));
  CHECK(absl::IsNotFound(CopyFolder(folder.Path("nothing"), folder.Path("other"))));
  std::string heads;
  for (const char* name : {"live", "backup", "restored"}) {
    const auto stores = OpenStores(folder.Path(name), std::nullopt);
    INFO(stores.status());
    REQUIRE(stores.ok());
    REQUIRE(stores->size() == 1);
    const Report report = MustProve(*stores->front().store);
    INFO(FormatReport(report));
    CHECK(report.ok());
    if (heads.empty()) heads = report.head_hash;
    CHECK(report.head_hash == heads);
  }
}

TEST_CASE("a broken chain is found at the group that does not follow", "[tools][inspect][unit]") {
  const World world;
  SECTION("a changed group") {
    // One byte of its logged time: the group reads as well as before.
    ChangeGroup(world.store(), 5, [](std::string* bytes) { (*bytes)[12] ^= 1; });
    Report report = MustProve(*world.store());
    CHECK(Contains(Failed(report), "chain"));
    CHECK(report.of(Check::kChain).first[0].place == "group 6");
    CHECK(Contains(First(report, Check::kChain), "as the group before it, which is"));
  }
  SECTION("a group that is cut off") {
    ChangeGroup(world.store(), 5, [](std::string* bytes) { bytes->resize(bytes->size() - 3); });
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "chain");
    CHECK(Contains(First(report, Check::kChain), "group 5: "));
    REQUIRE(!report.notes.empty());
    CHECK(Contains(report.notes.back(), "nothing after group 4 was checked"));
  }
  SECTION("a group that is gone") {
    balance::StoreBatch batch;
    batch.Delete(balance::Table::kJournal, balance::GroupKey(5));
    REQUIRE(world.store()->Write(batch).ok());
    Report report = MustProve(*world.store());
    CHECK(Failed(report) == "chain");
    CHECK(Contains(First(report, Check::kChain), "group 5: is not there"));
  }
  SECTION("the last group changed: only the head can tell") {
    const uint64_t last = balance::ReadHead(*world.store())->group;
    ChangeGroup(world.store(), last, [](std::string* bytes) { (*bytes)[13] ^= 1; });
    Report report = MustProve(*world.store());
    CHECK(Contains(First(report, Check::kChain), "head: names hash"));
  }
  SECTION("a journal that ends before its head") {
    const uint64_t last = balance::ReadHead(*world.store())->group;
    balance::StoreBatch batch;
    batch.Delete(balance::Table::kJournal, balance::GroupKey(last));
    REQUIRE(world.store()->Write(batch).ok());
    Report report = MustProve(*world.store());
    CHECK(Contains(Failed(report), "chain"));
    CHECK(Contains(First(report, Check::kChain), "the journal ends with group"));
  }
}

TEST_CASE("what cannot be proved is an error that says what to do", "[tools][inspect][unit]") {
  SECTION("an empty store") {
    const auto empty = balance::MakeMemStore();
    CHECK(absl::IsNotFound(Prove(*empty, {}).status()));
  }
  const World world;
  SECTION("a newer format") {
    std::string row;
    ByteWriter out(&row);
    out.Varint(balance::kFormatVersion + 1);
    out.Varint(0);
    out.Varint(1);
    balance::StoreBatch batch;
    batch.Put(balance::Table::kMeta, balance::meta_key::kFormat, row);
    REQUIRE(world.store()->Write(batch).ok());
    const absl::Status status = Prove(*world.store(), {}).status();
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(Contains(std::string(status.message()), "use the ocs-inspect of the release"));
  }
  SECTION("not enough memory") {
    const absl::Status status = Prove(*world.store(), {.memory_bytes_max = 1}).status();
    CHECK(absl::IsResourceExhausted(status));
    CHECK(Contains(std::string(status.message()), "run again with --memory-mib "));
  }
  SECTION("a damaged head") {
    balance::StoreBatch batch;
    batch.Put(balance::Table::kMeta, balance::meta_key::kHead, "nonsense");
    REQUIRE(world.store()->Write(batch).ok());
    CHECK(absl::IsDataLoss(Prove(*world.store(), {}).status()));
  }
}

TEST_CASE("accounts older than a trimmed journal are checked from their states on",
          "[tools][inspect][unit]") {
  const World world;
  constexpr uint64_t kLastTrimmed = 6;
  const auto last = balance::ReadGroup(*world.store(), kLastTrimmed);
  REQUIRE(last.ok());
  const balance::ChainHash hash = balance::Sha256(*last);
  std::string row;
  ByteWriter(&row).Varint(kLastTrimmed);
  row.append(hash.data(), hash.size());
  balance::StoreBatch batch;
  batch.DeleteRange(balance::Table::kJournal, balance::GroupKey(1),
                    balance::GroupKey(kLastTrimmed + 1));
  batch.Put(balance::Table::kMeta, balance::meta_key::kTrimmed, row);
  REQUIRE(world.store()->Write(batch).ok());
  Report report = MustProve(*world.store());
  INFO(FormatReport(report));
  CHECK(report.ok());
  CHECK(report.first_group == kLastTrimmed + 1);
  REQUIRE(!report.notes.empty());
  CHECK(Contains(report.notes[0], "are older than the journal"));

  // The first group that is there must follow from the last that is gone.
  row.back() = static_cast<char>(row.back() ^ 1);
  batch.Clear();
  batch.Put(balance::Table::kMeta, balance::meta_key::kTrimmed, row);
  REQUIRE(world.store()->Write(batch).ok());
  report = MustProve(*world.store());
  CHECK(Failed(report) == "chain");
  CHECK(report.of(Check::kChain).first[0].place == "group 7");
}

}  // namespace
}  // namespace ocs::tools::tests
