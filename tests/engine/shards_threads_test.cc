// Several shards, each with threads of its own, and clients that give, claim and redeem at once.

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "balance/mem_store.h"
#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "ocs/base/voucher_code.h"
#include "ocs/engine/care_operation.h"
#include "ocs/engine/engine.h"
#include "ocs/engine/voucher_operation.h"
#include "tests/support/catch.h"
#include "tests/support/manual_executor.h"

namespace ocs::engine::tests {
namespace {

constexpr int kShards = 4;
constexpr int kClients = 4;
constexpr int kRounds = 150;
constexpr int64_t kAccounts = 8;
constexpr int64_t kMoney = 1'000'000;
constexpr uint8_t kVouchers = 20;
constexpr int64_t kWorth = 1'000;

// Tasks one after the other, on a thread of its own.
class Lane final : public Executor {
 public:
  Lane() : thread_([this] { Run(); }) {}
  ~Lane() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void Post(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_all();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return over_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool over_ = false;
  std::thread thread_;
};

template <typename Call>
class Awaited final : public Call {
 public:
  void Done() noexcept override { done_.set_value(); }
  void Await(Engine& engine) {
    engine.Submit(this);
    done_.get_future().wait();
  }

 private:
  std::promise<void> done_;
};

// Until it is answered for good: another may just be changing the same.
template <typename Call, typename Fill>
absl::Status Do(Engine& engine, const std::string& key, Fill fill) {
  while (true) {
    Awaited<Call> call;
    call.change = {.key = key, .actor = "client", .reason = "test"};
    fill(call);
    call.Await(engine);
    if (!absl::IsAborted(call.status)) return call.status;
  }
}

std::string ThreadsCodeOf(uint8_t n) {
  std::array<uint8_t, 12> bytes{};
  bytes[7] = n;
  return VoucherCodeOf(bytes);
}

AccountView View(Engine& engine, AccountId account) {
  Awaited<GetAccountCall> call;
  call.account = account;
  call.Await(engine);
  return call.view;
}

struct Town {
  explicit Town(Engine& its_engine) : engine(its_engine) {}

  void Make() {
    for (int64_t i = 0; i < kAccounts; ++i) {
      const std::string name = Cat("account-", i);
      AccountId id;
      REQUIRE(Do<CreateAccountCall>(engine, name, [&](auto& call) {
                call.currency = Unit::Of("CNY");
                call.identities = {{IdentityType::kPrivate, name}};
              }).ok());
      Awaited<GetAccountCall> find;
      find.identity_type = IdentityType::kPrivate;
      find.identity = name;
      find.Await(engine);
      id = find.view.id;
      REQUIRE(id.valid());
      REQUIRE(Do<TopUpCall>(engine, Cat("money-", i), [&](auto& call) {
                call.account = id;
                call.currency = Unit::Of("CNY");
                call.amount_micros = kMoney;
              }).ok());
      accounts.push_back(id);
    }
    REQUIRE(Do<IssueVouchersCall>(engine, "issue", [](auto& call) {
              call.batch = "spring";
              call.terms = {.currency = Unit::Of("CNY"), .amount_micros = kWorth};
              for (uint8_t i = 0; i < kVouchers; ++i)
                call.vouchers.push_back(balance::HashOfVoucher(ThreadsCodeOf(i)));
            }).ok());
  }

  // What one client does; returns how many vouchers it got.
  int Work(int client) {
    Random random(static_cast<uint64_t>(client) + 1);
    int redeemed = 0;
    for (int round = 0; round < kRounds; ++round) {
      const std::string key = Cat("c", client, "-", round);
      const AccountId from = accounts[static_cast<size_t>(random.Below(kAccounts))];
      const AccountId to = accounts[static_cast<size_t>(random.Below(kAccounts))];
      const std::string shared = Cat("shared-", random.Below(5));
      switch (random.Below(4)) {
        case 0:
        case 1:
          Do<TransferCall>(engine, key, [&](auto& call) {
            call.account = from;
            call.to = to;
            call.amount = random.Between(1, 100);
          }).IgnoreError();
          break;
        case 2:
          Do<ChangeIdentityCall>(engine, key, [&, add = random.OneIn(2)](auto& call) {
            call.account = from;
            call.action =
                add ? ChangeIdentityCall::Action::kAdd : ChangeIdentityCall::Action::kRemove;
            call.type = IdentityType::kPrivate;
            call.data = shared;
          }).IgnoreError();
          break;
        default: {
          const auto code = static_cast<uint8_t>(random.Below(kVouchers));
          const absl::Status status = Do<RedeemVoucherCall>(engine, key, [&](auto& call) {
            call.account = from;
            call.code = ThreadsCodeOf(code);
          });
          redeemed += status.ok() ? 1 : 0;
        }
      }
    }
    return redeemed;
  }

  Engine& engine;
  std::vector<AccountId> accounts;
};

}  // namespace

TEST_CASE("clients of several shards at once: nothing is lost or doubled", "[engine][unit]") {
  std::vector<std::unique_ptr<balance::Store>> stores;
  ocs::tests::ManualClock clock{Instant{1'779'000'000'000}};
  std::vector<std::unique_ptr<Lane>> lanes;
  std::vector<ShardResources> resources;
  for (int i = 0; i < kShards; ++i) {
    stores.push_back(balance::MakeMemStore());
    Executor* worker = lanes.emplace_back(std::make_unique<Lane>()).get();
    Executor* writer = lanes.emplace_back(std::make_unique<Lane>()).get();
    resources.push_back({.store = stores.back().get(), .worker = worker, .writer = writer});
  }
  auto opened = Engine::Open({}, std::move(resources), &clock);
  REQUIRE(opened.ok());
  Engine& engine = **opened;
  Town town(engine);
  town.Make();
  std::vector<std::future<int>> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.push_back(
        std::async(std::launch::async, [&town, client] { return town.Work(client); }));
  }
  int redeemed = 0;
  for (auto& client : clients) redeemed += client.get();
  int64_t money = 0;
  size_t shared = 0;
  for (const AccountId account : town.accounts) {
    const AccountView view = View(engine, account);
    for (const BucketView& bucket : view.buckets) money += bucket.available;
    shared += view.identities.size() - 1;
    for (const IdentityView& identity : view.identities) {
      Awaited<GetAccountCall> find;  // Each leads to the one account that has it.
      find.identity_type = identity.type;
      find.identity = identity.data;
      find.Await(engine);
      CHECK(find.view.id == account);
    }
  }
  CHECK(redeemed > 0);
  CHECK(redeemed <= kVouchers);
  CHECK(shared <= 5);
  CHECK(money == kAccounts * kMoney + redeemed * kWorth);
  std::promise<void> drained;
  engine.Drain([&] { drained.set_value(); });
  drained.get_future().wait();
  lanes.clear();  // Before the engine that their last tasks belong to.
}

}  // namespace ocs::engine::tests
