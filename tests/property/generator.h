// Random rows of scripts (tests/engine/script.h): what gateways and operators may do, sensible or
// not.

#ifndef TESTS_PROPERTY_GENERATOR_H_
#define TESTS_PROPERTY_GENERATOR_H_

#include <string>
#include <vector>

#include "ocs/base/random.h"
#include "ocs/base/text.h"

namespace ocs::engine::tests {

/// Makes rows one after the other. Thread-compatible.
class Generator final {
 public:
  Generator(Random& random, int accounts) : random_(random), accounts_(accounts) {}

  /// The rows that make the accounts and give them something.
  std::vector<std::string> Beginning() {
    std::vector<std::string> rows;
    for (int i = 0; i < accounts_; ++i) {
      rows.push_back(Cat("account A", i, " money=", random_.Between(10'000'000, 40'000'000),
                         random_.OneIn(3) ? Cat(" limit=", random_.Between(1, 100'000)) : ""));
      rows.push_back(Cat("buy A", i, " ", Offer(), " key=first-", i));
    }
    return rows;
  }

  /// Something new that changes the books, or is refused.
  std::string Next() {
    switch (random_.Below(16)) {
      case 0:
        return Cat("top_up A", Account(), " ", random_.Between(1, 20'000), " key=t", ++made_);
      case 1:
        return Cat("buy A", Account(), " ", Offer(), " key=b", ++made_);
      case 2:
      case 3:
        return Event();
      case 4:
        return Refund();
      case 5:
      case 6:
      case 7:
      case 8:
        return Open();
      case 9:
      case 10:
        return Report("terminate");
      default:
        return Report("update");
    }
  }

 private:
  struct Session {
    std::string id;
    int64_t account;
    int64_t number;
  };
  int64_t Account() { return random_.Below(accounts_); }
  std::string Offer() {
    static constexpr const char* kOffers[] = {"pay", "pay", "pack", "pack-on", "bonus", "short"};
    return kOffers[random_.Below(6)];
  }
  std::string Model() {
    if (random_.OneIn(30)) return "nothing";
    if (random_.OneIn(30)) return "unsold";
    return random_.OneIn(2) ? "plain" : "odd";
  }
  std::string Amounts() {
    std::string text;
    if (random_.OneIn(2)) text += Cat("input:", random_.Below(300), ",");
    if (random_.OneIn(5)) text += Cat("cache_read:", random_.Below(300), ",");
    return text + Cat("output:", random_.OneIn(20) ? random_.Below(20'000) : random_.Below(400));
  }
  std::string Asked() {
    if (random_.OneIn(5)) return "any";
    return random_.OneIn(5) ? "_" : Amounts();
  }
  std::string Open() {
    sessions_.push_back({Cat("s", ++made_), Account(), 0});
    const Session& session = sessions_.back();
    std::string row = Cat("initial ", session.id, " 0 A", session.account);
    const int64_t services = random_.Between(1, 3);
    for (int64_t i = 1; i <= services; ++i) row += Cat(" ", i, "/", Model(), "/", Asked(), "/_");
    return row;
  }
  std::string Report(const std::string& verb) {
    if (sessions_.empty()) return Open();
    // The latest are likelier to be open.
    const auto count = static_cast<int64_t>(sessions_.size());
    const int64_t back = random_.Below(std::min<int64_t>(count, random_.OneIn(10) ? count : 12));
    Session& session = sessions_[static_cast<size_t>(count - 1 - back)];
    std::string row = Cat(verb, " ", session.id, " ", ++session.number, " A", session.account);
    const int64_t services = random_.Between(verb == "update" ? 1 : 0, 3);
    for (int64_t i = 1; i <= services; ++i) {
      row += Cat(" ", i, "/", random_.OneIn(2) ? "_" : Model(), "/", Asked(), "/",
                 random_.OneIn(6) ? "_" : Amounts());
    }
    charges_.push_back(Cat(session.account, " of=", session.id, ".", session.number));
    return row;
  }
  std::string Event() {
    const int64_t account = Account();
    // Some events go under the id of a session.
    const bool shared = !sessions_.empty() && random_.OneIn(5);
    std::string row;
    if (shared) {
      Session& session =
          sessions_[static_cast<size_t>(random_.Below(static_cast<int64_t>(sessions_.size())))];
      row = Cat("debit ", session.id, " ", ++session.number, " A", session.account);
      charges_.push_back(Cat(session.account, " of=", session.id, ".", session.number));
    } else {
      row = Cat("debit e", ++made_, " 0 A", account);
      charges_.push_back(Cat(account, " of=e", made_, ".0"));
    }
    const int64_t services = random_.Between(1, 2);
    for (int64_t i = 1; i <= services; ++i) row += Cat(" ", i, "/", Model(), "/_/", Amounts());
    return row;
  }
  std::string Refund() {
    if (charges_.empty()) return Event();
    const auto count = static_cast<int64_t>(charges_.size());
    return Cat("refund r", ++made_, " 0 A", charges_[static_cast<size_t>(random_.Below(count))]);
  }

  Random& random_;
  const int64_t accounts_;
  int64_t made_ = 0;
  std::vector<Session> sessions_;
  std::vector<std::string> charges_;
};

}  // namespace ocs::engine::tests

#endif  // TESTS_PROPERTY_GENERATOR_H_
