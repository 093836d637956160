// What is held is enough: whoever uses no more than he was promised never takes an account below
// what it has, on whichever side of a change of prices he uses it, and by whichever service of a
// pool.

#include <algorithm>
#include <string>
#include <vector>

#include "ocs/base/random.h"
#include "tests/engine/harness.h"
#include "tests/support/seed.h"

namespace ocs::engine::tests {
namespace {

// Thirds and sevenths of a micro: every charge leaves a carry.
constexpr char kUneven[] = R"(
catalogue: uneven
currency: CNY
time_zone: Asia/Shanghai
models: [{id: m, provider: acme}]
price_books:
  - id: book
    rules:
      - {model: m, per: 3M tokens, input: 2, output: 5}
      - {model: m, hours: 15:00-16:00, per: 7M tokens, input: 9, output: 4}
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
)";

// 0.3, 0.7 and 2 micros a token.
constexpr char kDecimal[] = R"(
catalogue: decimal
currency: CNY
time_zone: Asia/Shanghai
models: [{id: m0, provider: acme}, {id: m1, provider: acme}, {id: m2, provider: acme}]
price_books:
  - id: book
    rules:
      - {model: m0, per: 1M tokens, tokens: 0.3}
      - {model: m1, per: 1M tokens, tokens: 0.7}
      - {model: m2, per: 1M tokens, tokens: 2}
offers:
  - {id: pay, name: Pay, charge_code: PAY, fee: 0, prices: book}
)";
constexpr int64_t kTenths[] = {3, 7, 20};  // Of a micro a token.

CreditControlAnswer Send(Harness& h, AccountId account, RequestType type, const std::string& id,
                         uint32_t number, std::vector<ServiceRequest> services) {
  Kept<CreditControlCall> call;
  call.request.session_id = id;
  call.request.type = type;
  call.request.number = number;
  call.request.account = account;
  call.request.service_context_id = "ai-tokens.v1@test";
  for (ServiceRequest& service : services) call.request.services.push_back(std::move(service));
  h.Run(&call);
  REQUIRE(call.done);
  REQUIRE(call.status.ok());
  return call.answer;
}

void CheckNothingOwed(Harness& h, AccountId account) {
  const BucketView main = h.View(account).buckets.back();
  REQUIRE(main.available >= 0);
  REQUIRE(main.granted == main.available + main.held + main.spent);
}

TEST_CASE("use within grants that span a change of prices never overshoots", "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 6'262);
  int spanned = 0;
  for (int round = 0; round < 40; ++round) {
    Harness h;
    const Instant start = *ParseInstant("2026-05-18T14:55:00+08:00");
    h.clock.AdvanceSeconds((start.unix_ms - h.clock.Now().unix_ms) / 1000);
    h.Publish(kUneven);
    const AccountId account = h.Create(random.Between(1, 300));
    h.Purchase(account, "pay");
    std::vector<Quantities> granted;
    for (int i = 0; i < 3; ++i) {
      ServiceRequest service;
      service.rating_group = 1;
      service.model = "m";
      service.requests_quota = true;
      service.requested = {{TokenKind::kInput, random.Between(0, 30)},
                           {TokenKind::kOutput, random.Between(1, 60)}};
      const auto answer =
          Send(h, account, RequestType::kInitial, std::to_string(i), 0, {std::move(service)});
      granted.emplace_back();
      if (answer.services.empty() || !answer.services[0].has_grant) continue;
      granted.back() = answer.services[0].granted;
      if (answer.services[0].tariff_changes_at != Instant::Never()) ++spanned;
      CheckNothingOwed(h, account);
    }
    h.clock.AdvanceSeconds(400);
    for (int i = 0; i < 3; ++i) {
      if (granted[static_cast<size_t>(i)].empty()) continue;
      ServiceRequest service;
      service.rating_group = 1;
      service.has_used = true;
      TariffUsage sides[] = {{TariffChangeUsage::kBefore, {}},
                             {TariffChangeUsage::kAfter, {}},
                             {TariffChangeUsage::kIndeterminate, {}}};
      for (const KindQuantity& q : granted[static_cast<size_t>(i)]) {
        int64_t left = q.quantity;
        for (TariffUsage& side : sides) {
          const int64_t used = random.OneIn(3) ? left : random.Between(0, left);
          left -= used;
          REQUIRE(AddQuantity(side.used, q.kind, used));
          REQUIRE(AddQuantity(service.used, q.kind, used));
        }
      }
      service.by_tariff.assign(std::begin(sides), std::end(sides));
      const auto answer =
          Send(h, account, RequestType::kTermination, std::to_string(i), 1, {std::move(service)});
      REQUIRE(answer.code == ResultCode::kSuccess);
      REQUIRE_FALSE(answer.services[0].overshoot);
      CheckNothingOwed(h, account);
    }
    REQUIRE(h.View(account).buckets.back().held == 0);
  }
  CHECK(spanned > 60);
}

