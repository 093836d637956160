// ocsctl cdr: charging data records, to the screen or into files, each exactly once.

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cdr/csv.h"
#include "cdr/file_series.h"
#include "cdr/file_writer.h"
#include "cdr/json_lines.h"
#include "ocs/base/json.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/cdr/v1/cdr.grpc.pb.h"
#include "tools/ocsctl/cdr_files.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/ocsctl/wire_record.h"
#include "tools/text/progress.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using cdr::v1::Records;
using RecordsStub = Records::Stub;

struct CdrArguments {
  std::string consumer;
  std::string format = "csv";
  std::string out;
  SeriesArguments series;
  std::vector<uint32_t> shards;
  std::string from;
  uint32_t shard = 0;
  std::string position;
  bool follow = false;
  std::vector<std::string> accounts;
  std::vector<std::string> models;
  std::vector<std::string> providers;
  std::vector<std::string> types;
};

// Reads a stream to its end, or until `take` returns an error. The stream has no deadline: it may
// be long.
template <typename Take>
int ReadStream(const Ctl& ctl, const cdr::v1::StreamRecordsRequest& request, Take take) {
  grpc::ClientContext context;
  client::SetToken(ctl.connection.token, &context);
  const auto stub = ctl.Stub<Records>();
  const auto reader = stub->StreamRecords(&context, request);
  cdr::v1::RecordBatch batch;
  absl::Status taken;
  while (taken.ok() && reader->Read(&batch)) taken = take(batch);
  if (!taken.ok()) context.TryCancel();
  const grpc::Status status = reader->Finish();
  if (!taken.ok()) return Complain(taken);
  if (!status.ok()) return ctl.Complain(status);
  return kDone;
}

void FillShards(const CdrArguments& arguments, cdr::v1::StreamRecordsRequest* request) {
  request->set_consumer(arguments.consumer);
  for (const uint32_t shard : arguments.shards) request->add_shard(shard);
}

using Positions = std::map<uint32_t, type::v1::JournalPosition>;

int Acknowledge(const Ctl& ctl, const std::string& consumer, const Positions& positions) {
  const auto stub = ctl.Stub<Records>();
  for (const auto& [shard, position] : positions) {
    cdr::v1::AcknowledgeRequest request;
    request.set_consumer(consumer);
    request.set_shard(shard);
    *request.mutable_position() = position;
    cdr::v1::AcknowledgeResponse response;
    const grpc::Status status = ctl.Call(*stub, &RecordsStub::Acknowledge, request, &response);
    if (!status.ok()) return ctl.Complain(status);
  }
  return kDone;
}

// What was written, for machines; no name where nothing was.
void PrintFile(const Ctl& ctl, std::string_view name, const cdr::ControlTotals& totals) {
  JsonWriter json;
  json.BeginObject();
  json.Field("file", name);
  json.Field("records", static_cast<int64_t>(totals.record_count()));
  json.Field("lines", static_cast<int64_t>(totals.line_count()));
  json.EndObject();
  ctl.Print(Cat(json.text(), "\n"));
}

