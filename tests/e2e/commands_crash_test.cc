// The real server killed again and again while clients send commands of every kind, several at
// once. What was not answered is sent again with the same bytes. At the end every answer must come
// again byte for byte, and the money, the records and the laws must be what the answers say.
//
// OCS_SEED=n replays a run, as far as the machine's speed repeats who comes first.

#include <grpcpp/generic/generic_stub.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "ocs/base/random.h"
#include "ocs/runtime/system_clock.h"
#include "tests/e2e/client.h"
#include "tests/e2e/commands.h"
#include "tests/e2e/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace ocs::e2e {
namespace {

constexpr int kWorkers = 8;
constexpr int kKills = 10;
constexpr int64_t kAnswersPerLife = 3000;      // At most, between two kills.
constexpr int64_t kAnswersPerChargeMax = 150;  // Else too little is charged to compare.

struct Reply {
  grpc::Status status;
  std::string bytes;
};

// The bytes as they travel: nothing is lost in a message that does not know a field.
Reply Send(const std::shared_ptr<grpc::Channel>& channel, const Command& command) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  const grpc::Slice slice(command.request);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, command.method, grpc::StubOptions(), &request, &response,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  Reply reply{.status = done.get_future().get(), .bytes = {}};
  if (!reply.status.ok()) return reply;
  std::vector<grpc::Slice> slices;
  if (!response.Dump(&slices).ok()) {
    reply.status = grpc::Status(grpc::StatusCode::INTERNAL, "the answer cannot be read");
    return reply;
  }
  for (const grpc::Slice& part : slices)
    reply.bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  return reply;
}

// Whether it was done is not known.
bool IsUnanswered(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::CANCELLED ||
         status.error_code() == grpc::StatusCode::ABORTED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

// What nobody who sends what the writer writes should ever be told.
bool IsFault(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return false;
    default:
      return !IsUnanswered(status);
  }
}

// What the workers, the follower and the killer share.
struct Floor {
  std::mutex mutex;
  std::condition_variable changed;
  CommandWriter* writer = nullptr;
  std::shared_ptr<grpc::Channel> channel;
  uint64_t life = 0;  // Counts the server's starts.
  int64_t answers = 0;
  bool over = false;      // No new commands.
  bool followed = false;  // The follower may end with its stream.
  bool given_up = false;  // The test has failed: there will be no other server.
  std::vector<std::shared_ptr<Command>> accepted;
  std::map<std::string, int64_t> accepted_by_kind;
  std::map<std::string, int64_t> refused_by_kind;
  int64_t sent_again = 0;
  std::vector<std::string> faults;
};

struct Line {
  std::shared_ptr<grpc::Channel> channel;
  uint64_t life = 0;
};

// Waits for a server that started after `life`; its channel is null when there will be none.
Line AwaitServer(Floor& floor, uint64_t life) {
  std::unique_lock lock(floor.mutex);
  floor.changed.wait(lock, [&] { return floor.life > life || floor.given_up; });
  return {floor.given_up ? nullptr : floor.channel, floor.life};
}

void Work(Floor& floor) {
  Line line = AwaitServer(floor, 0);
  while (line.channel != nullptr) {
    std::shared_ptr<Command> command;
    {
      const std::lock_guard lock(floor.mutex);
      if (floor.over) return;
      command = floor.writer->Next();
    }
    Reply reply = Send(line.channel, *command);
    while (IsUnanswered(reply.status)) {
      if (reply.status.error_code() == grpc::StatusCode::ABORTED) {  // Another is at it.
        reply = Send(line.channel, *command);
        continue;
      }
      line = AwaitServer(floor, line.life);
      if (line.channel == nullptr) return;
      {
        const std::lock_guard lock(floor.mutex);
        ++floor.sent_again;
      }
      reply = Send(line.channel, *command);
    }
    const std::lock_guard lock(floor.mutex);
    ++floor.answers;
    floor.changed.notify_all();
    if (IsFault(reply.status)) {
      floor.faults.push_back(command->kind + ": " + reply.status.error_message());
    } else if (!reply.status.ok()) {
      ++floor.refused_by_kind[command->kind];
    } else {
      ++floor.accepted_by_kind[command->kind];
      command->accepted = true;
      command->answer = reply.bytes;
      if (command->learn) command->learn(reply.bytes);
      if (command->recorded) floor.accepted.push_back(command);
    }
  }
}

// Reads records as they are made, acknowledges them, and goes on behind that after each kill.
struct Follower {
  // By shard, and there by local sequence number, from 1.
  std::map<uint32_t, std::vector<std::string>> seen_in;
  std::string fault;

