// While one group is on its way to the disk the next is decided: a short script in every order of
// submitting, deciding and writing, and the process ending at every point of each.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/engine/books.h"
#include "tests/engine/catalogues.h"
#include "tests/engine/script.h"

namespace ocs::engine::tests {
namespace {

constexpr int kCalls = 5;

/// Five requests of one account whose order matters: two ask for all there is.
class Scene final {
 public:
  Scene(const balance::Store& prepared, AccountId account, EngineOptions options)
      : store_(CopyOf(prepared)), account_(account), options_(std::move(options)) {
    Open();
  }

  void Open() {
    engine_.reset();
    worker_.DropAll();
    writer_.DropAll();
    auto engine = Engine::Open(
        options_, {{.store = store_.get(), .worker = &worker_, .writer = &writer_}}, &clock_);
    REQUIRE(engine.ok());
    engine_ = *std::move(engine);
  }

  void Submit(int index) {
    calls_[index] = std::make_unique<Kept<CreditControlCall>>();
    CreditControlRequest& request = calls_[index]->request;
    static constexpr const char* kSessions[kCalls] = {"s", "t", "s", "e", "s"};
    static constexpr RequestType kTypes[kCalls] = {RequestType::kInitial, RequestType::kInitial,
                                                   RequestType::kUpdate, RequestType::kEvent,
                                                   RequestType::kTermination};
    request.session_id = kSessions[index];
    request.type = kTypes[index];
    request.number = static_cast<uint32_t>(index);
    request.account = account_;
    request.service_context_id = "ai-tokens.v1@test";
    if (request.type == RequestType::kEvent) request.action = RequestedAction::kDirectDebiting;
    ServiceRequest service;
    service.rating_group = 1;
    service.model = "plain";
    service.requests_quota = index < 3;
    service.requested = {{TokenKind::kOutput, index == 2 ? 50 : 300}};
    service.has_used = index >= 2;
    if (service.has_used) service.used = {{TokenKind::kOutput, 10 * index}};
    request.services.push_back(service);
    engine_->Submit(calls_[index].get());
  }
  bool Decide() { return worker_.RunOne(); }
  bool Write() { return writer_.RunOne(); }
  void Finish() {
    while (Decide() || Write()) {
    }
  }

  bool done(int index) const { return calls_[index] != nullptr && calls_[index]->done; }
  std::string answer(int index) const {
    REQUIRE(calls_[index]->status.ok());
    std::string bytes;
    EncodeAnswer(calls_[index]->answer, &bytes);
    return bytes;
  }
  const balance::Store& store() const { return *store_; }

 private:
  std::shared_ptr<balance::Store> store_;
  AccountId account_;
  const EngineOptions options_;
  ocs::tests::ManualExecutor worker_;
  ocs::tests::ManualExecutor writer_;
  ocs::tests::ManualClock clock_{Instant{1'779'000'100'000}};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Kept<CreditControlCall>> calls_[kCalls];
};

/// The requests in the journal, as "session/number".
std::map<std::string, int> RequestsIn(const balance::Store& store) {
  std::map<std::string, int> requests;
  ForEachEntry(store, [&](const balance::EntryView& entry) {
    if (entry.key.type == balance::EntryKey::Type::kRequest)
      ++requests[Cat(entry.key.text, "/", entry.key.number)];
  });
  return requests;
}

/// Everything that is answered is in the journal, at most once.
void CheckDurable(const Scene& scene) {
  static constexpr const char* kNames[kCalls] = {"s/0", "t/1", "s/2", "e/3", "s/4"};
  const std::map<std::string, int> requests = RequestsIn(scene.store());
  for (int i = 0; i < kCalls; ++i) {
    const auto found = requests.find(kNames[i]);
    if (scene.done(i)) REQUIRE(found != requests.end());
    if (found != requests.end()) REQUIRE(found->second == 1);
  }
}

/// Ends the process, opens again, repeats all, and compares with the answers of a calm run. Answers
/// name places in the journal, which depend on how requests met in groups: without these they are
/// equal.
void CrashAndRepeat(Scene& scene) {
  std::map<int, std::string> answered;
  for (int i = 0; i < kCalls; ++i) {
    if (scene.done(i)) answered[i] = scene.answer(i);
  }
  scene.Open();
  for (int i = 0; i < kCalls; ++i) {
    scene.Submit(i);
    scene.Finish();
    REQUIRE(scene.done(i));
    if (answered.count(i) != 0) REQUIRE(scene.answer(i) == answered[i]);
  }
  CheckDurable(scene);
  REQUIRE(RequestsIn(scene.store()).size() == kCalls);
  const Totals totals = TotalsOf(scene.store());
  CHECK(totals.records == 3);
  // 20 + 30 + 40 tokens at 3 micros.
  CHECK(totals.Of(LedgerAccount::kEarned) == 270);
}

class Explorer final {
 public:
  Explorer(const balance::Store& prepared, AccountId account, EngineOptions options)
      : prepared_(prepared), account_(account), options_(std::move(options)) {}

  /// Tries every order; a path is a text of 's'ubmit, 'd'ecide, 'w'rite. Returns how many.
  int64_t Explore() {
    Extend("");
    return paths_;
  }

 private:
  void Extend(const std::string& path) {
    Scene scene(prepared_, account_, options_);
    int submitted = 0;
    bool possible = true;
    for (const char step : path) {
      if (step == 's') scene.Submit(submitted++);
      if (step == 'd') possible = scene.Decide();
      if (step == 'w') possible = scene.Write();
    }
    if (!possible) return;  // Such a step was not there to take.
    INFO("path " << path);
    CheckDurable(scene);
    ++paths_;
    CrashAndRepeat(scene);
    if (submitted < kCalls) Extend(path + 's');
    // Longer tails only repeat what shorter ones did.
    if (path.size() < 11) {
      Extend(path + 'd');
      Extend(path + 'w');
    }
  }

  const balance::Store& prepared_;
  AccountId account_;
  const EngineOptions options_;
  int64_t paths_ = 0;
};

TEST_CASE("every order of deciding and writing, and the end at every point", "[engine][crash]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=1200\nbuy A pay");
  CHECK(Explorer(*h.store, script.account("A"), {}).Explore() > 1'000);
  // The same where small groups are written by who decides them.
  EngineOptions here;
  here.written_here_entries_max = 2;
  CHECK(Explorer(*h.store, script.account("A"), here).Explore() > 100);
}

TEST_CASE("a small group is written and answered where it was decided, a larger one is not",
          "[engine][crash]") {
  Harness h;
  h.Publish(kSmallCatalogue);
  Script script(h);
  script.Run("account A money=1200\nbuy A pay");
  EngineOptions here;
  here.written_here_entries_max = 2;
  Scene scene(*h.store, script.account("A"), here);
  scene.Submit(0);
  REQUIRE(scene.Decide());
  CHECK(scene.done(0));
  CHECK_FALSE(scene.Write());
  for (int i = 1; i < kCalls; ++i) scene.Submit(i);
  while (scene.Decide()) {
  }
  CHECK_FALSE(scene.done(kCalls - 1));
  REQUIRE(scene.Write());
  for (int i = 1; i < kCalls; ++i) CHECK(scene.done(i));
}

}  // namespace
}  // namespace ocs::engine::tests
