// Accounts as plain maps of numbers, obvious and slow: what the ledger must come to, worked out
// without it. Amounts are of small numbers, so nothing here can overflow.

#ifndef TESTS_PROPERTY_MODEL_BOOK_H_
#define TESTS_PROPERTY_MODEL_BOOK_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ocs/base/text.h"

namespace ocs::balance::tests {

struct ModelBucket {
  bool money = false;
  bool main = false;
  int64_t granted = 0;
  int64_t available = 0;
  int64_t held = 0;
  int64_t spent = 0;
  int64_t expired = 0;
  int64_t transferred = 0;
  int64_t paid = 0;      ///< Deferred at the sale.
  int64_t released = 0;  ///< Of that.
  int64_t refill = 0;
  int64_t planned = 0;
  int64_t ends = INT64_MAX;  ///< In milliseconds.

  /// What of the price has gone when so many pieces have.
  int64_t Share(int64_t gone) const {
    const int64_t pieces = planned != 0 ? planned : granted;
    if (gone <= 0 || pieces <= 0) return 0;
    return gone >= pieces ? paid : paid * gone / pieces;
  }
  int64_t Gone() const { return spent + transferred + (refill != 0 ? expired : 0); }
  /// The price of the next so many pieces.
  int64_t PriceOf(int64_t pieces) const { return Share(Gone() + pieces) - Share(Gone()); }
};

struct ModelPending {
  uint64_t to = 0;
  int64_t amount = 0;
  int64_t paid = 0;
  bool main = false;
};

struct ModelCounter {
  int64_t day = 0;
  int64_t counted = 0;
  int64_t held = 0;
};

struct ModelAccount {
  std::map<uint32_t, ModelBucket> buckets;
  uint32_t next_bucket = 2;
  std::map<std::string, std::map<uint32_t, int64_t>> sessions;  ///< Holds by bucket.
  std::map<std::string, ModelPending> pending;
  std::map<uint32_t, uint32_t> nodes;  ///< To their parents.
  ModelCounter counter;
  bool counts = false;
  std::string segment;

  std::string Text() const {
    std::string text = Cat(segment, " nodes");
    for (const auto& [id, parent] : nodes) text += Cat(" ", id, "<", parent);
    if (counts) text += Cat("; counter ", counter.counted, " held ", counter.held);
    for (const auto& [id, b] : buckets) {
      text += Cat("; ", id, ": granted ", b.granted, " available ", b.available, " held ", b.held,
                  " spent ", b.spent, " expired ", b.expired, " transferred ", b.transferred,
                  " deferred ", b.paid - b.released);
    }
    for (const auto& [id, holds] : sessions) text += Cat("; session ", id);
    for (const auto& [id, transfer] : pending)
      text += Cat("; sends ", transfer.amount, " worth ", transfer.paid);
    return text;
  }
};

/// The whole: accounts, and what the house has earned.
struct ModelBook {
  std::map<uint64_t, ModelAccount> accounts;
  std::set<std::string> keys;  ///< Of changes that were made.
  int64_t cash = 0;
  int64_t earned = 0;   ///< By money, and by fees that pay for nothing that is used later.
  int64_t package = 0;  ///< By packages.
  int64_t breakage = 0;

