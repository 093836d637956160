// The records of a folder of BER files (cdr/file_series.h), read back whole: for settlement from
// files, without a server.

#ifndef CDR_RECORD_FILES_H_
#define CDR_RECORD_FILES_H_

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "cdr/record.h"

namespace ocs::cdr {

/// Gives every record of the folder to `visit`, those of one shard in order, until it returns an
/// error; the record's texts live until it returns. Each file is compared with its manifest first.
/// Errors: those of `visit`; NotFound when the folder or a file is not there; InvalidArgument when
/// it has no manifest or its files are not BER (the other formats leave facts out); DataLoss when a
/// file is not what its manifest says or a number of the series is missing; else Unavailable.
absl::Status ForEachRecordIn(
    std::string_view folder,
    const std::function<absl::Status(const RecordId& id, const Record& record)>& visit);

}  // namespace ocs::cdr

#endif  // CDR_RECORD_FILES_H_
