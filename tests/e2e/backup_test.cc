// A backup of the real server while it charges, and what is brought back from it.

#include "ocs/operations/v1/operations.grpc.pb.h"

#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/client.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

namespace ocs::e2e {
namespace {

using operations::v1::BackUpRequest;
using operations::v1::BackUpResponse;
using operations::v1::Operations;
using testing::TempDir;

grpc::Status BackUp(const ServerProcess& server, const std::string& name, BackUpResponse* made) {
  grpc::ClientContext context;
  BackUpRequest request;
  request.set_name(name);
  return Operations::NewStub(server.channel())->BackUp(&context, request, made);
}

bool Run(const std::string& command) { return std::system(command.c_str()) == 0; }

account::TopUpRequest TopUp(uint64_t id, int number) {
  account::TopUpRequest request;
  SetChange("one-" + std::to_string(number), request.mutable_change());
  request.set_account_id(id);
  request.set_amount_micros(1'000'000);
  request.set_currency("CNY");
  return request;
}

// Tops up by one yuan again and again until it is told to stop; returns how many were answered.
int TopUpUntil(const ServerProcess& server, uint64_t id, int first, std::atomic<int>& answered,
               const std::atomic<bool>& stop) {
  Client client(server.channel());
  int done = 0;
  while (!stop.load()) {
    Call(*client.accounts, &account::Accounts::Stub::TopUp, TopUp(id, first + done));
    answered.store(first + ++done);
  }
  return done;
}

int64_t MoneyOf(Client& client, uint64_t id) {
  const account::Account account = GetAccount(client, id);
  for (const auto& bucket : account.bucket()) {
    if (bucket.bucket_id() == 1) return bucket.available();
  }
  FAIL("the account has no money bucket");
  return 0;
}

TEST_CASE("a backup made under load holds what was answered before it, and serves", "[ocsd][e2e]") {
  const TempDir folder;
  const std::string backups = folder.Path("backups");
  constexpr int64_t kBought = 10'100'000;  // 20 yuan less the package.
  uint64_t id = 0;
  int before = 0;
  int after = 0;
  BackUpResponse made;
  {
    ServerProcess server(folder.Path("data"), {"--backup-folder", backups});
    Client client(server.channel());
    Publish(client);
    id = MakeCustomer(client, "alice", 20'000'000);
    std::atomic<int> answered{0};
    std::atomic<bool> stop{false};
    auto load =
        std::async(std::launch::async, [&] { return TopUpUntil(server, id, 0, answered, stop); });
    while (answered.load() < 50) sched_yield();
    before = answered.load();
    const grpc::Status status = BackUp(server, "under-load", &made);
    after = answered.load() + 1;  // One may be in the copy and not yet answered.
    INFO(status.error_message());
    CHECK(status.ok());
    while (answered.load() < after + 50) sched_yield();  // It went on charging.
    stop = true;
    load.get();
    CHECK(BackUp(server, "under-load", &made).error_code() == grpc::StatusCode::ALREADY_EXISTS);
    CHECK(server.Stop(SIGKILL).exit_code == 128 + SIGKILL);
  }
  REQUIRE(made.shard_size() == 1);
  CHECK(made.bytes() > 0);
  CHECK(std::filesystem::exists(backups + "/under-load/shard-000/CURRENT"));
  CHECK(!std::filesystem::exists(backups + "/under-load.part"));

  const std::string restored = folder.Path("restored");
  REQUIRE(Run(std::string(OCS_INSPECT) + " " + backups + "/under-load restore " + restored + " > " +
              folder.Path("restore.txt")));
  const std::string told = ReadText(folder.Path("restore.txt"));
  INFO(told);
  CHECK(told.find("verdict: OK") != std::string::npos);
  ServerProcess server(restored);
  Client client(server.channel());
  // Every answer before the call is there, and nothing that began after it ended.
  const int64_t ones = (MoneyOf(client, id) - kBought) / 1'000'000;
  CHECK(ones >= before);
  CHECK(ones <= after);
  // It is a store like any other: a repeat changes nothing, new work is done.
  Call(*client.accounts, &account::Accounts::Stub::TopUp, TopUp(id, 0));
  CHECK(MoneyOf(client, id) == kBought + ones * 1'000'000);
  Call(*client.accounts, &account::Accounts::Stub::TopUp, TopUp(id, static_cast<int>(ones)));
  CHECK(MoneyOf(client, id) == kBought + (ones + 1) * 1'000'000);
  const auto charged = Charge(client, Initial("s-restored", "alice", 100, 50));
  CHECK(charged.result_code() == charging::DIAMETER_SUCCESS);
  CHECK(server.Stop(SIGTERM).exit_code == 0);
  CHECK(Run(std::string(OCS_INSPECT) + " " + restored + " > " + folder.Path("proof.txt")));
}

TEST_CASE("copies of several shards fit together, whatever goes from one to another",
          "[ocsd][e2e]") {
  const TempDir folder;
  const std::string backups = folder.Path("backups");
  constexpr int kAccounts = 8;
  constexpr int kCopies = 6;
  std::vector<uint64_t> ids;
  std::set<uint64_t> shards;
  int64_t money = 0;
  {
    ServerProcess server(folder.Path("data"), {"--backup-folder", backups, "--shard-count", "3"});
    Client client(server.channel());
    Publish(client);
    for (int i = 0; i < kAccounts; ++i) {
      ids.push_back(MakeCustomer(client, "customer-" + std::to_string(i), 20'000'000));
      shards.insert((ids.back() >> 36) % 3);
      money += MoneyOf(client, ids.back());
    }
    REQUIRE(shards.size() > 1);
    std::atomic<int> given{0};
    std::atomic<bool> stop{false};
    auto load = std::async(std::launch::async, [&] {
      Client giver(server.channel());
      for (size_t n = 0; !stop.load(); ++n, ++given) {
        account::TransferRequest request;
        SetChange("give-" + std::to_string(n), request.mutable_change());
        request.set_account_id(ids[n % kAccounts]);
        request.set_to_account_id(ids[(n * 5 + 3) % kAccounts]);
        if (request.account_id() == request.to_account_id()) continue;
        request.set_amount(1'000);
        Call(*giver.accounts, &account::Accounts::Stub::Transfer, request);
      }
    });
    for (int copy = 0; copy < kCopies; ++copy) {
      const int before = given.load();
      while (given.load() < before + 20) sched_yield();
      BackUpResponse made;
      CHECK(BackUp(server, std::to_string(copy), &made).ok());
      REQUIRE(made.shard_size() == 3);
    }
    stop = true;
    load.get();
    CHECK(server.Stop(SIGTERM).exit_code == 0);
  }
  for (int copy = 0; copy < kCopies; ++copy) {
    const std::string from = backups + "/" + std::to_string(copy);
    INFO(from);
    CHECK(Run(std::string(OCS_INSPECT) + " " + from + " > " + folder.Path("proof.txt")));
    ServerProcess server(from, {"--shard-count", "3"});
    Client client(server.channel());
    // What was on its way arrives by itself; never more than there was.
    int64_t now = 0;
    while (now != money) {
      now = 0;
      for (const uint64_t id : ids) now += MoneyOf(client, id);
      REQUIRE(now <= money);
    }
    CHECK(server.Stop(SIGTERM).exit_code == 0);
  }
}

TEST_CASE("a backup that was cut off is begun anew, and a server without a place makes none",
          "[ocsd][e2e]") {
  const TempDir folder;
  const std::string backups = folder.Path("backups");
  BackUpResponse made;
  {
    ServerProcess server(folder.Path("data"));
    CHECK(BackUp(server, "may", &made).error_code() == grpc::StatusCode::FAILED_PRECONDITION);
    CHECK(server.Stop(SIGTERM).exit_code == 0);
  }
  // What a killed server leaves behind.
  std::filesystem::create_directories(backups + "/may.part/shard-000");
  ServerProcess server(folder.Path("data"), {"--backup-folder", backups});
  const grpc::Status status = BackUp(server, "may", &made);
  INFO(status.error_message());
  CHECK(status.ok());
  CHECK(std::filesystem::exists(backups + "/may/shard-000/CURRENT"));
  CHECK(!std::filesystem::exists(backups + "/may.part"));
  // A place that cannot be written to is told, and the server goes on.
  std::filesystem::remove_all(backups);
  REQUIRE(Run("touch " + backups));
  CHECK(BackUp(server, "june", &made).error_code() == grpc::StatusCode::UNAVAILABLE);
  Client client(server.channel());
  Publish(client);
  CHECK(server.Stop(SIGTERM).exit_code == 0);
}

TEST_CASE("a place for backups in the data folder is refused", "[ocsd][e2e]") {
  const TempDir folder;
  const Ended ended = RunToEnd({"--data-folder", folder.Path("data"), "--backup-folder",
                                folder.Path("data/../data/backups")});
  CHECK(ended.exit_code == 2);
  CHECK(ended.output.find("backup_folder") != std::string::npos);
}

}  // namespace
}  // namespace ocs::e2e
