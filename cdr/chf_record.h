// The record of a charging function as 3GPP TS 32.298 has it: CHFRecord, the members that online
// charging of tokens uses, with the standard's names (in snake case) and tags. Which of our facts
// goes where is in cdr/ber.h; docs/format/cdr.asn1 is the schema in our own words.

#ifndef CDR_CHF_RECORD_H_
#define CDR_CHF_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"

namespace ocs::cdr {

/// recordType of a charging function's record; also the tag of the whole.
inline constexpr int64_t kChargingFunctionRecord = 200;

/// SubscriptionIDType: what the identity of a subscriber is.
enum class SubscriptionIdType : uint8_t {
  kE164 = 0,
  kImsi = 1,
  kSipUri = 2,
  kNai = 3,
  kPrivate = 4,
};

/// NetworkFunctionality 7, CEF: the consumer that is neither of the radio nor of the session
/// network.
inline constexpr int64_t kNetworkFunctionalityCef = 7;

/// A record whose texts point into memory that must outlive it.
struct ChfRecord {
  struct SubscriberIdentifier {
    SubscriptionIdType type = SubscriptionIdType::kPrivate;
    std::string_view data;
    friend bool operator==(const SubscriberIdentifier&, const SubscriberIdentifier&) = default;
  };
  struct UsedUnitContainer {
    std::optional<int64_t> service_identifier;
    absl::InlinedVector<int64_t, 1> triggers;  ///< SMFTrigger numbers, such as 405.
    std::optional<int64_t> service_specific_units;
    std::optional<int64_t> local_sequence_number;
    std::optional<bool> rating_indicator;
    std::optional<bool> quota_management_indicator;
    friend bool operator==(const UsedUnitContainer&, const UsedUnitContainer&) = default;
  };
  struct MultipleUnitUsage {
    int64_t rating_group = 0;
    absl::InlinedVector<UsedUnitContainer, 6> used_unit_containers;
    friend bool operator==(const MultipleUnitUsage&, const MultipleUnitUsage&) = default;
  };
  /// Absent members mean: not known.
  struct IncompleteCdrIndication {
    std::optional<bool> initial_lost;
    std::optional<bool> update_lost;
    std::optional<bool> termination_lost;
    friend bool operator==(const IncompleteCdrIndication&,
                           const IncompleteCdrIndication&) = default;
  };
  /// Members that the standard leaves to us: one of recordExtensions.
  struct ManagementExtension {
    std::string_view identifier;   ///< Content of an OBJECT IDENTIFIER.
    bool significance = false;     ///< Whoever does not know it must not go on.
    std::string_view information;  ///< One whole BER value.
    friend bool operator==(const ManagementExtension&, const ManagementExtension&) = default;
  };

  int64_t record_type = kChargingFunctionRecord;                     // [0]
  std::string_view recording_network_function_id;                    // [1] 1 to 36 of IA5
  std::optional<SubscriberIdentifier> subscriber_identifier;         // [2]
  int64_t consumer_functionality = kNetworkFunctionalityCef;         // [3] [0]
  std::optional<std::string_view> consumer_name;                     // [3] [1]
  absl::InlinedVector<MultipleUnitUsage, 1> multiple_unit_usage;     // [5]; none: left out
  std::string_view record_opening_time;                              // [6] a TimeStamp's content
  int64_t duration_seconds = 0;                                      // [7]
  std::optional<int64_t> record_sequence_number;                     // [8]
  int64_t cause_for_record_closing = 0;                              // [9]
  std::optional<uint64_t> local_record_sequence_number;              // [11]
  absl::InlinedVector<ManagementExtension, 1> record_extensions;     // [12]; none: left out
  std::optional<std::string_view> charging_session_identifier;       // [16]
  std::optional<std::string_view> service_specification;             // [17]
  std::optional<IncompleteCdrIndication> incomplete_cdr_indication;  // [22]

  friend bool operator==(const ChfRecord&, const ChfRecord&) = default;
};

/// Appends the record in BER, members in order of their tags. The same record always gives the same
/// bytes.
void EncodeChfRecord(const ChfRecord& record, std::string* out);

/// The record of these bytes; its texts point into them. Errors: DataLoss with the octet when the
/// bytes are not one whole record, a mandatory member is missing, one is there twice, or one that
/// this release does not carry. Members may stand in any order.
absl::StatusOr<ChfRecord> DecodeChfRecord(std::string_view bytes);

}  // namespace ocs::cdr

#endif  // CDR_CHF_RECORD_H_
