// Where the example receiver keeps what it is sent: files of JSON lines, a message a line, in the
// order of their numbers, which have no gaps. The last whole line is at once the last message and
// how far the file has come, so that one write and one sync store both: there is no moment at which
// they disagree.

#ifndef TOOLS_SETTLEMENT_RECEIVER_SEQUENCE_KEEPER_H_
#define TOOLS_SETTLEMENT_RECEIVER_SEQUENCE_KEEPER_H_

#include <google/protobuf/message.h>
#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ocs/base/status.h"
#include "ocs/cdr/v1/cdr.pb.h"
#include "ocs/settlement/v1/phone_bill.pb.h"

namespace ocs::receiver {

/// What numbers a message among those of its sequence, from 1 (records) or 0 (bills).
inline uint64_t NumberOf(const cdr::v1::Record& record) {
  return record.local_record_sequence_number();
}
inline uint64_t NumberOf(const settlement::v1::BillDocument& bill) { return bill.number(); }

/// A file of lines that only grows. Thread-compatible.
class LineFile final {
 public:
  /// Opens the file, makes it when it is not there, and takes away what a killed process left of a
  /// line. Errors: NotFound when its folder is not there; DataLoss when its end is no line; else
  /// Unavailable.
  static absl::StatusOr<std::unique_ptr<LineFile>> Open(const std::string& folder,
                                                        const std::string& name);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Without its end; empty when there is none. As it was when the file was opened.
  const std::string& last_line() const { return last_line_; }
  /// Adds whole lines. They are on the disk when it returns. Errors: ResourceExhausted,
  /// Unavailable: nobody knows how much is there; open the file again.
  absl::Status Append(std::string_view lines);

 private:
  explicit LineFile(int file) : file_(file) {}
  absl::Status Load();
  const int file_;
  std::string last_line_;
};

/// A line of JSON, with its end; all fields, by the names of the schemas.
absl::StatusOr<std::string> LineOf(const google::protobuf::Message& message);
/// Errors: DataLoss.
absl::Status ReadLine(const std::string& line, google::protobuf::Message* message);

/// True for 1 to 64 letters, digits, '-' and '_': what may name a file.
bool IsSender(std::string_view sender);

/// The messages of one sequence in one file. Thread-compatible.
template <typename Message>
class SequenceKeeper final {
 public:
  /// Errors: as LineFile::Open; DataLoss when the last line is no such message.
  static absl::StatusOr<std::unique_ptr<SequenceKeeper>> Open(const std::string& folder,
                                                              const std::string& name) {
    std::unique_ptr<SequenceKeeper> keeper(new SequenceKeeper());
    OCS_ASSIGN_OR_RETURN(keeper->file_, LineFile::Open(folder, name));
    if (!keeper->file_->last_line().empty()) {
      OCS_RETURN_IF_ERROR(ReadLine(keeper->file_->last_line(), &keeper->last_));
      keeper->empty_ = false;
    }
    return keeper;
  }

  /// Adds the messages whose numbers follow those that it has, and passes over the others: what it
  /// has already, and what lies behind a gap. They are on the disk when it returns. An empty file
  /// begins with any number up to `first`. Errors: as LineFile::Append.
  absl::Status Add(const google::protobuf::RepeatedPtrField<Message>& messages, uint64_t first) {
    std::string lines;
    const Message* last = nullptr;
    uint64_t wanted = empty_ ? first : NumberOf(last_) + 1;
    for (const Message& message : messages) {
      if (NumberOf(message) < wanted) continue;  // It is there.
      if (NumberOf(message) != wanted) break;    // A gap.
      OCS_ASSIGN_OR_RETURN(const std::string line, LineOf(message));
      lines += line;
      last = &message;
      ++wanted;
    }
    if (last == nullptr) return absl::OkStatus();
    OCS_RETURN_IF_ERROR(file_->Append(lines));
    last_ = *last;
    empty_ = false;
    return absl::OkStatus();
  }

  bool empty() const { return empty_; }
  const Message& last() const { return last_; }  ///< REQUIRES: not empty.

 private:
  SequenceKeeper() = default;
  std::unique_ptr<LineFile> file_;
  bool empty_ = true;
  Message last_;
};

/// The records of one tenant in one shard: their numbers have gaps, so that it is positions that
/// say how far the file has come. A line that has only a position says that up to there there was
/// nothing more. Thread-compatible.
class TenantKeeper final {
 public:
  /// Errors: as SequenceKeeper::Open.
  static absl::StatusOr<std::unique_ptr<TenantKeeper>> Open(const std::string& folder,
                                                            const std::string& name);
  /// Adds the records of a request that begins where the file ends; of any other nothing. They are
  /// on the disk when it returns. Errors: as LineFile::Append; InvalidArgument for a request that
  /// does not say how far it goes.
  absl::Status Add(const settlement::v1::DeliverRecordsRequest& request);

  /// How far it has come; 0.0 at the beginning.
  const type::v1::JournalPosition& position() const { return position_; }

 private:
  TenantKeeper() = default;
  std::unique_ptr<LineFile> file_;
  type::v1::JournalPosition position_;
};

using RecordKeeper = SequenceKeeper<cdr::v1::Record>;
using BillKeeper = SequenceKeeper<settlement::v1::BillDocument>;

}  // namespace ocs::receiver

#endif  // TOOLS_SETTLEMENT_RECEIVER_SEQUENCE_KEEPER_H_
