#include "tests/simulation/simulation.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "ocs/base/random.h"
#include "ocs/base/text.h"
#include "tests/simulation/books_check.h"
#include "tests/simulation/intent.h"
#include "tests/simulation/workload.h"
#include "tests/simulation/world.h"

namespace ocs::simulation {
namespace {

// Answers that end nothing: the client asks again.
bool IsForLater(const std::string& outcome) {
  return outcome.rfind("UNAVAILABLE", 0) == 0 || outcome.rfind("ABORTED", 0) == 0 ||
         outcome.rfind("RESOURCE_EXHAUSTED", 0) == 0;
}

// An intent that was answered for good, and how.
struct Answered {
  std::shared_ptr<Intent> intent;
  std::string outcome;
};

// One gateway or operator: asks for one thing at a time, until it is answered.
struct Client {
  std::shared_ptr<Intent> intent;
  std::unique_ptr<Attempt> attempt;  ///< Null: not asked yet, or the process died.
  bool again = false;                ///< The intent was answered before: `expected` says how.
  std::string expected;
};

class Life final {
 public:
  explicit Life(const SimulationOptions& options)
      : options_(options),
        random_(options.seed),
        world_(random_, options.shards),
        workload_(random_, options.shards) {}

  SimulationResult Run() {
    Start();
    for (const auto& intent : workload_.Beginning()) RunToEnd(intent);
    for (int64_t step = 0; step < options_.steps && result_.faults.empty(); ++step) {
      world_.clock().Set(world_.clock().Now().PlusMillis(random_.Below(40)));
      Happen();
    }
    if (result_.faults.empty()) End();
    return std::move(result_);
  }

 private:
  void Fault(std::string what) { result_.faults.push_back(std::move(what)); }

  void Start() {
    const absl::Status started = world_.Start();
    if (!started.ok()) Fault(Cat("law 1: does not start: ", FromAbsl(started.message())));
  }

