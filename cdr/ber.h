// Our records in the BER of 3GPP TS 32.298, and back, exactly. What the standard has a member for
// stands there, for every billing domain to read; every field of cdr/record.h, whole and with its
// units, stands once more in one private member of recordExtensions, for those who settle from it.
// docs/format/cdr-ber.md says which field goes where, docs/format/cdr.asn1 is the schema.

#ifndef CDR_BER_H_
#define CDR_BER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// serviceSpecificationInformation of every record: what its private member follows.
inline constexpr std::string_view kBerFormat = "ocs-cdr-ber-1";

/// The object identifier of the private member, from a UUID (ITU-T X.667), so that nobody has to
/// assign it.
inline constexpr std::string_view kBerExtensionOid = "2.25.70044370793582854595938912487050195494";

/// A node's name in files and in their names: 1 to 20 letters, digits, '-' or '_'. With a dot and
/// the shard's number it is the recordingNetworkFunctionID, in which local sequence numbers are
/// unique.
inline constexpr size_t kNodeIdLengthMax = 20;
bool IsNodeId(std::string_view text);

/// Writes records of one node, times in one zone. Thread-compatible.
class BerEncoder final {
 public:
  /// REQUIRES: IsNodeId(node_id).
  BerEncoder(std::string_view node_id, absl::TimeZone zone);

  /// Appends the record. The same record always gives the same bytes.
  void Append(const RecordId& id, const Record& record, std::string* out);

 private:
  std::string node_id_;
  absl::TimeZone zone_;
  std::string oid_;
  // Of the record that is being written; kept for their memory.
  std::string function_id_;
  std::string extension_;
};

struct BerRecord {
  std::string_view node_id;
  RecordId id;
  Record record;  ///< Its texts point into the bytes.
};

/// The record of these bytes. Errors: DataLoss with the octet when they are not a record of
/// BerEncoder; also when a member of the standard says something else than the private one, so that
/// neither can be changed alone.
absl::StatusOr<BerRecord> DecodeBerRecord(std::string_view bytes);

}  // namespace ocs::cdr

#endif  // CDR_BER_H_
