#include "ocs/engine/internal/volume.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "balance/changes.h"
#include "balance/ledger.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/window.h"
#include "ocs/engine/internal/attach_record.h"
#include "rating/volume.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::VolumeWindow;

// Under it the settlement of a window is found again, and is written once.
std::string SettlementKey(AccountId account, uint64_t counter, Instant began_at) {
  return Cat("volume-window/", account.value, "/", counter, "/", began_at.unix_ms);
}

VolumeWindow& VolumeChangeOf(const Account& account, const VolumeWindow& like,
                             VolumeChanges* changes) {
  for (VolumeWindow& change : *changes) {
    if (change.counter == like.counter && change.began_at == like.began_at) return change;
  }
  const VolumeWindow* known = account.FindVolumeWindow(like.counter, like.began_at);
  return changes->emplace_back(known == nullptr ? like : *known);
}

const CounterChange* FindChange(const CounterChanges& changes, uint64_t id) {
  const auto found = std::find_if(changes.begin(), changes.end(), [id](const CounterChange& c) {
    return c.id == id && c.owner == kPriceCounterOwner;
  });
  return found == changes.end() ? nullptr : &*found;
}

// Windows without an end give nothing back: there is no instant to do it at.
bool Ends(const CounterChange& change) { return change.ends_at != Instant::Never(); }

// The shape of the window's counter that a line was charged by; else any of it.
const rating::Shape* ShapeOf(const rating::Tariff& tariff, uint64_t counter,
                             const cdr::RecordLine& line) {
  const rating::Shape* found = nullptr;
  for (const rating::Shape* shape : tariff.ShapesOf(counter)) {
    const rating::Rule& rule = tariff.rule(shape->rule);
    if (rule.origin != line.rule) continue;
    found = shape;
    if (rule.applied == line.applied) break;
  }
  return found;
}

bool IsVolumeLine(const cdr::RecordLine& line) {
  return line.form == cdr::LineForm::kVolume || line.form == cdr::LineForm::kFree;
}

// Calls `visit` with the counter and the window's begin of each price counter that the charge
// moved.
template <typename Visit>
void ForEachPriceCounter(const balance::StoredEntry& charged, const Visit& visit) {
  balance::EffectReader effects(charged.view.effects);
  while (effects.Next()) {
    if (effects.effect() != balance::Effect::kCount) continue;
    const balance::CounterMove& move = effects.counter();
    if (move.owner == kPriceCounterOwner) visit(move.id, move.began_at);
  }
}

// A settled window, and what was given back.
struct Settled {
  VolumeWindow window;
  int64_t rebate = 0;
};

std::optional<Settled> ReadSettled(const balance::EntryView& entry) {
  if (entry.kind != balance::EntryKind::kWindowSettled) return std::nullopt;
  Settled settled;
  balance::EffectReader effects(entry.effects);
  while (effects.Next()) {
    if (effects.effect() == balance::Effect::kDropVolumeWindow)
      settled.window = effects.volume_window();
    if (effects.effect() == balance::Effect::kPost &&
        effects.posting().account == balance::LedgerAccount::kRebate) {
      settled.rebate = -effects.posting().amount;
    }
  }
  return settled;
}

// The amount stays, all else that explained it goes.
void MakePart(int64_t amount, cdr::RecordLine* line) {
  line->amount = amount;
  line->quantity = 1;
  line->price_numerator = amount;
  line->price_denominator = 1;
}

void TakeOff(const Settled& settled, const rating::Tariff& tariff,
             std::vector<cdr::Record>* records) {
  const int64_t own = settled.window.own_micros;
  for (cdr::Record& record : *records) {
    for (cdr::RecordLine& line : record.lines) {
      if (line.form != cdr::LineForm::kVolume || line.bucket != balance::kMainBucket) continue;
      if (line.amount == 0 || ShapeOf(tariff, settled.window.counter, line) == nullptr) continue;
      const auto share = MultiplyDivide(line.amount, settled.rebate, own, Rounding::kUp);
      OCS_CHECK(share.has_value());  // The rebate is at most what was paid.
      MakePart(std::max<int64_t>(line.amount - *share, 0), &line);
    }
  }
}

// The record of what is given back. Its rule is the price's own.
void AttachRebate(const Account& account, const VolumeWindow& window, int64_t rebate,
                  Shard& shard) {
  const Revision* revision = shard.revisions().Find(window.revision);
  OCS_CHECK(revision != nullptr);
  const auto shapes = revision->tariff->ShapesOf(window.counter);
  OCS_CHECK(!shapes.empty());
  const rating::Rule& rule = revision->tariff->rule(shapes.front()->rule);
  cdr::Record record;
  record.type = cdr::RecordType::kRebate;
  record.local_sequence = shard.book().NextRecordSequence();
  record.account = account.id;
  record.opened_at = window.began_at;
  record.closed_at = std::min(window.ends_at, shard.logged_at());
  record.recorded_at = shard.logged_at();
  record.tariff_revision = window.revision;
  cdr::RecordLine& line = record.lines.emplace_back();
  line.kind = TokenKind::kRequest;
  line.quantity = 1;
  line.unit = account.currency;
  line.amount = rebate;
  line.price_numerator = rebate;
  line.bucket = balance::kMainBucket;
  line.charge_code = rule.charge_code;
  line.rule = rule.origin;
  line.tax_basis_points = rule.tax_basis_points;
  AttachRecord(shard, account, &record);
}

