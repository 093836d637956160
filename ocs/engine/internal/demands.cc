#include "ocs/engine/internal/demands.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/change.h"
#include "ocs/engine/internal/supervision.h"
#include "ocs/engine/push_operation.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::Demand;
using balance::DemandKind;
using balance::EntryKind;
using balance::Session;

constexpr std::string_view kCreditReason = "money has come";

Instant NextAsk(uint32_t asks, Instant now) {
  const int doublings = static_cast<int>(std::min<uint32_t>(asks - 1, 10));
  return now.PlusSeconds(std::min(kAskAgainSecondsMin << doublings, kAskAgainSecondsMax));
}

bool HasGroup(const Session& session, uint32_t rating_group) {
  return std::any_of(session.grants.begin(), session.grants.end(),
                     [&](const balance::Grant& g) { return g.rating_group == rating_group; });
}

// What is newly demanded of the sessions that the call means, in order of their ids.
std::vector<Demand> DemandsOf(const DemandCall& call, const Account& payer, Position asked,
                              Instant now) {
  std::vector<Demand> demands;
  const DemandWish wish{call.kind, call.rating_group, call.change.reason};
  for (const Session& session : payer.sessions) {
    if (!call.session_id.empty() && session.id != call.session_id) continue;
    if (call.rating_group && !HasGroup(session, *call.rating_group)) continue;
    if (auto demand = DemandAfter(payer, session, wish, asked, now))
      demands.push_back(*std::move(demand));
  }
  std::sort(demands.begin(), demands.end(),
            [](const Demand& a, const Demand& b) { return a.session_id < b.session_id; });
  return demands;
}

// Writes them from `first` on, as many as one entry takes; the entry was begun.
size_t WriteSome(const std::vector<Demand>& demands, size_t first, balance::EntryBuilder* entry) {
  const size_t end = std::min(demands.size(), first + kDemandsPerEntryMax);
  for (; first < end; ++first) entry->SetDemand(demands[first]);
  return end;
}

void WriteRest(Shard& shard, Account* account, std::vector<Demand> demands, size_t first) {
  while (first < demands.size()) {
    balance::EntryBuilder& entry = shard.entry();
    entry.Begin(EntryKind::kDemanded, account->id);
    const Position asked = shard.book().NextPosition();
    for (size_t i = first; i < demands.size(); ++i) demands[i].asked = asked;
    first = WriteSome(demands, first, &entry);
    OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
    shard.Append(account);
  }
}

bool CheckDemand(DemandCall* call) {
  if (call->session_id.size() > static_cast<size_t>(kSessionIdLengthMax)) {
    return FailField(call, "session_id", Cat("expected at most ", kSessionIdLengthMax, " bytes"));
  }
  if (call->kind == DemandKind::kAbort && call->rating_group)
    return FailField(call, "rating_group", "a session is aborted as a whole");
  return true;
}

}  // namespace

std::string DemandId(AccountId account, Position asked) {
  return Cat(account.value, "-", asked.group, "-", asked.index);
}

std::optional<DemandName> ParseDemandId(std::string_view id) {
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(id), '-');
  DemandName name;
  const bool good = parts.size() == 3 && absl::SimpleAtoi(parts[0], &name.account.value) &&
                    absl::SimpleAtoi(parts[1], &name.asked.group) &&
                    absl::SimpleAtoi(parts[2], &name.asked.index) && name.account.valid();
  if (!good) return std::nullopt;
  return name;
}

std::optional<Demand> DemandAfter(const Account& account, const Session& session,
                                  const DemandWish& wish, Position asked, Instant now) {
  Demand demand{.session_id = session.id,
                .kind = wish.kind,
                .rating_group = wish.rating_group,
                .asked = asked,
                .asked_at = now,
                .ask_at = NextAsk(1, now),
                .reason = std::string(wish.reason.substr(0, kDemandReasonLengthMax))};
  const Demand* pending = account.FindDemand(session.id);
  if (pending == nullptr) return demand;
  if (pending->kind == DemandKind::kAbort) return std::nullopt;
  if (wish.kind == DemandKind::kAbort) return demand;
  if (!pending->rating_group || pending->rating_group == wish.rating_group) return std::nullopt;
  demand.rating_group = std::nullopt;
  return demand;
}

