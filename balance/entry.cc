#include "balance/entry.h"

#include <array>

#include "balance/internal/codec.h"
#include "ocs/base/check.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"

namespace ocs::balance {
namespace {

// Numbers that are not given away yet have no name.
constexpr std::array<std::string_view, 58> kKindNames = {"",
                                                         "account created",
                                                         "identity added",
                                                         "identity removed",
                                                         "offer purchased",
                                                         "top-up",
                                                         "session opened",
                                                         "session updated",
                                                         "session terminated",
                                                         "session expired",
                                                         "event charged",
                                                         "event refunded",
                                                         "buckets expired",
                                                         "refused",
                                                         "catalogue published",
                                                         "identity claimed",
                                                         "identity released",
                                                         "offer renewed",
                                                         "subscription ended",
                                                         "buckets refilled",
                                                         "node changed",
                                                         "limit changed",
                                                         "account changed",
                                                         "adjusted",
                                                         "written off",
                                                         "transfer sent",
                                                         "transfer received",
                                                         "transfer settled",
                                                         "switch set",
                                                         "voucher redeemed",
                                                         "notice given",
                                                         "catalogue proposed",
                                                         "catalogue approved",
                                                         "catalogue rejected",
                                                         "catalogue cancelled",
                                                         "",
                                                         "window settled",
                                                         "charged again",
                                                         "",
                                                         "",
                                                         "",
                                                         "session demanded",
                                                         "watch changed",
                                                         "",
                                                         "",
                                                         "",
                                                         "",
                                                         "",
                                                         "",
                                                         "vouchers issued",
                                                         "vouchers cancelled",
                                                         "voucher guessed",
                                                         "transfer refused",
                                                         "voucher claimed",
                                                         "voucher settled",
                                                         "voucher credited",
                                                         "operated",
                                                         "origin restarted"};

constexpr std::array<std::string_view, kLedgerAccountCount> kLedgerNames = {
    "",
    "available",
    "held",
    "cash",
    "issued",
    "earned revenue",
    "consumed",
    "deferred revenue",
    "expired",
    "written off",
    "deferred revenue released",
    "package revenue earned",
    "breakage",
    "goodwill",
    "correction",
    "transferred",
    "rebate",
    "tax",
    "vendor cost",
    "vendor payable",
    "rounding",
    "deferred revenue moved"};

template <typename T>
uint8_t CodeOf(Effect effect, const T& item) {
  return static_cast<uint8_t>(static_cast<uint8_t>(effect) + (HasMore(item) ? kLongForm : 0));
}

void PutIdentity(Effect effect, const AccountIdentity& identity, std::string* effects) {
  ByteWriter out(effects);
  const bool with_node = identity.node != kRootNode || effect == Effect::kMoveIdentity;
  const bool long_form = with_node && effect != Effect::kMoveIdentity;
  out.U8(static_cast<uint8_t>(static_cast<uint8_t>(effect) + (long_form ? kLongForm : 0)));
  out.U8(identity.type);
  out.Text(identity.data);
  if (with_node) out.Varint(identity.node.value);
}

// How long a bucket lasts, about; 0 where it has no end.
int64_t LengthMillis(const Bucket& bucket) {
  constexpr int64_t kMonthMillis = int64_t{28} * 86'400'000;
  if (bucket.valid_until != Instant::Never())
    return bucket.valid_until.unix_ms - bucket.valid_from.unix_ms;
  return bucket.lasts_ms + bucket.lasts_months * kMonthMillis;
}

// A position is written as how many groups it lies back (plus one; 0 is none), then its index.
void PutPosition(ByteWriter& out, uint64_t group, Position position) {
  if (!position.valid()) {
    out.Varint(0);
    return;
  }
  OCS_CHECK(position.group <= group);
  out.Varint(group - position.group + 1);
  out.Varint(position.index);
}

bool GetPosition(ByteReader& in, uint64_t group, Position* position) {
  const uint64_t back = in.Varint();
  *position = {};
  if (back == 0) return in.ok();
  if (back > group) return false;
  position->group = group - back + 1;
  position->index = static_cast<uint32_t>(in.Varint());
  return in.ok();
}

}  // namespace

std::string_view EntryKindName(EntryKind kind) {
  const auto index = static_cast<size_t>(kind);
  return index < kKindNames.size() && !kKindNames[index].empty() ? kKindNames[index] : "unknown";
}

std::string_view LedgerAccountName(LedgerAccount account) {
  const auto index = static_cast<size_t>(account);
  return index < kLedgerNames.size() ? kLedgerNames[index] : "unknown";
}

void EntryBuilder::Begin(EntryKind kind, AccountId account) {
  kind_ = kind;
  account_ = account;
  key_ = {};
  fingerprint_.clear();
  session_previous_ = {};
  postings_.clear();
  added_buckets_.clear();
  counter_moves_.clear();
  effects_.clear();
  answer_.clear();
  attachment_count_ = 0;
}

void EntryBuilder::SetKey(const EntryKey& key) { key_ = key; }

void EntryBuilder::Post(LedgerAccount account, BucketId bucket, int64_t amount) {
  if (amount == 0) return;
  postings_.push_back({.account = account, .bucket = bucket, .amount = amount});
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kPost));
  out.U8(static_cast<uint8_t>(account));
  out.Varint(bucket.value);
  out.Signed(amount);
}

