#include "cdr/ber.h"

#include <algorithm>
#include <limits>
#include <span>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cdr/asn1.h"
#include "cdr/chf_record.h"
#include "cdr/internal/record_fields.h"
#include "cdr/internal/text.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using asn1::BerReader;
using asn1::BerWriter;
using asn1::Context;
using asn1::Element;

constexpr uint32_t kShardTag = 0;
constexpr uint32_t kGroupTag = 1;
constexpr uint32_t kIndexTag = 2;
constexpr uint64_t kLocalSequenceModulus = uint64_t{1} << 32;  // TS 32.298: 0 to 2^32 - 1.

const Record& DefaultRecord() {
  static const Record record;
  return record;
}
const RecordLine& DefaultLine() {
  static const RecordLine line;
  return line;
}

// --- one field, by its type ----------------------------------------------------------------------

void Write(BerWriter& out, uint32_t tag, int64_t value) { out.Integer(Context(tag), value); }
void Write(BerWriter& out, uint32_t tag, int32_t value) { out.Integer(Context(tag), value); }
void Write(BerWriter& out, uint32_t tag, uint64_t value) { out.Unsigned(Context(tag), value); }
void Write(BerWriter& out, uint32_t tag, uint32_t value) { out.Unsigned(Context(tag), value); }
void Write(BerWriter& out, uint32_t tag, uint16_t value) { out.Unsigned(Context(tag), value); }
void Write(BerWriter& out, uint32_t tag, bool value) { out.Boolean(Context(tag), value); }
void Write(BerWriter& out, uint32_t tag, std::string_view text) { out.Octets(Context(tag), text); }
void Write(BerWriter& out, uint32_t tag, const Unit& unit) {
  out.Octets(Context(tag), unit.code());
}
void Write(BerWriter& out, uint32_t tag, Instant at) { out.Integer(Context(tag), at.unix_ms); }
void Write(BerWriter& out, uint32_t tag, AccountId id) { out.Unsigned(Context(tag), id.value); }
void Write(BerWriter& out, uint32_t tag, BucketId id) { out.Unsigned(Context(tag), id.value); }
void Write(BerWriter& out, uint32_t tag, Position position) {
  const size_t begun = out.Begin(Context(tag));
  out.Unsigned(Context(0), position.group);
  out.Unsigned(Context(1), position.index);
  out.End(begun);
}
template <typename Enum>
requires std::is_enum_v<Enum>
void Write(BerWriter& out, uint32_t tag, Enum value) {
  out.Integer(Context(tag), static_cast<int64_t>(value));
}

template <typename Number>
requires std::is_unsigned_v<Number> absl::Status Read(const Element& element, Number* value) {
  OCS_ASSIGN_OR_RETURN(const uint64_t number, asn1::UnsignedOf(element));
  if (number > std::numeric_limits<Number>::max())
    return internal::BadOctet(element.offset, "a number that does not fit its field");
  *value = static_cast<Number>(number);
  return absl::OkStatus();
}
absl::Status Read(const Element& element, int64_t* value) {
  OCS_ASSIGN_OR_RETURN(*value, asn1::IntegerOf(element));
  return absl::OkStatus();
}
absl::Status Read(const Element& element, int32_t* value) {
  OCS_ASSIGN_OR_RETURN(const int64_t number, asn1::IntegerOf(element));
  *value = static_cast<int32_t>(number);
  if (*value != number)
    return internal::BadOctet(element.offset, "a number that does not fit its field");
  return absl::OkStatus();
}
absl::Status Read(const Element& element, bool* value) {
  OCS_ASSIGN_OR_RETURN(*value, asn1::BooleanOf(element));
  return absl::OkStatus();
}
absl::Status Read(const Element& element, std::string_view* value) {
  OCS_ASSIGN_OR_RETURN(*value, asn1::OctetsOf(element));
  return absl::OkStatus();
}
absl::Status Read(const Element& element, Unit* unit) {
  OCS_ASSIGN_OR_RETURN(const std::string_view code, asn1::OctetsOf(element));
  const auto parsed = Unit::Parse(code);
  if (!parsed.ok()) return internal::BadOctet(element.offset, "a unit that is none");
  *unit = *parsed;
  return absl::OkStatus();
}
absl::Status Read(const Element& element, Instant* at) { return Read(element, &at->unix_ms); }
absl::Status Read(const Element& element, AccountId* id) { return Read(element, &id->value); }
absl::Status Read(const Element& element, BucketId* id) { return Read(element, &id->value); }
absl::Status Read(const Element& element, Position* position) {
  BerReader members(element);
  OCS_ASSIGN_OR_RETURN(const Element group, members.Expect(Context(0)));
  OCS_RETURN_IF_ERROR(Read(group, &position->group));
  OCS_ASSIGN_OR_RETURN(const Element index, members.Expect(Context(1)));
  OCS_RETURN_IF_ERROR(Read(index, &position->index));
  return members.done() ? absl::OkStatus()
                        : internal::BadOctet(members.offset(), "octets behind a position");
}

