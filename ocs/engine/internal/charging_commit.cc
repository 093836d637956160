// The second half of a decision: everything has been worked out, and is written as one entry with
// its records.

#include <algorithm>
#include <utility>

#include "cdr/record.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/attach_record.h"
#include "ocs/engine/internal/charging.h"
#include "ocs/engine/internal/context.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

using balance::EntryKind;

static_assert(static_cast<int>(cdr::LineForm::kFlat) ==
              static_cast<int>(rating::ChargeLine::Form::kFlat));
static_assert(static_cast<int>(cdr::LineForm::kMinimum) ==
              static_cast<int>(rating::ChargeLine::Form::kMinimum));
static_assert(static_cast<int>(cdr::LineForm::kFree) ==
              static_cast<int>(rating::ChargeLine::Form::kFree));
static_assert(static_cast<int>(cdr::LineForm::kVolume) ==
              static_cast<int>(rating::ChargeLine::Form::kVolume));

constexpr std::string_view kUnratedCode = "unrated";
constexpr std::string_view kUnratedRule = "no price and no package covers it";
constexpr std::string_view kUnchargedCode = "uncharged";

std::string_view UnchargedRule(CallOutcome outcome) {
  switch (outcome) {
    case CallOutcome::kFailed:
      return "catalogue, calls: failed";
    case CallOutcome::kCancelled:
      return "catalogue, calls: cancelled";
    case CallOutcome::kModerated:
      return "catalogue, calls: moderated";
    case CallOutcome::kCompleted:
      break;
  }
  return "";
}

bool IsSession(EntryKind kind) {
  return kind == EntryKind::kSessionOpened || kind == EntryKind::kSessionUpdated ||
         kind == EntryKind::kSessionTerminated || kind == EntryKind::kSessionExpired;
}

bool Closes(EntryKind kind) {
  return kind == EntryKind::kSessionTerminated || kind == EntryKind::kSessionExpired;
}

// "00-" TRACE "-" PARENT "-" FLAGS in lower-case hexadecimal digits; neither id is all zeros (W3C
// Trace Context, version 00).
bool IsTraceparent(std::string_view text) {
  constexpr size_t kLength = 55;
  if (text.size() != kLength || text.substr(0, 3) != "00-" || text[35] != '-' || text[52] != '-')
    return false;
  const auto hex = [](std::string_view digits) {
    return digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  const auto zero = [](std::string_view digits) {
    return digits.find_first_not_of('0') == std::string_view::npos;
  };
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  return hex(trace) && hex(parent) && hex(text.substr(53)) && !zero(trace) && !zero(parent);
}

// What the draw on a bucket earns of its deferred revenue goes to the first line that draws on it.
int64_t TakeRevenue(BucketId bucket,
                    absl::InlinedVector<std::pair<BucketId, int64_t>, 4>* revenue) {
  for (auto& [id, micros] : *revenue) {
    if (id == bucket) return std::exchange(micros, 0);
  }
  return 0;
}

size_t NewCarries(const balance::Account& account, const rating::ChargeLines& lines) {
  size_t count = 0;
  for (const rating::ChargeLine& line : lines) {
    const auto known =
        std::lower_bound(account.carries.begin(), account.carries.end(), line.rate.line,
                         [](const Carry& carry, uint64_t key) { return carry.line < key; });
    const bool there = known != account.carries.end() && known->line == line.rate.line;
    if (line.rate.line != 0 && !there) ++count;
  }
  return count;
}

size_t NewCarries(const balance::Account& account,
                  const absl::InlinedVector<ServiceOutcome, 1>& outcomes) {
  size_t count = 0;
  for (const ServiceOutcome& outcome : outcomes) {
    count += NewCarries(account, outcome.lines) + NewCarries(account, outcome.costs);
    for (const ServiceOutcome& side : outcome.earlier)
      count += NewCarries(account, side.lines) + NewCarries(account, side.costs);
  }
  return count;
}

}  // namespace