void EntryBuilder::OpenSession(uint32_t revision, Instant opened_at, Instant ends_at) {
  OpenSession(revision, opened_at, ends_at, "", 0);
}

void EntryBuilder::OpenSession(uint32_t revision, Instant opened_at, Instant ends_at,
                               std::string_view origin_host, uint32_t origin_state) {
  Session more;
  more.origin_host = origin_host;
  more.origin_state = origin_state;
  ByteWriter out(&effects_);
  out.U8(CodeOf(Effect::kOpenSession, more));
  out.Varint(revision);
  out.Signed(opened_at.unix_ms);
  out.Signed(ends_at.unix_ms - opened_at.unix_ms);
  if (HasMore(more)) EncodeMore(more, out);
}

void EntryBuilder::ReportSession(const Report& report) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kReport));
  out.Varint(report.number_max);
  out.Varint(report.record_sequence);
  out.Signed(report.reported_at.unix_ms);
  out.Signed(report.ends_at.unix_ms - report.reported_at.unix_ms);
  out.Signed(report.cost_micros);
}

void EntryBuilder::SetGrant(const Grant& grant) {
  ByteWriter out(&effects_);
  out.U8(CodeOf(Effect::kSetGrant, grant));
  EncodeGrant(grant, out);
  if (HasMore(grant)) EncodeMore(grant, out);
}

void EntryBuilder::CloseSession() { effects_.push_back(static_cast<char>(Effect::kCloseSession)); }

void EntryBuilder::AddBucket(const Bucket& given) {
  Bucket& bucket = added_buckets_.emplace_back(given);
  if (bucket_notice_ms_ > 0 && LengthMillis(bucket) > bucket_notice_ms_)
    bucket.notice_ms = bucket_notice_ms_;
  ByteWriter out(&effects_);
  out.U8(CodeOf(Effect::kAddBucket, bucket));
  EncodeBucket(bucket, out);
  if (HasMore(bucket)) EncodeMore(bucket, out);
}

void EntryBuilder::DropBucket(BucketId bucket) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kDropBucket));
  out.Varint(bucket.value);
}

void EntryBuilder::SetCarry(const Carry& carry) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetCarry));
  EncodeCarry(carry, out);
}

void EntryBuilder::CreateAccount(Unit currency, int64_t credit_limit_micros, Instant created_at) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kCreateAccount));
  out.Text(currency.code());
  out.Signed(credit_limit_micros);
  out.Signed(created_at.unix_ms);
}

void EntryBuilder::AddSubscription(const Subscription& subscription) {
  ByteWriter out(&effects_);
  out.U8(CodeOf(Effect::kAddSubscription, subscription));
  EncodeSubscription(subscription, out);
  if (HasMore(subscription)) EncodeMore(subscription, out);
}

void EntryBuilder::DropSubscription(const Subscription& subscription) {
  ByteWriter out(&effects_);
  out.U8(CodeOf(Effect::kDropSubscription, subscription));
  EncodeSubscription(subscription, out);
  if (HasMore(subscription)) EncodeMore(subscription, out);
}

void EntryBuilder::AddIdentity(const AccountIdentity& identity) {
  PutIdentity(Effect::kAddIdentity, identity, &effects_);
}

void EntryBuilder::RemoveIdentity(const AccountIdentity& identity) {
  PutIdentity(Effect::kRemoveIdentity, identity, &effects_);
}

