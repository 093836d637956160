#include "cdr/record.h"

#include <array>
#include <cstring>
#include <limits>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "cdr/internal/record_fields.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"

// The byte form is described in docs/format/cdr.md; a field that changes here needs a new version
// there.

namespace ocs::cdr {
namespace {

constexpr uint8_t kVersionPlain = 1;
constexpr uint8_t kVersionWide = 2;  // Only of a record that has something that version 1 lacks.
constexpr uint8_t kVersionMore = 3;  // Only of a record that has something that version 2 lacks.
constexpr size_t kLineBytesMin = 4;  // Kind, two bytes of flags, a quantity of one byte.

// Which of the fields that are usually empty are there. Numbers are stored.
enum HeaderFlag : uint16_t {
  kIncomplete = 1 << 0,
  kEstimated = 1 << 1,
  kHasSession = 1 << 2,
  kHasRequestNumber = 1 << 3,
  kHasRecordSequence = 1 << 4,
  kHasCause = 1 << 5,
  kHasRatingGroup = 1 << 6,
  kHasModel = 1 << 7,
  kHasProvider = 1 << 8,
  kHasOffer = 1 << 9,
  kHasRevision = 1 << 10,
  kHasRefersTo = 1 << 11,
};
constexpr uint16_t kHeaderFlagsKnown = (1 << 12) - 1;

// Of version 2, in a second word.
enum WideFlag : uint16_t {
  kHasServedModel = 1 << 0,
  kHasNode = 1 << 1,
  kHasProduct = 1 << 2,
  kHasScenario = 1 << 3,
  kHasServiceTier = 1 << 4,
  kHasRegion = 1 << 5,
  kHasChannel = 1 << 6,
  kHasTraceparent = 1 << 7,
  kHasPromptTokens = 1 << 8,
  kHasCosts = 1 << 9,
};
constexpr uint16_t kWideFlagsKnown = (1 << 10) - 1;

// Of version 3, in a third word.
enum MoreFlag : uint16_t {
  kHasTariffChange = 1 << 0,
  kHasReason = 1 << 1,
  kHasOutcome = 1 << 2,
  kLate = 1 << 3,
  kHasBillingDay = 1 << 4,
};
constexpr uint16_t kMoreFlagsKnown = (1 << 5) - 1;

// Of a line. "New" means: differs from the line before (from a default line, for the first).
enum LineFlag : uint16_t {
  kOvershoot = 1 << 0,
  kNewUnit = 1 << 1,
  kHasAmount = 1 << 2,
  kHasNumerator = 1 << 3,
  kNewDenominator = 1 << 4,
  kHasCarryIn = 1 << 5,
  kHasCarryOut = 1 << 6,
  kHasCarryLine = 1 << 7,
  kNewBucket = 1 << 8,
  kHasRevenue = 1 << 9,
  kNewChargeCode = 1 << 10,
  kNewRule = 1 << 11,
  // Of version 2.
  kHasForm = 1 << 12,
  kHasTier = 1 << 13,
  kNewTax = 1 << 14,
  kNewApplied = 1 << 15,
};
constexpr uint16_t kLineFlagsPlain = (1 << 12) - 1;
constexpr uint16_t kLineFlagsWide = 0xffff;

constexpr uint16_t FlagIf(bool there, uint16_t flag) { return there ? flag : uint16_t{0}; }

// Writes what ByteWriter writes, but gathers it on the stack: one append for a usual record instead
// of one per field.
class Gather final {
 public:
  explicit Gather(std::string* out) : out_(out) {}
  ~Gather() { Flush(); }
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;

