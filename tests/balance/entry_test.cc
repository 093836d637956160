#include "balance/entry.h"

#include <set>
#include <string>
#include <vector>

#include "tests/balance/samples.h"

namespace ocs::balance::tests {
namespace {

CounterMove SampleMove() {
  return {.id = 0xffffffffffffffff,
          .owner = CounterOwner({2}, {2}),
          .window = {.kind = WindowKind::kSliding, .length_ms = 60'000},
          .began_at = kNow,
          .ends_at = kNow.PlusSeconds(9),
          .at = kNow.PlusSeconds(1),
          .counted = -5,
          .charged_micros = 6,
          .held = -7,
          .noticed_percent = 80};
}

/// The effects that format version 1 did not have, and the long forms of those that it had.
void FillNewer(EntryBuilder& entry) {
  const Account account = WideAccount();
  entry.SetGrant(account.sessions[0].grants[0]);
  entry.AddBucket(account.buckets[0]);
  entry.AddSubscription(account.subscriptions[1]);
  entry.DropSubscription(account.subscriptions[1]);
  entry.AddIdentity(account.identities[2]);
  entry.RemoveIdentity(account.identities[2]);
  entry.SetTimes({.bucket = {2},
                  .valid_from = kNow,
                  .valid_until = kNow.PlusSeconds(3),
                  .refills_at = kNow.PlusSeconds(2)});
  entry.SetSubscription(account.subscriptions[1]);
  entry.SetNode(account.nodes[1]);
  entry.SetLimit(account.limits[0]);
  entry.DropLimit(7);
  entry.Count(SampleMove());
  entry.DropCounter(7, 1);
  entry.SetProfile({.state = AccountState::kGrace,
                    .credit_limit_micros = 55,
                    .segment = "student",
                    .tenant = "brand-b",
                    .billing_day = 31});
  entry.SetBought(account.bought[0]);
  entry.SetDatedChange(account.dated_changes[0]);
  entry.DropDatedChange(account.dated_changes[0]);
  entry.SetSessionNode({2});
  entry.MoveIdentity(account.identities[2]);
  entry.SetTransfer(account.transfers[0]);
  entry.DropTransfer("gift-1");
  entry.SetBucketNoticed({2}, 80);
  entry.SetVolumeWindow(account.volume_windows[0]);
  entry.DropVolumeWindow(account.volume_windows[0]);
  entry.OpenSession(4, kNow, kNow.PlusSeconds(1), "gateway-1.example", 3);
  entry.SetDemand(account.demands[0]);
  entry.DropDemand("s-1");
  entry.SetBucketNotice({2}, 60'000);
  entry.SetWatch(account.watches[0]);
  entry.DropWatch("pcf-1");
}

/// An entry with every effect.
void FillAll(EntryBuilder& entry) {
  const Account account = SampleAccount();
  entry.Begin(EntryKind::kSessionUpdated, account.id);
  entry.SetKey({.type = EntryKey::Type::kRequest, .text = "s-1", .number = 300});
  entry.SetFingerprint({1, 2, 0xffffffff});
  entry.SetSessionPrevious({.group = 7, .index = 9});
  entry.Post(LedgerAccount::kAvailable, {2}, -5);
  entry.Post(LedgerAccount::kHeld, {2}, 0);  // Left out.
  entry.Post(LedgerAccount::kConsumed, {2}, 5);
  entry.OpenSession(4, kNow, kNow.PlusSeconds(1));
  entry.ReportSession({.number_max = 3,
                       .record_sequence = 2,
                       .reported_at = kNow,
                       .ends_at = kNow.PlusSeconds(9),
                       .cost_micros = -8});
  entry.SetGrant(account.sessions[0].grants[0]);
  entry.CloseSession();
  entry.AddBucket(account.buckets[0]);
  entry.DropBucket({2});
  entry.SetCarry(account.carries[1]);
  entry.CreateAccount(account.currency, 12, kNow);
  entry.AddSubscription(account.subscriptions[0]);
  entry.DropSubscription(account.subscriptions[0]);
  entry.AddIdentity(account.identities[0]);
  entry.RemoveIdentity(account.identities[1]);
  entry.RefundOf({.group = 3, .index = 4});
  FillNewer(entry);
  entry.answer()->append("answer");
  entry.Attach(AttachmentType::kRecord)->append("record");
  entry.Attach(AttachmentType::kNote)->append("note");
}

TEST_CASE("an entry is read as it was written, effect by effect", "[balance][unit]") {
  const Account account = SampleAccount();
  EntryBuilder entry;
  FillAll(entry);
  const auto read = ReadEntry(entry, {.group = 10, .index = 3}, {.group = 10, .index = 2});
  const EntryView& view = read->view;
  CHECK(view.kind == EntryKind::kSessionUpdated);
  CHECK(view.account == account.id);
  CHECK(view.previous == Position{.group = 10, .index = 2});
  CHECK(view.session_previous == Position{.group = 7, .index = 9});
  CHECK(view.key.type == EntryKey::Type::kRequest);
  CHECK(view.key.text == "s-1");
  CHECK(view.key.number == 300);
  CHECK(view.fingerprint == Fingerprint{1, 2, 0xffffffff});
  CHECK(view.answer == "answer");
  CHECK(view.attachment(AttachmentType::kRecord) == "record");
  CHECK(view.attachment(AttachmentType::kNote) == "note");
  CHECK(view.attachment(AttachmentType::kCatalogue).empty());

  EffectReader in(view.effects);
  const auto next = [&](Effect effect) {
    REQUIRE(in.Next());
    REQUIRE(in.effect() == effect);
  };
  next(Effect::kPost);
  CHECK(in.posting() == Posting{LedgerAccount::kAvailable, {2}, -5});
  next(Effect::kPost);
  CHECK(in.posting() == Posting{LedgerAccount::kConsumed, {2}, 5});
  next(Effect::kOpenSession);
  CHECK(in.session().revision == 4);
  CHECK(in.session().opened_at == kNow);
  CHECK(in.session().ends_at == kNow.PlusSeconds(1));
  next(Effect::kReport);
  CHECK(in.report().number_max == 3);
  CHECK(in.report().record_sequence == 2);
  CHECK(in.report().reported_at == kNow);
  CHECK(in.report().ends_at == kNow.PlusSeconds(9));
  CHECK(in.report().cost_micros == -8);
  next(Effect::kSetGrant);
  CHECK(in.grant() == account.sessions[0].grants[0]);
  next(Effect::kCloseSession);
  next(Effect::kAddBucket);
  CHECK(in.bucket() == account.buckets[0]);
  next(Effect::kDropBucket);
  CHECK(in.bucket().id == BucketId{2});
  next(Effect::kSetCarry);
  CHECK(in.carry() == account.carries[1]);
  next(Effect::kCreateAccount);
  CHECK(in.account().currency == account.currency);
  CHECK(in.account().credit_limit_micros == 12);
  CHECK(in.account().created_at == kNow);
  next(Effect::kAddSubscription);
  CHECK(in.subscription() == account.subscriptions[0]);
  next(Effect::kDropSubscription);
  CHECK(in.subscription() == account.subscriptions[0]);
  next(Effect::kAddIdentity);
  CHECK(in.identity() == account.identities[0]);
  next(Effect::kRemoveIdentity);
  CHECK(in.identity() == account.identities[1]);
  next(Effect::kRefundOf);
  CHECK(in.refund_of() == Position{.group = 3, .index = 4});
  next(Effect::kSetGrant);  // What FillNewer wrote.
  const auto postings = PostingsOf(view);
  REQUIRE(postings.ok());
  CHECK(postings->size() == 2);
}

TEST_CASE("what format version 1 did not have is read as it was written", "[balance][unit]") {
  const Account account = WideAccount();
  EntryBuilder entry;
  entry.Begin(EntryKind::kAccountChanged, account.id);
  FillNewer(entry);
  const auto read = ReadEntry(entry, {.group = 10, .index = 3});
  EffectReader in(read->view.effects);
  const auto next = [&](Effect effect) {
    REQUIRE(in.Next());
    REQUIRE(in.effect() == effect);
  };
  next(Effect::kSetGrant);
  CHECK(in.grant() == account.sessions[0].grants[0]);
  next(Effect::kAddBucket);
  CHECK(in.bucket() == account.buckets[0]);
  next(Effect::kAddSubscription);
  CHECK(in.subscription() == account.subscriptions[1]);
  next(Effect::kDropSubscription);
  CHECK(in.subscription() == account.subscriptions[1]);
  next(Effect::kAddIdentity);
  CHECK(in.identity() == account.identities[2]);
  next(Effect::kRemoveIdentity);
  CHECK(in.identity() == account.identities[2]);
  next(Effect::kSetTimes);
  CHECK(in.times().bucket == BucketId{2});
  CHECK(in.times().valid_from == kNow);
  CHECK(in.times().valid_until == kNow.PlusSeconds(3));
  CHECK(in.times().refills_at == kNow.PlusSeconds(2));
  next(Effect::kSetSubscription);
  CHECK(in.subscription() == account.subscriptions[1]);
  next(Effect::kSetNode);
  CHECK(in.node() == account.nodes[1]);
  next(Effect::kSetLimit);
  CHECK(in.limit() == account.limits[0]);
  next(Effect::kDropLimit);
  CHECK(in.limit().id == 7);
  next(Effect::kCount);
  CHECK(in.counter() == SampleMove());
  next(Effect::kDropCounter);
  CHECK(in.counter().id == 7);
  CHECK(in.counter().owner == 1);
  next(Effect::kSetProfile);
  CHECK(in.profile().state == AccountState::kGrace);
  CHECK(in.profile().credit_limit_micros == 55);
  CHECK(in.profile().segment == "student");
  CHECK(in.profile().tenant == "brand-b");
  CHECK(in.profile().billing_day == 31);
  next(Effect::kSetBought);
  CHECK(in.bought() == account.bought[0]);
  next(Effect::kSetDatedChange);
  CHECK(in.dated_change() == account.dated_changes[0]);
  next(Effect::kDropDatedChange);
  CHECK(in.dated_change() == account.dated_changes[0]);
  next(Effect::kSetSessionNode);
  CHECK(in.node().id == NodeId{2});
  next(Effect::kMoveIdentity);
  CHECK(in.identity() == account.identities[2]);
  next(Effect::kSetTransfer);
  CHECK(in.transfer() == account.transfers[0]);
  next(Effect::kDropTransfer);
  CHECK(in.transfer().id == "gift-1");
  next(Effect::kSetBucketNoticed);
  CHECK(in.bucket().id == BucketId{2});
  CHECK(in.noticed_percent() == 80);
  next(Effect::kSetVolumeWindow);
  CHECK(in.volume_window() == account.volume_windows[0]);
  next(Effect::kDropVolumeWindow);
  CHECK(in.volume_window() == account.volume_windows[0]);
  next(Effect::kOpenSession);
  CHECK(in.session().revision == 4);
  CHECK(in.session().origin_host == "gateway-1.example");
  CHECK(in.session().origin_state == 3);
  next(Effect::kSetDemand);
  CHECK(in.demand() == account.demands[0]);
  next(Effect::kDropDemand);
  CHECK(in.demand().session_id == "s-1");
  next(Effect::kSetBucketNotice);
  CHECK(in.bucket().id == BucketId{2});
  CHECK(in.bucket().notice_ms == 60'000);
  next(Effect::kSetWatch);
  CHECK_FALSE(in.watch_ends());
  CHECK(in.watch() == account.watches[0]);
  next(Effect::kSetWatch);
  CHECK(in.watch_ends());
  CHECK(in.watch().id == "pcf-1");
  CHECK_FALSE(in.Next());
  CHECK(in.ok());
}

TEST_CASE("a short form that is read after a long one has nothing left of it", "[balance][unit]") {
  const Account wide = WideAccount();
  const Account sample = SampleAccount();
  EntryBuilder entry;
  entry.Begin(EntryKind::kAccountChanged, wide.id);
  entry.SetGrant(wide.sessions[0].grants[0]);
  entry.SetGrant(sample.sessions[0].grants[0]);
  entry.AddBucket(wide.buckets[0]);
  entry.AddBucket(sample.buckets[0]);
  entry.AddSubscription(wide.subscriptions[1]);
  entry.AddSubscription(sample.subscriptions[0]);
  entry.AddIdentity(wide.identities[2]);
  entry.AddIdentity(sample.identities[0]);
  const auto read = ReadEntry(entry, {.group = 10, .index = 3});
  EffectReader in(read->view.effects);
  for (int i = 0; i < 8; ++i) {
    REQUIRE(in.Next());
    if (i == 1) CHECK(in.grant() == sample.sessions[0].grants[0]);
    if (i == 3) CHECK(in.bucket() == sample.buckets[0]);
    if (i == 5) CHECK(in.subscription() == sample.subscriptions[0]);
    if (i == 7) CHECK(in.identity() == sample.identities[0]);
  }
}

TEST_CASE("a builder begins anew with nothing left over", "[balance][unit]") {
  EntryBuilder entry;
  FillAll(entry);
  entry.Begin(EntryKind::kToppedUp, AccountId{});
  const auto read = ReadEntry(entry, {.group = 1, .index = 0});
  CHECK(read->view.kind == EntryKind::kToppedUp);
  CHECK_FALSE(read->view.account.valid());
  CHECK_FALSE(read->view.previous.valid());
  CHECK_FALSE(read->view.session_previous.valid());
  CHECK(read->view.key.type == EntryKey::Type::kNone);
  CHECK(read->view.fingerprint.empty());
  CHECK(read->view.effects.empty());
  CHECK(read->view.answer.empty());
  CHECK(read->view.attachments.empty());
  CHECK(entry.postings().empty());
  CHECK(entry.added_buckets().empty());
}

TEST_CASE("an entry that is cut or lengthened is refused", "[balance][unit]") {
  EntryBuilder entry;
  FillAll(entry);
  const Position at{.group = 10, .index = 3};
  const auto read = ReadEntry(entry, at);
  for (size_t length = 0; length < read->bytes.size(); ++length) {
    INFO(length);
    const auto parsed = ParseEntry(std::string_view(read->bytes).substr(0, length), at);
    REQUIRE(absl::IsDataLoss(parsed.status()));
    REQUIRE(parsed.status().message().find("10.3") != std::string::npos);
  }
  CHECK(absl::IsDataLoss(ParseEntry(read->bytes + "x", at).status()));
}

TEST_CASE("no damage of an entry stops the process", "[balance][property]") {
  EntryBuilder entry;
  FillAll(entry);
  const auto read = ReadEntry(entry, {.group = 10, .index = 3});
  int refused = 0;
  for (size_t at = 0; at < read->bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = read->bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto view = ParseEntry(damaged, {.group = 10, .index = 3});
      if (!view.ok() || !PostingsOf(*view).ok()) ++refused;
    }
  }
  CHECK(refused > 200);
}

TEST_CASE("kinds and ledger accounts have names of their own", "[balance][unit]") {
  std::set<std::string_view> names;
  for (int kind = 1; kind <= static_cast<int>(EntryKind::kCatalogueCancelled); ++kind)
    names.insert(EntryKindName(static_cast<EntryKind>(kind)));
  CHECK(names.size() == 34);
  CHECK(names.count("unknown") == 0);
  names.clear();
  for (int account = 1; account < kLedgerAccountCount; ++account)
    names.insert(LedgerAccountName(static_cast<LedgerAccount>(account)));
  CHECK(names.size() == kLedgerAccountCount - 1);
  CHECK(EntryKindName(static_cast<EntryKind>(99)) == "unknown");
}

}  // namespace
}  // namespace ocs::balance::tests