bool IsDeclared(RecordType type) {
  return type >= RecordType::kUsage && type <= RecordType::kCorrection;
}
using internal::IsDeclared;
bool IsDeclared(LineForm form) { return form <= LineForm::kVolume; }
bool IsDeclared(TokenKind kind) { return static_cast<int>(kind) < kTokenKindCount; }

template <typename Enum>
requires std::is_enum_v<Enum> absl::Status Read(const Element& element, Enum* value) {
  OCS_ASSIGN_OR_RETURN(const int64_t number, asn1::IntegerOf(element));
  if (number < 0 || number > std::numeric_limits<uint8_t>::max() ||
      !IsDeclared(static_cast<Enum>(number))) {
    return internal::BadOctet(element.offset,
                              Cat("value ", number, " is not known to this release"));
  }
  *value = static_cast<Enum>(number);
  return absl::OkStatus();
}

// --- the private member --------------------------------------------------------------------------

void WriteLine(const RecordLine& line, BerWriter& out) {
  const size_t begun = out.Begin(asn1::kSequence);
  internal::ForEachLineField([&](uint32_t tag, std::string_view /*name*/, auto member) {
    if (!(line.*member == DefaultLine().*member)) Write(out, tag, line.*member);
  });
  out.End(begun);
}

void WriteLines(uint32_t tag, std::span<const RecordLine> lines, BerWriter& out) {
  if (lines.empty()) return;
  const size_t begun = out.Begin(Context(tag));
  for (const RecordLine& line : lines) WriteLine(line, out);
  out.End(begun);
}

void WriteExtension(const RecordId& id, const Record& record, std::string* out) {
  BerWriter writer(out);
  const size_t whole = writer.Begin(asn1::kSequence);
  writer.Unsigned(Context(kShardTag), id.shard.value);
  writer.Unsigned(Context(kGroupTag), id.position.group);
  writer.Unsigned(Context(kIndexTag), id.position.index);
  internal::ForEachRecordField([&](uint32_t tag, std::string_view /*name*/, auto member) {
    if (!(record.*member == DefaultRecord().*member)) Write(writer, tag, record.*member);
  });
  WriteLines(internal::kLinesTag, record.lines, writer);
  WriteLines(internal::kCostsTag, record.costs, writer);
  writer.End(whole);
}

// Finds the field of an element's tag and reads it. A tag that no field has was written by a later
// release: what is not understood is not charged.
absl::Status ReadLineField(const Element& element, RecordLine* line) {
  absl::Status status = internal::BadOctet(
      element.offset, Cat("line field [", element.tag.number, "] is not known to this release"));
  internal::ForEachLineField([&](uint32_t tag, std::string_view /*name*/, auto member) {
    if (element.tag == Context(tag)) status = Read(element, &(line->*member));
  });
  return status;
}

