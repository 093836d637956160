// The same service, obvious and slow: accounts of the small catalogue's model `plain`, in plain
// maps, with no journal, no cache, no groups. It predicts the words of every outcome.

#ifndef TESTS_PROPERTY_MODEL_LEDGER_H_
#define TESTS_PROPERTY_MODEL_LEDGER_H_

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ocs/base/text.h"
#include "ocs/base/time.h"

namespace ocs::engine::tests {

/// Input and output tokens; 0 is not there.
struct Tokens {
  int64_t input = 0;
  int64_t output = 0;
};

class ModelLedger final {
 public:
  static constexpr int64_t kInputPrice = 2;
  static constexpr int64_t kOutputPrice = 3;
  static constexpr int64_t kPackTokens = 1'000;
  static constexpr int64_t kFee = 10'000'000;
  static constexpr int64_t kSupervisionMillis = 1'200'000;
  static constexpr int64_t kPackMillis = 30LL * 86'400'000;

  void SetTime(Instant now) { now_ = std::max(now_, now); }

  void Create(const std::string& name, int64_t money) { accounts_[name].money = money; }
  std::string TopUp(const std::string& name, int64_t amount) {
    accounts_[name].money += amount;
    return Cat("ok available=", accounts_[name].money);
  }
  std::string Buy(const std::string& name) {
    Account& account = accounts_[name];
    if (account.money < kFee) return "FAILED_PRECONDITION";
    account.money -= kFee;
    account.spent += kFee;
    account.packs.push_back(
        {.id = account.next_pack, .until = {now_.unix_ms + kPackMillis}, .available = kPackTokens});
    return Cat("ok fee=", kFee, " bucket=", account.next_pack++);
  }

  /// `asked` null: no quota is asked for.
  std::string Initial(const std::string& id, const std::string& name, const Tokens* asked) {
    Account& account = accounts_[name];
    if (account.sessions.count(id) != 0) return "5012 field=cc_request_type";
    Session session;
    const std::string grant = asked == nullptr ? " 2001" : Grant(account, session, *asked);
    if (grant == " 4012") return "4012";
    session.ends = {now_.unix_ms + kSupervisionMillis};
    account.sessions[id] = session;
    return Cat("2001 | 1", grant);
  }
  std::string Update(const std::string& id, const std::string& name, const Tokens* asked,
                     const Tokens* used) {
    Account& account = accounts_[name];
    const auto found = account.sessions.find(id);
    if (found == account.sessions.end()) return "5002 field=session_id";
    Session& session = found->second;
    session.ends = {now_.unix_ms + kSupervisionMillis};
    std::string tail;
    const bool touched = asked != nullptr || used != nullptr;
    if (touched) Release(account, session);
    if (used != nullptr) tail = Charge(account, session, *used, session.granted);
    std::string grant = " 2001";
    if (touched) session.granted = {};
    if (asked != nullptr) grant = Grant(account, session, *asked);
    return Cat("2001 cost=", session.cost, " | 1", grant, tail);
  }
  std::string Terminate(const std::string& id, const std::string& name, const Tokens& used) {
    Account& account = accounts_[name];
    const auto found = account.sessions.find(id);
    if (found == account.sessions.end()) return "5002 field=session_id";
    Session& session = found->second;
    Release(account, session);
    const std::string tail = Charge(account, session, used, session.granted);
    const int64_t cost = session.cost;
    account.sessions.erase(found);
    return Cat("2001 cost=", cost, " | 1 2001", tail);
  }

  /// What time ends.
  void Tick() {
    for (auto& [name, account] : accounts_) {
      for (auto session = account.sessions.begin(); session != account.sessions.end();) {
        if (session->second.ends > now_) {
          ++session;
          continue;
        }
        Release(account, session->second);
        session = account.sessions.erase(session);
      }
      for (Pack& pack : account.packs) {
        if (pack.until > now_) continue;
        pack.gone = pack.held == 0;
        if (pack.available != 0) pack.expired += std::exchange(pack.available, 0);
      }
      std::erase_if(account.packs, [](const Pack& pack) { return pack.gone; });
    }
  }

  /// When the next pack ends; Never() when there is none.
  Instant NextEnd() const {
    Instant end = Instant::Never();
    for (const auto& [name, account] : accounts_) {
      for (const Pack& pack : account.packs) end = std::min(end, pack.until);
    }
    return end;
  }

  /// Every figure of an account.
  std::string View(const std::string& name) const {
    const Account& account = accounts_.at(name);
    std::string text =
        Cat("money ", account.money, " held ", account.held, " spent ", account.spent);
    for (const Pack& pack : account.packs)
      text +=
          Cat("; pack ", pack.id, " ", pack.available, " held ", pack.held, " spent ", pack.spent);
    for (const auto& session : account.sessions) text += Cat("; ", session.first);
    return text;
  }

