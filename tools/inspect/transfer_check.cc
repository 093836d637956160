#include "tools/inspect/transfer_check.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "balance/changes.h"
#include "ocs/base/text.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using balance::Effect;
using balance::EffectReader;
using balance::EntryKind;
using balance::EntryView;
using balance::LedgerAccount;

constexpr size_t kTransfersShown = 100;

std::string TransferPlace(std::string_view id) { return Cat("transfer ", id); }

std::string GroupedCount(uint64_t number) { return FormatGrouped(static_cast<int64_t>(number)); }

// "transfer/ID", the key of the receiver's entry -> ID; "" when it is no such key.
std::string IdOfKey(std::string_view key) {
  const std::string prefix = balance::TransferKey("");
  return key.substr(0, prefix.size()) == prefix ? std::string(key.substr(prefix.size())) : "";
}

}  // namespace

std::string_view WhereText(TransferOnItsWay::Where where) {
  switch (where) {
    case TransferOnItsWay::Where::kLeft:
      return "not received yet";
    case TransferOnItsWay::Where::kReceived:
      return "received; its sender does not know yet";
    case TransferOnItsWay::Where::kRefused:
      return "refused; goes back";
  }
  return "";
}

UnitSums TransferReport::Missing() const {
  UnitSums sums;
  for (const TransferOnItsWay& transfer : on_their_way) {
    if (transfer.where != TransferOnItsWay::Where::kReceived)
      sums[transfer.unit] += transfer.amount;
  }
  return sums;
}

void TransferCheck::Fail(std::string place, std::string what) {
  ++report_.check.failed;
  if (report_.check.first.size() < kFailuresKept)
    report_.check.first.push_back({std::move(place), std::move(what)});
}

void TransferCheck::Add(const EntryView& entry) {
  if (!entry.account.valid()) return;
  absl::int128 transferred = 0;
  absl::int128 deferred = 0;
  std::string dropped;
  bool sends = false;
  for (EffectReader effects(entry.effects); effects.Next();) {
    switch (effects.effect()) {
      case Effect::kPost:
        if (effects.posting().account == LedgerAccount::kTransferred)
          transferred += effects.posting().amount;
        if (effects.posting().account == LedgerAccount::kDeferredMoved)
          deferred += effects.posting().amount;
        break;
      case Effect::kSetTransfer:
        sends = true;
        AddSent(entry, effects.transfer());
        transferred -= effects.transfer().amount;
        deferred -= effects.transfer().bucket.deferred_micros;
        break;
      case Effect::kDropTransfer:
        dropped = effects.transfer().id;
        break;
      default:
        break;
    }
  }
  if (entry.kind == EntryKind::kTransferReceived) return AddReceived(entry, transferred, deferred);
  if (!dropped.empty()) return AddSettled(entry, dropped, transferred, deferred);
  if (entry.kind == EntryKind::kTransferRefused) {
    seen_[IdOfKey(entry.key.text)].refused = true;
    return;
  }
  if (transferred == 0 && deferred == 0) return;
  Fail(PlaceOf(entry.position),
       sends
           ? Cat("what account ", entry.account.value, " sent is not what left it: they differ by ",
                 WideText(transferred), ", and ", WideText(deferred), " of deferred revenue")
           : Cat("moves ", WideText(transferred), " out of account ", entry.account.value, ", and ",
                 WideText(deferred), " of deferred revenue, without a transfer"));
}

void TransferCheck::AddSent(const EntryView& entry, const balance::Transfer& transfer) {
  Seen& seen = seen_[transfer.id];
  ++report_.check.checked;
  ++report_.sent;
  if (seen.sent) Fail(TransferPlace(transfer.id), "was sent twice");
  seen.sent = true;
  seen.from = entry.account;
  seen.to = transfer.to;
  seen.unit = transfer.bucket.unit;
  seen.amount = transfer.amount;
  seen.deferred = transfer.bucket.deferred_micros;
  seen.sent_at = transfer.sent_at;
  ForgetWhole(transfer.id);
}

void TransferCheck::AddReceived(const EntryView& entry, absl::int128 transferred,
                                absl::int128 deferred) {
  const std::string id = IdOfKey(entry.key.text);
  Seen& seen = seen_[id];
  ++seen.received;
  seen.receiver = entry.account;
  seen.received_amount = -transferred;
  seen.received_deferred = -deferred;
  ForgetWhole(id);
}

void TransferCheck::AddSettled(const EntryView& entry, const std::string& id,
                               absl::int128 transferred, absl::int128 deferred) {
  Seen& seen = seen_[id];
  ++seen.settled;
  seen.settler = entry.account;
  seen.back_amount = -transferred;
  seen.back_deferred = -deferred;
  (seen.came_back() ? report_.came_back : report_.arrived) += 1;
  ForgetWhole(id);
}

// Most are whole soon: their memory is for others. What comes of it once more is then of a transfer
// that nobody has sent.
void TransferCheck::ForgetWhole(const std::string& id) {
  const auto found = seen_.find(id);
  const Seen& seen = found->second;
  const bool whole =
      seen.sent && seen.settled == 1 && seen.received == 1 && !seen.came_back() && !seen.refused;
  if (whole && Difference(seen).empty()) seen_.erase(found);
}