absl::Status ReadRecordField(const Element& element, Record* record) {
  absl::Status status = internal::BadOctet(
      element.offset, Cat("field [", element.tag.number, "] is not known to this release"));
  internal::ForEachRecordField([&](uint32_t tag, std::string_view /*name*/, auto member) {
    if (element.tag == Context(tag)) status = Read(element, &(record->*member));
  });
  return status;
}

template <typename Lines>
absl::Status ReadLines(const Element& list, Lines* out) {
  BerReader lines(list);
  while (!lines.done()) {
    OCS_ASSIGN_OR_RETURN(const Element element, lines.Expect(asn1::kSequence));
    if (out->size() == static_cast<size_t>(kRecordLinesMax))
      return internal::BadOctet(element.offset, Cat("more than ", kRecordLinesMax, " lines"));
    RecordLine& line = out->emplace_back();
    BerReader fields(element);
    while (!fields.done()) {
      OCS_ASSIGN_OR_RETURN(const Element field, fields.Next());
      OCS_RETURN_IF_ERROR(ReadLineField(field, &line));
    }
  }
  return absl::OkStatus();
}

// That fields are in order, each once and none with its default, is seen when the record is written
// again and compared.
absl::Status ReadExtension(const Element& whole, BerRecord* out) {
  BerReader fields(whole);
  OCS_ASSIGN_OR_RETURN(const Element shard, fields.Expect(Context(kShardTag)));
  OCS_RETURN_IF_ERROR(Read(shard, &out->id.shard.value));
  OCS_ASSIGN_OR_RETURN(const Element group, fields.Expect(Context(kGroupTag)));
  OCS_RETURN_IF_ERROR(Read(group, &out->id.position.group));
  OCS_ASSIGN_OR_RETURN(const Element index, fields.Expect(Context(kIndexTag)));
  OCS_RETURN_IF_ERROR(Read(index, &out->id.position.index));
  while (!fields.done()) {
    OCS_ASSIGN_OR_RETURN(const Element field, fields.Next());
    if (field.tag == Context(internal::kLinesTag)) {
      OCS_RETURN_IF_ERROR(ReadLines(field, &out->record.lines));
    } else if (field.tag == Context(internal::kCostsTag)) {
      OCS_RETURN_IF_ERROR(ReadLines(field, &out->record.costs));
    } else {
      OCS_RETURN_IF_ERROR(ReadRecordField(field, &out->record));
    }
  }
  return absl::OkStatus();
}

// --- the standard's members ----------------------------------------------------------------------

int64_t DurationSeconds(const Record& record) {
  const auto millis = SubtractExact(record.closed_at.unix_ms, record.opened_at.unix_ms);
  if (!millis) return record.closed_at > record.opened_at ? std::numeric_limits<int32_t>::max() : 0;
  return std::clamp<int64_t>(*millis / 1000, 0, std::numeric_limits<int32_t>::max());
}

// What was used, a container for each line. A fee or a refund is no use of units.
void FillUsage(const Record& record, ChfRecord* out) {
  if (record.type != RecordType::kUsage || record.lines.empty()) return;
  ChfRecord::MultipleUnitUsage& usage = out->multiple_unit_usage.emplace_back();
  usage.rating_group = record.rating_group;
  for (const RecordLine& line : record.lines) {
    ChfRecord::UsedUnitContainer& container = usage.used_unit_containers.emplace_back();
    // As the API numbers the kinds: 0 is none there.
    container.service_identifier = static_cast<int64_t>(line.kind) + 1;
    container.service_specific_units = line.quantity;
    container.local_sequence_number = static_cast<int64_t>(usage.used_unit_containers.size());
    container.rating_indicator = true;
    container.quota_management_indicator = true;
  }
}