// What one line that is given back changes in its window.
void GiveBack(const RefundOfLine& part, const rating::Shape& shape, int64_t* counted,
              VolumeWindow* window) {
  std::optional<int64_t> more = -part.amount;
  if (part.pieces > 0) {
    more = rating::ExcessAfterRefund(shape, part.line->kind, *counted, part.pieces, part.amount);
    *counted = std::max<int64_t>(*counted - part.pieces, 0);
  }
  window->charged_micros = std::max<int64_t>(window->charged_micros - part.amount, 0);
  if (part.line->bucket == balance::kMainBucket)
    window->own_micros = std::max<int64_t>(window->own_micros - part.amount, 0);
  // What does not fit gives nothing back.
  window->excess_micros = more ? AddExact(window->excess_micros, *more).value_or(0) : 0;
}

}  // namespace

bool TakeVolumes(const Account& account, const rating::ChargeLines& lines, const Pots& pots,
                 const CounterChanges& counters, VolumeChanges* changes) {
  const auto uses = rating::VolumesOf(lines, pots.pots);
  if (!uses) return false;
  for (const rating::VolumeUse& use : *uses) {
    const Pots::Source& source = pots.sources[use.pot];
    const CounterChange* counter = FindChange(counters, pots.pots[use.pot].shape->counter.id);
    if (counter == nullptr || !Ends(*counter)) continue;
    VolumeWindow& window = VolumeChangeOf(account,
                                          {.counter = counter->id,
                                           .window = counter->window,
                                           .anchor = source.anchor,
                                           .began_at = counter->began_at,
                                           .ends_at = counter->ends_at},
                                          changes);
    window.revision = source.tariff->revision();
    const int64_t own = source.bucket == balance::kMainBucket ? use.charged : 0;
    if (__builtin_add_overflow(window.charged_micros, use.charged, &window.charged_micros) ||
        __builtin_add_overflow(window.own_micros, own, &window.own_micros) ||
        __builtin_add_overflow(window.excess_micros, use.excess, &window.excess_micros)) {
      return false;
    }
  }
  return true;
}

size_t VolumeWindowsWith(const Account& account, const VolumeChanges& changes) {
  size_t count = account.volume_windows.size();
  for (const VolumeWindow& change : changes) {
    if (account.FindVolumeWindow(change.counter, change.began_at) == nullptr) ++count;
  }
  return count;
}

void SettleVolumeWindow(Shard& shard, Account* account, const VolumeWindow& window) {
  const std::string key = SettlementKey(account->id, window.counter, window.began_at);
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kWindowSettled, account->id);
  entry.SetKey({.type = balance::EntryKey::Type::kChange, .text = key, .number = 0});
  const int64_t rebate = window.Rebate();
  if (rebate > 0) {
    balance::PostRebate(*account->FindBucket(balance::kMainBucket), rebate, &entry);
    AttachRebate(*account, window, rebate, shard);
  }
  // Use of this window that comes from now on counts in the next one: this one's price is settled.
  const balance::Counter* counter = account->FindCounter(window.counter, kPriceCounterOwner);
  if (counter != nullptr && counter->began_at < window.ends_at &&
      window.ends_at <= shard.logged_at()) {
    const Revision* revision = shard.revisions().Find(window.revision);
    OCS_CHECK(revision != nullptr);
    entry.Count({.id = window.counter,
                 .owner = kPriceCounterOwner,
                 .window = window.window,
                 .began_at = window.ends_at,
                 .ends_at = WindowEnd(window.window, window.ends_at, window.anchor,
                                      revision->tariff->zone()),
                 .at = window.ends_at});
  }
  entry.DropVolumeWindow(window);
  OCS_CHECK(Judge(*account, entry) == balance::Verdict::kAllowed);
  shard.Append(account);
}

absl::Status TakeOffRebates(Shard& shard, const balance::StoredEntry& charged,
                            std::vector<cdr::Record>* records) {
  std::vector<std::string> keys;
  const AccountId account = charged.view.account;
  ForEachPriceCounter(charged, [&](uint64_t counter, Instant began_at) {
    keys.push_back(SettlementKey(account, counter, began_at));
  });
  for (const std::string& key : keys) {
    OCS_ASSIGN_OR_RETURN(const auto entry, shard.book().FindChange(account.partition(), key));
    const auto settled = entry == nullptr ? std::nullopt : ReadSettled(entry->view);
    if (!settled || settled->rebate == 0) continue;
    const Revision* revision = shard.revisions().Find(settled->window.revision);
    OCS_CHECK(revision != nullptr);
    TakeOff(*settled, *revision->tariff, records);
  }
  return absl::OkStatus();
}

void RefundVolumes(Shard& shard, const Account& account, const balance::StoredEntry& charged,
                   absl::Span<const RefundOfLine> lines) {
  VolumeChanges changes;
  ForEachPriceCounter(charged, [&](uint64_t id, Instant began_at) {
    const VolumeWindow* known = account.FindVolumeWindow(id, began_at);
    const balance::Counter* counter = account.FindCounter(id, kPriceCounterOwner);
    if (known == nullptr || counter == nullptr) return;
    const Revision* revision = shard.revisions().Find(known->revision);
    OCS_CHECK(revision != nullptr);
    VolumeWindow& window = VolumeChangeOf(account, *known, &changes);
    int64_t counted = counter->counted;
    for (const RefundOfLine& part : lines) {
      if (!IsVolumeLine(*part.line)) continue;
      const rating::Shape* shape = ShapeOf(*revision->tariff, id, *part.line);
      if (shape == nullptr || shape->form != rating::Shape::Form::kVolume ||
          !Counts(shape->counter.counted, part.line->kind)) {
        continue;
      }
      GiveBack(part, *shape, &counted, &window);
    }
  });
  for (const VolumeWindow& change : changes) shard.entry().SetVolumeWindow(change);
}

}  // namespace ocs::engine
