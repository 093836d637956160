#include "tests/products/shop.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/engine/books.h"

namespace ocs::products {

using engine::CreditControlAnswer;
using engine::CreditControlCall;
using engine::CreditControlRequest;
using engine::RequestType;
using engine::ResultCode;
using engine::ServiceAnswer;
using engine::ServiceRequest;
using engine::tests::Kept;
using testing::Row;

namespace {

constexpr uint32_t kGroup = 1;

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  REQUIRE(absl::LoadTimeZone(name, &zone));
  return zone;
}

Instant At(const std::string& text) {
  const auto at = ParseInstant(text);
  INFO(text);
  REQUIRE(at.ok());
  return *at;
}

std::vector<std::string> Split(const std::string& text, char by) {
  return absl::StrSplit(text, by);
}

Quantities ParseQuantities(const std::string& text) {
  Quantities quantities;
  for (const std::string& item : Split(text, ',')) {
    const std::vector<std::string> parts = Split(item, ':');
    OCS_CHECK(parts.size() == 2);
    const auto kind = ParseTokenKind(parts[0]);
    OCS_CHECK(kind.has_value());
    quantities.push_back({.kind = *kind, .quantity = std::stoll(parts[1])});
  }
  return quantities;
}

std::string QuantitiesText(const Quantities& quantities) {
  std::string text;
  for (const KindQuantity& q : quantities)
    text += Cat(text.empty() ? "" : ",", TokenKindName(q.kind), ":", q.quantity);
  return text;
}

// The books are read from the whole journal.
engine::EngineOptions LongMemory() {
  engine::EngineOptions options;
  options.journal_retention_seconds = 3'650 * int64_t{86'400};
  return options;
}

// "stop", "wait by five hours until 2026-05-17T14:00:00+08:00", "throttle 1/1000ms 2/60000ms".
std::string EndText(const engine::EndOfUnits& end) {
  std::string text(rating::AtEndName(end.at_end));
  if (!end.limited_by.empty()) text += Cat(" by ", end.limited_by);
  if (!end.node.empty()) text += Cat(" of ", end.node);
  if (end.retry_at != Instant::Never()) text += Cat(" until ", Local(end.retry_at));
  if (!end.fallback_model.empty()) text += Cat(" to ", end.fallback_model);
  for (const engine::ThrottleRate& rate : end.rates)
    text += Cat(" ", rate.amount, "/", rate.window_ms / 1000, "s");
  return text;
}

std::string RefusalText(const CreditControlAnswer& answer) {
  const ServiceAnswer* service = answer.services.empty() ? nullptr : &answer.services[0];
  const ResultCode code =
      answer.code != ResultCode::kSuccess || service == nullptr ? answer.code : service->code;
  std::string text = Cat("refused ", static_cast<int>(code));
  if (service != nullptr && service->end.has_value()) text += Cat(" ", EndText(*service->end));
  return text;
}

std::string UseText(const ServiceAnswer& used) {
  std::string text;
  if (used.drawn != 0) text += Cat(" drawn=", used.drawn);
  if (used.charged_micros != 0) text += Cat(" charged=", MoneyText(used.charged_micros));
  if (used.overshoot) text += " overshoot";
  return text;
}

}  // namespace

Shop::Shop(const std::string& catalogue, const std::string& start)
    : h_(ocs::tests::ManualClock(At(start)), balance::MakeMemStore(), LongMemory()) {
  REQUIRE(h_.opened.ok());
  h_.PublishFile(Cat(OCS_CATALOGUES "/", catalogue, ".yaml"));
}

void Shop::Run(std::string_view text) {
  for (const Row& row : testing::ParseTable(text)) {
    INFO(row.Describe());
    const std::string outcome = RunRow(row);
    if (!row.expected().empty()) CHECK(outcome == row.expected());
  }
  engine::tests::TotalsOf(*h_.store);
}