TEST_CASE("use within a pool never overshoots, whoever uses it", "[engine][property]") {
  OCS_SEEDED_RANDOM(random, 8'506);
  int pooled = 0;
  int beyond_own = 0;
  for (int round = 0; round < 40; ++round) {
    Harness h;
    h.Publish(kDecimal);
    const AccountId account = h.Create(random.Between(1, 400));
    h.Purchase(account, "pay");
    int64_t tenths = 0;  // What the pool has left, in tenths of a micro.
    Quantities own[3];
    uint32_t number = 0;
    for (int step = 0; step < 12; ++step) {
      std::vector<ServiceRequest> services;
      std::vector<int> groups;
      for (int group = 0; group < 3; ++group) {
        if (step > 0 && random.OneIn(2)) continue;
        ServiceRequest service;
        service.rating_group = static_cast<uint32_t>(group);
        service.model = "m0";
        const std::string_view models[] = {"m0", "m1", "m2"};
        service.model = models[group];
        // Who has no grant uses nothing.
        if (step > 0 && !own[group].empty()) {
          const int64_t most = tenths / kTenths[group];
          const int64_t used = random.OneIn(4) ? most : random.Between(0, most);
          service.has_used = true;
          service.used = {{TokenKind::kOutput, used}};
          if (used > QuantityOf(own[group], TokenKind::kOutput)) ++beyond_own;
          tenths -= used * kTenths[group];
        }
        service.requests_quota = !service.has_used || random.OneIn(2);
        if (service.requests_quota)
          service.requested = {{TokenKind::kOutput, random.Between(1, 100)}};
        service.pool = 1;
        groups.push_back(group);
        services.push_back(std::move(service));
      }
      if (services.empty()) continue;
      const RequestType type = step == 0 ? RequestType::kInitial : RequestType::kUpdate;
      const auto answer = Send(h, account, type, "s", number++, services);
      if (answer.code != ResultCode::kSuccess) break;  // Nothing could be had at the start.
      for (size_t i = 0; i < groups.size(); ++i) {
        const ServiceAnswer& service = answer.services[i];
        own[groups[i]] = service.granted;
        REQUIRE_FALSE(service.overshoot);
        if (service.has_grant && !service.granted.empty()) {
          REQUIRE(service.pool.size() == 1);
          ++pooled;
          tenths += QuantityOf(service.granted, TokenKind::kOutput) * kTenths[groups[i]];
        }
      }
      CheckNothingOwed(h, account);
      // Nobody draws on a pool that everybody has left.
      if (std::all_of(std::begin(own), std::end(own), [](const auto& q) { return q.empty(); }))
        tenths = 0;
      // Less than a micro of each price may be with its carry.
      REQUIRE(h.View(account).buckets.back().held * 10 > tenths - 30);
    }
    Send(h, account, RequestType::kTermination, "s", 100, {});
    REQUIRE(h.View(account).buckets.back().held == 0);
    CheckNothingOwed(h, account);
  }
  CHECK(pooled > 100);
  CHECK(beyond_own > 20);
}

}  // namespace
}  // namespace ocs::engine::tests
