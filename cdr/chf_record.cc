#include "cdr/chf_record.h"

#include "absl/status/status.h"
#include "cdr/asn1.h"
#include "cdr/internal/text.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using asn1::BerReader;
using asn1::BerWriter;
using asn1::Context;
using asn1::Element;

constexpr asn1::Tag kWhole = Context(200);
constexpr uint32_t kMemberTags = 64;  // The standard's go up to 39.
constexpr uint64_t kMandatory = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 6 | 1 << 7 | 1 << 9;

void WriteUnitUsage(const ChfRecord::MultipleUnitUsage& usage, BerWriter& out) {
  const size_t whole = out.Begin(asn1::kSequence);
  out.Integer(Context(0), usage.rating_group);
  const size_t containers = out.Begin(Context(1));
  for (const ChfRecord::UsedUnitContainer& container : usage.used_unit_containers) {
    const size_t begun = out.Begin(asn1::kSequence);
    if (container.service_identifier) out.Integer(Context(0), *container.service_identifier);
    if (!container.triggers.empty()) {
      const size_t triggers = out.Begin(Context(2));
      for (const int64_t trigger : container.triggers) out.Integer(Context(0), trigger);
      out.End(triggers);
    }
    if (container.service_specific_units)
      out.Integer(Context(7), *container.service_specific_units);
    if (container.local_sequence_number) out.Integer(Context(9), *container.local_sequence_number);
    if (container.rating_indicator) out.Boolean(Context(10), *container.rating_indicator);
    if (container.quota_management_indicator)
      out.Boolean(Context(12), *container.quota_management_indicator);
    out.End(begun);
  }
  out.End(containers);
  out.End(whole);
}

void WriteExtension(const ChfRecord::ManagementExtension& extension, std::string* out) {
  BerWriter writer(out);
  const size_t whole = writer.Begin(asn1::kSequence);
  writer.Octets(asn1::kObjectIdentifier, extension.identifier);
  if (extension.significance) writer.Boolean(Context(1), true);
  const size_t information = writer.Begin(Context(2));
  out->append(extension.information);
  writer.End(information);
  writer.End(whole);
}

void WriteIncomplete(const ChfRecord::IncompleteCdrIndication& lost, BerWriter& out) {
  const size_t begun = out.Begin(Context(22));
  if (lost.initial_lost) out.Boolean(Context(0), *lost.initial_lost);
  if (lost.update_lost) out.Boolean(Context(1), *lost.update_lost);
  if (lost.termination_lost) out.Boolean(Context(2), *lost.termination_lost);
  out.End(begun);
}

// Calls `take` with each member of a constructed value. A SET may have its members in any order
// (X.690 8.11), so only their number counts: each stands once.
template <typename Take>
absl::Status ReadMembers(const Element& outer, Take take) {
  if (!outer.constructed)
    return internal::BadOctet(outer.offset, "a primitive value where members must stand");
  BerReader reader(outer);
  uint64_t seen = 0;
  while (!reader.done()) {
    OCS_ASSIGN_OR_RETURN(const Element member, reader.Next());
    if (member.tag.tag_class != asn1::TagClass::kContext || member.tag.number >= kMemberTags)
      return internal::BadOctet(member.offset, "a member without a tag of its own");
    const uint64_t bit = uint64_t{1} << member.tag.number;
    if ((seen & bit) != 0)
      return internal::BadOctet(member.offset,
                                Cat("member [", member.tag.number, "] is there twice"));
    seen |= bit;
    OCS_RETURN_IF_ERROR(take(member));
  }
  return absl::OkStatus();
}

absl::Status Unknown(const Element& member, std::string_view where) {
  return internal::BadOctet(member.offset, Cat("member [", member.tag.number, "] of ", where,
                                               " is not known to this release"));
}

// The value of a member, put where it belongs. Each is an overload of its type.
absl::Status Put(const Element& member, int64_t* value) {
  OCS_ASSIGN_OR_RETURN(*value, asn1::IntegerOf(member));
  return absl::OkStatus();
}
absl::Status Put(const Element& member, uint64_t* value) {
  OCS_ASSIGN_OR_RETURN(*value, asn1::UnsignedOf(member));
  return absl::OkStatus();
}
absl::Status Put(const Element& member, bool* value) {
  OCS_ASSIGN_OR_RETURN(*value, asn1::BooleanOf(member));
  return absl::OkStatus();
}
absl::Status Put(const Element& member, std::string_view* value) {
  OCS_ASSIGN_OR_RETURN(*value, asn1::OctetsOf(member));
  return absl::OkStatus();
}
template <typename T>
absl::Status Put(const Element& member, std::optional<T>* value) {
  return Put(member, &value->emplace());
}

