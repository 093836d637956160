// A shop over the engine: accounts are made, packages bought, calls made, time passes, the bill is
// looked at. Tables that people of the trade can check by hand; nothing here knows a product.
//
//   at 2026-05-17T09:00:00+08:00                        # sets the clock and does what is due
//   account A money=30                                  # limit= segment= day= currency=
//   buy A ct-personal-light                  -> 9.9
//   call A xingchen input:700,output:300     -> ok drawn=1000
//   left A                                   -> money 20.1, 10 M tokens 9999000
//   bill A 2026-05                           -> CT-P-LIGHT 9.9, total 9.9, fen 990, carried 0, ...
//
// Money is written in the currency's main unit and worked with in micros. Options of a use:
// product= tier= served= prompt= by= (a node's name).

#ifndef TESTS_PRODUCTS_SHOP_H_
#define TESTS_PRODUCTS_SHOP_H_

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/engine/harness.h"
#include "tests/support/table.h"

namespace ocs::products {

/// "9.9", "0.000004", "-1.5".
std::string MoneyText(int64_t micros);
/// REQUIRES: a decimal number with at most six decimals.
int64_t ParseMoney(std::string_view text);
/// "9.9" of money, else "400000 token".
std::string AmountText(int64_t amount, const Unit& unit);
/// In Shanghai.
std::string Local(Instant at);
/// "refused NOT_FOUND node_id". REQUIRES: the call failed.
std::string StatusText(const engine::Operation& call);

class Shop final {
 public:
  /// With a shipped catalogue ("operators") on the shelf, on an afternoon in Shanghai or at
  /// `start`.
  explicit Shop(const std::string& catalogue,
                const std::string& start = "2026-05-17T14:40:00+08:00");

  /// Runs each row and checks its outcome where the row has one; then the books: every posting
  /// sums to zero, records and ledger agree (tests/engine/books.h).
  void Run(std::string_view text);

  engine::tests::Harness& harness() { return h_; }
  AccountId account(const std::string& name) const { return accounts_.at(name); }

 private:
  using Row = testing::Row;
  struct Open {
    AccountId account;
    uint32_t next = 1;
    std::string model;
  };

  std::string RunRow(const Row& row);
  std::string SetTime(const Row& row);
  std::string Wait(const Row& row);
  std::string NewAccount(const Row& row);
  std::string TopUp(const Row& row);
  std::string Buy(const Row& row);
  std::string AddNode(const Row& row);
  std::string SetLimit(const Row& row);
  std::string SetSwitch(const Row& row);
  std::string SetProfile(const Row& row);
  std::string Cancel(const Row& row);
  std::string Adjust(const Row& row);
  std::string WriteOff(const Row& row);
  std::string Refund(const Row& row);
  std::string ReRate(const Row& row);
  std::string Transfer(const Row& row);
  std::string Notices(const Row& row);
  std::string Price(const Row& row);
  std::string Event(const Row& row);
  std::string CallOnce(const Row& row);
  std::string Calls(const Row& row);
  std::string Start(const Row& row);
  std::string Report(const Row& row);
  std::string Left(const Row& row);
  std::string Money(const Row& row);
  std::string Limits(const Row& row);
  std::string Subscriptions(const Row& row);
  std::string Bill(const Row& row);
  std::string Tax(const Row& row);
  std::string LastRecord(const Row& row);
  std::string Book(const Row& row);

  /// The bill of a month, "2026-05", of the row's second word.
  cdr::Bill BillOf(const Row& row);

  /// What one call asked for and got.
  struct Served {
    bool ok = false;
    std::string text;
    int64_t drawn = 0;
    int64_t charged_micros = 0;
  };
  Served OneCall(const Row& row, AccountId account, const std::string& model,
                 const Quantities& wanted);
  /// Fills what all uses have in common. `request` points into `texts`.
  void Fill(const Row& row, AccountId account, std::list<std::string>* texts,
            engine::CreditControlRequest* request) const;
  engine::CreditControlAnswer Send(engine::tests::Kept<engine::CreditControlCall>* call);
  std::string Key() { return Cat("key-", ++keys_); }

  engine::tests::Harness h_;
  std::map<std::string, AccountId> accounts_;
  std::map<std::string, uint32_t> nodes_;
  std::map<std::string, Open> open_;
  std::map<std::string, std::vector<cdr::CarriedMicros>> carried_;
  Position told_;
  int keys_ = 0;
};

}  // namespace ocs::products

#endif  // TESTS_PRODUCTS_SHOP_H_
