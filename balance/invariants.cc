// What is true of every account after every entry: balance/ledger.h, invariants 1, 2, 5 and 6.

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "balance/ledger.h"
#include "ocs/base/limits.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

// How deep each node lies, 1 below the root; 0 for one whose path has a circle, a gap or no end.
int DepthOf(const Account& account, NodeId node) {
  int depth = 0;
  while (node != kRootNode) {
    const Node* found = account.FindNode(node);
    if (found == nullptr || ++depth > kNodeDepthMax) return 0;
    node = found->parent;
  }
  return depth;
}

}  // namespace

bool NodeFits(const Account& account, const Node& node) {
  if (node.id == kRootNode) return false;
  const bool known = account.FindNode(node.id) != nullptr;
  if (!known && account.nodes.size() >= static_cast<size_t>(kNodesPerAccountMax)) return false;
  if (node.parent != kRootNode && account.FindNode(node.parent) == nullptr) return false;
  if (known && account.IsAtOrAbove(node.id, node.parent)) return false;
  const int depth = 1 + (node.parent == kRootNode ? 0 : DepthOf(account, node.parent));
  // How much deeper than the node itself what is below it lies.
  int below = 0;
  const int depth_before = known ? DepthOf(account, node.id) : 0;
  for (const Node& other : account.nodes) {
    if (!known) break;
    if (account.IsAtOrAbove(node.id, other.id))
      below = std::max(below, DepthOf(account, other.id) - depth_before);
  }
  return depth + below <= kNodeDepthMax;
}

namespace {

absl::Status CheckBucket(const Account& account, const Bucket& bucket, int64_t held) {
  const absl::int128 sum = absl::int128{bucket.available} + bucket.held + bucket.spent +
                           bucket.expired + bucket.transferred;
  if (sum != bucket.granted) {
    return absl::InternalError(
        Cat("account ", account.id.value, " bucket ", bucket.id.value, ": granted ", bucket.granted,
            " is not available ", bucket.available, " + held ", bucket.held, " + spent ",
            bucket.spent, " + expired ", bucket.expired, " + transferred ", bucket.transferred));
  }
  if (held == bucket.held) return absl::OkStatus();
  return absl::InternalError(Cat("account ", account.id.value, " bucket ", bucket.id.value,
                                 ": held ", bucket.held, ", but its open sessions hold ", held));
}

absl::Status CheckCounter(const Account& account, const Counter& counter, int64_t held) {
  if (held == counter.held) return absl::OkStatus();
  return absl::InternalError(Cat("account ", account.id.value, " counter ", counter.id, " of ",
                                 counter.owner, ": held ", counter.held,
                                 ", but its open sessions hold ", held));
}

absl::Status CheckTree(const Account& account) {
  const auto there = [&](NodeId node) {
    return node == kRootNode || account.FindNode(node) != nullptr;
  };
  for (const Node& node : account.nodes) {
    if (DepthOf(account, node.id) != 0) continue;
    return absl::InternalError(
        Cat("account ", account.id.value, " node ", node.id.value, " does not lie in its tree"));
  }
  for (const Limit& limit : account.limits) {
    if (there(limit.node)) continue;
    return absl::InternalError(Cat("account ", account.id.value, " limit ", limit.id,
                                   " is of node ", limit.node.value, ", which is not there"));
  }
  for (size_t i = 0; i < account.identities.size(); ++i) {
    if (there(account.identities[i].node)) continue;
    return absl::InternalError(Cat("account ", account.id.value, " identity ", i, " is of node ",
                                   account.identities[i].node.value, ", which is not there"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckInvariants(const Account& account) {
  absl::flat_hash_map<uint32_t, int64_t> held;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, int64_t> counter_held;
  for (const Session& session : account.sessions) {
    for (const Grant& grant : session.grants) {
      for (const Hold& hold : grant.holds) held[hold.bucket.value] += hold.amount;
      for (const CounterHold& hold : grant.counter_holds)
        counter_held[{hold.id, hold.owner}] += hold.amount;
    }
  }
  for (const Bucket& bucket : account.buckets)
    OCS_RETURN_IF_ERROR(CheckBucket(account, bucket, held[bucket.id.value]));
  for (const Counter& counter : account.counters) {
    const auto found = counter_held.find({counter.id, counter.owner});
    const int64_t by_sessions = found == counter_held.end() ? 0 : found->second;
    OCS_RETURN_IF_ERROR(CheckCounter(account, counter, by_sessions));
    if (found != counter_held.end()) counter_held.erase(found);
  }
  int64_t astray = 0;
  for (const auto& [key, amount] : counter_held) astray += amount;
  if (astray != 0) {
    return absl::InternalError(Cat("account ", account.id.value, ": its open sessions hold ",
                                   astray, " in counters that are not there"));
  }
  return CheckTree(account);
}

}  // namespace ocs::balance