absl::Status ReadContainer(const Element& outer, ChfRecord::UsedUnitContainer* container) {
  return ReadMembers(outer, [&](const Element& member) -> absl::Status {
    switch (member.tag.number) {
      case 0:
        return Put(member, &container->service_identifier);
      case 2: {
        BerReader triggers(member);
        while (!triggers.done()) {
          OCS_ASSIGN_OR_RETURN(const Element trigger, triggers.Expect(Context(0)));
          OCS_ASSIGN_OR_RETURN(const int64_t number, asn1::IntegerOf(trigger));
          container->triggers.push_back(number);
        }
        return absl::OkStatus();
      }
      case 7:
        return Put(member, &container->service_specific_units);
      case 9:
        return Put(member, &container->local_sequence_number);
      case 10:
        return Put(member, &container->rating_indicator);
      case 12:
        return Put(member, &container->quota_management_indicator);
      default:
        return Unknown(member, "UsedUnitContainer");
    }
  });
}

absl::Status ReadUnitUsage(const Element& list, ChfRecord* record) {
  BerReader usages(list);
  while (!usages.done()) {
    OCS_ASSIGN_OR_RETURN(const Element element, usages.Expect(asn1::kSequence));
    ChfRecord::MultipleUnitUsage& usage = record->multiple_unit_usage.emplace_back();
    const auto take = [&usage](const Element& member) -> absl::Status {
      if (member.tag.number == 0) return Put(member, &usage.rating_group);
      if (member.tag.number != 1) return Unknown(member, "MultipleUnitUsage");
      BerReader containers(member);
      while (!containers.done()) {
        OCS_ASSIGN_OR_RETURN(const Element container, containers.Expect(asn1::kSequence));
        OCS_RETURN_IF_ERROR(ReadContainer(container, &usage.used_unit_containers.emplace_back()));
      }
      return absl::OkStatus();
    };
    OCS_RETURN_IF_ERROR(ReadMembers(element, take));
  }
  return absl::OkStatus();
}

absl::Status ReadExtensions(const Element& list, ChfRecord* record) {
  BerReader extensions(list);
  while (!extensions.done()) {
    OCS_ASSIGN_OR_RETURN(const Element element, extensions.Expect(asn1::kSequence));
    ChfRecord::ManagementExtension& extension = record->record_extensions.emplace_back();
    BerReader members(element);
    OCS_ASSIGN_OR_RETURN(const Element identifier, members.Expect(asn1::kObjectIdentifier));
    OCS_RETURN_IF_ERROR(Put(identifier, &extension.identifier));
    OCS_ASSIGN_OR_RETURN(Element next, members.Next());
    if (next.tag == Context(1)) {
      OCS_RETURN_IF_ERROR(Put(next, &extension.significance));
      OCS_ASSIGN_OR_RETURN(next, members.Next());
    }
    if (next.tag != Context(2) || !next.constructed || !members.done())
      return internal::BadOctet(next.offset, "a ManagementExtension that is not valid");
    BerReader information(next);
    OCS_ASSIGN_OR_RETURN(const Element value, information.Next());
    if (!information.done())
      return internal::BadOctet(next.offset, "an extension with more than one value");
    extension.information = value.whole;
  }
  return absl::OkStatus();
}

absl::Status ReadSubscriber(const Element& outer, ChfRecord* record) {
  ChfRecord::SubscriberIdentifier& subscriber = record->subscriber_identifier.emplace();
  return ReadMembers(outer, [&](const Element& member) -> absl::Status {
    if (member.tag.number == 1) return Put(member, &subscriber.data);
    if (member.tag.number != 0) return Unknown(member, "SubscriptionID");
    OCS_ASSIGN_OR_RETURN(const int64_t type, asn1::IntegerOf(member));
    if (type < 0 || type > static_cast<int64_t>(SubscriptionIdType::kPrivate))
      return internal::BadOctet(member.offset, "a SubscriptionIDType that is not known");
    subscriber.type = static_cast<SubscriptionIdType>(type);
    return absl::OkStatus();
  });
}

absl::Status ReadConsumer(const Element& outer, ChfRecord* record) {
  return ReadMembers(outer, [&](const Element& member) -> absl::Status {
    if (member.tag.number == 0) return Put(member, &record->consumer_functionality);
    if (member.tag.number == 1) return Put(member, &record->consumer_name);
    return Unknown(member, "NetworkFunctionInformation");
  });
}