// One file, as large as what is new.
int ExportFile(const Ctl& ctl, const CdrArguments& arguments) {
  const auto options = FileOptionsOf(ctl, arguments.format, arguments.series);
  if (!options.ok()) return Complain(options.status());
  if (options->format == cdr::FileFormat::kBer || options->compression != cdr::Compression::kNone) {
    return Complain(absl::InvalidArgumentError(
        "--format ber and --gzip are for files that are numbered and closed by size: give --folder "
        "instead of --out"));
  }
  auto writer = cdr::FileWriter::Create(arguments.out, *options);
  if (!writer.ok()) return Complain(writer.status());
  cdr::v1::StreamRecordsRequest request;
  FillShards(arguments, &request);
  Positions positions;
  int code = kDone;
  {
    Progress progress("records", 0);
    code = ReadStream(ctl, request, [&](const cdr::v1::RecordBatch& batch) -> absl::Status {
      for (const auto& wire : batch.record()) {
        OCS_ASSIGN_OR_RETURN(const ReceivedRecord received, FromWire(wire));
        OCS_RETURN_IF_ERROR((*writer)->Add(received.id, received.record));
      }
      positions[batch.shard()] = batch.position();
      progress.Update((*writer)->totals().record_count());
      return absl::OkStatus();
    });
  }
  if (code != kDone) return code;
  if (positions.empty()) {
    if (ctl.json) {
      PrintFile(ctl, "", (*writer)->totals());
    } else {
      ctl.Print("no new records: no file written\n");
    }
    return kDone;
  }
  const absl::Status committed = (*writer)->Commit();
  if (!committed.ok()) return Complain(committed);
  // The file is durable: only now may the server forget where this consumer was.
  code = Acknowledge(ctl, arguments.consumer, positions);
  if (code != kDone) {
    std::fprintf(stderr,
                 "%s is written but not acknowledged: the next export has its records once more; "
                 "delete it, or acknowledge by hand (ocsctl cdr acknowledge)\n",
                 arguments.out.c_str());
    return code;
  }
  const cdr::ControlTotals& totals = (*writer)->totals();
  if (ctl.json) {
    PrintFile(ctl, arguments.out, totals);
  } else {
    ctl.Print(Cat("file ", arguments.out, ", ",
                  FormatGrouped(static_cast<int64_t>((*writer)->size_bytes())), " bytes\n",
                  totals.Format()));
  }
  return kDone;
}

// Files that follow each other. The folder knows behind which record it goes on, so a run that was
// killed at any moment is simply run again.
int ExportFolder(const Ctl& ctl, const CdrArguments& arguments) {
  const auto options = SeriesOptionsOf(ctl, arguments.format, arguments.series);
  if (!options.ok()) return Complain(options.status());
  auto series = cdr::FileSeries::Open(arguments.series.folder, *options);
  if (!series.ok()) return Complain(series.status());
  cdr::v1::StreamRecordsRequest request;
  FillShards(arguments, &request);
  for (const auto& [shard, cursor] : (*series)->durable()) {
    if (!arguments.shards.empty() && std::find(arguments.shards.begin(), arguments.shards.end(),
                                               shard.value) == arguments.shards.end()) {
      continue;
    }
    auto* from = request.add_from();
    from->set_shard(shard.value);
    from->mutable_position()->set_group(cursor.position.group);
    from->mutable_position()->set_index(cursor.position.index);
  }
  int code = kDone;
  {
    Progress progress("records", 0);
    uint64_t records = 0;
    code = ReadStream(ctl, request, [&](const cdr::v1::RecordBatch& batch) -> absl::Status {
      for (const auto& wire : batch.record()) {
        OCS_ASSIGN_OR_RETURN(const ReceivedRecord received, FromWire(wire));
        OCS_RETURN_IF_ERROR((*series)->Add(received.id, received.record, Now()));
        progress.Update(++records);
      }
      return absl::OkStatus();
    });
  }
  // What was read before an error is whole in itself: the next run goes on behind it.
  const absl::Status closed = (*series)->Close(cdr::FileClosure::kNormal, Now());
  if (code != kDone) return code;
  if (!closed.ok()) return Complain(closed);
  // The files are durable: only now may the server forget where this consumer was. Again each time,
  // because a run that was killed may not have come so far.
  Positions positions;
  for (const auto& [shard, cursor] : (*series)->durable()) {
    positions[shard.value].set_group(cursor.position.group);
    positions[shard.value].set_index(cursor.position.index);
  }
  code = Acknowledge(ctl, arguments.consumer, positions);
  if (code != kDone) {
    std::fprintf(stderr, "the files are written but not acknowledged: run the same export again\n");
    return code;
  }
  PrintSeries(ctl, **series);
  return kDone;
}