std::string Shop::RunRow(const Row& row) {
  using Verb = std::string (Shop::*)(const Row&);
  static const std::map<std::string, Verb> kVerbs = {
      {"at", &Shop::SetTime},
      {"wait", &Shop::Wait},
      {"account", &Shop::NewAccount},
      {"top_up", &Shop::TopUp},
      {"buy", &Shop::Buy},
      {"node", &Shop::AddNode},
      {"limit", &Shop::SetLimit},
      {"switch", &Shop::SetSwitch},
      {"profile", &Shop::SetProfile},
      {"cancel", &Shop::Cancel},
      {"price", &Shop::Price},
      {"event", &Shop::Event},
      {"call", &Shop::CallOnce},
      {"calls", &Shop::Calls},
      {"open", &Shop::Start},
      {"report", &Shop::Report},
      {"close", &Shop::Report},
      {"left", &Shop::Left},
      {"money", &Shop::Money},
      {"limits", &Shop::Limits},
      {"offers", &Shop::Subscriptions},
      {"bill", &Shop::Bill},
      {"tax", &Shop::Tax},
      {"adjust", &Shop::Adjust},
      {"write_off", &Shop::WriteOff},
      {"refund", &Shop::Refund},
      {"rerate", &Shop::ReRate},
      {"transfer", &Shop::Transfer},
      {"notices", &Shop::Notices},
      {"record", &Shop::LastRecord},
      {"book", &Shop::Book},
  };
  const auto verb = kVerbs.find(row.verb());
  REQUIRE(verb != kVerbs.end());
  return (this->*verb->second)(row);
}

std::string Shop::SetTime(const Row& row) {
  h_.clock.Set(At(row.Word(0)));
  // What one tick may do is bounded; here all of it is done.
  for (int tick = 0; tick < 8; ++tick) {
    h_.engine->Tick();
    h_.executor.RunAll();
  }
  return "";
}

// wait 300: seconds.
std::string Shop::Wait(const Row& row) {
  h_.clock.AdvanceSeconds(row.Number(0));
  h_.engine->Tick();
  h_.executor.RunAll();
  return "";
}

void Shop::Fill(const Row& row, AccountId account, std::list<std::string>* texts,
                CreditControlRequest* request) const {
  const auto keep = [&](std::string text) -> std::string_view {
    return texts->emplace_back(std::move(text));
  };
  if (row.Has("by")) {
    request->subscriber = {engine::IdentityType::kPrivate, keep(Cat("of-", row.Option("by", "")))};
  } else {
    request->account = account;
  }
  request->service_context_id = "ai-tokens.v1@test";
  request->product = keep(row.Option("product", ""));
  ServiceRequest& service = request->services.emplace_back();
  service.rating_group = kGroup;
  service.service_tier = keep(row.Option("tier", ""));
  service.served_model = keep(row.Option("served", ""));
  if (row.Has("prompt")) service.prompt_tokens = row.NumberOption("prompt", 0);
}

CreditControlAnswer Shop::Send(Kept<CreditControlCall>* call) {
  h_.Run(call);
  REQUIRE(call->done);
  INFO(call->status);
  REQUIRE(call->status.ok());
  return call->answer;
}

std::string Shop::Event(const Row& row) {
  Kept<CreditControlCall> call;
  std::list<std::string> texts;
  Fill(row, account(row.Word(0)), &texts, &call.request);
  call.request.type = RequestType::kEvent;
  call.request.action = engine::RequestedAction::kDirectDebiting;
  texts.push_back(Key());
  call.request.session_id = texts.back();
  texts.push_back(row.Word(1));
  call.request.services[0].model = texts.back();
  call.request.services[0].has_used = true;
  call.request.services[0].used = ParseQuantities(row.Word(2));
  const CreditControlAnswer answer = Send(&call);
  if (answer.code != ResultCode::kSuccess) return RefusalText(answer);
  return Cat("ok", UseText(answer.services[0]));
}