absl::Status ReadIncomplete(const Element& outer, ChfRecord* record) {
  ChfRecord::IncompleteCdrIndication& lost = record->incomplete_cdr_indication.emplace();
  return ReadMembers(outer, [&](const Element& member) -> absl::Status {
    switch (member.tag.number) {
      case 0:
        return Put(member, &lost.initial_lost);
      case 1:
        return Put(member, &lost.update_lost);
      case 2:
        return Put(member, &lost.termination_lost);
      default:
        return Unknown(member, "IncompleteCDRIndication");
    }
  });
}

absl::Status ReadMember(const Element& member, ChfRecord* record) {
  switch (member.tag.number) {
    case 0:
      return Put(member, &record->record_type);
    case 1:
      return Put(member, &record->recording_network_function_id);
    case 2:
      return ReadSubscriber(member, record);
    case 3:
      return ReadConsumer(member, record);
    case 5:
      return ReadUnitUsage(member, record);
    case 6:
      return Put(member, &record->record_opening_time);
    case 7:
      return Put(member, &record->duration_seconds);
    case 8:
      return Put(member, &record->record_sequence_number);
    case 9:
      return Put(member, &record->cause_for_record_closing);
    case 11:
      return Put(member, &record->local_record_sequence_number);
    case 12:
      return ReadExtensions(member, record);
    case 16:
      return Put(member, &record->charging_session_identifier);
    case 17:
      return Put(member, &record->service_specification);
    case 22:
      return ReadIncomplete(member, record);
    default:
      return Unknown(member, "ChargingRecord");
  }
}

}  // namespace

void EncodeChfRecord(const ChfRecord& record, std::string* out) {
  BerWriter writer(out);
  const size_t whole = writer.Begin(kWhole);
  writer.Integer(Context(0), record.record_type);
  writer.Octets(Context(1), record.recording_network_function_id);
  if (record.subscriber_identifier) {
    const size_t begun = writer.Begin(Context(2));
    writer.Integer(Context(0), static_cast<int64_t>(record.subscriber_identifier->type));
    writer.Octets(Context(1), record.subscriber_identifier->data);
    writer.End(begun);
  }
  const size_t consumer = writer.Begin(Context(3));
  writer.Integer(Context(0), record.consumer_functionality);
  if (record.consumer_name) writer.Octets(Context(1), *record.consumer_name);
  writer.End(consumer);
  if (!record.multiple_unit_usage.empty()) {
    const size_t usages = writer.Begin(Context(5));
    for (const auto& usage : record.multiple_unit_usage) WriteUnitUsage(usage, writer);
    writer.End(usages);
  }
  writer.Octets(Context(6), record.record_opening_time);
  writer.Integer(Context(7), record.duration_seconds);
  if (record.record_sequence_number) writer.Integer(Context(8), *record.record_sequence_number);
  writer.Integer(Context(9), record.cause_for_record_closing);
  if (record.local_record_sequence_number)
    writer.Unsigned(Context(11), *record.local_record_sequence_number);
  if (!record.record_extensions.empty()) {
    const size_t extensions = writer.Begin(Context(12));
    for (const auto& extension : record.record_extensions) WriteExtension(extension, out);
    writer.End(extensions);
  }
  if (record.charging_session_identifier)
    writer.Octets(Context(16), *record.charging_session_identifier);
  if (record.service_specification) writer.Octets(Context(17), *record.service_specification);
  if (record.incomplete_cdr_indication) WriteIncomplete(*record.incomplete_cdr_indication, writer);
  writer.End(whole);
}

absl::StatusOr<ChfRecord> DecodeChfRecord(std::string_view bytes) {
  BerReader reader(bytes);
  OCS_ASSIGN_OR_RETURN(const Element whole, reader.Expect(kWhole));
  if (!reader.done()) return internal::BadOctet(reader.offset(), "octets behind the record");
  ChfRecord record;
  uint64_t seen = 0;
  OCS_RETURN_IF_ERROR(ReadMembers(whole, [&](const Element& member) {
    seen |= uint64_t{1} << member.tag.number;
    return ReadMember(member, &record);
  }));
  for (uint32_t number = 0; number < kMemberTags; ++number) {
    const uint64_t bit = uint64_t{1} << number;
    if ((kMandatory & bit) != 0 && (seen & bit) == 0)
      return internal::BadOctet(whole.offset,
                                Cat("the mandatory member [", number, "] is missing"));
  }
  return record;
}

}  // namespace ocs::cdr