// What of the halves does not fit; "" when all does.
std::string TransferCheck::Difference(const Seen& seen) {
  if (seen.received > 0 && seen.receiver != seen.to) {
    return Cat("was sent to account ", seen.to.value, ", account ", seen.receiver.value, " has it");
  }
  if (seen.received > 0 &&
      (seen.received_amount != seen.amount || seen.received_deferred != seen.deferred)) {
    return Cat(seen.amount, " left account ", seen.from.value, " with ", seen.deferred,
               " of deferred revenue, account ", seen.to.value, " received ",
               WideText(seen.received_amount), " with ", WideText(seen.received_deferred));
  }
  if (seen.settled > 0 && seen.settler != seen.from) {
    return Cat("was sent by account ", seen.from.value, ", but settled by account ",
               seen.settler.value);
  }
  if (seen.came_back() &&
      (seen.back_amount != seen.amount || seen.back_deferred != seen.deferred)) {
    return Cat(seen.amount, " left account ", seen.from.value, " with ", seen.deferred,
               " of deferred revenue, ", WideText(seen.back_amount), " with ",
               WideText(seen.back_deferred), " came back");
  }
  return "";
}

// What became of it is one thing, once.
std::string TransferCheck::Contradiction(const Seen& seen) const {
  if (seen.received > 1) return Cat("was received ", seen.received, " times");
  if (seen.settled > 1) return Cat("was settled ", seen.settled, " times");
  if (seen.received > 0 && seen.refused) return "was received, and refused too";
  if (seen.received > 0 && seen.came_back()) return "was received, and came back too";
  if (trimmed_) return "";
  if (!seen.sent) {
    return seen.received > 0 ? Cat("account ", seen.receiver.value,
                                   " has received it, but it was on its way from nobody")
                             : "is refused or settled, but it was on its way from nobody";
  }
  if (seen.settled > 0 && !seen.came_back() && seen.received == 0)
    return "its sender was told that it has arrived, but nobody has received it";
  return "";
}

TransferReport TransferCheck::Finish() {
  report_.note = incomplete_;
  if (!incomplete_.empty()) {
    report_.check = {};
    report_.on_their_way.clear();
    return std::move(report_);
  }
  std::vector<std::string> ids;
  for (const auto& [id, seen] : seen_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());  // So that the same stores give the same report.
  for (const std::string& id : ids) {
    const Seen& seen = seen_.at(id);
    std::string wrong = Contradiction(seen);
    if (wrong.empty() && seen.sent) wrong = Difference(seen);
    if (!wrong.empty()) Fail(TransferPlace(id), std::move(wrong));
    if (!seen.sent || seen.settled > 0) continue;
    using Where = TransferOnItsWay::Where;
    report_.on_their_way.push_back({.id = id,
                                    .from = seen.from,
                                    .to = seen.to,
                                    .unit = seen.unit,
                                    .amount = seen.amount,
                                    .sent_at = seen.sent_at,
                                    .where = seen.received > 0 ? Where::kReceived
                                             : seen.refused    ? Where::kRefused
                                                               : Where::kLeft});
  }
  return std::move(report_);
}

std::string FormatTransfers(const TransferReport& report) {
  if (!report.note.empty())
    return Cat("note: transfers between accounts were not compared: ", report.note, "\n");
  if (report.sent == 0 && report.ok()) return "";
  std::string out =
      Cat("transfers between accounts: ", GroupedCount(report.sent), " sent, ",
          GroupedCount(report.arrived), " arrived, ", GroupedCount(report.came_back),
          " came back, ", GroupedCount(report.on_their_way.size()), " on their way\n");
  Table table({{"transfer"},
               {"from", Align::kRight},
               {"to", Align::kRight},
               {"amount", Align::kRight},
               {"sent"},
               {"where it is"}});
  const size_t shown = std::min(report.on_their_way.size(), kTransfersShown);
  for (size_t i = 0; i < shown; ++i) {
    const TransferOnItsWay& transfer = report.on_their_way[i];
    table.AddRow({transfer.id, Cat(transfer.from.value), Cat(transfer.to.value),
                  FormatAmount(transfer.amount, transfer.unit),
                  FormatInstant(transfer.sent_at, absl::UTCTimeZone()),
                  std::string(WhereText(transfer.where))});
  }
  if (!table.empty()) out += Cat("\n", table.Format());
  if (report.on_their_way.size() > shown)
    out += Cat("and ", GroupedCount(report.on_their_way.size() - shown), " more\n");
  for (const Failure& failure : report.check.first)
    out += Cat("  ", Printable(failure.place), ": ", Printable(failure.what), "\n");
  if (report.check.failed > report.check.first.size())
    out += Cat("  and ", GroupedCount(report.check.failed - report.check.first.size()), " more\n");
  out += report.ok() ? "what left one account has reached another, come back, or is on its way\n"
                     : "FAILED: what left one account must reach another, once, or come back\n";
  return out;
}

}  // namespace ocs::tools