void EntryBuilder::RefundOf(Position charged) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kRefundOf));
  out.Varint(charged.group);
  out.Varint(charged.index);
}

void EntryBuilder::RefundOf(Position charged, const std::vector<RefundedLine>& so_far) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kRefundOf) + kLongForm);
  out.Varint(charged.group);
  out.Varint(charged.index);
  out.Varint(so_far.size());
  for (const RefundedLine& line : so_far) {
    out.Varint(line.record);
    out.Varint(line.line);
    out.Signed(line.amount);
  }
}

void EntryBuilder::SetTimes(const Times& times) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetTimes));
  out.Varint(times.bucket.value);
  out.Signed(times.valid_from.unix_ms);
  out.Signed(times.valid_until.unix_ms);
  out.Signed(times.refills_at.unix_ms);
}

void EntryBuilder::SetSubscription(const Subscription& subscription) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetSubscription));
  EncodeSubscription(subscription, out);
  EncodeMore(subscription, out);
}

void EntryBuilder::SetNode(const Node& node) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetNode));
  EncodeNode(node, out);
}

void EntryBuilder::SetLimit(const Limit& limit) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetLimit));
  EncodeLimit(limit, out);
}

void EntryBuilder::DropLimit(uint32_t limit) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kDropLimit));
  out.Varint(limit);
}

void EntryBuilder::Count(const CounterMove& move) {
  counter_moves_.push_back(move);
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kCount));
  out.Fixed64(move.id);
  out.Varint(move.owner);
  EncodeWindow(move.window, out);
  out.Signed(move.began_at.unix_ms);
  out.Signed(move.ends_at.unix_ms);
  out.Signed(move.at.unix_ms);
  out.Signed(move.counted);
  out.Signed(move.charged_micros);
  out.Signed(move.held);
  out.U8(move.noticed_percent);
}

void EntryBuilder::DropCounter(uint64_t counter, uint64_t owner) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kDropCounter));
  out.Fixed64(counter);
  out.Varint(owner);
}

void EntryBuilder::SetProfile(const Profile& profile) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetProfile));
  out.U8(static_cast<uint8_t>(profile.state));
  out.Signed(profile.credit_limit_micros);
  out.Text(profile.segment);
  out.Text(profile.tenant);
  out.U8(profile.billing_day);
}

void EntryBuilder::SetBought(const Bought& bought) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetBought));
  EncodeBought(bought, out);
}

void EntryBuilder::SetDatedChange(const DatedChange& change) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetDatedChange));
  EncodeDatedChange(change, out);
}

void EntryBuilder::DropDatedChange(const DatedChange& change) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kDropDatedChange));
  EncodeDatedChange(change, out);
}

void EntryBuilder::SetSessionNode(NodeId node) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetSessionNode));
  out.Varint(node.value);
}

void EntryBuilder::MoveIdentity(const AccountIdentity& identity) {
  PutIdentity(Effect::kMoveIdentity, identity, &effects_);
}

void EntryBuilder::SetTransfer(const Transfer& transfer) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetTransfer));
  EncodeTransfer(transfer, out);
}

void EntryBuilder::DropTransfer(std::string_view transfer_id) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kDropTransfer));
  out.Text(transfer_id);
}

void EntryBuilder::SetBucketNoticed(BucketId bucket, uint8_t percent) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetBucketNoticed));
  out.Varint(bucket.value);
  out.U8(percent);
}

void EntryBuilder::SetVolumeWindow(const VolumeWindow& window) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetVolumeWindow));
  EncodeVolumeWindow(window, out);
}

void EntryBuilder::DropVolumeWindow(const VolumeWindow& window) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kDropVolumeWindow));
  EncodeVolumeWindow(window, out);
}

void EntryBuilder::SetDemand(const Demand& demand) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetDemand));
  EncodeDemand(demand, out);
}

void EntryBuilder::DropDemand(std::string_view session_id) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kDropDemand));
  out.Text(session_id);
}

void EntryBuilder::SetBucketNotice(BucketId bucket, int64_t notice_ms) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetBucketNotice));
  out.Varint(bucket.value);
  out.Signed(notice_ms);
}

void EntryBuilder::SetWatch(const Watch& watch) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetWatch));
  out.U8(1);
  EncodeWatch(watch, out);
}

