#include "tools/ocsctl/record_source.h"

#include "cdr/record_files.h"
#include "ocs/base/status.h"
#include "ocs/cdr/v1/cdr.grpc.pb.h"
#include "tools/ocsctl/wire_record.h"
#include "tools/text/progress.h"

namespace ocs::tools {

using cdr::v1::Records;

void AddSourceOption(CLI::App* command, std::string* from_files) {
  command->add_option("--from-files", *from_files,
                      "A folder that cdr export --format ber wrote, instead of the server");
}

int StreamFromServer(const Ctl& ctl, const RecordCursors& start, const RecordVisit& visit) {
  cdr::v1::StreamRecordsRequest request;
  for (const auto& [shard, cursor] : start) {
    auto* from = request.add_from();
    from->set_shard(shard.value);
    from->mutable_position()->set_group(cursor.position.group);
    from->mutable_position()->set_index(cursor.position.index);
  }
  grpc::ClientContext context;
  client::SetToken(ctl.connection.token, &context);
  const auto stub = ctl.Stub<Records>();
  const auto reader = stub->StreamRecords(&context, request);
  cdr::v1::RecordBatch batch;
  absl::Status taken;
  Progress progress("records", 0);
  uint64_t records = 0;
  while (taken.ok() && reader->Read(&batch)) {
    for (const auto& wire : batch.record()) {
      const auto received = FromWire(wire);
      taken = received.ok() ? visit(received->id, received->record) : received.status();
      if (!taken.ok()) break;
    }
    records += static_cast<uint64_t>(batch.record_size());
    progress.Update(records);
  }
  if (!taken.ok()) context.TryCancel();
  const grpc::Status status = reader->Finish();
  if (!taken.ok()) return Complain(taken);
  return status.ok() ? kDone : ctl.Complain(status);
}

int ReadRecords(const Ctl& ctl, const std::string& from_files, const RecordCursors& start,
                const RecordVisit& visit) {
  if (from_files.empty()) return StreamFromServer(ctl, start, visit);
  const absl::Status read = cdr::ForEachRecordIn(
      from_files, [&](const cdr::RecordId& id, const cdr::Record& record) -> absl::Status {
        const auto at = start.find(id.shard);
        if (at != start.end() && record.local_sequence <= at->second.sequence)
          return absl::OkStatus();
        return visit(id, record);
      });
  return read.ok() ? kDone : Complain(read);
}

}  // namespace ocs::tools
