// What a use is like: stated, kept from the start, or taken from the account.

#include "ocs/engine/internal/context.h"

#include "ocs/engine/internal/charging.h"
#include "tests/engine/script.h"

namespace ocs::engine {
namespace {

using rating::Dimension;
using rating::SymbolOf;

TEST_CASE("a dimension is as stated, else as at the start, else not stated", "[engine][unit]") {
  CreditControlRequest request;
  request.product = "cloud-phone";
  request.region = "sh";
  ServiceRequest service;
  balance::Account account;
  account.segment = "student";
  const Instant at{5};
  const rating::UseContext start = ContextOf(request, service, account, nullptr, at);
  CHECK(start.at == at);
  CHECK(start.of(Dimension::kProduct) == SymbolOf("cloud-phone"));
  CHECK(start.of(Dimension::kScenario) == 0);
  CHECK(start.of(Dimension::kServiceTier) == SymbolOf("standard"));
  CHECK(start.of(Dimension::kSegment) == SymbolOf("student"));

  balance::Grant kept;
  kept.context = start.values;
  account.segment = "veteran";
  CreditControlRequest later;
  later.region = "bj";
  service.service_tier = "flex";
  const rating::UseContext then = ContextOf(later, service, account, &kept, at);
  CHECK(then.of(Dimension::kProduct) == SymbolOf("cloud-phone"));
  CHECK(then.of(Dimension::kRegion) == SymbolOf("bj"));
  CHECK(then.of(Dimension::kServiceTier) == SymbolOf("flex"));
  CHECK(then.of(Dimension::kSegment) == SymbolOf("student"));

  const balance::Grant written_before_contexts;
  const rating::UseContext old = ContextOf({}, {}, account, &written_before_contexts, at);
  CHECK(old.of(Dimension::kServiceTier) == SymbolOf("standard"));
}

TEST_CASE("the prompt's length is stated, else reported so far, else requested", "[engine][unit]") {
  const balance::Account account;
  const auto length = [&](const ServiceRequest& service, const balance::Grant* before) {
    return ContextOf({}, service, account, before, Instant{0}).prompt_tokens;
  };
  ServiceRequest asked;
  asked.requested = {{TokenKind::kInput, 100},
                     {TokenKind::kCacheRead, 20},
                     {TokenKind::kOutput, 50},
                     {TokenKind::kRequest, 1}};
  CHECK(length(asked, nullptr) == 120);
  balance::Grant grant;
  grant.prompt_tokens = KeptPromptTokens(asked, nullptr);
  ServiceRequest output_only;
  output_only.used = {{TokenKind::kOutput, 9}};
  CHECK(length(output_only, &grant) == 120);
  grant.prompt_tokens = KeptPromptTokens(output_only, &grant);
  ServiceRequest first;
  first.used = {{TokenKind::kInput, 90}};
  CHECK(length(first, &grant) == 90);
  grant.prompt_tokens = KeptPromptTokens(first, &grant);
  CHECK(grant.prompt_tokens == 90);
  ServiceRequest second;
  second.used = {{TokenKind::kImageInput, 5}};
  CHECK(length(second, &grant) == 95);
  second.prompt_tokens = 40'000;
  CHECK(length(second, &grant) == 40'000);
  CHECK(KeptPromptTokens(second, &grant) == 95);
}

}  // namespace

namespace tests {
namespace {

constexpr char kByTheCall[] = R"(
catalogue: calls
currency: CNY
time_zone: Asia/Shanghai
models:
  - {id: plain, provider: acme, class: cheap}
price_books:
  - id: book
    rules:
      - {model: plain, per: 1M tokens, input: 2, output: 3, request: 0.01 per 1 request}
offers:
  - {id: pay, name: Pay per use, charge_code: PAY, fee: 0, prices: book}
)";

TEST_CASE("a call counts as one request with its first charge, unless the caller counts",
          "[engine][unit]") {
  Harness h;
  h.Publish(kByTheCall);
  Script script(h);
  script.Run(R"(
    account A money=100000
    buy A pay
    # 200 and 30 micros for tokens, 10,000 for the call: held, though only tokens were asked for.
    initial s 0 A 1/plain/input:100,output:10/_         -> 2001 | 1 2001 granted=input:100,output:10
    bucket A 1                                          -> granted=100000 available=89770 held=10230 spent=0 expired=0
    # A report of nothing is no call yet.
    update s 1 A 1/_/output:10/input:0                  -> 2001 cost=0 | 1 2001 granted=output:10
    bucket A 1                                          -> granted=100000 available=89970 held=10030 spent=0 expired=0
    update s 2 A 1/_/output:10/input:100,output:1       -> 2001 cost=10203 | 1 2001 granted=output:10 charged=10203 overshoot
    terminate s 3 A 1/_/_/output:1                      -> 2001 cost=10206 | 1 2001 charged=3
    # Each rating group is a call of its own.
    initial t 0 A 1/plain/output:1/_ 2/plain/output:1/_ -> 2001 | 1 2001 granted=output:1 | 2 2001 granted=output:1
    terminate t 1 A 1/_/_/output:1 2/_/_/output:1       -> 2001 cost=20006 | 1 2001 charged=10003 | 2 2001 charged=10003
    # Who counts himself is believed.
    debit e 0 A 1/plain/_/output:1                      -> 2001 cost=10003 | 1 2001 granted=output:1 charged=10003
    debit e 1 A 1/plain/_/output:1,request:3            -> 2001 cost=30003 | 1 2001 granted=output:1,request:3 charged=30003
    debit e 2 A 1/plain/_/request:0,output:1            -> 2001 cost=3 | 1 2001 granted=request:0,output:1 charged=3
    price p 0 A 1/plain/output:1/_                      -> 2001 cost=10003 calls=2 | 1 2001 charged=10003
  )");
}

TEST_CASE("a repeat may not change what the use is like; its trace may differ", "[engine][unit]") {
  const auto fingerprint = [](auto change) {
    CreditControlRequest request;
    request.session_id = "s";
    request.services.emplace_back();
    change(request);
    return FingerprintOf(request);
  };
  const auto plain = fingerprint([](auto&) {});
  CHECK(plain.size() == 9);  // As before there were contexts.
  CHECK(plain == fingerprint([](auto& r) { r.traceparent = "00-1"; }));
  const auto differs = [&](auto change) {
    const auto field = DifferingField(plain, fingerprint(change));
    REQUIRE(field.has_value());
    CHECK(field == DifferingField(fingerprint(change), plain));
    return std::string(FingerprintFieldName(*field));
  };
  CHECK(differs([](auto& r) { r.product = "p"; }) == "product");
  CHECK(differs([](auto& r) { r.scenario = "p"; }) == "scenario");
  CHECK(differs([](auto& r) { r.region = "p"; }) == "region");
  CHECK(differs([](auto& r) { r.channel = "p"; }) == "channel");
  CHECK(differs([](auto& r) { r.services[0].service_tier = "p"; }) == "service_tier");
  CHECK(differs([](auto& r) { r.services[0].prompt_tokens = 0; }) == "prompt_tokens");
  const auto with_tier = fingerprint([](auto& r) { r.services[0].service_tier = "p"; });
  const auto served = fingerprint([](auto& r) {
    r.services[0].service_tier = "p";
    r.services[0].served_model = "m";
  });
  CHECK(FingerprintFieldName(*DifferingField(with_tier, served)) == "served_model");
  CHECK(!DifferingField(plain, plain).has_value());
}

}  // namespace
}  // namespace tests
}  // namespace ocs::engine