void EntryBuilder::DropWatch(std::string_view watch_id) {
  ByteWriter out(&effects_);
  out.U8(static_cast<uint8_t>(Effect::kSetWatch));
  out.U8(0);
  out.Text(watch_id);
}

std::string* EntryBuilder::Attach(AttachmentType type) {
  OCS_CHECK(attachment_count_ < kAttachmentsMax);
  attachment_types_[attachment_count_] = type;
  std::string* bytes = &attachments_[attachment_count_++];
  bytes->clear();
  return bytes;
}

bool EntryBuilder::attaches_news() const {
  for (int i = 0; i < attachment_count_; ++i) {
    const AttachmentType type = attachment_types_[i];
    if (type == AttachmentType::kRecord || type == AttachmentType::kNotice) return true;
  }
  return false;
}

void EntryBuilder::AppendTo(std::string* out, uint64_t group, Position previous) {
  body_.clear();
  ByteWriter body(&body_);
  body.U8(static_cast<uint8_t>(kind_));
  body.Varint(account_.value);
  PutPosition(body, group, previous);
  body.U8(static_cast<uint8_t>(key_.type));
  if (key_.type != EntryKey::Type::kNone) body.Text(key_.text);
  if (key_.type == EntryKey::Type::kRequest) body.Varint(key_.number);
  body.U8(static_cast<uint8_t>(fingerprint_.size()));
  for (const uint32_t field : fingerprint_) body.Fixed32(field);
  PutPosition(body, group, session_previous_);
  body.Text(effects_);
  body.Text(answer_);
  body.U8(static_cast<uint8_t>(attachment_count_));
  for (int i = 0; i < attachment_count_; ++i) {
    body.U8(static_cast<uint8_t>(attachment_types_[i]));
    body.Text(attachments_[i]);
  }
  ByteWriter(out).Text(body_);
}

std::string_view EntryView::attachment(AttachmentType type) const {
  for (const Attachment& a : attachments) {
    if (a.type == type) return a.bytes;
  }
  return {};
}

absl::StatusOr<EntryView> ParseEntry(std::string_view body, Position position) {
  const auto damaged = [&] {
    return absl::DataLossError(Cat("journal entry ", position.group, ".", position.index, " of ",
                                   body.size(), " bytes is damaged"));
  };
  ByteReader in(body);
  EntryView entry;
  entry.position = position;
  const uint8_t kind = in.U8();
  if (kind >= kKindNames.size() || kKindNames[kind].empty()) return damaged();
  entry.kind = static_cast<EntryKind>(kind);
  entry.account.value = in.Varint();
  if (!GetPosition(in, position.group, &entry.previous)) return damaged();
  const uint8_t key_type = in.U8();
  if (key_type > static_cast<uint8_t>(EntryKey::Type::kSession)) return damaged();
  entry.key.type = static_cast<EntryKey::Type>(key_type);
  if (entry.key.type != EntryKey::Type::kNone) entry.key.text = in.Text();
  if (entry.key.type == EntryKey::Type::kRequest)
    entry.key.number = static_cast<uint32_t>(in.Varint());
  const uint8_t fields = in.U8();
  if (fields > kFingerprintFieldsMax) return damaged();
  for (uint8_t i = 0; i < fields; ++i) entry.fingerprint.push_back(in.Fixed32());
  if (!GetPosition(in, position.group, &entry.session_previous)) return damaged();
  entry.effects = in.Text();
  entry.answer = in.Text();
  const uint8_t attachments = in.U8();
  for (uint8_t i = 0; i < attachments && in.ok(); ++i) {
    const auto type = static_cast<AttachmentType>(in.U8());
    entry.attachments.push_back({.type = type, .bytes = in.Text()});
  }
  if (!in.ok() || !in.done()) return damaged();
  return entry;
}

absl::StatusOr<absl::InlinedVector<Posting, 12>> PostingsOf(const EntryView& entry) {
  absl::InlinedVector<Posting, 12> postings;
  EffectReader effects(entry.effects);
  while (effects.Next()) {
    if (effects.effect() == Effect::kPost) postings.push_back(effects.posting());
  }
  if (!effects.ok()) {
    return absl::DataLossError(Cat("effects of journal entry ", entry.position.group, ".",
                                   entry.position.index, " are damaged"));
  }
  return postings;
}

}  // namespace ocs::balance