  void Use(ModelBucket& b, int64_t amount) {
    const int64_t revenue = b.PriceOf(amount);
    b.released += revenue;
    package += revenue;
    b.spent += amount;
    b.available -= amount;
    if (b.main) earned += amount;
  }
  void TopUp(ModelAccount& a, int64_t amount) {
    ModelBucket& main = a.buckets[1];
    main.granted += amount;
    main.available += amount;
    cash += amount;
  }
  /// Returns the new bucket's id.
  uint32_t Buy(ModelAccount& a, ModelBucket bucket, int64_t amount) {
    ModelBucket& main = a.buckets[1];
    main.available -= bucket.paid;
    main.spent += bucket.paid;
    bucket.granted = amount;
    bucket.available = amount;
    // What was used beyond other buckets of the unit is paid first.
    int64_t recovered = 0;
    for (auto* debtor : DebtorsOf(a, bucket.money)) {
      const int64_t part = std::min(-debtor->available, bucket.available);
      if (part <= 0) continue;
      debtor->available += part;
      debtor->granted += part;
      bucket.available -= part;
      recovered += part;
    }
    const int64_t revenue = bucket.PriceOf(recovered);
    bucket.transferred += recovered;
    bucket.released += revenue;
    package += revenue;
    a.buckets[a.next_bucket] = bucket;
    return a.next_bucket++;
  }
  void Refill(ModelBucket& b) {
    const int64_t rest = std::max<int64_t>(b.available, 0);
    const int64_t lost = b.PriceOf(rest);
    b.expired += rest;
    b.available -= rest;
    b.released += lost;
    breakage += lost;
    const int64_t more = std::max<int64_t>(b.refill - b.held, 0);
    b.granted += more;
    b.available += more;
  }
  void Expire(ModelAccount& a, int64_t now) {
    for (auto at = a.buckets.begin(); at != a.buckets.end();) {
      ModelBucket& b = at->second;
      if (b.ends > now || (b.available == 0 && b.held != 0)) {
        ++at;
        continue;
      }
      if (b.available > 0) b.expired += b.available;
      if (b.available < 0) b.granted -= b.available;
      b.available = 0;
      if (b.held != 0) {
        ++at;
        continue;
      }
      breakage += b.paid - b.released;
      at = a.buckets.erase(at);
    }
  }
  void Carry(ModelAccount& a, ModelBucket& from, int64_t amount, int64_t ends) {
    ModelBucket to;
    to.money = from.money;
    to.ends = ends;
    to.paid = from.PriceOf(amount);
    to.granted = to.available = amount;
    from.released += to.paid;
    from.transferred += amount;
    from.available -= amount;
    a.buckets[a.next_bucket++] = to;
  }
  void Send(ModelAccount& a, const std::string& id, uint32_t from, uint64_t to, int64_t amount) {
    ModelBucket& b = a.buckets[from];
    const int64_t price = b.PriceOf(amount);
    b.released += price;
    b.transferred += amount;
    b.available -= amount;
    a.pending[id] = {.to = to, .amount = amount, .paid = price, .main = b.main};
  }
  void Receive(ModelAccount& a, const ModelPending& sent) {
    if (sent.main) {
      a.buckets[1].granted += sent.amount;
      a.buckets[1].available += sent.amount;
      return;
    }
    ModelBucket b;
    b.paid = sent.paid;
    b.granted = b.available = sent.amount;
    a.buckets[a.next_bucket++] = b;
  }
  /// What was paid for what has left its sender and has not arrived. (What has arrived may still be
  /// pending: the sender does not know it yet.)
  int64_t OnTheWay() const {
    int64_t sum = 0;
    for (const auto& [id, account] : accounts) {
      for (const auto& [name, sent] : account.pending)
        sum += keys.count(Cat("transfer/", name)) == 0 ? sent.paid : 0;
    }
    return sum;
  }
  /// All that was paid for packages and is neither earned nor lost.
  int64_t Deferred() const {
    int64_t sum = OnTheWay();
    for (const auto& [id, account] : accounts) {
      for (const auto& [number, b] : account.buckets) sum += b.paid - b.released;
    }
    return sum;
  }

 private:
  static std::vector<ModelBucket*> DebtorsOf(ModelAccount& a, bool money) {
    std::vector<std::pair<std::pair<int64_t, uint32_t>, ModelBucket*>> found;
    for (auto& [id, b] : a.buckets) {
      if (id != 1 && b.money == money && b.available < 0) found.push_back({{b.ends, id}, &b});
    }
    std::sort(found.begin(), found.end());
    std::vector<ModelBucket*> debtors;
    for (const auto& [rank, b] : found) debtors.push_back(b);
    return debtors;
  }
};

}  // namespace ocs::balance::tests

#endif  // TESTS_PROPERTY_MODEL_BOOK_H_