std::string Shop::Price(const Row& row) {
  Kept<CreditControlCall> call;
  std::list<std::string> texts;
  Fill(row, account(row.Word(0)), &texts, &call.request);
  call.request.type = RequestType::kEvent;
  call.request.action = engine::RequestedAction::kPriceEnquiry;
  texts.push_back(Key());
  call.request.session_id = texts.back();
  texts.push_back(row.Word(1));
  call.request.services[0].model = texts.back();
  call.request.services[0].requests_quota = true;
  call.request.services[0].requested = ParseQuantities(row.Word(2));
  const CreditControlAnswer answer = Send(&call);
  if (answer.code != ResultCode::kSuccess) return RefusalText(answer);
  std::string text = Cat("costs ", MoneyText(answer.cost_micros), UseText(answer.services[0]));
  for (const engine::PricePart& part : answer.services[0].parts)
    text += Cat(" ", TokenKindName(part.kind), "=", AmountText(part.amount, part.unit));
  text += Cat(" calls=", answer.calls_affordable);
  if (answer.services[0].end.has_value()) text += Cat(" then ", EndText(*answer.services[0].end));
  return text;
}

Shop::Served Shop::OneCall(const Row& row, AccountId account, const std::string& model,
                           const Quantities& wanted) {
  const std::string session = Key();
  Kept<CreditControlCall> first;
  std::list<std::string> texts;
  Fill(row, account, &texts, &first.request);
  first.request.type = RequestType::kInitial;
  first.request.session_id = session;
  ServiceRequest& asked = first.request.services[0];
  asked.model = model;
  asked.requests_quota = true;
  asked.requested = wanted;
  const CreditControlAnswer start = Send(&first);
  if (start.code != ResultCode::kSuccess || start.services[0].code != ResultCode::kSuccess)
    return {.ok = false, .text = RefusalText(start)};

  Kept<CreditControlCall> last;
  Fill(row, account, &texts, &last.request);
  last.request.type = RequestType::kTermination;
  last.request.session_id = session;
  last.request.number = 1;
  last.request.services[0].has_used = true;
  last.request.services[0].used = start.services[0].granted;
  const CreditControlAnswer end = Send(&last);
  REQUIRE(end.code == ResultCode::kSuccess);
  const ServiceAnswer& used = end.services[0];
  Served served{
      .ok = true, .text = "ok", .drawn = used.drawn, .charged_micros = used.charged_micros};
  if (start.services[0].granted != wanted)
    served.text += Cat(" granted=", QuantitiesText(start.services[0].granted));
  served.text += UseText(used);
  if (start.services[0].end.has_value())
    served.text += Cat(" then ", EndText(*start.services[0].end));
  return served;
}

std::string Shop::CallOnce(const Row& row) {
  return OneCall(row, account(row.Word(0)), row.Word(1), ParseQuantities(row.Word(2))).text;
}

// calls A 1200 model quantities: as many, or until one is refused; the sums of all.
std::string Shop::Calls(const Row& row) {
  const int64_t wanted = row.Number(1);
  int64_t served = 0;
  int64_t drawn = 0;
  int64_t micros = 0;
  std::string refusal;
  while (served < wanted && refusal.empty()) {
    const Served one =
        OneCall(row, account(row.Word(0)), row.Word(2), ParseQuantities(row.Word(3)));
    if (!one.ok) {
      refusal = Cat(" then ", one.text);
      continue;
    }
    ++served;
    drawn += one.drawn;
    micros += one.charged_micros;
  }
  std::string text = Cat("served=", served);
  if (drawn != 0) text += Cat(" drawn=", drawn);
  if (micros != 0) text += Cat(" charged=", MoneyText(micros));
  return text + refusal;
}

// open s A model quantities
std::string Shop::Start(const Row& row) {
  Kept<CreditControlCall> call;
  std::list<std::string> texts;
  Open open{.account = account(row.Word(1)), .model = row.Word(2)};
  Fill(row, open.account, &texts, &call.request);
  call.request.type = RequestType::kInitial;
  texts.push_back(row.Word(0));
  call.request.session_id = texts.back();
  call.request.services[0].model = open.model;
  call.request.services[0].requests_quota = true;
  call.request.services[0].requested = ParseQuantities(row.Word(3));
  const CreditControlAnswer answer = Send(&call);
  if (answer.code != ResultCode::kSuccess) return RefusalText(answer);
  open_[row.Word(0)] = open;
  return Cat("ok granted=", QuantitiesText(answer.services[0].granted));
}