  void Happen() {
    const int64_t what = random_.Below(1'000);
    if (what < 520) {
      world_.Step(random_);
    } else if (what < 930) {
      Client& client = clients_[static_cast<size_t>(random_.Below(kClients))];
      if (client.intent == nullptr) Choose(&client);
      if (client.attempt == nullptr) Ask(&client);
    } else if (what < 960) {
      world_.engine().Tick();
    } else if (what < 985) {
      MoveClock();
    } else if (what < 991) {
      AnyDisk().FailWrite(
          random_.Between(1, 3),
          random_.OneIn(2) ? testing::WriteFault::kRefused : testing::WriteFault::kUncertain,
          absl::UnavailableError("the disk is full"));
      ++result_.write_failures;
    } else if (what < 993) {
      AnyDisk().FailRead(random_.Between(1, 3), absl::DataLossError("the disk is old"));
    } else {
      Crash();
    }
    for (Client& client : clients_) Collect(&client);
    if (result_.faults.empty() && !world_.engine().health().ok()) CheckStopped();
  }

  testing::FaultyStore& AnyDisk() {
    const size_t count = world_.shard_count();
    return world_.faults(
        count == 1 ? 0 : static_cast<size_t>(random_.Below(static_cast<int64_t>(count))));
  }

  // Groups that are durable, of all shards.
  uint64_t Durable() const {
    uint64_t groups = 0;
    for (size_t i = 0; i < world_.shard_count(); ++i)
      groups += world_.engine().statistics(ShardId{static_cast<uint16_t>(i)}).durable_group;
    return groups;
  }

  void MoveClock() {
    switch (random_.Below(8)) {
      case 0:  // A clock that is set back: logged time does not follow.
        world_.clock().AdvanceSeconds(-random_.Below(3'600));
        return;
      case 1:  // Days: packages end. What was answered then may be forgotten.
        world_.RunAll(random_);
        for (Client& client : clients_) Collect(&client);
        world_.clock().AdvanceSeconds(random_.Between(1, 40) * 86'400);
        answered_.clear();
        // Also what was asked for and perhaps done: it might be forgotten before it is asked again.
        for (Client& client : clients_) {
          if (client.attempt == nullptr) client = Client{};
        }
        return;
      default:
        world_.clock().AdvanceSeconds(random_.Below(1'500));
    }
  }

  void Choose(Client* client) {
    *client = Client{};
    if (!answered_.empty() && random_.OneIn(4)) {
      const Answered& known =
          answered_[static_cast<size_t>(random_.Below(static_cast<int64_t>(answered_.size())))];
      client->intent = known.intent;
      client->again = true;
      client->expected = known.outcome;
      ++result_.repeats;
      return;
    }
    // Sometimes a second gateway sends what the first has not been answered yet.
    const Client& other = clients_[static_cast<size_t>(random_.Below(kClients))];
    if (random_.OneIn(12) && other.attempt != nullptr && !other.again) {
      client->intent = other.intent;
      return;
    }
    client->intent = workload_.Next();
  }

  void Ask(Client* client) {
    client->attempt = client->intent->begin();
    world_.engine().Submit(client->attempt->operation());
  }

  void Collect(Client* client) {
    if (client->attempt == nullptr || !client->attempt->done) return;
    const std::string outcome = client->attempt->Outcome();
    if (IsForLater(outcome)) {
      client->attempt.reset();
      return;
    }
    ++result_.answered;
    if (client->again && outcome != client->expected)
      Fault(Cat("law 2: the repeat of '", client->intent->name, "' had another answer"));
    if (!client->again) Learn(*client, outcome);
    *client = Client{};
  }

  // Two gateways may have sent the same: their answers must be the same, too.
  void Learn(const Client& client, const std::string& outcome) {
    for (const Answered& known : answered_) {
      if (known.intent != client.intent) continue;
      if (known.outcome != outcome)
        Fault(Cat("law 2: '", client.intent->name, "' was answered in two ways"));
      return;
    }
    if (!client.intent->recorded(outcome)) return;
    client.intent->learn(*client.attempt);
    answered_.push_back({client.intent, outcome});
    if (answered_.size() > kRememberedMax) answered_.erase(answered_.begin());
  }

  // Law 9: after a failed write nothing new is answered, until a restart finds the truth.
  void CheckStopped() {
    const std::shared_ptr<Intent> intent = workload_.Next();
    const std::unique_ptr<Attempt> late = intent->begin();
    world_.engine().Submit(late->operation());
    world_.RunAll(random_);
    if (!late->done || !IsForLater(late->Outcome()))
      Fault(Cat("law 9: '", intent->name, "' was answered after a failed write"));
    if (world_.writes_after_failure() != 0) Fault("law 9: the shard wrote after a failed write");
    for (Client& client : clients_) Collect(&client);
    Crash();
  }

  void Crash() {
    ++result_.crashes;
    world_.Kill();
    for (Client& client : clients_) client.attempt.reset();
    Start();
  }

  void RunToEnd(const std::shared_ptr<Intent>& intent) {
    clients_[0].intent = intent;
    while (clients_[0].intent != nullptr && result_.faults.empty()) {
      if (clients_[0].attempt == nullptr) Ask(&clients_[0]);
      world_.RunAll(random_);
      Collect(&clients_[0]);
    }
  }

  // What is outstanding is asked until it is answered; then a last crash, and every answer that was
  // ever given is asked for again.
  void End() {
    Crash();
    for (Client& client : clients_) {
      if (client.intent == nullptr || !result_.faults.empty()) continue;
      clients_[0] = std::exchange(client, Client{});
      while (clients_[0].intent != nullptr && result_.faults.empty()) {
        if (clients_[0].attempt == nullptr) Ask(&clients_[0]);
        world_.RunAll(random_);
        Collect(&clients_[0]);
      }
    }
    if (!result_.faults.empty()) return;
    // What is due is done now, so that nothing but a repeat could change the journal. Ticks look
    // for whole seconds: at the end of one nothing is due that they have not seen.
    const Instant end = std::max(world_.clock().Now(), ReadBooks(world_.disks()).logged_at);
    world_.clock().Set(Instant{(end.unix_ms / 1'000 + 1) * 1'000});
    uint64_t before = 0;
    do {
      before = Durable();
      world_.engine().Tick();
      world_.RunAll(random_);
    } while (Durable() != before);
    // With nothing to do, states are written back, and what is over the bound leaves the memory.
    for (int tick = 0; tick < kIdleTicks; ++tick) {
      world_.engine().Tick();
      world_.RunAll(random_);
    }
    int64_t cached = 0;  // In the shard that has most.
    for (size_t i = 0; i < world_.shard_count(); ++i) {
      const ShardId shard{static_cast<uint16_t>(i)};
      cached = std::max(cached, world_.engine().statistics(shard).cached_accounts);
    }
    const Books settled = ReadBooks(world_.disks());
    const std::string head = settled.head;
    const Instant now = world_.clock().Now().PlusMillis(-1'000);
    if (settled.next_due < now)
      return Fault(Cat("due work of account ", settled.due_account, " was not done: it was due ",
                       now.unix_ms - settled.next_due.unix_ms, " ms ago, and more"));
    if (settled.transferred != 0)
      return Fault(Cat("law 3: transfers between accounts lost or made ", settled.transferred));
    const std::vector<Answered> all = answered_;
    for (const Answered& known : all) {
      clients_[0] = {
          .intent = known.intent, .attempt = nullptr, .again = true, .expected = known.outcome};
      while (clients_[0].intent != nullptr && result_.faults.empty()) {
        if (clients_[0].attempt == nullptr) Ask(&clients_[0]);
        world_.RunAll(random_);
        Collect(&clients_[0]);
      }
    }
    // Law 8: what is idle does not stay.
    if (cached > world_.options().cached_accounts_max)
      Fault(Cat("law 8: ", cached, " accounts are kept in memory, ",
                world_.options().cached_accounts_max, " are allowed"));
    Books books = CheckBooks(world_.disks());
    if (books.head != head) Fault(Cat("law 2: repeats changed the journal: ", books.last_entry));
    result_.faults.insert(result_.faults.end(), books.faults.begin(), books.faults.end());
    result_.head = books.head;
    result_.entries = books.entries;
    result_.records = books.records;
  }

  static constexpr int64_t kClients = 6;
  static constexpr size_t kRememberedMax = 80;
  static constexpr int kIdleTicks = 4;

  const SimulationOptions options_;
  SimulationResult result_;
  Random random_;
  World world_;
  Workload workload_;
  std::array<Client, kClients> clients_;
  std::vector<Answered> answered_;
};

}  // namespace

SimulationResult Simulate(const SimulationOptions& options) { return Life(options).Run(); }

}  // namespace ocs::simulation