bool Charging::EntryAllowed() {
  if (expires_) {
    return account_->carries.size() + NewCarries(*account_, outcomes_) <=
               static_cast<size_t>(kCarriesPerAccountMax) &&
           VolumeWindowsWith(*account_, volumes_) <=
               static_cast<size_t>(kVolumeWindowsPerAccountMax) &&
           balance::Judge(*account_, shard_.entry()) == balance::Verdict::kAllowed;
  }
  if (account_->carries.size() + NewCarries(*account_, outcomes_) >
      static_cast<size_t>(kCarriesPerAccountMax)) {
    RefuseRecorded(ResultCode::kUnableToComply, "model",
                   Cat("the account has used ", kCarriesPerAccountMax,
                       " different prices, the most it may have"));
    return false;
  }
  if (VolumeWindowsWith(*account_, volumes_) > static_cast<size_t>(kVolumeWindowsPerAccountMax)) {
    RefuseRecorded(ResultCode::kUnableToComply, "model",
                   Cat("the account uses ", kVolumeWindowsPerAccountMax,
                       " volume prices at once, the most it may"));
    return false;
  }
  size_t grants = session_ == nullptr ? 0 : session_->grants.size();
  for (size_t i = 0; i < outcomes_.size(); ++i) {
    if (FindGrant(session_, ServiceAt(i).rating_group) == nullptr) ++grants;
  }
  if (shard_.entry().kind() == EntryKind::kSessionUpdated &&
      grants > static_cast<size_t>(kServicesPerSessionMax)) {
    RefuseRecorded(ResultCode::kUnableToComply, "rating_group",
                   Cat("a session may have ", kServicesPerSessionMax, " rating groups"));
    return false;
  }
  const balance::Verdict verdict = balance::Judge(*account_, shard_.entry());
  if (verdict == balance::Verdict::kAllowed) return true;
  if (verdict == balance::Verdict::kTooManyCounters) {
    RefuseRecorded(ResultCode::kUnableToComply, "",
                   Cat("the account has ", kCountersPerAccountMax,
                       " counters of limits and prices, the most it may have"));
    return false;
  }
  OCS_CHECK(verdict == balance::Verdict::kOverflow);  // Anything else is a fault of this room.
  RefuseRecorded(ResultCode::kUnableToComply, "", "an amount would not fit");
  return false;
}

bool Charging::TryCommit(EntryKind kind) {
  balance::EntryBuilder& entry = shard_.entry();
  entry.Begin(kind, account_->id);
  WriteKey();
  Revenue revenue;
  for (const balance::Movement& movement : movements_) {
    revenue.push_back({movement.bucket, balance::PostMovement(*account_, movement, &entry)});
    if (movement.spent > 0)
      StartOnFirstDraw(*account_, movement.bucket, at_, revision_->tariff->zone(), &entry);
  }
  PostCosts();
  WriteCounters(counters_, at_, &entry);
  for (const balance::VolumeWindow& window : volumes_) entry.SetVolumeWindow(window);
  if (answers_demand_) entry.DropDemand(request_.session_id);
  if (!EntryAllowed()) return false;

  // Past this line the request cannot fail.
  size_t records = 0;
  for (size_t i = 0; i < outcomes_.size(); ++i) {
    if (ServiceAt(i).has_used || kind == EntryKind::kEventCharged || Closes(kind)) {
      records += 1 + outcomes_[i].earlier.size();
    }
  }
  const uint32_t sequence_before = session_ == nullptr ? 0 : session_->record_sequence;
  const uint32_t sequence = sequence_before + static_cast<uint32_t>(records);
  if (IsSession(kind)) {
    // A restricted state may be longer than a grant.
    int64_t validity = GrantValiditySeconds(shard_.options());
    for (const ServiceAnswer& service : answer_->services)
      validity = std::max<int64_t>(validity, service.validity_seconds);
    const Instant ends_at =
        shard_.logged_at().PlusSeconds(validity * shard_.options().supervision_factor);
    const int64_t cost = (session_ == nullptr ? 0 : session_->cost_micros) + charged_micros_;
    if (kind == EntryKind::kSessionOpened) {
      entry.OpenSession(revision_->view.revision, at_, ends_at, request_.origin_host,
                        request_.origin_host.empty() ? 0 : request_.origin_state_id);
      if (node_ != balance::kRootNode) entry.SetSessionNode(node_);
      if (number_max_before_ > request_.number) {  // The id was used before: its repeats may come.
        entry.ReportSession({.number_max = number_max_before_,
                             .record_sequence = 0,
                             .reported_at = at_,
                             .ends_at = ends_at,
                             .cost_micros = 0});
      }
    } else if (kind == EntryKind::kSessionUpdated) {
      entry.ReportSession({.number_max = std::max(session_->number_max, request_.number),
                           .record_sequence = sequence,
                           .reported_at = std::max(at_, session_->reported_at),
                           .ends_at = ends_at,
                           .cost_micros = cost});
    }
    answer_->has_cost = kind != EntryKind::kSessionOpened;
    answer_->cost_micros = cost;
    WriteSession(kind);
  } else {
    answer_->has_cost = true;
    answer_->cost_micros = charged_micros_;
    NoteNumber();
  }
  WriteCharges(kind);
  node_path_ = NodePath(*account_, node_);
  for (size_t i = 0; i < outcomes_.size(); ++i) WriteRecords(kind, i, &revenue);
  if (kind == EntryKind::kSessionTerminated && outcomes_.empty()) WriteClosingRecord();
  if (expires_) return shard_.CountExpiredSession(), shard_.Append(account_), true;
  const bool charged =
      std::any_of(movements_.begin(), movements_.end(),
                  [](const balance::Movement& movement) { return movement.spent != 0; });
  if (charged) {
    answer_->refund_information =
        cdr::FormatRecordId(RecordIdOf(shard_.id(), shard_.book().NextPosition(), /*record=*/0));
  }
  shard_.CountResult(answer_->code);
  EncodeAnswer(*answer_, entry.answer());
  shard_.Append(account_);
  return true;
}