int Export(const Ctl& ctl, const CdrArguments& arguments) {
  return arguments.series.folder.empty() ? ExportFile(ctl, arguments)
                                         : ExportFolder(ctl, arguments);
}

// Returns how the command ends when an account is not known.
int FillFilter(const Ctl& ctl, const CdrArguments& arguments, cdr::v1::RecordFilter* filter) {
  for (const std::string& account : arguments.accounts) {
    uint64_t id = 0;
    const grpc::Status status = ctl.FindAccount(account, &id);
    if (!status.ok()) return ctl.Complain(status);
    filter->add_account_id(id);
  }
  for (const std::string& model : arguments.models) filter->add_model(model);
  for (const std::string& provider : arguments.providers) filter->add_provider(provider);
  for (const std::string& type : arguments.types) {
    filter->add_record_type(type == "fee"      ? cdr::v1::FEE
                            : type == "refund" ? cdr::v1::REFUND
                                               : cdr::v1::USAGE);
  }
  return kDone;
}

int Stream(const Ctl& ctl, const CdrArguments& arguments) {
  cdr::v1::StreamRecordsRequest request;
  FillShards(arguments, &request);
  const int filled = FillFilter(ctl, arguments, request.mutable_filter());
  if (filled != kDone) return filled;
  request.set_follow(arguments.follow);
  request.set_with_explanation(arguments.format == "text");
  if (!arguments.from.empty()) {
    const auto from = ParsePosition(arguments.from);
    if (!from.ok()) return Complain(from.status());
    if (arguments.shards.size() != 1)
      return Complain(
          absl::InvalidArgumentError("--from needs one --shard: positions are a shard's"));
    auto* start = request.add_from();
    start->set_shard(arguments.shards[0]);
    start->mutable_position()->set_group(from->group);
    start->mutable_position()->set_index(from->index);
  }
  cdr::CsvEncoder csv(ctl.zone());
  cdr::JsonLinesEncoder lines(ctl.zone());
  if (arguments.format == "csv" && !ctl.json) ctl.Print(cdr::CsvHeader());
  return ReadStream(ctl, request, [&](const cdr::v1::RecordBatch& batch) -> absl::Status {
    std::string out;
    for (const auto& wire : batch.record()) {
      if (ctl.json) {
        ctl.PrintJson(wire);
        continue;
      }
      OCS_ASSIGN_OR_RETURN(const ReceivedRecord received, FromWire(wire));
      if (arguments.format == "csv") {
        csv.Append(received.id, received.record, &out);
      } else if (arguments.format == "jsonl") {
        lines.Append(received.id, received.record, &out);
      } else {
        for (const std::string& sentence : wire.explanation())
          out += Cat(Printable(sentence), "\n");
        out += "\n";
      }
    }
    ctl.Print(out);
    if (std::fflush(stdout) == 0) return absl::OkStatus();
    return absl::UnavailableError("nobody reads standard output any more");
  });
}

int AcknowledgeByHand(const Ctl& ctl, const CdrArguments& arguments) {
  const auto position = ParsePosition(arguments.position);
  if (!position.ok()) return Complain(position.status());
  Positions positions;
  positions[arguments.shard].set_group(position->group);
  positions[arguments.shard].set_index(position->index);
  const int code = Acknowledge(ctl, arguments.consumer, positions);
  if (code == kDone) ctl.Print(ctl.json ? "{}\n" : "acknowledged\n");
  return code;
}