void FillIncomplete(const Record& record, ChfRecord* out) {
  if (!record.incomplete) return;
  ChfRecord::IncompleteCdrIndication& lost = out->incomplete_cdr_indication.emplace();
  // The supervision timer or the operator ended a session whose termination never came.
  if (record.cause == ClosingCause::kAbnormalRelease ||
      (record.type == RecordType::kUsage &&
       record.cause == ClosingCause::kManagementIntervention)) {
    lost.termination_lost = true;
  } else {
    lost.update_lost = true;
  }
}

}  // namespace

bool IsNodeId(std::string_view text) {
  return !text.empty() && text.size() <= kNodeIdLengthMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

BerEncoder::BerEncoder(std::string_view node_id, absl::TimeZone zone)
    : node_id_(node_id), zone_(zone) {
  OCS_CHECK(IsNodeId(node_id));
  auto oid = asn1::EncodeObjectIdentifier(kBerExtensionOid);
  OCS_CHECK(oid.ok());
  oid_ = *std::move(oid);
}

void BerEncoder::Append(const RecordId& id, const Record& record, std::string* out) {
  OCS_CHECK(record.lines.size() <= static_cast<size_t>(kRecordLinesMax));
  function_id_.assign(node_id_);
  internal::AppendTo(&function_id_, ".", id.shard.value);
  extension_.clear();
  WriteExtension(id, record, &extension_);
  const std::string account = Cat(record.account.value);
  const std::string opened = asn1::EncodeTimeStamp(record.opened_at, zone_);

  ChfRecord chf;
  chf.recording_network_function_id = function_id_;
  chf.subscriber_identifier = {.type = SubscriptionIdType::kPrivate, .data = account};
  chf.consumer_name = node_id_;
  FillUsage(record, &chf);
  chf.record_opening_time = opened;
  chf.duration_seconds = DurationSeconds(record);
  if (record.record_sequence != 0) chf.record_sequence_number = record.record_sequence;
  chf.cause_for_record_closing = static_cast<int64_t>(record.cause);
  chf.local_record_sequence_number = record.local_sequence % kLocalSequenceModulus;
  chf.record_extensions.push_back(
      {.identifier = oid_, .significance = false, .information = extension_});
  if (!record.session_id.empty()) chf.charging_session_identifier = record.session_id;
  chf.service_specification = kBerFormat;
  FillIncomplete(record, &chf);
  EncodeChfRecord(chf, out);
}

absl::StatusOr<BerRecord> DecodeBerRecord(std::string_view bytes) {
  OCS_ASSIGN_OR_RETURN(const ChfRecord chf, DecodeChfRecord(bytes));
  if (chf.service_specification != kBerFormat || chf.record_extensions.size() != 1)
    return internal::BadOctet(0, Cat("not a record of ", kBerFormat));
  BerRecord out;
  const std::string_view function = chf.recording_network_function_id;
  out.node_id = function.substr(0, std::min(function.find('.'), function.size()));
  if (!IsNodeId(out.node_id))
    return internal::BadOctet(0, "the recording function's name is none of ours");
  const std::string_view information = chf.record_extensions[0].information;
  BerReader reader(information);
  const auto place = static_cast<size_t>(information.data() - bytes.data());
  const auto read = [&]() -> absl::Status {
    OCS_ASSIGN_OR_RETURN(const Element whole, reader.Expect(asn1::kSequence));
    return ReadExtension(whole, &out);
  };
  OCS_RETURN_IF_ERROR(Annotate(read(), Cat("private member at octet ", place)));
  OCS_ASSIGN_OR_RETURN(const asn1::TimeStamp opened,
                       asn1::DecodeTimeStamp(chf.record_opening_time));
  std::string again;
  BerEncoder(out.node_id, absl::FixedTimeZone(opened.offset_seconds))
      .Append(out.id, out.record, &again);
  if (again != bytes) {
    const auto differs = std::mismatch(again.begin(), again.end(), bytes.begin(), bytes.end());
    return internal::BadOctet(static_cast<size_t>(differs.second - bytes.begin()),
                              "the standard's members and the private one do not agree");
  }
  return out;
}

}  // namespace ocs::cdr
