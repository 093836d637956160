// A small store with a bit of everything in it, made through the engine; and a way to write into
// its journal what no engine would.

#ifndef TESTS_TOOLS_WORLD_H_
#define TESTS_TOOLS_WORLD_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "balance/account.h"
#include "balance/book.h"
#include "balance/entry.h"
#include "balance/journal.h"
#include "balance/store.h"
#include "cdr/record.h"
#include "ocs/base/bytes.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/harness.h"
#include "tests/support/catch.h"
#include "tests/support/manual_executor.h"

namespace ocs::tools::tests {

inline bool Contains(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

/// Two customers: one with a package and a session that is over, one who pays per use, with
/// remainders carried, a charge given back and a session still open. Every state is written back;
/// then comes one charge more, whose state is not.
class World final {
 public:
  explicit World(std::shared_ptr<balance::Store> over = nullptr) : harness_(std::move(over)) {
    harness_.Publish(engine::tests::kSmallCatalogue);
    alice = harness_.Create(20'000'000);
    harness_.Purchase(alice, "pack-on");
    Session();
    bob = harness_.Create(20'000'000);
    harness_.Purchase(bob, "pay");
    Debit("e-1", 100);
    const std::string given_back = Debit("e-2", 100);
    Debit("e-3", 100);
    Refund(given_back);
    Initial("s-open", bob);
    harness_.engine->Drain([] {});
    harness_.executor.RunAll();
    harness_.Open();
    Debit("e-4", 50);
    harness_.engine.reset();
    harness_.executor.DropAll();
  }

  balance::Store* store() const { return harness_.store.get(); }
  AccountId alice;
  AccountId bob;

 private:
  using Call = engine::tests::Kept<engine::CreditControlCall>;

  void Run(Call& call) {
    harness_.Run(&call);
    INFO(call.status << " " << call.answer.message);
    REQUIRE(call.status.ok());
    REQUIRE(call.answer.code == engine::ResultCode::kSuccess);
  }
  void Initial(const std::string& session, AccountId account) {
    Call call;
    const engine::tests::Ask ask{
        .session = session, .number = 0, .account = account, .model = "plain"};
    engine::tests::Fill(call, ask, engine::RequestType::kInitial);
    call.request.services[0].requests_quota = true;
    call.request.services[0].requested = {{TokenKind::kInput, 100}, {TokenKind::kOutput, 50}};
    Run(call);
  }
  void Session() {
    Initial("s-1", alice);
    Call call;
    const engine::tests::Ask ask{.session = "s-1", .number = 1, .account = alice, .model = "plain"};
    engine::tests::Fill(call, ask, engine::RequestType::kTermination);
    call.request.services[0].has_used = true;
    call.request.services[0].used = {{TokenKind::kInput, 100}, {TokenKind::kOutput, 20}};
    Run(call);
  }
  std::string Debit(const std::string& key, int64_t input) {
    Call call;
    const engine::tests::Ask ask{.session = key, .number = 0, .account = bob, .model = "odd"};
    engine::tests::Fill(call, ask, engine::RequestType::kEvent);
    call.request.action = engine::RequestedAction::kDirectDebiting;
    call.request.services[0].has_used = true;
    call.request.services[0].used = {{TokenKind::kInput, input}};
    Run(call);
    return call.answer.refund_information;
  }
  void Refund(const std::string& charge) {
    Call call;
    const engine::tests::Ask ask{.session = "r-1", .number = 0, .account = bob, .model = ""};
    engine::tests::Fill(call, ask, engine::RequestType::kEvent);
    call.request.services.clear();
    call.request.action = engine::RequestedAction::kRefundAccount;
    call.request.refund_information = charge;
    Run(call);
  }

  engine::tests::Harness harness_;
};

/// Appends a group with entries of a test's making, chained as it should be.
class Forger final {
 public:
  explicit Forger(balance::Store* store) : store_(store) {
    const auto head = balance::ReadHead(*store);
    REQUIRE(head.ok());
    head_ = *head;
    group_.head = head_;
    group_.Begin(ShardId{0}, head_.group + 1, head_.logged_at);
  }

  uint64_t record_sequence() const { return group_.head.record_sequence; }
  /// The number for another record.
  uint64_t NextRecordSequence() { return ++group_.head.record_sequence; }

  void Add(balance::EntryBuilder* entry, Position previous) {
    group_.offsets.push_back(static_cast<uint32_t>(group_.bytes.size()));
    entry->AppendTo(&group_.bytes, group_.head.group, previous);
  }
  void Write() {
    ocs::tests::ManualExecutor writer;
    balance::EmbeddedGroupLog log(store_, &writer, head_);
    auto outcome = balance::AppendOutcome::kUnknown;
    log.Append(&group_, [&](balance::AppendOutcome is, const absl::Status&) { outcome = is; });
    writer.RunAll();
    REQUIRE(outcome == balance::AppendOutcome::kDurable);
  }

 private:
  balance::Store* store_;
  balance::Head head_;
  balance::Group group_;
};

/// The account with all its entries, also those after its stored state.
inline balance::Account Rebuild(const balance::Store& store, AccountId id) {
  balance::Account account;
  account.id = id;
  balance::Applier applier;
  uint64_t number = 1;
  auto cursor = store.Seek(balance::Table::kJournal, "");
  for (; cursor->valid(); cursor->Next(), ++number) {
    auto group = balance::GroupReader::Open(cursor->value(), number);
    REQUIRE(group.ok());
    while (true) {
      const auto entry = group->Next();
      REQUIRE(entry.ok());
      if (!entry->has_value()) break;
      if ((*entry)->account != id || (*entry)->kind == balance::EntryKind::kIdentityClaimed)
        continue;
      REQUIRE(applier.Apply(**entry, &account).ok());
    }
  }
  return account;
}

/// Changes a stored state in place.
inline void ChangeState(balance::Store* store, AccountId id,
                        const std::function<void(balance::Account*)>& change) {
  const std::string key = balance::AccountKey(id);
  const auto row = store->Get(balance::Table::kAccounts, key);
  REQUIRE(row.ok());
  REQUIRE(row->has_value());
  int64_t due_second = 0;
  auto account = balance::DecodeAccountRow(**row, &due_second);
  REQUIRE(account.ok());
  change(&*account);
  std::string bytes;
  ByteWriter(&bytes).Varint(static_cast<uint64_t>(due_second));
  balance::EncodeAccount(*account, &bytes);
  balance::StoreBatch batch;
  batch.Put(balance::Table::kAccounts, key, bytes);
  REQUIRE(store->Write(batch).ok());
}

/// Changes the bytes of a group in place.
inline void ChangeGroup(balance::Store* store, uint64_t number,
                        const std::function<void(std::string*)>& change) {
  auto bytes = balance::ReadGroup(*store, number);
  REQUIRE(bytes.ok());
  change(&*bytes);
  balance::StoreBatch batch;
  batch.Put(balance::Table::kJournal, balance::GroupKey(number), *bytes);
  REQUIRE(store->Write(batch).ok());
}

}  // namespace ocs::tools::tests

#endif  // TESTS_TOOLS_WORLD_H_