  void Take(uint32_t shard, const records::Record& record) {
    std::vector<std::string>& seen = seen_in[shard];
    const uint64_t sequence = record.local_record_sequence_number();
    if (sequence == seen.size() + 1) {
      seen.push_back(record.SerializeAsString());
    } else if (sequence == 0 || sequence > seen.size()) {
      fault = "record " + std::to_string(sequence) + " follows " + std::to_string(seen.size());
    } else if (seen[sequence - 1] != record.SerializeAsString()) {
      fault = "record " + std::to_string(sequence) + " came again with other content";
    }
  }

  // One stream, to its end.
  void Follow(const Line& line) {
    const auto stub = records::Records::NewStub(line.channel);
    grpc::ClientContext context;
    records::StreamRecordsRequest request;
    request.set_consumer("follower");
    request.set_follow(true);
    request.set_records_max(50);
    const auto stream = stub->StreamRecords(&context, request);
    records::RecordBatch batch;
    while (stream->Read(&batch)) {
      for (const records::Record& record : batch.record()) Take(batch.shard(), record);
      grpc::ClientContext acknowledge;
      records::AcknowledgeRequest upto;
      upto.set_consumer("follower");
      upto.set_shard(batch.shard());
      *upto.mutable_position() = batch.position();
      records::AcknowledgeResponse done;
      if (!stub->Acknowledge(&acknowledge, upto, &done).ok()) context.TryCancel();
    }
    stream->Finish();
  }

  void Run(Floor& floor) {
    uint64_t life = 0;
    while (true) {
      const Line line = AwaitServer(floor, life);
      life = line.life;
      {
        const std::lock_guard lock(floor.mutex);
        if (floor.followed || line.channel == nullptr) return;
      }
      Follow(line);
    }
  }
};

