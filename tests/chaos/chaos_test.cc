// Several gateways that misbehave, as processes, and a server that is killed and restarted among
// them. At the end the books must be those of a calm day.
//
// OCS_SEED=n replays the order of events, as far as the machine's speed repeats who comes first;
// OCS_CHAOS_EVENTS=n makes a run of n events in place of some dozens.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/chaos/books.h"
#include "tests/chaos/diary.h"
#include "tests/e2e/client.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"
#include "tools/client/retry.h"  // tidy-allow arrow: patience with a killed server

extern char** environ;

namespace ocs::chaos {
namespace {

using e2e::Client;
using e2e::ServerProcess;

constexpr int kGateways = 4;
constexpr int kEvents = 36;
constexpr int64_t kRecordsPerEvent = 160;  // At most, between two events.
constexpr int64_t kCustomers = 10;
constexpr int64_t kRich = 4;  // The others run out of money again and again.
constexpr int64_t kRichMicros = 1'000'000'000;
constexpr int64_t kPoorMicros = 60'000;

// A gateway's life. Killed at its end when it still runs.
class GatewayLife final {
 public:
  GatewayLife(const std::string& address, const std::string& diary, const std::string& name,
              uint64_t seed) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    input_ = ends[1];
    std::vector<std::string> all = {
        OCS_CHAOS_GATEWAY, address, diary, name, std::to_string(seed), std::to_string(kCustomers)};
    std::vector<char*> pointers;
    for (std::string& argument : all) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    const int error =
        ::posix_spawn(&pid_, OCS_CHAOS_GATEWAY, &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    REQUIRE(error == 0);
  }
  ~GatewayLife() { Kill(); }
  GatewayLife(const GatewayLife&) = delete;
  GatewayLife& operator=(const GatewayLife&) = delete;

  void Signal(int signal) const { ::kill(pid_, signal); }
  void Kill() {
    if (pid_ < 0) return;
    Signal(SIGKILL);
    Await();
  }
  /// Lets its calls end, and its process with them. True: as it should.
  bool Finish() {
    ::close(input_);
    input_ = -1;
    return Await() == 0;
  }

 private:
  int Await() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    if (input_ >= 0) ::close(input_);
    input_ = -1;
    return status;
  }
  pid_t pid_ = -1;
  int input_ = -1;
};

// Sees records as they are made: what the test waits for. Its thread ends with it.
class Follower final {
 public:
  Follower() : thread_([this] { Run(); }) {}
  ~Follower() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      if (context_ != nullptr) context_->TryCancel();
      changed_.notify_all();
    }
    thread_.join();
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void Follow(const std::shared_ptr<grpc::Channel>& channel) {
    const std::lock_guard lock(mutex_);
    channel_ = channel;
    changed_.notify_all();
  }

  void AwaitMore(int64_t count) {
    std::unique_lock lock(mutex_);
    const int64_t until = seen_ + count;
    changed_.wait(lock, [&] { return seen_ >= until; });
  }

  /// Until a record says that the supervision timer ended each of these sessions.
  void AwaitSupervised(const std::set<std::string>& sessions) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return std::all_of(sessions.begin(), sessions.end(),
                         [&](const std::string& id) { return supervised_.contains(id); });
    });
  }
  int64_t supervised() {
    const std::lock_guard lock(mutex_);
    return std::ssize(supervised_);
  }

 private:
  void Run() {
    std::shared_ptr<grpc::Channel> used;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return over_ || channel_ != used; });
        if (over_) return;
        used = channel_;
      }
      ReadFrom(used);
    }
  }

  void ReadFrom(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    {
      const std::lock_guard lock(mutex_);
      context_ = &context;
      if (over_) context.TryCancel();
    }
    cdr::v1::StreamRecordsRequest request;
    request.set_follow(true);
    if (position_) {
      auto* from = request.add_from();
      from->set_shard(0);
      *from->mutable_position() = *position_;
    }
    const auto stub = cdr::v1::Records::NewStub(channel);
    const auto stream = stub->StreamRecords(&context, request);
    cdr::v1::RecordBatch batch;
    while (stream->Read(&batch)) {
      position_ = batch.position();
      const std::lock_guard lock(mutex_);
      seen_ += batch.record_size();
      for (const Record& record : batch.record()) {
        if (record.cause_for_record_closing() == cdr::v1::ABNORMAL_RELEASE) {
          supervised_.insert(record.session_id());
        }
      }
      changed_.notify_all();
    }
    stream->Finish();
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext* context_ = nullptr;
  int64_t seen_ = 0;
  std::set<std::string> supervised_;
  bool over_ = false;
  std::optional<type::v1::JournalPosition> position_;  // The thread's.
  std::thread thread_;
};

