// Random commands of every kind that the services take, from one seed, and what their answers say:
// which accounts, nodes, sessions and charges there are for the commands that follow.

#ifndef TESTS_E2E_COMMANDS_H_
#define TESTS_E2E_COMMANDS_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ocs/base/random.h"
#include "ocs/base/time.h"
#include "tests/e2e/client.h"

namespace ocs::e2e {

/// One call with its key. Sent again with the same bytes until it is answered.
struct Command {
  std::string kind;      ///< "top up": for counting.
  std::string method;    ///< "/ocs.account.v1.Accounts/TopUp".
  std::string request;   ///< Its bytes.
  bool recorded = true;  ///< An enquiry is not: it may be answered otherwise later.
  std::string key;       ///< Of a change, or the session's id.
  uint64_t account = 0;
  uint32_t number = 0;  ///< CC-Request-Number.
  /// Takes what a successful answer says. Called by whoever owns the writer.
  std::function<void(const std::string& answer)> learn;
  bool accepted = false;
  std::string answer = {};  ///< Its bytes, when accepted.
};

/// Makes commands. Thread-compatible: learn() and refused() belong to it, too.
class CommandWriter final {
 public:
  /// `catalogues` are texts to publish by turns; their offers and models are what is sold and used.
  /// The clock must outlive it; dated changes are a little ahead of it.
  CommandWriter(uint64_t seed, const Clock& clock, std::vector<std::string> catalogues);

  std::shared_ptr<Command> Next();

  /// Accounts that are known, with what their acknowledged answers add up to.
  struct Account {
    uint64_t id = 0;
    int64_t money_micros = 0;  ///< Paid in, adjusted, written off, sent and paid out; not charged.
    bool closed = false;
    bool forfeited = false;
    std::vector<type::SubscriptionId> callers = {};
    std::vector<uint32_t> nodes = {};
    std::vector<uint32_t> limits = {};
    std::vector<type::SubscriptionId> removable = {};
    std::vector<uint32_t> subscriptions = {};
    std::vector<uint32_t> switched = {};  ///< Subscriptions that have a switch.
    std::vector<uint32_t> buckets = {};
  };
  const std::map<uint64_t, Account>& accounts() const { return accounts_; }

  /// Money that left an account for another, by the transfer's id.
  struct Sent {
    uint64_t from = 0;
    uint64_t to = 0;
    int64_t micros = 0;
  };
  const std::map<std::string, Sent>& sent() const { return sent_; }

 private:
  struct Session {
    std::string id;
    uint64_t account = 0;
    type::SubscriptionId caller;
    std::string model;
    uint32_t number = 0;
    int64_t updates_left = 0;
  };
  struct Charge {
    uint64_t account = 0;
    std::string record;
  };

  std::shared_ptr<Command> Change(std::string kind, std::string_view method, uint64_t account);
  void FillChange(const Command& command, type::Change* change) const;
  template <typename Response, typename Request, typename Learn>
  std::shared_ptr<Command> Finish(std::shared_ptr<Command> command, Request request, Learn learn);

  std::shared_ptr<Command> Publish();
  std::shared_ptr<Command> CreateAccount();
  std::shared_ptr<Command> ChangeIdentity(Account& account);
  std::shared_ptr<Command> ChangeNode(Account& account);
  std::shared_ptr<Command> ChangeLimit(Account& account);
  std::shared_ptr<Command> ChangeProfile(Account& account);
  std::shared_ptr<Command> ChangeState(Account& account);
  std::shared_ptr<Command> Purchase(Account& account);
  std::shared_ptr<Command> TopUp(Account& account);
  std::shared_ptr<Command> ChangeSubscription(Account& account);
  std::shared_ptr<Command> Care(Account& account);
  std::shared_ptr<Command> RefundPart(Account& account);
  std::shared_ptr<Command> Transfer(Account& account);
  std::shared_ptr<Command> IssueVouchers();
  std::shared_ptr<Command> CancelVouchers();
  std::shared_ptr<Command> RedeemVoucher(Account& account);
  std::shared_ptr<Command> OpenSession(Account& account);
  std::shared_ptr<Command> GoOn();
  std::shared_ptr<Command> Event(Account& account);
  std::shared_ptr<Command> RefundEvent();
  std::shared_ptr<Command> Charging(std::string kind, uint64_t account,
                                    charging::CreditControlRequest request);

  bool IsTimeToPublish();
  std::string NewKey(std::string_view what);
  /// Of the catalogue that is probably in force, or rarely of another one.
  const std::string& AnyOfferOrModel(const std::vector<std::vector<std::string>>& of_catalogues);
  Account& AnyAccount();
  template <typename T>
  const T& AnyOf(const std::vector<T>& list) {
    return list[static_cast<size_t>(random_.Below(static_cast<int64_t>(list.size())))];
  }
  void AddUnits(charging::CreditControlRequest* request, const std::string& model, bool used,
                bool requested);

  Random random_;
  const Clock& clock_;
  std::vector<std::string> catalogues_;
  std::vector<std::vector<std::string>> offers_;  // Of each catalogue.
  std::vector<std::vector<std::string>> models_;
  std::map<uint64_t, Account> accounts_;
  std::vector<uint64_t> ids_;  // Of those that commands are for: few closed ones.
  std::map<std::string, Sent> sent_;
  std::deque<Session> idle_;
  std::deque<Charge> charges_;
  std::deque<uint64_t> overshot_;     // Accounts that probably owe something.
  std::vector<std::string> codes_;    // Of vouchers that were issued.
  std::vector<std::string> batches_;  // That may be cancelled.
  uint64_t keys_ = 0;
  size_t catalogues_published_ = 0;
  bool is_switch_set_ = false;
};

}  // namespace ocs::e2e

#endif  // TESTS_E2E_COMMANDS_H_
