// What gateways, customers and operators do: sessions of several rating groups, one-time events,
// refunds, top-ups, purchases, new tariffs. Sensible or not.

#ifndef TESTS_SIMULATION_WORKLOAD_H_
#define TESTS_SIMULATION_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ocs/base/ids.h"
#include "ocs/base/random.h"
#include "tests/simulation/intent.h"

namespace ocs::simulation {

/// Thread-compatible.
class Workload final {
 public:
  /// With several shards more is asked for that concerns two of them.
  Workload(Random& random, int shards) : random_(random), crosses_(shards > 1) {}

  /// To be done one after the other before anything else: a tariff, and accounts with money and
  /// offers.
  std::vector<std::shared_ptr<Intent>> Beginning();

  /// Something new.
  std::shared_ptr<Intent> Next();

 private:
  struct Session {
    std::string id;
    size_t account;
    uint32_t number = 0;
  };
  std::shared_ptr<Intent> Create();
  std::shared_ptr<Intent> Publish();
  std::shared_ptr<Intent> TopUp(size_t account, int64_t micros);
  std::shared_ptr<Intent> Buy(size_t account);
  std::shared_ptr<Intent> Cross(size_t account);
  std::shared_ptr<Intent> Manage(size_t account);
  std::shared_ptr<Intent> Limit(size_t account);
  std::shared_ptr<Intent> IssueVouchers();
  std::shared_ptr<Intent> Redeem(size_t account);
  std::shared_ptr<Intent> Give(size_t account);
  std::shared_ptr<Intent> ChangeIdentity(size_t account);
  std::shared_ptr<Intent> Open();
  std::shared_ptr<Intent> Report(bool last);
  std::shared_ptr<Intent> Debit();
  std::shared_ptr<Intent> Refund();
  std::string Key(std::string_view what);
  size_t AnyAccount() { return static_cast<size_t>(random_.Below(kAccounts)); }

  static constexpr int64_t kAccounts = 5;

  Random& random_;
  const bool crosses_;
  int64_t made_ = 0;
  int64_t tariffs_ = 0;
  std::vector<AccountId> accounts_ = std::vector<AccountId>(kAccounts);
  std::vector<Session> sessions_;
  std::vector<std::string> codes_;  ///< Of vouchers that somebody issues, or will.
  std::shared_ptr<std::vector<std::pair<size_t, std::string>>> charges_ =
      std::make_shared<std::vector<std::pair<size_t, std::string>>>();
  size_t created_ = 0;
};

}  // namespace ocs::simulation

#endif  // TESTS_SIMULATION_WORKLOAD_H_