 private:
  struct Pack {
    uint32_t id = 0;
    Instant until;
    int64_t available = 0;
    int64_t held = 0;
    int64_t spent = 0;
    int64_t expired = 0;
    bool gone = false;
  };
  struct Session {
    Instant ends;
    Tokens granted;
    int64_t cost = 0;
    int64_t money_held = 0;
    std::map<uint32_t, int64_t> packs_held;
    std::map<uint32_t, int64_t> just_released;  ///< What an ended pack still gives to one report.
  };
  struct Account {
    int64_t money = 0;
    int64_t held = 0;
    int64_t spent = 0;
    uint32_t next_pack = 2;
    std::vector<Pack> packs;  ///< Oldest first: all have one length.
    std::map<std::string, Session> sessions;
  };

  static void Release(Account& account, Session& session) {
    account.money += session.money_held;
    account.held -= std::exchange(session.money_held, 0);
    session.just_released.clear();
    for (Pack& pack : account.packs) {
      const auto held = session.packs_held.find(pack.id);
      if (held == session.packs_held.end()) continue;
      pack.available += held->second;
      pack.held -= held->second;
      session.just_released[pack.id] = held->second;
    }
    session.packs_held.clear();
  }

  /// What a pack gives: all it has while it lasts, then only what was held for this session.
  int64_t Gives(const Pack& pack, const Session& session) const {
    if (now_ < pack.until) return std::max<int64_t>(pack.available, 0);
    const auto released = session.just_released.find(pack.id);
    return released == session.just_released.end() ? 0 : released->second;
  }

  /// Charges token by token, input first: packs, oldest first, then money, even what is not there.
  std::string Charge(Account& account, Session& session, const Tokens& used,
                     const Tokens& granted) {
    bool overshoot = used.input > granted.input || used.output > granted.output;
    int64_t charged = 0;
    int64_t drawn = 0;
    for (const auto& [count, price] :
         {std::pair(used.input, kInputPrice), std::pair(used.output, kOutputPrice)}) {
      int64_t left = count;
      for (Pack& pack : account.packs) {
        const int64_t taken = std::min(left, Gives(pack, session));
        pack.available -= taken;
        pack.spent += taken;
        if (now_ >= pack.until && taken > 0) session.just_released[pack.id] -= taken;
        left -= taken;
        drawn += taken;
      }
      const int64_t affordable = std::max<int64_t>(account.money, 0) / price;
      overshoot = overshoot || left > affordable;
      charged += left * price;
      account.money -= left * price;
      account.spent += left * price;
    }
    session.cost += charged;
    return Cat(charged != 0 ? Cat(" charged=", charged) : "",
               drawn != 0 ? Cat(" drawn=", drawn) : "", overshoot ? " overshoot" : "");
  }

  /// Holds what was asked for: the input whole or nothing, the output as far as it goes.
  std::string Grant(Account& account, Session& session, const Tokens& asked) {
    std::vector<int64_t> packs;
    int64_t pack_tokens = 0;
    for (const Pack& pack : account.packs) {
      packs.push_back(now_ < pack.until ? std::max<int64_t>(pack.available, 0) : 0);
      pack_tokens += packs.back();
    }
    const int64_t input_from_packs = std::min(asked.input, pack_tokens);
    int64_t money = std::max<int64_t>(account.money, 0);
    if ((asked.input - input_from_packs) * kInputPrice > money) return " 4012";
    money -= (asked.input - input_from_packs) * kInputPrice;
    const int64_t most = pack_tokens - input_from_packs + money / kOutputPrice;
    const int64_t output = std::min(asked.output, most);
    if (output == 0 && asked.output > 0) return " 4012";
    int64_t tokens = asked.input + output;
    for (size_t i = 0; i < packs.size(); ++i) {
      const int64_t taken = std::min(tokens, packs[i]);
      account.packs[i].available -= taken;
      account.packs[i].held += taken;
      if (taken > 0) session.packs_held[account.packs[i].id] = taken;
      tokens -= taken;
    }
    const int64_t input_from_money = asked.input - input_from_packs;
    session.money_held =
        input_from_money * kInputPrice + (tokens - input_from_money) * kOutputPrice;
    account.money -= session.money_held;
    account.held += session.money_held;
    session.granted = {.input = asked.input, .output = output};
    std::string text = " 2001 granted=";
    if (asked.input > 0) text += Cat("input:", asked.input, output > 0 ? "," : "");
    if (output > 0) text += Cat("output:", output);
    if (asked.input == 0 && output == 0) text += "none";
    return Cat(text, output < asked.output ? " final" : "");
  }

  Instant now_;
  std::map<std::string, Account> accounts_;
};

}  // namespace ocs::engine::tests

#endif  // TESTS_PROPERTY_MODEL_LEDGER_H_
