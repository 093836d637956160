// The laws, over random operations of several accounts.

#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "balance/book.h"
#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"
#include "tests/property/generator.h"
#include "tests/support/seed.h"

namespace ocs::engine::tests {
namespace {

ocs::testing::Row RowOf(const std::string& text) { return {0, text}; }

bool IsCharging(const std::string& row) {
  return row.rfind("buy", 0) != 0 && row.rfind("top_up", 0) != 0 && row.rfind("account", 0) != 0;
}

/// Stops the engine cleanly, so that every state is in the store.
void Drain(Harness& h) {
  bool drained = false;
  h.engine->Drain([&] { drained = true; });
  h.executor.RunAll();
  REQUIRE(drained);
}

/// Every state in the store is, bit for bit, what the journal alone gives; and a book opened on
/// nothing but the journal replays to the same.
void CheckStates(const balance::Store& store) {
  const std::map<uint64_t, balance::Account> accounts = AccountsOf(store);
  std::shared_ptr<balance::Store> bare = balance::MakeMemStore();
  balance::StoreBatch batch;
  auto groups = store.Seek(balance::Table::kJournal, {});
  for (; groups->valid(); groups->Next())
    batch.Put(balance::Table::kJournal, groups->key(), groups->value());
  for (const std::string_view key : {balance::meta_key::kHead, balance::meta_key::kFormat})
    batch.Put(balance::Table::kMeta, key, **store.Get(balance::Table::kMeta, key));
  REQUIRE(bare->Write(batch).ok());
  auto book = balance::Book::Open({}, bare.get());
  INFO(book.status());
  REQUIRE(book.ok());
  for (const auto& [id, account] : accounts) {
    INFO("account " << id);
    const auto row = store.Get(balance::Table::kAccounts, balance::AccountKey({id}));
    REQUIRE(row.ok());
    REQUIRE(row->has_value());
    int64_t due = 0;
    const auto stored = balance::DecodeAccountRow(**row, &due);
    REQUIRE(stored.ok());
    REQUIRE(Bytes(*stored) == Bytes(account));
    const auto replayed = (*book)->FindAccount({id});
    REQUIRE(replayed.ok());
    REQUIRE(*replayed != nullptr);
    REQUIRE(Bytes(**replayed) == Bytes(account));
  }
}

EngineOptions AnyOptions(Random& random) {
  EngineOptions options;
  options.journal_retention_seconds = 100LL * 365 * 86'400;  // The whole journal is read.
  static constexpr int64_t kLags[] = {0, 1, 7, 100, 4'000'000};
  options.checkpoint_lag_entries = kLags[random.Below(5)];
  options.cached_accounts_max = random.OneIn(2) ? random.Between(1, 4) : 1'000'000;
  return options;
}

TEST_CASE("conservation and exactly once, over random operations", "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 20261121);
  for (int round = 0; round < 12; ++round) {
    Harness h(nullptr, AnyOptions(random));
    h.Publish(kSmallCatalogue);
    Script script(h);
    Generator generator(random, 6);
    for (const std::string& row : generator.Beginning()) script.RunRow(RowOf(row));
    std::vector<std::pair<std::string, std::string>> done;  // Row, outcome with bytes.
    const auto run = [&](const std::string& row) {
      INFO(row);
      std::string outcome = script.RunRow(RowOf(row));
      REQUIRE(outcome.rfind("UNAVAILABLE", 0) != 0);
      return IsCharging(row) ? outcome + script.last_bytes() : outcome;
    };
    for (int step = 0; step < 500; ++step) {
      h.clock.AdvanceSeconds(random.Below(3));
      if (random.OneIn(40)) h.Open();
      if (random.OneIn(25)) script.RunRow(RowOf(Cat("tick ", random.Below(900))));
      if (random.OneIn(200)) {
        // A month later: packages end, and what was answered then may be forgotten.
        script.RunRow(RowOf(Cat("tick ", random.Between(1, 31) * 86'400)));
        done.clear();
      }
      if (!done.empty() && random.OneIn(3)) {
        const auto& [row, outcome] =
            done[static_cast<size_t>(random.Below(static_cast<int64_t>(done.size())))];
        const size_t groups = JournalOf(*h.store).size();
        INFO("again: " << row);
        REQUIRE(run(row) == outcome);
        REQUIRE(JournalOf(*h.store).size() == groups);
        continue;
      }
      const std::string row = generator.Next();
      done.push_back({row, run(row)});
    }
    const Totals totals = TotalsOf(*h.store);
    REQUIRE(totals.records > 50);
    REQUIRE(script.Records().size() == static_cast<size_t>(totals.records));
    Drain(h);
    CheckStates(*h.store);
  }
}

TEST_CASE("concurrent sessions are never granted more than there is", "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 4);
  for (int round = 0; round < 40; ++round) {
    Harness h;
    h.Publish(kSmallCatalogue);
    Script script(h);
    script.Run("account A money=10000000\nbuy A pack");
    std::vector<std::unique_ptr<Kept<CreditControlCall>>> calls;
    std::vector<std::string> names;
    for (int i = 0; i < 50; ++i) names.push_back(Cat("s", i));
    for (const std::string& name : names) {
      const Ask ask{.session = "", .number = 0, .account = script.account("A"), .model = "plain"};
      auto call = std::make_unique<Kept<CreditControlCall>>();
      Fill(*call, ask, RequestType::kInitial);
      call->request.session_id = name;
      call->request.services[0].model = "plain";
      call->request.services[0].requests_quota = true;
      call->request.services[0].requested = {{TokenKind::kOutput, 100}};
      h.engine->Submit(call.get());
      if (random.OneIn(4)) h.executor.RunOne();
      calls.push_back(std::move(call));
    }
    h.executor.RunAll();
    int64_t granted = 0;
    int opened = 0;
    for (const auto& call : calls) {
      REQUIRE(call->done);
      if (call->answer.code != ResultCode::kSuccess) continue;
      ++opened;
      granted += QuantityOf(call->answer.services[0].granted, TokenKind::kOutput);
    }
    CHECK(granted == 1000);
    CHECK(opened == 10);
    script.Run("bucket A 2 -> granted=1000 available=0 held=1000 spent=0 expired=0");
  }
}

TEST_CASE("ten thousand small charges differ from the price of the whole by less than a micro",
          "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 5);
  EngineOptions options;
  options.checkpoint_lag_entries = 10;
  Harness h(nullptr, options);
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=1000000\nbuy A pay\ninitial s 0 A 1/odd/output:1/_");
  int64_t tokens = 0;
  int number = 0;
  for (int i = 0; i < 10'000; ++i) {
    const int64_t used = random.Between(0, 7);
    tokens += used;
    if (random.OneIn(2)) {
      script.RunRow(RowOf(Cat("update s ", ++number, " A 1/_/_/output:", used)));
    } else {
      script.RunRow(RowOf(Cat("debit e", i, " 0 A 1/odd/_/output:", used)));
    }
    if (i % 1'000 == 999) h.Open();
  }
  // A third of a micro a token.
  const int64_t spent = h.View(script.account("A")).buckets[0].spent;
  CHECK(spent * 3 <= tokens);
  CHECK(tokens < spent * 3 + 3);
}

/// The journal's bytes of a run of rows.
std::vector<std::string> RunAll(const std::vector<std::string>& rows, const EngineOptions& options,
                                const std::vector<bool>& crash_before, balance::Store** store,
                                std::unique_ptr<Harness>* kept) {
  *kept = std::make_unique<Harness>(nullptr, options);
  Harness& h = **kept;
  h.Publish(kSmallCatalogue);
  Script script(h);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (crash_before[i]) h.Open();
    h.clock.AdvanceSeconds(1);
    script.RunRow(RowOf(rows[i]));
  }
  std::vector<std::string> groups;
  for (GroupCopy& group : JournalOf(*h.store)) groups.push_back(std::move(group.bytes));
  *store = h.store.get();
  return groups;
}

TEST_CASE("the same operations give the same bytes, whatever is cached, written back or restarted",
          "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 6);
  for (int round = 0; round < 4; ++round) {
    Generator generator(random, 5);
    std::vector<std::string> rows = generator.Beginning();
    while (rows.size() < 300) rows.push_back(generator.Next());
    const std::vector<bool> never(rows.size(), false);
    balance::Store* store = nullptr;
    std::unique_ptr<Harness> h;
    const std::vector<std::string> expected = RunAll(rows, {}, never, &store, &h);
    const auto states = AccountsOf(*store);
    for (int variant = 0; variant < 8; ++variant) {
      const EngineOptions options = AnyOptions(random);
      std::vector<bool> crashes(rows.size(), false);
      const int64_t rarely = random.Between(1, 100);
      for (size_t i = 0; i < crashes.size(); ++i) crashes[i] = random.OneIn(rarely);
      const std::vector<std::string> groups = RunAll(rows, options, crashes, &store, &h);
      REQUIRE(groups.size() == expected.size());
      for (size_t i = 0; i < groups.size(); ++i) {
        INFO("group " << i + 1);
        REQUIRE(absl::BytesToHexString(groups[i]) == absl::BytesToHexString(expected[i]));
      }
      Drain(*h);
      for (const auto& [id, account] : states) {
        int64_t due = 0;
        const auto row = store->Get(balance::Table::kAccounts, balance::AccountKey({id}));
        REQUIRE(row->has_value());
        REQUIRE(Bytes(*balance::DecodeAccountRow(**row, &due)) == Bytes(account));
      }
    }
  }
}

/// A state without the places where its entries stand.
std::string WithoutPositions(balance::Account account) {
  account.last = {};
  account.last_group = 0;
  for (balance::Session& session : account.sessions) session.last = {};
  return Bytes(account);
}

TEST_CASE("what falls due falls due alike, whatever is cached, written back or restarted",
          "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 7);
  for (int round = 0; round < 6; ++round) {
    Generator generator(random, 5);
    std::vector<std::string> rows = generator.Beginning();
    while (rows.size() < 250) {
      rows.push_back(generator.Next());
      if (random.OneIn(8)) rows.push_back(Cat("tick ", random.Below(1'500)));
      if (random.OneIn(80)) rows.push_back(Cat("tick ", random.Between(5, 31) * 86'400));
    }
    std::map<uint64_t, std::string> expected;
    for (int variant = 0; variant < 6; ++variant) {
      std::vector<bool> crashes(rows.size(), false);
      for (size_t i = 0; i < crashes.size(); ++i) crashes[i] = variant > 2 && random.OneIn(20);
      balance::Store* store = nullptr;
      std::unique_ptr<Harness> h;
      RunAll(rows, AnyOptions(random), crashes, &store, &h);
      std::map<uint64_t, std::string> states;
      for (const auto& [id, account] : AccountsOf(*store)) states[id] = WithoutPositions(account);
      if (variant == 0) expected = states;
      REQUIRE(states == expected);
      TotalsOf(*store);
    }
  }
}

}  // namespace
}  // namespace ocs::engine::tests