// report s used [quantities]; close s used
std::string Shop::Report(const Row& row) {
  Kept<CreditControlCall> call;
  std::list<std::string> texts;
  Open& open = open_.at(row.Word(0));
  Fill(row, open.account, &texts, &call.request);
  call.request.type = row.verb() == "close" ? RequestType::kTermination : RequestType::kUpdate;
  call.request.number = open.next++;
  texts.push_back(row.Word(0));
  call.request.session_id = texts.back();
  ServiceRequest& service = call.request.services[0];
  service.has_used = true;
  service.used = ParseQuantities(row.Word(1));
  if (row.size() > 2) {
    service.requests_quota = true;
    service.requested = ParseQuantities(row.Word(2));
  }
  const CreditControlAnswer answer = Send(&call);
  if (answer.code != ResultCode::kSuccess) return RefusalText(answer);
  std::string text = Cat("ok", UseText(answer.services[0]));
  if (answer.services[0].has_grant)
    text += Cat(" granted=", QuantitiesText(answer.services[0].granted));
  if (answer.services[0].end.has_value()) text += Cat(" then ", EndText(*answer.services[0].end));
  return text;
}

std::string Shop::Left(const Row& row) {
  std::vector<engine::BucketView> buckets = h_.View(account(row.Word(0))).buckets;
  std::sort(buckets.begin(), buckets.end(),
            [](const auto& a, const auto& b) { return a.id.value < b.id.value; });
  std::string text;
  for (const engine::BucketView& bucket : buckets) {
    const bool own = bucket.id == cdr::kOwnMoneyBucket;
    text += Cat(
        text.empty() ? "" : ", ", own ? "money" : bucket.name, " ",
        bucket.unit.is_money() ? MoneyText(bucket.available) : std::to_string(bucket.available));
    if (bucket.held != 0) text += Cat(" held ", AmountText(bucket.held, bucket.unit));
  }
  return text;
}

std::string Shop::Money(const Row& row) {
  for (const engine::BucketView& bucket : h_.View(account(row.Word(0))).buckets) {
    if (bucket.id == cdr::kOwnMoneyBucket) return MoneyText(bucket.available);
  }
  return "none";
}

std::string Shop::Limits(const Row& row) {
  std::vector<std::string> texts;
  for (const engine::LimitView& limit : h_.View(account(row.Word(0))).limits) {
    texts.push_back(Cat(limit.name, " used ", AmountText(limit.used, limit.unit), " left ",
                        AmountText(limit.left, limit.unit)));
  }
  return absl::StrJoin(texts, ", ");
}

std::string Shop::Subscriptions(const Row& row) {
  std::vector<std::string> texts;
  for (const engine::SubscriptionView& one : h_.View(account(row.Word(0))).subscriptions) {
    std::string text = one.offer;
    if (one.quantity != 1) text += Cat(" x", one.quantity);
    if (one.renews_at != Instant::Never()) text += Cat(" renews ", Local(one.renews_at));
    texts.push_back(text);
  }
  return absl::StrJoin(texts, ", ");
}

// bill A 2026-05 [zone=UTC]: of that calendar month; what is left of a fen goes to the next.
cdr::Bill Shop::BillOf(const Row& row) {
  const absl::TimeZone zone = Zone(row.Option("zone", "Asia/Shanghai"));
  const std::vector<std::string> month = Split(row.Word(1), '-');
  Kept<engine::BillCall> call;
  call.account = account(row.Word(0));
  call.from = Instant::FromTime(
      absl::FromCivil(absl::CivilSecond(std::stoi(month[0]), std::stoi(month[1])), zone));
  call.until = AddMonths(call.from, 1, zone);
  call.carried_in = carried_[row.Word(0)];
  h_.Run(&call);
  INFO(call.status);
  REQUIRE(call.status.ok());

  // The same from the records alone.
  cdr::BillBuilder builder({.account = call.account, .from = call.from, .until = call.until},
                           call.carried_in);
  const auto records = h_.engine->ReadRecords(ShardId{0}, Position{}, 1'000'000, INT64_MAX);
  REQUIRE(records.ok());
  for (const engine::ReadRecord& read : *records) {
    const auto record = cdr::DecodeRecord(read.bytes);
    REQUIRE(record.ok());
    if (record->account != call.account || record->recorded_at < call.from ||
        record->recorded_at >= call.until)
      continue;
    REQUIRE(builder.Add(read.id, *record) == cdr::BillAddOutcome::kAdded);
  }
  const auto again = builder.Finish();
  REQUIRE(again.ok());
  CHECK(*again == call.bill);
  return call.bill;
}