int Consumers(const Ctl& ctl) {
  cdr::v1::ListConsumersResponse response;
  const grpc::Status status = ctl.Call(*ctl.Stub<Records>(), &RecordsStub::ListConsumers,
                                       cdr::v1::ListConsumersRequest(), &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  Table table({{"consumer"},
               {"shard", Align::kRight},
               {"acknowledged up to", Align::kRight},
               {"groups behind", Align::kRight},
               {"oldest record that waits"}});
  for (const auto& consumer : response.consumer()) {
    table.AddRow({consumer.name(), Cat(consumer.shard()),
                  Cat(consumer.position().group(), ".", consumer.position().index()),
                  FormatGrouped(static_cast<int64_t>(consumer.groups_behind())),
                  consumer.cut_off() ? "CUT OFF: records are gone"
                  : consumer.oldest_waiting_unix_ms() == 0
                      ? "none"
                      : TimeText(consumer.oldest_waiting_unix_ms(), ctl.zone())});
  }
  ctl.Print(table.empty() ? "no consumers yet: the first acknowledgement makes one\n"
                          : table.Format());
  return kDone;
}

}  // namespace

void AddCdrCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "cdr", "Charging data records");
  const auto arguments = std::make_shared<CdrArguments>();

  CLI::App* cdr_export = AddCommand(
      family, "export", "Write what a consumer has not yet got to files, then acknowledge it",
      "ocsctl cdr export --consumer finance --folder cdr-files --format ber --node ocs01");
  cdr_export->add_option("--consumer", arguments->consumer, "Its name")->required();
  CLI::Option_group* where = cdr_export->add_option_group("Where", "one of the two");
  where->add_option("--out", arguments->out, "One file; must not be there yet");
  where->add_option("--folder", arguments->series.folder,
                    "A folder of numbered files, each with a manifest; see cdr verify");
  where->require_option(1);
  cdr_export->add_option("--format", arguments->format, "csv, jsonl, ber or focus")
      ->check(CLI::IsMember({"csv", "jsonl", "ber", "focus"}))
      ->capture_default_str();
  AddSeriesOptions(cdr_export, &arguments->series);
  cdr_export->add_option("--shard", arguments->shards, "Only these shards")->take_all();
  cdr_export->callback([=] { ctl->chosen = [=] { return Export(*ctl, *arguments); }; });

  AddVerifyCommands(family, ctl);

  CLI::App* stream = AddCommand(family, "stream", "Print records; acknowledges nothing",
                                "ocsctl cdr stream --format text --follow");
  stream->add_option("--consumer", arguments->consumer, "Start behind what it acknowledged");
  stream->add_option("--format", arguments->format, "csv, jsonl or text")
      ->check(CLI::IsMember({"csv", "jsonl", "text"}))
      ->capture_default_str();
  stream->add_option("--shard", arguments->shards, "Only these shards")->take_all();
  stream->add_option("--from", arguments->from, "Start behind GROUP.INDEX of the one --shard");
  stream->add_option("--account", arguments->accounts, "Only of these accounts")->take_all();
  stream->add_option("--model", arguments->models, "Only of these models, as sold")->take_all();
  stream->add_option("--provider", arguments->providers, "Only of these providers")->take_all();
  stream->add_option("--type", arguments->types, "Only usage, fee or refund; may be repeated")
      ->check(CLI::IsMember({"usage", "fee", "refund"}))
      ->take_all();
  stream->add_flag("--follow", arguments->follow, "Stay, and print new ones as they come");
  stream->callback([=] { ctl->chosen = [=] { return Stream(*ctl, *arguments); }; });

  CLI::App* acknowledge =
      AddCommand(family, "acknowledge", "Say by hand up to where a consumer's records are safe",
                 "ocsctl cdr acknowledge --consumer finance --shard 0 --position 12.0");
  acknowledge->add_option("--consumer", arguments->consumer, "Its name")->required();
  acknowledge->add_option("--shard", arguments->shard, "The shard")->required();
  acknowledge->add_option("--position", arguments->position, "GROUP.INDEX of the last record")
      ->required();
  acknowledge->callback([=] { ctl->chosen = [=] { return AcknowledgeByHand(*ctl, *arguments); }; });

  CLI::App* consumers =
      AddCommand(family, "consumers", "Every consumer and where it stands", "ocsctl cdr consumers");
  consumers->callback([=] { ctl->chosen = [=] { return Consumers(*ctl); }; });
}

}  // namespace ocs::tools