  void U8(uint8_t value) {
    Room(1);
    buffer_[used_++] = static_cast<char>(value);
  }
  void Fixed16(uint16_t value) {
    Room(2);
    buffer_[used_++] = static_cast<char>(value & 0xff);
    buffer_[used_++] = static_cast<char>(value >> 8);
  }
  void Fixed64(uint64_t value) {
    Room(8);
    for (int shift = 0; shift < 64; shift += 8)
      buffer_[used_++] = static_cast<char>((value >> shift) & 0xff);
  }
  void Varint(uint64_t value) {
    Room(10);
    while (value >= 0x80) {
      buffer_[used_++] = static_cast<char>((value & 0x7f) | 0x80);
      value >>= 7;
    }
    buffer_[used_++] = static_cast<char>(value);
  }
  void Signed(int64_t value) {
    Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void Text(std::string_view text) {
    Varint(text.size());
    if (text.size() > buffer_.size()) {
      Flush();
      out_->append(text);
      return;
    }
    Room(text.size());
    if (!text.empty()) std::memcpy(buffer_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }

 private:
  void Room(size_t bytes) {
    if (buffer_.size() - used_ < bytes) Flush();
  }
  void Flush() {
    out_->append(buffer_.data(), used_);
    used_ = 0;
  }

  std::string* out_;
  size_t used_ = 0;
  std::array<char, 1024> buffer_;  // Not filled: only what is used_ is read.
};

uint16_t HeaderFlags(const Record& record) {
  uint32_t flags = 0;
  flags |= FlagIf(record.incomplete, kIncomplete);
  flags |= FlagIf(record.estimated, kEstimated);
  flags |= FlagIf(!record.session_id.empty(), kHasSession);
  flags |= FlagIf(record.request_number != 0, kHasRequestNumber);
  flags |= FlagIf(record.record_sequence != 0, kHasRecordSequence);
  flags |= FlagIf(record.cause != ClosingCause::kNormalRelease, kHasCause);
  flags |= FlagIf(record.rating_group != 0, kHasRatingGroup);
  flags |= FlagIf(!record.model.empty(), kHasModel);
  flags |= FlagIf(!record.provider.empty(), kHasProvider);
  flags |= FlagIf(!record.offer.empty(), kHasOffer);
  flags |= FlagIf(record.tariff_revision != 0, kHasRevision);
  flags |= FlagIf(record.refers_to_shard != 0 || record.refers_to != Position{}, kHasRefersTo);
  return static_cast<uint16_t>(flags);
}

uint16_t WideFlags(const Record& record) {
  uint32_t flags = 0;
  flags |= FlagIf(!record.served_model.empty(), kHasServedModel);
  flags |= FlagIf(!record.node.empty(), kHasNode);
  flags |= FlagIf(!record.product.empty(), kHasProduct);
  flags |= FlagIf(!record.scenario.empty(), kHasScenario);
  flags |= FlagIf(!record.service_tier.empty(), kHasServiceTier);
  flags |= FlagIf(!record.region.empty(), kHasRegion);
  flags |= FlagIf(!record.channel.empty(), kHasChannel);
  flags |= FlagIf(!record.traceparent.empty(), kHasTraceparent);
  flags |= FlagIf(record.prompt_tokens != 0, kHasPromptTokens);
  flags |= FlagIf(!record.costs.empty(), kHasCosts);
  return static_cast<uint16_t>(flags);
}

uint16_t MoreFlags(const Record& record) {
  uint32_t flags = 0;
  flags |= FlagIf(record.tariff_change != 0, kHasTariffChange);
  flags |= FlagIf(record.reporting_reason != 0, kHasReason);
  flags |= FlagIf(record.call_outcome != 0, kHasOutcome);
  flags |= FlagIf(record.late, kLate);
  flags |= FlagIf(record.billing_day != 0, kHasBillingDay);
  return static_cast<uint16_t>(flags);
}

// True when version 1 cannot hold it.
bool IsWide(const Record& record) {
  if (WideFlags(record) != 0) return true;
  for (const RecordLine& line : record.lines) {
    if (line.form != LineForm::kPieces || line.tier != 0 || line.tax_basis_points != 0 ||
        !line.applied.empty()) {
      return true;
    }
  }
  return false;
}

uint16_t LineFlags(const RecordLine& line, const RecordLine& before) {
  uint32_t flags = 0;
  flags |= FlagIf(line.overshoot, kOvershoot);
  flags |= FlagIf(line.unit != before.unit, kNewUnit);
  flags |= FlagIf(line.amount != 0, kHasAmount);
  flags |= FlagIf(line.price_numerator != 0, kHasNumerator);
  flags |= FlagIf(line.price_denominator != before.price_denominator, kNewDenominator);
  flags |= FlagIf(line.carry_in != 0, kHasCarryIn);
  flags |= FlagIf(line.carry_out != 0, kHasCarryOut);
  flags |= FlagIf(line.carry_line != 0, kHasCarryLine);
  flags |= FlagIf(line.bucket != before.bucket, kNewBucket);
  flags |= FlagIf(line.revenue_micros != 0, kHasRevenue);
  flags |= FlagIf(line.charge_code != before.charge_code, kNewChargeCode);
  flags |= FlagIf(line.rule != before.rule, kNewRule);
  flags |= FlagIf(line.form != LineForm::kPieces, kHasForm);
  flags |= FlagIf(line.tier != 0, kHasTier);
  flags |= FlagIf(line.tax_basis_points != before.tax_basis_points, kNewTax);
  flags |= FlagIf(line.applied != before.applied, kNewApplied);
  return static_cast<uint16_t>(flags);
}

// The difference of two instants wraps on purpose: Never() minus a time before 1970 comes back as
// it was.
int64_t WrappingDifference(Instant later, Instant earlier) {
  return static_cast<int64_t>(static_cast<uint64_t>(later.unix_ms) -
                              static_cast<uint64_t>(earlier.unix_ms));
}
Instant WrappingSum(Instant earlier, int64_t difference) {
  return {static_cast<int64_t>(static_cast<uint64_t>(earlier.unix_ms) +
                               static_cast<uint64_t>(difference))};
}

void EncodeLine(const RecordLine& line, const RecordLine& before, Gather& out) {
  const uint16_t flags = LineFlags(line, before);
  out.U8(static_cast<uint8_t>(line.kind));
  out.Fixed16(flags);
  out.Signed(line.quantity);
  if (flags & kNewUnit) out.Text(line.unit.code());
  if (flags & kHasAmount) out.Signed(line.amount);
  if (flags & kHasNumerator) out.Signed(line.price_numerator);
  if (flags & kNewDenominator) out.Signed(line.price_denominator);
  if (flags & kHasCarryIn) out.Signed(line.carry_in);
  if (flags & kHasCarryOut) out.Signed(line.carry_out);
  if (flags & kHasCarryLine)
    out.Fixed64(line.carry_line);  // A hash: as a varint it would take ten bytes.
  if (flags & kNewBucket) out.Varint(line.bucket.value);
  if (flags & kHasRevenue) out.Signed(line.revenue_micros);
  if (flags & kNewChargeCode) out.Text(line.charge_code);
  if (flags & kNewRule) out.Text(line.rule);
  if (flags & kHasForm) out.U8(static_cast<uint8_t>(line.form));
  if (flags & kHasTier) out.Varint(line.tier);
  if (flags & kNewTax) out.Signed(line.tax_basis_points);
  if (flags & kNewApplied) out.Text(line.applied);
}

void EncodeLines(std::span<const RecordLine> lines, Gather& out) {
  static const RecordLine kDefaultLine;
  out.Varint(lines.size());
  const RecordLine* before = &kDefaultLine;
  for (const RecordLine& line : lines) {
    EncodeLine(line, *before, out);
    before = &line;
  }
}

void EncodeWide(const Record& record, Gather& out) {
  const uint16_t flags = WideFlags(record);
  out.Fixed16(flags);
  if (flags & kHasServedModel) out.Text(record.served_model);
  if (flags & kHasNode) out.Text(record.node);
  if (flags & kHasProduct) out.Text(record.product);
  if (flags & kHasScenario) out.Text(record.scenario);
  if (flags & kHasServiceTier) out.Text(record.service_tier);
  if (flags & kHasRegion) out.Text(record.region);
  if (flags & kHasChannel) out.Text(record.channel);
  if (flags & kHasTraceparent) out.Text(record.traceparent);
  if (flags & kHasPromptTokens) out.Signed(record.prompt_tokens);
  if (flags & kHasCosts) EncodeLines(record.costs, out);
}

void EncodeMore(const Record& record, Gather& out) {
  const uint16_t flags = MoreFlags(record);
  out.Fixed16(flags);
  if (flags & kHasTariffChange) out.Varint(record.tariff_change);
  if (flags & kHasReason) out.Varint(record.reporting_reason);
  if (flags & kHasOutcome) out.Varint(record.call_outcome);
  if (flags & kHasBillingDay) out.Varint(record.billing_day);
}

// The first version that can hold it: one record has one form.
uint8_t VersionOf(const Record& record) {
  if (MoreFlags(record) != 0) return kVersionMore;
  return IsWide(record) ? kVersionWide : kVersionPlain;
}

// Reads with checks that ByteReader does not make. All of them end in one flag, so that the callers
// stay flat.
class StrictReader final {
 public:
  explicit StrictReader(std::string_view bytes) : in_(bytes) {}

  bool ok() const { return ok_ && in_.ok(); }
  bool done() const { return in_.done(); }
  size_t remaining() const { return in_.remaining(); }

  uint8_t U8() { return in_.U8(); }
  uint16_t Flags(uint16_t known) {
    const uint16_t low = in_.U8();
    const uint16_t high = in_.U8();
    const auto flags = static_cast<uint16_t>(low | (high << 8));
    Require((flags & ~known) == 0);
    return flags;
  }
  uint64_t Varint() { return in_.Varint(); }
  uint64_t Fixed64() { return in_.Fixed64(); }
  int64_t Signed() { return in_.Signed(); }
  std::string_view Text() { return in_.Text(); }

  template <typename T>
  T Unsigned() {
    const uint64_t value = in_.Varint();
    Require(value <= std::numeric_limits<T>::max());
    return static_cast<T>(value);
  }
  void Require(bool holds) { ok_ = ok_ && holds; }

 private:
  ByteReader in_;
  bool ok_ = true;
};

bool IsRecordType(uint8_t number) {
  return number >= static_cast<uint8_t>(RecordType::kUsage) &&
         number <= static_cast<uint8_t>(RecordType::kCorrection);
}

Unit ReadUnit(StrictReader& in) {
  const std::string_view code = in.Text();
  if (code.empty()) return Unit();
  const auto unit = Unit::Parse(code);
  in.Require(unit.ok());
  return unit.ok() ? *unit : Unit();
}

// A field that is there although it holds what its absence means was not written by us.
void DecodeLine(StrictReader& in, uint16_t known, const RecordLine& before, RecordLine& line) {
  const uint8_t kind = in.U8();
  in.Require(kind < kTokenKindCount);
  line.kind = static_cast<TokenKind>(kind);
  const uint16_t flags = in.Flags(known);
  line.overshoot = (flags & kOvershoot) != 0;
  line.quantity = in.Signed();
  line.unit = flags & kNewUnit ? ReadUnit(in) : before.unit;
  if (flags & kHasAmount) line.amount = in.Signed();
  if (flags & kHasNumerator) line.price_numerator = in.Signed();
  line.price_denominator = flags & kNewDenominator ? in.Signed() : before.price_denominator;
  if (flags & kHasCarryIn) line.carry_in = in.Signed();
  if (flags & kHasCarryOut) line.carry_out = in.Signed();
  if (flags & kHasCarryLine) line.carry_line = in.Fixed64();
  line.bucket.value = flags & kNewBucket ? in.Unsigned<uint32_t>() : before.bucket.value;
  if (flags & kHasRevenue) line.revenue_micros = in.Signed();
  line.charge_code = flags & kNewChargeCode ? in.Text() : before.charge_code;
  line.rule = flags & kNewRule ? in.Text() : before.rule;
  if (flags & kHasForm) {
    const uint8_t form = in.U8();
    in.Require(form <= static_cast<uint8_t>(LineForm::kVolume));
    line.form = static_cast<LineForm>(form);
  }
  if (flags & kHasTier) line.tier = in.Unsigned<uint16_t>();
  line.tax_basis_points = before.tax_basis_points;
  if (flags & kNewTax) {
    const int64_t tax = in.Signed();
    line.tax_basis_points = static_cast<int32_t>(tax);
    in.Require(line.tax_basis_points == tax);
  }
  line.applied = flags & kNewApplied ? in.Text() : before.applied;
  in.Require(LineFlags(line, before) == flags);
}

void DecodeHeader(StrictReader& in, Record& record) {
  const uint8_t type = in.U8();
  in.Require(IsRecordType(type));
  record.type = static_cast<RecordType>(type);
  const uint16_t flags = in.Flags(kHeaderFlagsKnown);
  record.incomplete = (flags & kIncomplete) != 0;
  record.estimated = (flags & kEstimated) != 0;
  record.local_sequence = in.Varint();
  record.account.value = in.Varint();
  record.opened_at.unix_ms = in.Signed();
  record.closed_at = WrappingSum(record.opened_at, in.Signed());
  record.recorded_at = WrappingSum(record.closed_at, in.Signed());
  if (flags & kHasSession) record.session_id = in.Text();
  if (flags & kHasRequestNumber) record.request_number = in.Unsigned<uint32_t>();
  if (flags & kHasRecordSequence) record.record_sequence = in.Unsigned<uint32_t>();
  if (flags & kHasCause) {
    record.cause = static_cast<ClosingCause>(in.U8());
    in.Require(internal::IsDeclared(record.cause));
  }
  if (flags & kHasRatingGroup) record.rating_group = in.Unsigned<uint32_t>();
  if (flags & kHasModel) record.model = in.Text();
  if (flags & kHasProvider) record.provider = in.Text();
  if (flags & kHasOffer) record.offer = in.Text();
  if (flags & kHasRevision) record.tariff_revision = in.Unsigned<uint32_t>();
  if (flags & kHasRefersTo) {
    record.refers_to_shard = in.Unsigned<uint16_t>();
    record.refers_to.group = in.Varint();
    record.refers_to.index = in.Unsigned<uint32_t>();
  }
  in.Require(HeaderFlags(record) == flags);
}

absl::Status Damaged(std::string_view what, size_t size) {
  return absl::DataLossError(Cat("charging record of ", size, " bytes: ", what));
}

template <typename Lines>
absl::Status DecodeLines(StrictReader& in, uint16_t known, size_t size, Lines* lines) {
  static const RecordLine kDefaultLine;
  const uint64_t count = in.Varint();
  if (!in.ok()) return Damaged("truncated or not valid before its lines", size);
  if (count > static_cast<uint64_t>(kRecordLinesMax) || count > in.remaining() / kLineBytesMin)
    return Damaged(Cat("cannot hold ", count, " lines"), size);
  lines->resize(count);
  const RecordLine* before = &kDefaultLine;
  for (size_t i = 0; i < lines->size(); ++i) {
    DecodeLine(in, known, *before, (*lines)[i]);
    if (!in.ok()) return Damaged(Cat("truncated or not valid in line ", i + 1), size);
    before = &(*lines)[i];
  }
  return absl::OkStatus();
}

absl::Status DecodeWide(StrictReader& in, size_t size, Record& record) {
  const uint16_t flags = in.Flags(kWideFlagsKnown);
  if (flags & kHasServedModel) record.served_model = in.Text();
  if (flags & kHasNode) record.node = in.Text();
  if (flags & kHasProduct) record.product = in.Text();
  if (flags & kHasScenario) record.scenario = in.Text();
  if (flags & kHasServiceTier) record.service_tier = in.Text();
  if (flags & kHasRegion) record.region = in.Text();
  if (flags & kHasChannel) record.channel = in.Text();
  if (flags & kHasTraceparent) record.traceparent = in.Text();
  if (flags & kHasPromptTokens) record.prompt_tokens = in.Signed();
  if (flags & kHasCosts) {
    absl::Status status = DecodeLines(in, kLineFlagsWide, size, &record.costs);
    if (!status.ok()) return status;
  }
  in.Require(WideFlags(record) == flags);
  return absl::OkStatus();
}

void DecodeMore(StrictReader& in, Record& record) {
  const uint16_t flags = in.Flags(kMoreFlagsKnown);
  if (flags & kHasTariffChange) record.tariff_change = in.Unsigned<uint32_t>();
  if (flags & kHasReason) record.reporting_reason = in.Unsigned<uint32_t>();
  if (flags & kHasOutcome) record.call_outcome = in.Unsigned<uint32_t>();
  record.late = (flags & kLate) != 0;
  if (flags & kHasBillingDay) record.billing_day = in.Unsigned<uint32_t>();
  in.Require(MoreFlags(record) == flags);
}

// The next number of a record id: decimal digits only, at most `max`.
bool TakeNumber(std::string_view digits, uint64_t max, uint64_t* number) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return false;
  if (digits.size() > 1 && digits[0] == '0') return false;  // One id has one text.
  return absl::SimpleAtoi(ToAbsl(digits), number) && *number <= max;
}

}  // namespace

void EncodeRecord(const Record& record, std::string* out) {
  OCS_CHECK(record.lines.size() <= static_cast<size_t>(kRecordLinesMax));
  OCS_CHECK(record.costs.size() <= static_cast<size_t>(kRecordLinesMax));
  Gather gather(out);
  const uint16_t flags = HeaderFlags(record);
  const uint8_t version = VersionOf(record);
  gather.U8(version);
  gather.U8(static_cast<uint8_t>(record.type));
  gather.Fixed16(flags);
  gather.Varint(record.local_sequence);
  gather.Varint(record.account.value);
  gather.Signed(record.opened_at.unix_ms);
  gather.Signed(WrappingDifference(record.closed_at, record.opened_at));
  gather.Signed(WrappingDifference(record.recorded_at, record.closed_at));
  if (flags & kHasSession) gather.Text(record.session_id);
  if (flags & kHasRequestNumber) gather.Varint(record.request_number);
  if (flags & kHasRecordSequence) gather.Varint(record.record_sequence);
  if (flags & kHasCause) gather.U8(static_cast<uint8_t>(record.cause));
  if (flags & kHasRatingGroup) gather.Varint(record.rating_group);
  if (flags & kHasModel) gather.Text(record.model);
  if (flags & kHasProvider) gather.Text(record.provider);
  if (flags & kHasOffer) gather.Text(record.offer);
  if (flags & kHasRevision) gather.Varint(record.tariff_revision);
  if (flags & kHasRefersTo) {
    gather.Varint(record.refers_to_shard);
    gather.Varint(record.refers_to.group);
    gather.Varint(record.refers_to.index);
  }
  if (version >= kVersionWide) EncodeWide(record, gather);
  if (version >= kVersionMore) EncodeMore(record, gather);
  EncodeLines(record.lines, gather);
}

absl::StatusOr<Record> DecodeRecord(std::string_view bytes) {
  StrictReader in(bytes);
  if (bytes.empty()) return Damaged("empty", bytes.size());
  const uint8_t version = in.U8();
  if (version < kVersionPlain || version > kVersionMore)
    return Damaged(Cat("unknown version ", version), bytes.size());
  Record record;
  DecodeHeader(in, record);
  if (version >= kVersionWide) {
    absl::Status status = DecodeWide(in, bytes.size(), record);
    if (!status.ok()) return status;
  }
  if (version >= kVersionMore) DecodeMore(in, record);
  if (!in.ok()) return Damaged("truncated or not valid before its lines", bytes.size());
  const uint16_t known = version >= kVersionWide ? kLineFlagsWide : kLineFlagsPlain;
  absl::Status status = DecodeLines(in, known, bytes.size(), &record.lines);
  if (!status.ok()) return status;
  if (!in.done()) return Damaged(Cat(in.remaining(), " bytes after its end"), bytes.size());
  if (VersionOf(record) != version)
    return Damaged(Cat("of version ", version, ", and nothing in it is"), bytes.size());
  return record;
}

std::string_view LineFormName(LineForm form) {
  switch (form) {
    case LineForm::kPieces:
      return "pieces";
    case LineForm::kFlat:
      return "flat";
    case LineForm::kMinimum:
      return "minimum";
    case LineForm::kFree:
      return "free";
    case LineForm::kVolume:
      return "volume";
  }
  OCS_CHECK(false);
}

std::string_view RecordTypeName(RecordType type) {
  switch (type) {
    case RecordType::kUsage:
      return "usage";
    case RecordType::kFee:
      return "fee";
    case RecordType::kRefund:
      return "refund";
    case RecordType::kRebate:
      return "rebate";
    case RecordType::kCorrection:
      return "correction";
  }
  OCS_CHECK(false);
}

std::string FormatRecordId(const RecordId& id) {
  return Cat(id.shard.value, ".", id.position.group, ".", id.position.index);
}

absl::StatusOr<RecordId> ParseRecordId(std::string_view text) {
  const size_t first = text.find('.');
  const size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  uint64_t shard = 0;
  uint64_t group = 0;
  uint64_t index = 0;
  if (second == std::string_view::npos ||
      !TakeNumber(text.substr(0, first), std::numeric_limits<uint16_t>::max(), &shard) ||
      !TakeNumber(text.substr(first + 1, second - first - 1), std::numeric_limits<uint64_t>::max(),
                  &group) ||
      !TakeNumber(text.substr(second + 1), std::numeric_limits<uint32_t>::max(), &index)) {
    return absl::InvalidArgumentError(
        Cat("record id '", text.substr(0, 60), "': expected shard.group.index such as 0.1234.5"));
  }
  return RecordId{.shard = {static_cast<uint16_t>(shard)},
                  .position = {.group = group, .index = static_cast<uint32_t>(index)}};
}

}  // namespace ocs::cdr