// The street on which it all happens.
class Street final {
 public:
  Street(ocs::Random& random, const std::string& folder) : random_(random), folder_(folder) {
    StartServer();
    Client client(server_->channel());
    e2e::Publish(client);
    for (int64_t i = 0; i < kCustomers; ++i) OpenAccount(client, i);
    for (int g = 0; g < kGateways; ++g) gateways_.push_back(NewLife(g));
  }

  void Happen() {
    follower_.AwaitMore(random_.OneIn(4) ? 1 : random_.Between(1, kRecordsPerEvent));
    const int64_t event = random_.Below(10);
    const auto gateway = static_cast<size_t>(random_.Below(kGateways));
    if (event < 4) {
      ++server_kills_;
      server_->Stop(SIGKILL);
      StartServer();
    } else if (event < 5) {
      CHECK(server_->Stop(SIGTERM).exit_code == 0);
      StartServer();
    } else if (event < 7) {
      if (stalled_ == gateway) stalled_.reset();
      ++gateway_kills_;
      gateways_[gateway]->Kill();
      gateways_[gateway] = NewLife(static_cast<int>(gateway));
    } else if (event < 9) {
      if (stalled_) gateways_[*stalled_]->Signal(SIGCONT);
      stalled_ = gateway;  // One at a time, so that the others go on.
      gateways_[gateway]->Signal(SIGSTOP);
    } else {
      Client client(server_->channel());
      TopUp(client, random_.Between(kRich, kCustomers - 1), kPoorMicros);
    }
  }

  /// Lets all calls end; waits until the supervision timer has ended what was left open.
  void BecomeCalm() {
    if (stalled_) gateways_[*stalled_]->Signal(SIGCONT);
    for (const auto& gateway : gateways_) CHECK(gateway->Finish());
    std::set<std::string> open;
    Client client(server_->channel());
    for (const auto& [id, money] : paid_in_) {
      const account::v1::Account account = e2e::GetAccount(client, id);
      for (const auto& session : account.session()) open.insert(session.session_id());
    }
    follower_.AwaitSupervised(open);
  }

  Notes ReadDiaries() const {
    Notes notes;
    for (int g = 0; g < kGateways; ++g) ReadDiary(DiaryOf(g), &notes);
    return notes;
  }

  ServerProcess& server() { return *server_; }
  const std::map<uint64_t, int64_t>& paid_in() const { return paid_in_; }
  std::string store() const { return folder_ + "/store"; }
  int64_t server_kills() const { return server_kills_; }
  int64_t gateway_kills() const { return gateway_kills_; }
  int64_t supervised() { return follower_.supervised(); }

 private:
  void StartServer() {
    server_.emplace(
        store(), std::vector<std::string>{"--validity-seconds", "3", "--supervision-factor", "2"},
        address_);
    address_ = server_->address();
    follower_.Follow(server_->channel());
  }

  std::string DiaryOf(int gateway) const { return Cat(folder_, "/diary-", gateway); }

  std::unique_ptr<GatewayLife> NewLife(int gateway) {
    return std::make_unique<GatewayLife>(address_, DiaryOf(gateway),
                                         Cat("g", gateway, ".", ++lives_), random_.Next() >> 8);
  }

  void OpenAccount(Client& client, int64_t number) {
    account::v1::CreateAccountRequest create;
    e2e::SetChange(Cat("create-", number), create.mutable_change());
    create.set_currency("CNY");
    e2e::SetCustomer(Cat("chaos-", number), create.add_subscription_id());
    ids_.push_back(e2e::Call(*client.accounts, &account::v1::Accounts::Stub::CreateAccount, create)
                       .account_id());
    TopUp(client, number, number < kRich ? kRichMicros : kPoorMicros);
    account::v1::PurchaseOfferRequest purchase;
    e2e::SetChange(Cat("purchase-", number), purchase.mutable_change());
    purchase.set_account_id(ids_.back());
    purchase.set_offer_id("sh-pay-per-use");
    e2e::Call(*client.accounts, &account::v1::Accounts::Stub::PurchaseOffer, purchase);
  }