// The threads. They end with it, also when the test has failed in the middle.
class Crew final {
 public:
  Crew(Floor& floor, Follower& follower) : floor_(floor) {
    for (int i = 0; i < kWorkers; ++i) workers_.emplace_back([&floor] { Work(floor); });
    following_ = std::thread([&floor, &follower] { follower.Run(floor); });
  }
  ~Crew() {
    {
      const std::lock_guard lock(floor_.mutex);
      floor_.given_up = true;
      floor_.changed.notify_all();
    }
    EndWork();
    EndFollowing();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Lets each command that is under way be answered.
  void EndWork() {
    {
      const std::lock_guard lock(floor_.mutex);
      floor_.over = true;
    }
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
  }

  void EndFollowing() {
    if (following_.joinable()) following_.join();
  }

 private:
  Floor& floor_;
  std::vector<std::thread> workers_;
  std::thread following_;
};

std::vector<records::Record> ReadRecords(Client& client,
                                         std::map<uint32_t, std::vector<std::string>>* by_shard) {
  grpc::ClientContext context;
  std::vector<records::Record> all;
  const auto stream = client.cdrs->StreamRecords(&context, records::StreamRecordsRequest());
  records::RecordBatch batch;
  while (stream->Read(&batch)) {
    all.insert(all.end(), batch.record().begin(), batch.record().end());
    std::vector<std::string>& of_shard = (*by_shard)[batch.shard()];
    for (const records::Record& record : batch.record()) {
      of_shard.push_back(record.SerializeAsString());
      REQUIRE(record.local_record_sequence_number() == of_shard.size());
    }
  }
  REQUIRE(stream->Finish().ok());
  return all;
}

// How a program ended that was run with these arguments, and what it said.
Ended RunTool(const std::string& command) {
  Ended ended;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  size_t count = 0;
  while ((count = ::fread(buffer.data(), 1, buffer.size(), pipe)) > 0)
    ended.output.append(buffer.data(), count);
  const int status = ::pclose(pipe);
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
  return ended;
}

void Serve(Floor& floor, const ServerProcess& server) {
  const std::lock_guard lock(floor.mutex);
  floor.channel = server.channel();
  ++floor.life;
  floor.changed.notify_all();
}

// Lets the workers go on until so many more are answered, then kills the server. It is a moment in
// which up to kWorkers commands are under way.
void KillAfter(Floor& floor, ServerProcess& server, int64_t answers) {
  std::unique_lock lock(floor.mutex);
  const int64_t until = floor.answers + answers;
  const auto enough = [&] { return floor.answers >= until || !floor.faults.empty(); };
  while (!floor.changed.wait_for(lock, std::chrono::seconds(1), enough)) {
    if (!server.ended()) continue;
    const Ended ended = server.AwaitEnd();
    floor.faults.push_back("the server ended by itself, with " + std::to_string(ended.exit_code) +
                           ":\n" + ended.output);
    return;
  }
  lock.unlock();
  server.Stop(SIGKILL);
}

// Sends every accepted command once more.
void RepeatAll(const Floor& floor, const std::shared_ptr<grpc::Channel>& channel) {
  std::vector<std::thread> threads;
  std::vector<std::string> wrong(kWorkers);
  for (size_t w = 0; w < kWorkers; ++w) {
    threads.emplace_back([&, w] {
      for (size_t i = w; i < floor.accepted.size(); i += kWorkers) {
        const Command& command = *floor.accepted[i];
        const Reply reply = Send(channel, command);
        if (reply.status.ok() && reply.bytes == command.answer) continue;
        wrong[w] = command.kind + " " + command.key + ": " + reply.status.error_message();
        return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : wrong) CHECK(text == "");
}

/// What the records say, beside the answers.
struct Books {
  std::map<uint64_t, int64_t> main_micros;  // Charged to the main balance, refunds taken off.
  std::map<std::pair<std::string, uint32_t>, int64_t> money;  // By session and number.
};

Books Add(const std::vector<records::Record>& all) {
  Books books;
  for (const records::Record& record : all) {
    const int64_t sign = record.record_type() == records::REFUND ? -1 : 1;
    int64_t& of_request = books.money[{record.session_id(), record.cc_request_number()}];
    for (const records::RecordLine& line : record.line()) {
      if (line.unit() != "CNY") continue;
      of_request += sign * line.amount();
      if (line.bucket_id() == 1) books.main_micros[record.account_id()] += sign * line.amount();
    }
  }
  return books;
}

// The money that the answer to a command names as charged, and below 0 as given back.
std::optional<int64_t> ChargedBy(const Command& command) {
  if (command.kind == "purchase") {
    account::PurchaseOfferResponse response;
    REQUIRE(response.ParseFromString(command.answer));
    return response.fee_micros();
  }
  if (command.kind == "refund charge") {
    account::RefundChargeResponse response;
    REQUIRE(response.ParseFromString(command.answer));
    return -response.refunded_micros();
  }
  if (command.method.find("CreditControl") == std::string::npos) return std::nullopt;
  charging::CreditControlAnswer answer;
  REQUIRE(answer.ParseFromString(command.answer));
  if (command.kind == "refund account") return answer.cost_information().cost_micros();
  int64_t sum = 0;
  for (const auto& service : answer.multiple_services_credit_control())
    sum += service.charged_micros();
  return sum;
}

// Each answer's money stands in the records of its key, and no record is of a key that was not
// accepted but those of what is bought by itself.
void CheckRecords(const Floor& floor, const std::vector<records::Record>& all) {
  const Books books = Add(all);
  std::set<std::string> keys;
  int64_t charging = 0;
  for (const auto& command : floor.accepted) {
    keys.insert(command->key);
    const std::optional<int64_t> charged = ChargedBy(*command);
    if (!charged) continue;
    const auto found = books.money.find({command->key, command->number});
    const int64_t recorded = found == books.money.end() ? 0 : found->second;
    if (recorded != *charged) {
      INFO(command->kind << " " << command->key << " number " << command->number);
      CHECK(recorded == *charged);
    }
    charging += *charged != 0 ? 1 : 0;
  }
  // Most are refused credit, and how many were sent is up to the kills.
  CHECK(charging * kAnswersPerChargeMax > floor.answers);
  int64_t by_itself = 0;
  for (const records::Record& record : all) {
    if (keys.contains(record.session_id())) continue;
    ++by_itself;
    INFO("record " << record.record_id() << " of " << record.session_id());
    CHECK(record.record_type() == records::FEE);
  }
  std::cout << all.size() << " records, " << by_itself << " of fees taken by themselves\n";
}

std::vector<account::Notice> ReadNotices(Client& client) {
  std::vector<account::Notice> all;
  account::ListNoticesRequest request;
  while (true) {
    const auto page = Call(*client.accounts, &account::Accounts::Stub::ListNotices, request);
    const bool more = request.shard() + 1 < page.shard_count();
    all.insert(all.end(), page.notice().begin(), page.notice().end());
    if (!page.has_next_after() ||
        (request.has_after() && page.next_after().group() == request.after().group() &&
         page.next_after().index() == request.after().index())) {
      if (!more) return all;
      request.set_shard(request.shard() + 1);
      request.clear_after();
      continue;
    }
    *request.mutable_after() = page.next_after();
  }
}

// What transfers of money brought each account: each arrives once, or has come back.
std::map<uint64_t, int64_t> Received(Client& client, const CommandWriter& writer) {
  std::map<std::string, uint64_t> by_id;
  for (const account::Notice& notice : ReadNotices(client)) {
    if (notice.type() != "transfer received") continue;
    INFO(notice.name());
    CHECK(by_id.emplace(notice.name(), notice.account_id()).second);
  }
  std::map<uint64_t, int64_t> received;
  int64_t arrived = 0;
  for (const auto& [id, sent] : writer.sent()) {
    const auto found = by_id.find(id);
    const bool has_arrived = found != by_id.end();
    INFO("transfer " << id);
    if (has_arrived) CHECK(found->second == sent.to);
    arrived += has_arrived ? 1 : 0;
    received[has_arrived ? sent.to : sent.from] += sent.micros;
  }
  std::cout << writer.sent().size() << " transfers of money, " << arrived << " arrived\n";
  CHECK(arrived > 0);
  return received;
}

// "bucket 1 transferred +11.30039 CNY" -> 11300390.
int64_t MicrosOf(const std::string& posting, const std::string& prefix) {
  if (posting.rfind(prefix, 0) != 0) return 0;
  std::string digits = posting.substr(prefix.size());
  digits = digits.substr(0, digits.find(' '));
  std::erase(digits, ',');
  const bool below_zero = !digits.empty() && digits[0] == '-';
  const size_t point = std::min(digits.find('.'), digits.size());
  std::string fraction = digits.substr(std::min(point + 1, digits.size()));
  fraction.resize(6, '0');
  const int64_t part = std::stoll(fraction);
  return std::stoll(digits.substr(0, point)) * 1'000'000 + (below_zero ? -part : part);
}

// What top-ups and vouchers of an account passed on to its packages of money that owed something.
int64_t PassedOn(Client& client, uint64_t id) {
  int64_t sum = 0;
  account::GetHistoryRequest request;
  request.set_account_id(id);
  request.set_items_max(1000);
  while (true) {
    const auto page = Call(*client.accounts, &account::Accounts::Stub::GetHistory, request);
    for (const account::HistoryItem& item : page.item()) {
      if (item.kind() != "top-up" && item.kind() != "voucher redeemed") continue;
      for (const std::string& posting : item.posting())
        sum += MicrosOf(posting, "bucket 1 transferred +");
    }
    if (!page.has_next_before()) return sum;
    *request.mutable_before() = page.next_before();
  }
}

// Money in = money out, for each account: its main balance is what its answers add up to.
void CheckMoney(Client& client, const CommandWriter& writer,
                const std::vector<records::Record>& all) {
  const Books books = Add(all);
  const std::map<uint64_t, int64_t> received = Received(client, writer);
  for (const auto& [id, account] : writer.accounts()) {
    const account::Account now = GetAccount(client, id);
    int64_t main = 0;
    for (const account::Bucket& bucket : now.bucket()) {
      if (bucket.bucket_id() == 1) main = bucket.available() + bucket.held();
    }
    int64_t expected = account.money_micros;
    if (const auto found = books.main_micros.find(id); found != books.main_micros.end())
      expected -= found->second;
    if (const auto found = received.find(id); found != received.end()) expected += found->second;
    // What is owed at closing is written off, what is forfeited is lost.
    if (account.closed && (expected < 0 || account.forfeited)) expected = 0;
    INFO("account " << id << ", " << now.state());
    if (main != expected) expected -= PassedOn(client, id);
    CHECK(main == expected);
  }
}

void CheckFollowed(const Follower& follower,
                   const std::map<uint32_t, std::vector<std::string>>& by_shard) {
  CHECK(follower.fault == "");
  size_t followed = 0;
  size_t made = 0;
  for (const auto& [shard, records] : by_shard) made += records.size();
  for (const auto& [shard, seen] : follower.seen_in) {
    const auto& records = by_shard.at(shard);
    REQUIRE(seen.size() <= records.size());
    followed += seen.size();
    for (size_t i = 0; i < seen.size(); ++i) REQUIRE(seen[i] == records[i]);
  }
  CHECK(followed > made / 2);
}

// What left one account reached another: in the sum over all accounts, of each unit.
void CheckNothingOnItsWay(const std::string& trial) {
  std::istringstream lines(trial);
  std::string line;
  std::map<std::string, int64_t> units;  // Over all shards.
  while (std::getline(lines, line)) {
    if (line.find(" transferred ") == std::string::npos) continue;
    std::istringstream words(line);
    const std::vector<std::string> cells{std::istream_iterator<std::string>(words), {}};
    REQUIRE(cells.size() > 2);
    units[cells.back()] += MicrosOf(cells[cells.size() - 2], "");
  }
  for (const auto& [unit, net] : units) {
    INFO(unit);
    CHECK(net == 0);
  }
  CHECK(units.size() >= 2);
}

void CheckMix(const Floor& floor) {
  constexpr std::array<const char*, 30> kKinds = {
      "publish",       "create account", "add identity",   "move identity",   "remove identity",
      "add node",      "change node",    "set limit",      "drop limit",      "set profile",
      "set state",     "close account",  "purchase",       "top up",          "cancel",
      "write off",     "adjust",         "refund charge",  "transfer",        "initial",
      "update",        "termination",    "direct debit",   "refund account",  "check balance",
      "price enquiry", "set switch",     "issue vouchers", "cancel vouchers", "redeem voucher"};
  for (const char* kind : kKinds) {
    const auto accepted = floor.accepted_by_kind.find(kind);
    const auto refused = floor.refused_by_kind.find(kind);
    std::cout << kind << ": " << (accepted == floor.accepted_by_kind.end() ? 0 : accepted->second)
              << " accepted, " << (refused == floor.refused_by_kind.end() ? 0 : refused->second)
              << " refused\n";
    INFO(kind);
    // Whether anything is owed that could be written off is up to the other commands.
    const bool may_be_refused = std::string_view(kind) == "write off";
    CHECK((accepted != floor.accepted_by_kind.end() ||
           (may_be_refused && refused != floor.refused_by_kind.end())));
  }
}

}  // namespace

namespace {

void KillAndCompare(const std::string& shards, int kills) {
  OCS_SEEDED_RANDOM(random, 20'261'121);
  std::cout << "seed " << random_seed << ": OCS_SEED=" << random_seed << " replays it\n";
  const ocs::testing::TempDir folder;
  const std::string store = folder.Path("store");
  const runtime::SystemClock clock;
  CommandWriter writer(random.Next(), clock,
                       {ReadText(OCS_CATALOGUE), ReadText(OCS_HABITS), ReadText(OCS_VENDORS)});
  Floor floor;
  floor.writer = &writer;
  Follower follower;
  Crew crew(floor, follower);
  for (int kill = 0; kill < kills; ++kill) {
    ServerProcess server(store, {"--shard-count", shards});
    Serve(floor, server);
    KillAfter(floor, server, random.OneIn(4) ? random.Below(9) : random.Below(kAnswersPerLife));
  }
  ServerProcess server(store, {"--shard-count", shards});
  Serve(floor, server);
  crew.EndWork();
  CHECK(floor.faults == std::vector<std::string>());
  std::cout << floor.answers << " answers, " << floor.sent_again << " commands sent again\n";
  CHECK(floor.sent_again >= kills);
  CheckMix(floor);
  Client client(server.channel());
  std::map<uint32_t, std::vector<std::string>> before;
  ReadRecords(client, &before);
  RepeatAll(floor, server.channel());
  std::map<uint32_t, std::vector<std::string>> by_shard;
  const std::vector<records::Record> all = ReadRecords(client, &by_shard);
  CHECK(by_shard == before);
  CheckRecords(floor, all);
  CheckMoney(client, writer, all);
  {
    const std::lock_guard lock(floor.mutex);
    floor.followed = true;
  }
  CHECK(server.Stop(SIGTERM).exit_code == 0);
  Serve(floor, server);  // Wakes the follower, who goes.
  crew.EndFollowing();
  CheckFollowed(follower, by_shard);
  const Ended proof = RunTool(std::string(OCS_INSPECT) + " " + store);
  INFO(proof.output);
  CHECK(proof.exit_code == 0);
  const Ended trial = RunTool(std::string(OCS_INSPECT) + " " + store + " trial");
  INFO(trial.output);
  CHECK(trial.exit_code == 0);
  CheckNothingOnItsWay(trial.output);
}

}  // namespace

TEST_CASE("Commands of every kind survive a server that is killed again and again",
          "[e2e][crash]") {
  KillAndCompare("1", kKills);
}

TEST_CASE("Commands of every kind survive kills of a server with several shards", "[e2e][crash]") {
  KillAndCompare("3", kKills / 2);
}

}  // namespace ocs::e2e