bool AnswersDemand(const Demand& demand, const CreditControlRequest& request) {
  if (demand.kind == DemandKind::kAbort || request.type != RequestType::kUpdate) return false;
  return !demand.rating_group || std::any_of(request.services.begin(), request.services.end(),
                                             [&](const ServiceRequest& s) {
                                               return s.rating_group == *demand.rating_group;
                                             });
}

void AskAgain(Shard& shard, Account* account, const Demand& demand) {
  Demand again = demand;
  ++again.asks;
  again.ask_at = NextAsk(again.asks, shard.logged_at());
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(EntryKind::kDemanded, account->id);
  entry.SetDemand(again);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

bool IsOutOfMoney(const Account& account) {
  return account.Spendable(*account.FindBucket(balance::kMainBucket)) <= 0;
}

void AskAfterCredit(Shard& shard, Account* account, bool was_out_of_money) {
  if (!was_out_of_money || account->sessions.empty() || IsOutOfMoney(*account)) return;
  std::vector<Demand> demands;
  for (const Session& session : account->sessions) {
    auto demand = DemandAfter(*account, session, {.reason = kCreditReason},
                              shard.book().NextPosition(), shard.logged_at());
    if (demand) demands.push_back(*std::move(demand));
  }
  std::sort(demands.begin(), demands.end(),
            [](const Demand& a, const Demand& b) { return a.session_id < b.session_id; });
  WriteRest(shard, account, std::move(demands), 0);
}

void DemandCall::Execute(Shard& shard) {
  if (!CheckChange(this, change) || !CheckDemand(this)) return;
  Account* payer = FindPayerToChange(this, shard, account);
  if (payer == nullptr) return;
  ChangeRecord record(shard, change, account.partition(), EntryKind::kDemanded,
                      {{"account_id", Cat(account.value)},
                       {"session_id", session_id},
                       {"kind", Cat(static_cast<int>(kind))},
                       {"rating_group", rating_group ? Cat("=", *rating_group) : ""}});
  if (record.Repeats(this, [&](ByteReader& in) { asked = in.Signed(); })) return;
  if (!session_id.empty() && payer->FindSession(session_id) == nullptr) {
    RefuseField(this, "session_id", absl::StatusCode::kNotFound, "no such session is open");
    return;
  }

  // Past this line the command cannot fail.
  std::vector<Demand> demands =
      DemandsOf(*this, *payer, shard.book().NextPosition(), shard.logged_at());
  asked = static_cast<int64_t>(demands.size());
  balance::EntryBuilder& entry = record.Begin(account);
  const size_t written = WriteSome(demands, 0, &entry);
  ByteWriter(entry.answer()).Signed(asked);
  OCS_CHECK(Judge(*payer, entry) == balance::Verdict::kAllowed);
  shard.Append(payer);
  WriteRest(shard, payer, std::move(demands), written);
}

void AnswerDemandCall::Execute(Shard& shard) {
  constexpr uint16_t kUnable = 5012;
  const auto name = ParseDemandId(demand_id);
  if (!name) {
    FailField(this, "demand_id", "expected what the demand named itself");
    return;
  }
  Account* payer = FindPayer(this, shard, name->account);
  if (payer == nullptr) return;
  const Demand* demand = payer->FindDemand(session_id);
  if (demand == nullptr || demand->asked != name->asked) return;  // Was answered meanwhile.
  if (result_code == static_cast<uint16_t>(ResultCode::kUnknownSessionId)) {
    const Session session = *payer->FindSession(session_id);
    ExpireSession(shard, payer, session);
  } else if (result_code == kUnable) {
    balance::EntryBuilder& entry = shard.entry();
    entry.Begin(EntryKind::kDemanded, payer->id);
    entry.DropDemand(session_id);
    OCS_CHECK(Judge(*payer, entry) == balance::Verdict::kAllowed);
    shard.Append(payer);
  }
}

}  // namespace ocs::engine