void Charging::WriteSession(EntryKind kind) {
  balance::EntryBuilder& entry = shard_.entry();
  if (Closes(kind)) {
    entry.CloseSession();
    return;
  }
  for (size_t i = 0; i < outcomes_.size(); ++i) {
    const ServiceRequest& service = ServiceAt(i);
    ServiceOutcome& outcome = outcomes_[i];
    if (!service.has_used && !WantsQuota(service)) continue;
    const balance::Grant* before = FindGrant(session_, service.rating_group);
    if (outcome.model.empty() && before == nullptr) continue;
    // Without a new grant the client holds nothing any more (CC-35); its model stays known.
    balance::Grant grant;
    grant.rating_group = service.rating_group;
    grant.model = outcome.model.empty() ? before->model : std::string(outcome.model);
    grant.context = outcome.context.values;
    grant.prompt_tokens = KeptPromptTokens(service, before);
    grant.request_counted = !outcome.counts_request;
    grant.counted = outcome.call_counted;
    grant.charged_micros = outcome.call_charged_micros;
    grant.final_units = outcome.final_units;
    grant.pool = outcome.pool;
    grant.holds = outcome.holds;  // Also what a pool keeps there without a new grant.
    if (outcome.sets_grant) {
      grant.switches_at = outcome.switches_at;
      grant.granted = answer_->services[i].granted;
      grant.counter_holds = outcome.counter_holds;
    }
    entry.SetGrant(grant);
  }
  for (const balance::Grant& grant : pool_grants_) entry.SetGrant(grant);
}

void Charging::WriteCharges(EntryKind /*kind*/) {
  const auto write = [&](const rating::ChargeLines& lines) {
    for (const rating::ChargeLine& line : lines) {
      if (line.rate.line == 0 || line.carry_in == line.carry_out) continue;
      shard_.entry().SetCarry({.line = line.rate.line,
                               .denominator = line.rate.denominator,
                               .remainder = line.carry_out});
    }
  };
  for (const ServiceOutcome& outcome : outcomes_) {
    // In the order in which they were charged: the last carry of a line is what is left.
    for (const ServiceOutcome& side : outcome.earlier) {
      write(side.lines);
      write(side.costs);
    }
    write(outcome.lines);
    write(outcome.costs);
  }
}

cdr::Record Charging::BeginRecord(cdr::ClosingCause cause) {
  cdr::Record record;
  record.type = cdr::RecordType::kUsage;
  record.local_sequence = shard_.book().NextRecordSequence();
  record.account = account_->id;
  record.session_id = request_.session_id;
  record.request_number = request_.number;
  record.cause = cause;
  record.opened_at = session_ == nullptr ? at_ : session_->reported_at;
  record.closed_at = std::max(at_, record.opened_at);
  record.recorded_at = shard_.logged_at();
  record.tariff_revision = revision_->view.revision;
  record.product = request_.product;
  record.scenario = request_.scenario;
  record.region = request_.region;
  record.channel = request_.channel;
  if (IsTraceparent(request_.traceparent)) record.traceparent = request_.traceparent;
  record.node = node_path_;
  record.late = late_session_.has_value();
  record.incomplete = expires_;
  return record;
}

void Charging::WriteClosingRecord() {
  cdr::Record record = BeginRecord(cdr::ClosingCause::kNormalRelease);
  record.record_sequence = session_->record_sequence == 0 ? 0 : session_->record_sequence + 1;
  if (!session_->grants.empty()) {
    record.rating_group = session_->grants.front().rating_group;
    record.model = session_->grants.front().model;
  }
  AttachRecord(shard_, *account_, &record);
}