// tax A 2026-05: of each rate, in basis points, the gross amount, its tax and what is left.
std::string Shop::Tax(const Row& row) {
  std::vector<std::string> texts;
  for (const cdr::CurrencyBill& part : BillOf(row).currencies) {
    for (const cdr::TaxTotal& tax : part.taxes)
      texts.push_back(Cat(tax.tax_basis_points, " of ", MoneyText(tax.gross_micros), ": ",
                          MoneyText(tax.tax.tax_micros), " and ", MoneyText(tax.tax.net_micros)));
  }
  return absl::StrJoin(texts, ", ");
}

std::string Shop::Bill(const Row& row) {
  const cdr::Bill bill = BillOf(row);
  std::vector<std::string> texts;
  for (const cdr::CurrencyBill& part : bill.currencies) {
    for (const cdr::ChargeCodeTotal& code : part.charge_codes)
      texts.push_back(Cat(code.charge_code, " ", MoneyText(code.amount_micros)));
    texts.push_back(Cat("total ", MoneyText(part.total_micros)));
    texts.push_back(Cat("fen ", part.payable_fen));
    texts.push_back(Cat("carried ", part.carried_out_micros));
    carried_[row.Word(0)].clear();
    if (part.carried_out_micros != 0)
      carried_[row.Word(0)] = {{.currency = part.currency, .micros = part.carried_out_micros}};
  }
  for (const cdr::BillItem& item : bill.covered) {
    texts.push_back(Cat(item.charge_code, " ", item.description, " covered ",
                        AmountText(item.covered_amount, item.covered_unit)));
  }
  return texts.empty() ? "nothing" : absl::StrJoin(texts, ", ");
}

// The last record: what it is of, its lines and costs.
std::string Shop::LastRecord(const Row& /*row*/) {
  const auto records = h_.engine->ReadRecords(ShardId{0}, Position{}, 1'000'000, INT64_MAX);
  REQUIRE(records.ok());
  REQUIRE_FALSE(records->empty());
  const auto record = cdr::DecodeRecord(records->back().bytes);
  REQUIRE(record.ok());
  std::string text(cdr::RecordTypeName(record->type));
  for (const std::string_view word : {record->model, record->offer, record->served_model,
                                      record->product, record->service_tier, record->node}) {
    if (!word.empty()) text += Cat(" ", word);
  }
  for (const cdr::RecordLine& line : record->lines) {
    text += Cat(", ", line.charge_code, " ", TokenKindName(line.kind), ":", line.quantity, " ",
                AmountText(line.amount, line.unit));
    if (line.revenue_micros != 0) text += Cat(" earns ", MoneyText(line.revenue_micros));
    if (line.tax_basis_points != 0) text += Cat(" tax ", line.tax_basis_points);
  }
  for (const cdr::RecordLine& line : record->costs) {
    text += Cat(", cost ", TokenKindName(line.kind), ":", line.quantity, " ",
                AmountText(line.amount, line.unit));
  }
  return text;
}

// book <ledger account>: what was posted to it, in micros or pieces, by all accounts together.
std::string Shop::Book(const Row& row) {
  const engine::tests::Totals totals = engine::tests::TotalsOf(*h_.store);
  for (int i = 1; i < balance::kLedgerAccountCount; ++i) {
    const auto ledger_account = static_cast<balance::LedgerAccount>(i);
    if (balance::LedgerAccountName(ledger_account) == row.Tail(0))
      return std::to_string(totals.Of(ledger_account));
  }
  return "no such account";
}

}  // namespace ocs::products
