// What is done to accounts: made, paid in, bought for, organised, cared for.

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "ocs/engine/account_operation.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/rerate_operation.h"
#include "tests/products/shop.h"

namespace ocs::products {

using engine::tests::Kept;

std::string MoneyText(int64_t micros) {
  const bool owed = micros < 0;
  const uint64_t size = owed ? 0 - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
  std::string decimals = std::to_string(size % 1'000'000);
  decimals.insert(0, 6 - decimals.size(), '0');
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return Cat(owed ? "-" : "", size / 1'000'000, decimals.empty() ? "" : ".", decimals);
}

int64_t ParseMoney(std::string_view text) {
  std::string whole(text);
  std::erase(whole, '\'');
  const size_t point = whole.find('.');
  std::string decimals = point == std::string::npos ? "" : whole.substr(point + 1);
  OCS_CHECK(decimals.size() <= 6);
  decimals.append(6 - decimals.size(), '0');
  int64_t micros = 0;
  OCS_CHECK(absl::SimpleAtoi(Cat(whole.substr(0, point), decimals), &micros));
  return micros;
}

std::string Local(Instant at) {
  absl::TimeZone zone;
  REQUIRE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  return FormatInstant(at, zone);
}

std::string AmountText(int64_t amount, const Unit& unit) {
  if (unit.is_money()) return MoneyText(amount);
  return Cat(amount, " ", unit.code());
}

std::string StatusText(const engine::Operation& call) {
  std::string text = Cat("refused ", absl::StatusCodeToString(call.status.code()));
  if (!call.failed_field.empty()) text += Cat(" ", call.failed_field);
  return text;
}

std::string Shop::NewAccount(const Row& row) {
  Kept<engine::CreateAccountCall> call;
  call.change.key = Key();
  call.currency = Unit::Of(row.Option("currency", "CNY"));
  call.credit_limit_micros = ParseMoney(row.Option("limit", "0"));
  call.segment = row.Option("segment", "");
  call.billing_day = static_cast<int>(row.NumberOption("day", 1));
  call.identities = {{engine::IdentityType::kPrivate, Cat("customer-", row.Word(0))}};
  h_.Run(&call);
  REQUIRE(call.done);
  if (!call.status.ok()) return StatusText(call);
  accounts_[row.Word(0)] = call.account;
  const int64_t money = ParseMoney(row.Option("money", "0"));
  if (money > 0) h_.TopUp(call.account, money, row.Option("currency", "CNY"));
  return "ok";
}

std::string Shop::TopUp(const Row& row) {
  const AccountId id = account(row.Word(0));
  h_.TopUp(id, ParseMoney(row.Word(1)), std::string(h_.View(id).currency.code()));
  return "ok";
}

std::string Shop::Buy(const Row& row) {
  Kept<engine::PurchaseCall> call;
  call.change.key = Key();
  call.account = account(row.Word(0));
  call.offer = row.Word(1);
  call.quantity = row.NumberOption("quantity", 1);
  if (row.Has("node")) call.node = {nodes_.at(row.Option("node", ""))};
  h_.Run(&call);
  REQUIRE(call.done);
  if (!call.status.ok()) return StatusText(call);
  if (call.fee_points != 0) return AmountText(call.fee_points, call.fee_unit);
  return MoneyText(call.fee_micros);
}

std::string Shop::AddNode(const Row& row) {
  static const std::map<std::string, balance::NodeKind> kKinds = {
      {"group", balance::NodeKind::kGroup},
      {"member", balance::NodeKind::kMember},
      {"key", balance::NodeKind::kKey}};
  Kept<engine::AddNodeCall> call;
  call.change.key = Key();
  call.account = account(row.Word(0));
  call.name = row.Word(1);
  call.kind = kKinds.at(row.Option("kind", "member"));
  if (row.Has("under")) call.parent = {nodes_.at(row.Option("under", ""))};
  h_.Run(&call);
  REQUIRE(call.done);
  if (!call.status.ok()) return StatusText(call);
  nodes_[call.name] = call.node.value;
  Kept<engine::ChangeIdentityCall> identity;
  identity.change.key = Key();
  identity.account = call.account;
  identity.type = engine::IdentityType::kPrivate;
  identity.data = Cat("of-", call.name);
  identity.node = call.node;
  h_.Run(&identity);
  INFO(identity.status);
  REQUIRE(identity.status.ok());
  return "ok";
}

std::string Shop::SetLimit(const Row& row) {
  static const std::map<std::string, Window> kWindows = {
      {"day", {.kind = WindowKind::kDay}},
      {"month", {.kind = WindowKind::kMonth}},
      {"lifetime", {.kind = WindowKind::kLifetime}}};
  Kept<engine::SetLimitCall> call;
  call.change.key = Key();
  call.account = account(row.Word(0));
  call.name = row.Word(1);
  if (row.Has("node")) call.node = {nodes_.at(row.Option("node", ""))};
  call.window = kWindows.at(row.Option("per", "month"));
  call.unit = Unit::Of(row.Option("unit", "CNY"));
  call.amount =
      call.unit.is_money() ? ParseMoney(row.Option("amount", "0")) : row.NumberOption("amount", 0);
  call.alert_only = row.Option("only", "") == "told";
  h_.Run(&call);
  REQUIRE(call.done);
  return call.status.ok() ? "ok" : StatusText(call);
}

std::string Shop::SetSwitch(const Row& row) {
  Kept<engine::SetSwitchCall> call;
  call.change.key = Key();
  call.account = account(row.Word(0));
  call.subscription = static_cast<uint32_t>(row.NumberOption("of", 1));
  call.switch_id = row.Word(1);
  call.on = row.Word(2) == "on";
  h_.Run(&call);
  REQUIRE(call.done);
  return call.status.ok() ? "ok" : StatusText(call);
}

std::string Shop::SetProfile(const Row& row) {
  Kept<engine::SetProfileCall> call;
  call.change.key = Key();
  call.account = account(row.Word(0));
  if (row.Has("limit")) call.credit_limit_micros = ParseMoney(row.Option("limit", ""));
  if (row.Has("segment")) call.segment = row.Option("segment", "");
  if (row.Has("day")) call.billing_day = static_cast<int>(row.NumberOption("day", 1));
  h_.Run(&call);
  REQUIRE(call.done);
  return call.status.ok() ? "ok" : StatusText(call);
}

std::string Shop::Cancel(const Row& row) {
  Kept<engine::CancelSubscriptionCall> call;
  call.change.key = Key();
  call.account = account(row.Word(0));
  call.subscription = static_cast<uint32_t>(row.Number(1));
  h_.Run(&call);
  REQUIRE(call.done);
  return call.status.ok() ? Cat("until ", Local(call.ends_at)) : StatusText(call);
}

std::string Shop::Adjust(const Row& row) {
  Kept<engine::AdjustCall> call;
  call.change = {.key = Key(), .actor = "care", .reason = "asked for"};
  call.account = account(row.Word(0));
  call.amount = ParseMoney(row.Word(1));
  if (row.Option("as", "goodwill") == "correction")
    call.kind = balance::AdjustmentReason::kCorrection;
  h_.Run(&call);
  REQUIRE(call.done);
  return call.status.ok() ? Cat("money ", MoneyText(call.available)) : StatusText(call);
}

std::string Shop::WriteOff(const Row& row) {
  Kept<engine::WriteOffCall> call;
  call.change = {.key = Key(), .actor = "care", .reason = "not paid"};
  call.account = account(row.Word(0));
  h_.Run(&call);
  REQUIRE(call.done);
  return call.status.ok() ? MoneyText(call.written_off) : StatusText(call);
}

// refund A: the last use, whole.
std::string Shop::Refund(const Row& row) {
  const auto records = h_.engine->ReadRecords(ShardId{0}, Position{}, 1'000'000, INT64_MAX);
  REQUIRE(records.ok());
  Kept<engine::RefundChargeCall> call;
  call.change = {.key = Key(), .actor = "care", .reason = "the call failed"};
  call.account = account(row.Word(0));
  for (const engine::ReadRecord& read : *records) {
    const auto record = cdr::DecodeRecord(read.bytes);
    REQUIRE(record.ok());
    if (record->account == call.account && record->type == cdr::RecordType::kUsage)
      call.record_id = cdr::FormatRecordId(read.id);
  }
  h_.Run(&call);
  REQUIRE(call.done);
  if (!call.status.ok()) return StatusText(call);
  std::string text = MoneyText(call.refunded_micros);
  if (call.refunded_pieces != 0) text += Cat(" and ", call.refunded_pieces, " pieces");
  return text;
}

// rerate A 2 [apply=yes]: every charge of use, worked out anew by that revision.
std::string Shop::ReRate(const Row& row) {
  const auto records = h_.engine->ReadRecords(ShardId{0}, Position{}, 1'000'000, INT64_MAX);
  REQUIRE(records.ok());
  std::map<std::string, int64_t> outcomes;
  int64_t before = 0;
  int64_t after = 0;
  for (const engine::ReadRecord& read : *records) {
    const auto record = cdr::DecodeRecord(read.bytes);
    REQUIRE(record.ok());
    if (record->account != account(row.Word(0)) || record->type != cdr::RecordType::kUsage)
      continue;
    Kept<engine::ReRateCall> call;
    call.change = {.key = "the run", .actor = "finance", .reason = "the price was wrong"};
    call.account = record->account;
    call.record_id = cdr::FormatRecordId(read.id);
    call.revision = static_cast<uint32_t>(row.Number(1));
    call.apply = row.Has("apply");
    h_.Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
    ++outcomes[std::string(engine::ReRateOutcomeName(call.outcome))];
    for (const engine::ReRatedAmount& amount : call.amounts) {
      before += amount.before;
      after += amount.after;
    }
  }
  std::string text;
  for (const auto& [outcome, count] : outcomes)
    text += Cat(text.empty() ? "" : ", ", count, " ", outcome);
  return Cat(text, ": ", MoneyText(before), " to ", MoneyText(after));
}

// transfer A B amount [bucket=2]: money in its main unit, else pieces.
std::string Shop::Transfer(const Row& row) {
  Kept<engine::TransferCall> call;
  call.change = {.key = Key(), .actor = "customer", .reason = "a gift"};
  call.account = account(row.Word(0));
  call.to = account(row.Word(1));
  call.bucket = BucketId{static_cast<uint32_t>(row.NumberOption("bucket", 1))};
  call.amount = row.Has("bucket") ? row.Number(2) : ParseMoney(row.Word(2));
  h_.Run(&call);
  REQUIRE(call.done);
  return call.status.ok() ? "ok" : StatusText(call);
}

// What was told since the last time that somebody asked.
std::string Shop::Notices(const Row& /*row*/) {
  std::vector<std::string> texts;
  while (true) {
    Kept<engine::NoticesCall> call;
    call.after = told_;
    h_.Run(&call);
    INFO(call.status);
    REQUIRE(call.status.ok());
    for (const engine::NoticeView& notice : call.notices) {
      texts.push_back(notice.type);
      if (notice.percent != 0) texts.back() += Cat(" ", notice.percent, "%");
      if (!notice.name.empty()) texts.back() += Cat(" ", notice.name);
    }
    if (call.next_after == told_) break;
    told_ = call.next_after;
  }
  return texts.empty() ? "none" : absl::StrJoin(texts, ", ");
}

}  // namespace ocs::products
