// Records for settlement: from the server's journal, or from a folder of exported files.

#ifndef TOOLS_OCSCTL_RECORD_SOURCE_H_
#define TOOLS_OCSCTL_RECORD_SOURCE_H_

#include <functional>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "cdr/manifest.h"
#include "cdr/record.h"
#include "tools/ocsctl/ctl.h"

namespace ocs::tools {

using RecordVisit = std::function<absl::Status(const cdr::RecordId& id, const cdr::Record& record)>;
using RecordCursors = absl::btree_map<ShardId, cdr::Manifest::Cursor>;

/// The option --from-files.
void AddSourceOption(CLI::App* command, std::string* from_files);

/// Gives every record behind `start` to `visit`, those of one shard in order: from that folder of
/// BER files, or from the server when it is empty. Returns how the command ends; anything but kDone
/// has been told on standard error.
int ReadRecords(const Ctl& ctl, const std::string& from_files, const RecordCursors& start,
                const RecordVisit& visit);

/// The same from the server.
int StreamFromServer(const Ctl& ctl, const RecordCursors& start, const RecordVisit& visit);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_RECORD_SOURCE_H_