void Charging::WriteRecords(EntryKind kind, size_t index, Revenue* revenue) {
  for (const ServiceOutcome& side : outcomes_[index].earlier)
    WriteRecord(kind, index, side, revenue);
  WriteRecord(kind, index, outcomes_[index], revenue);
}

void Charging::WriteRecord(EntryKind kind, size_t index, const ServiceOutcome& outcome,
                           Revenue* revenue) {
  const ServiceRequest& service = ServiceAt(index);
  const ServiceOutcome& whole = outcomes_[index];
  const bool is_last = &outcome == &whole;
  const bool event = kind == EntryKind::kEventCharged;
  const bool final = event || Closes(kind);
  if (!service.has_used && !final) return;
  const cdr::ClosingCause end =
      expires_ ? cdr::ClosingCause::kAbnormalRelease : cdr::ClosingCause::kNormalRelease;
  cdr::Record record = BeginRecord(final && is_last ? end : cdr::ClosingCause::kPartialRecord);
  if (whole.switched_at != Instant{}) {
    // Records part where the price changed, as far as they may: a record never ends before it
    // began.
    record.tariff_change = outcome.side.tariff_change;
    record.tariff_revision = RevisionOf(outcome).view.revision;
    const Instant switched = std::clamp(whole.switched_at, record.opened_at, record.closed_at);
    if (record.tariff_change == 1 && switched > record.opened_at)
      record.closed_at = switched.PlusMillis(-1);
    if (record.tariff_change == 2) record.opened_at = switched;
  }
  if (!final && whole.switched_at == Instant{})
    record.cause = PartialCause(shard_.options(), service.used, record);
  record.estimated = service.estimated;
  record.rating_group = service.rating_group;
  record.model = whole.model.empty() ? service.model : whole.model;
  record.provider = whole.provider;
  record.service_tier = service.service_tier;
  record.served_model = service.served_model;
  if (service.prompt_tokens) record.prompt_tokens = *service.prompt_tokens;
  if (service.reason) record.reporting_reason = static_cast<uint32_t>(*service.reason) + 1;
  record.call_outcome = static_cast<uint32_t>(service.outcome);
  if (!event) {
    const bool only =
        final && session_->record_sequence == 0 && outcomes_.size() == 1 && whole.earlier.empty();
    record.record_sequence = only
                                 ? 0
                                 : session_->record_sequence +
                                       static_cast<uint32_t>(shard_.entry().attachment_count()) + 1;
  }
  AddLines(service, outcome, revenue, &record);
  AddCosts(outcome, &record);
  AttachRecord(shard_, *account_, &record);
}

void Charging::AddLines(const ServiceRequest& service, const ServiceOutcome& outcome,
                        Revenue* revenue, cdr::Record* record) const {
  for (const rating::ChargeLine& line : outcome.lines) {
    const Pots::Source& source = outcome.sources[line.pot];
    const rating::Rule& rule = source.tariff->rule(line.rule);
    record->lines.push_back({.kind = line.kind,
                             .quantity = line.quantity,
                             .unit = source.unit,
                             .amount = line.amount,
                             .price_numerator = line.rate.numerator,
                             .price_denominator = line.rate.denominator,
                             .carry_in = line.carry_in,
                             .carry_out = line.carry_out,
                             .carry_line = line.rate.line,
                             .bucket = source.bucket,
                             .revenue_micros = TakeRevenue(source.bucket, revenue),
                             .overshoot = line.overshoot,
                             .charge_code = rule.charge_code,
                             .rule = rule.origin,
                             .form = static_cast<cdr::LineForm>(line.form),
                             .tier = line.tier,
                             .tax_basis_points = rule.tax_basis_points,
                             .applied = rule.applied});
  }
  for (const KindQuantity& used : outcome.uncharged) {
    if (used.quantity == 0) continue;
    cdr::RecordLine& line = record->lines.emplace_back();
    line.kind = used.kind;
    line.quantity = used.quantity;
    line.unit = account_->currency;
    line.charge_code = kUnchargedCode;
    line.rule = UnchargedRule(service.outcome);
  }
  if (outcome.unrated) {
    const bool parted = outcome.side.tariff_change != 0 || !outcome.earlier.empty();
    for (const KindQuantity& used : parted ? outcome.side.used : service.used) {
      if (used.quantity == 0) continue;
      cdr::RecordLine& line = record->lines.emplace_back();
      line.kind = used.kind;
      line.quantity = used.quantity;
      line.unit = account_->currency;
      line.charge_code = kUnratedCode;
      line.rule = kUnratedRule;
    }
  }
}

}  // namespace ocs::engine