  void TopUp(Client& client, int64_t number, int64_t micros) {
    const uint64_t id = ids_[static_cast<size_t>(number)];
    account::v1::TopUpRequest top_up;
    e2e::SetChange(Cat("top-up-", ++top_ups_), top_up.mutable_change());
    top_up.set_account_id(id);
    top_up.set_amount_micros(micros);
    top_up.set_currency("CNY");
    e2e::Call(*client.accounts, &account::v1::Accounts::Stub::TopUp, top_up);
    paid_in_[id] += micros;
  }

  ocs::Random& random_;
  const std::string folder_;
  std::string address_ = "127.0.0.1:0";
  std::optional<ServerProcess> server_;
  Follower follower_;
  std::vector<std::unique_ptr<GatewayLife>> gateways_;
  std::optional<size_t> stalled_;
  std::vector<uint64_t> ids_;
  std::map<uint64_t, int64_t> paid_in_;
  int64_t top_ups_ = 0;
  int64_t lives_ = 0;
  int64_t server_kills_ = 0;
  int64_t gateway_kills_ = 0;
};

int EventCount() {
  const char* text = std::getenv("OCS_CHAOS_EVENTS");
  return text == nullptr ? kEvents : std::atoi(text);
}

// That the run was what its name says.
void CheckChaos(Street& street, const Notes& notes) {
  std::cout << street.server_kills() << " kills of the server, " << street.gateway_kills()
            << " of gateways, " << notes.requests.size() << " requests\n";
  for (const char* way :
       {"sent twice at once", "given up early", "cancelled", "out of order", "sent late",
        "fell silent", "used more than granted", "left to the supervision timer"}) {
    const auto found = notes.tallies.find(way);
    const int64_t count = found == notes.tallies.end() ? 0 : found->second;
    std::cout << way << ": " << count << "\n";
    INFO(way);
    CHECK(count > 0);
  }
  std::map<wire::ResultCode, int64_t> results;
  int64_t unanswered = 0;
  for (const auto& [key, noted] : notes.requests) {
    CHECK(noted.refused == 0);
    if (!noted.answered) {
      ++unanswered;
      continue;
    }
    wire::CreditControlAnswer answer;
    REQUIRE(answer.ParseFromString(noted.answer));
    ++results[answer.result_code()];
  }
  for (const auto& [code, count] : results)
    std::cout << wire::ResultCode_Name(code) << ": " << count << "\n";
  std::cout << unanswered << " never answered, " << street.supervised()
            << " sessions ended by the supervision timer\n";
  CHECK(results[wire::DIAMETER_SUCCESS] > 0);
  CHECK(results[wire::DIAMETER_CREDIT_LIMIT_REACHED] > 0);
  CHECK(street.supervised() > 0);
  CHECK(street.server_kills() > 0);
  CHECK(street.gateway_kills() > 0);
}

}  // namespace

TEST_CASE("After chaos no account is charged twice or below its limit, and the books balance",
          "[chaos][crash]") {
  OCS_SEEDED_RANDOM(random, 20'261'129);
  std::cout << "seed " << random_seed << ": OCS_SEED=" << random_seed << " replays it\n";
  const ocs::testing::TempDir folder;
  Street street(random, folder.Path(""));
  for (int i = 0; i < EventCount(); ++i) street.Happen();
  street.BecomeCalm();
  const Notes notes = street.ReadDiaries();
  CHECK(notes.faults == std::vector<std::string>());
  CheckChaos(street, notes);
  Client client(street.server().channel());
  const std::vector<Record> records = ReadRecords(client);
  CheckCharges(notes, records);
  CheckRecordsWhole(notes, records);
  CheckAccounts(client, street.paid_in(), records);
  std::cout << CheckRepeats(client, notes) << " answers came again byte for byte, "
            << records.size() << " records\n";
  CHECK(ReadRecords(client).size() == records.size());
  CHECK(street.server().Stop(SIGTERM).exit_code == 0);
  const std::string inspect = std::string(OCS_INSPECT) + " " + street.store();
  CHECK(std::system((inspect + " > " + folder.Path("verdict") + " 2>&1").c_str()) == 0);
  INFO(e2e::ReadText(folder.Path("verdict")));
  CHECK(e2e::ReadText(folder.Path("verdict")).find("verdict: OK") != std::string::npos);
}

}  // namespace ocs::chaos
