#include "ocs/engine/internal/origins.h"

#include <algorithm>
#include <utility>

#include "balance/journal.h"
#include "ocs/base/bytes.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/internal/shard.h"
#include "ocs/engine/internal/supervision.h"

namespace ocs::engine {
namespace {

std::string OriginKey(std::string_view tenant, std::string_view host) {
  return Cat(tenant, "/", host);  // A tenant's name has no '/'.
}

}  // namespace

absl::StatusOr<std::unique_ptr<Origins>> Origins::Load(const balance::Store& store) {
  auto origins = std::make_unique<Origins>();
  const std::string_view prefix = balance::meta_key::kOriginPrefix;
  auto row = store.Seek(balance::Table::kMeta, prefix);
  for (; row->valid() && row->key().substr(0, prefix.size()) == prefix; row->Next()) {
    ByteReader in(row->value());
    const auto state = static_cast<uint32_t>(in.Varint());
    if (!in.ok()) {
      return absl::DataLossError(
          Cat("what is known of the gateway ", row->key().substr(prefix.size()), " is damaged"));
    }
    origins->known_.emplace(row->key().substr(prefix.size()), state);
  }
  if (!row->status().ok()) return row->status();
  return origins;
}

uint32_t Origins::KnownOf(std::string_view tenant, std::string_view host) const {
  if (known_.empty()) return 0;
  const auto found = known_.find(OriginKey(tenant, host));
  return found == known_.end() ? 0 : found->second;
}

bool Origins::Note(Shard& shard, std::string_view tenant, std::string_view host, uint32_t state) {
  const std::string key = OriginKey(tenant, host);
  const auto found = known_.find(key);
  if (found != known_.end() && found->second >= state) return false;
  if (found == known_.end() && known_.size() >= static_cast<size_t>(kOriginsPerShardMax))
    return false;
  const bool restarted = found != known_.end();
  known_[key] = state;
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kOriginRestarted, AccountId{});
  entry.answer()->append(Cat(key, " ", state));
  shard.Append(nullptr);
  std::string row;
  ByteWriter(&row).Varint(state);
  shard.book().derived()->Put(balance::Table::kMeta, Cat(balance::meta_key::kOriginPrefix, key),
                              row);
  return restarted;
}

bool Origins::HasLost(const balance::Account& account, const balance::Session& session) const {
  if (session.origin_state == 0 || session.origin_host.empty()) return false;
  if (KnownOf("", session.origin_host) > session.origin_state) return true;
  return !account.tenant.empty() &&
         KnownOf(account.tenant, session.origin_host) > session.origin_state;
}

bool EndLostSessions(Shard& shard, balance::Account* account) {
  const Origins& origins = shard.origins();
  for (int step = 0; !shard.stopped(); ++step) {
    const auto lost = std::find_if(
        account->sessions.begin(), account->sessions.end(),
        [&](const balance::Session& session) { return origins.HasLost(*account, session); });
    if (lost == account->sessions.end()) return true;
    if (step == kDueStepsMax) return false;
    const balance::Session session = *lost;
    ExpireSession(shard, account, session);
  }
  return true;
}

}  // namespace ocs::engine
