#include "tools/ocsctl/cdr_files.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "cdr/ber.h"
#include "cdr/csv.h"
#include "cdr/file_32297.h"
#include "cdr/json_lines.h"
#include "cdr/verify.h"
#include "ocs/base/json.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

struct VerifyArguments {
  std::string folder;
  std::string previous;
  std::string head;
};

struct PrintArguments {
  std::string file;
  std::string format = "csv";
};

void PrintVerdictJson(const Ctl& ctl, const cdr::Verdict& verdict) {
  JsonWriter json;
  json.BeginObject();
  json.Field("verdict", verdict.ok() ? "OK" : "FAILED");
  json.Field("files", static_cast<int64_t>(verdict.files));
  json.Field("records", static_cast<int64_t>(verdict.records));
  json.Field("first_file", static_cast<int64_t>(verdict.first_file));
  json.Field("last_file", static_cast<int64_t>(verdict.last_file));
  json.Field("head", verdict.head);
  json.Field("unfinished", static_cast<int64_t>(verdict.unfinished));
  json.Field("fault_count", static_cast<int64_t>(verdict.fault_count));
  json.Key("faults");
  json.BeginArray();
  for (const cdr::Fault& fault : verdict.faults) {
    json.BeginObject();
    json.Field("kind", cdr::FaultKindName(fault.kind));
    json.Field("where", fault.where);
    json.Field("what", fault.what);
    json.Field("what_to_do", fault.what_to_do);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  ctl.Print(Cat(json.text(), "\n"));
}

void PrintVerdict(const Ctl& ctl, const cdr::Verdict& verdict) {
  std::string out;
  for (const cdr::Fault& fault : verdict.faults) {
    out += Cat(cdr::FaultKindName(fault.kind), ": ", Printable(fault.where), ": ",
               Printable(fault.what), "\n  to do: ", fault.what_to_do, "\n");
  }
  if (verdict.faults.size() < verdict.fault_count)
    out += Cat("... and ", verdict.fault_count - verdict.faults.size(), " more\n");
  out += Cat("files ", verdict.first_file, " to ", verdict.last_file, ", ", verdict.files,
             " read, ", FormatGrouped(static_cast<int64_t>(verdict.records)), " records\n");
  for (const auto& [shard, range] : verdict.shards) {
    out += Cat("shard ", shard.value, " sequence ", range.first_sequence, " to ",
               range.last_sequence, ", ", range.records, " records\n");
  }
  if (verdict.unfinished > 0)
    out += Cat(verdict.unfinished, " unfinished (.part): no files yet, skip them\n");
  out += Cat("hash of the last manifest ", verdict.head, "\n");
  out += verdict.ok() ? std::string("verdict: OK\n")
                      : Cat("verdict: FAILED, ", verdict.fault_count,
                            verdict.fault_count == 1 ? " fault\n" : " faults\n");
  ctl.Print(out);
}

int Verify(const Ctl& ctl, const VerifyArguments& arguments) {
  const auto verdict =
      cdr::VerifyFolder(arguments.folder, {.previous = arguments.previous, .head = arguments.head});
  if (!verdict.ok()) return Complain(verdict.status());
  if (ctl.json) {
    PrintVerdictJson(ctl, *verdict);
  } else {
    PrintVerdict(ctl, *verdict);
  }
  return verdict->ok() ? kDone : kRefused;
}

// Every record of a file of TS 32.297 in a form for people or scripts.
absl::Status PrintFile(const Ctl& ctl, const PrintArguments& arguments) {
  std::ifstream in(arguments.file, std::ios::binary);
  if (!in.good()) return absl::NotFoundError(Cat(arguments.file, ": cannot be opened"));
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  OCS_ASSIGN_OR_RETURN(cdr::FileReader32297 reader, cdr::FileReader32297::Open(bytes));
  cdr::CsvEncoder csv(ctl.zone());
  cdr::JsonLinesEncoder lines(ctl.zone());
  const bool as_csv = arguments.format == "csv";
  std::string out;
  if (as_csv) out.append(cdr::CsvHeader());
  while (true) {
    OCS_ASSIGN_OR_RETURN(const auto item, reader.Next());
    if (!item.has_value()) break;
    const auto record = cdr::DecodeBerRecord(item->record);
    if (!record.ok()) return Annotate(record.status(), Cat("record at octet ", item->offset));
    if (as_csv) {
      csv.Append(record->id, record->record, &out);
    } else {
      lines.Append(record->id, record->record, &out);
    }
    ctl.Print(out);
    out.clear();
  }
  ctl.Print(out);
  return absl::OkStatus();
}

int Print(const Ctl& ctl, const PrintArguments& arguments) {
  const absl::Status status = PrintFile(ctl, arguments);
  return status.ok() ? kDone : Complain(Annotate(status, arguments.file));
}

}  // namespace

void AddSeriesOptions(CLI::App* command, SeriesArguments* arguments) {
  command->add_flag("--gzip", arguments->gzip, "With --folder: compress each file");
  command
      ->add_option("--node", arguments->node,
                   "This node's name, in file names and records: letters, digits, '-', '_'")
      ->capture_default_str();
  command
      ->add_option("--records-max", arguments->records_max, "Records after which a file is closed")
      ->capture_default_str();
  command->add_option("--bytes-max", arguments->bytes_max, "Bytes after which a file is closed")
      ->capture_default_str();
  command
      ->add_option("--seconds-max", arguments->seconds_max, "Seconds after which a file is closed")
      ->capture_default_str();
  command->add_option("--node-address", arguments->address, "ber: this node's IP address")
      ->capture_default_str();
  command
      ->add_option("--extension-length", arguments->extension_length,
                   "ber: write or omit the length of the private extension, which is empty")
      ->check(CLI::IsMember({"write", "omit"}))
      ->capture_default_str();
  command->add_option("--issuer", arguments->issuer,
                      "focus: who sends the invoice; required there");
  command
      ->add_option("--currency", arguments->currency,
                   "focus: of packages, in records that name no currency")
      ->capture_default_str();
}

absl::StatusOr<cdr::FileOptions> FileOptionsOf(const Ctl& ctl, std::string_view format,
                                               const SeriesArguments& arguments) {
  cdr::FileOptions options;
  options.format = *cdr::ParseFileFormat(format);  // Checked where the option was parsed.
  options.zone = ctl.zone();
  options.compression = arguments.gzip ? cdr::Compression::kGzip : cdr::Compression::kNone;
  options.node_id = arguments.node;
  OCS_ASSIGN_OR_RETURN(options.header.node_address, cdr::ParseNodeAddress(arguments.address));
  options.header.extension_length = arguments.extension_length == "omit"
                                        ? cdr::PrivateExtensionLength::kOmittedWhenEmpty
                                        : cdr::PrivateExtensionLength::kAlways;
  if (options.format == cdr::FileFormat::kFocus && arguments.issuer.empty())
    return absl::InvalidArgumentError("--format focus needs --issuer: who sends the invoice");
  options.issuer = arguments.issuer;
  OCS_ASSIGN_OR_RETURN(const Unit currency, Unit::Parse(arguments.currency));
  if (!currency.is_money())
    return absl::InvalidArgumentError("--currency: expected three capital letters");
  options.currency = arguments.currency;
  return options;
}

absl::StatusOr<cdr::SeriesOptions> SeriesOptionsOf(const Ctl& ctl, std::string_view format,
                                                   const SeriesArguments& arguments) {
  cdr::SeriesOptions options;
  OCS_ASSIGN_OR_RETURN(options.file, FileOptionsOf(ctl, format, arguments));
  options.bytes_max = arguments.bytes_max;
  options.records_max = arguments.records_max;
  options.open_seconds_max = arguments.seconds_max;
  return options;
}

Instant Now() { return Instant::FromTime(absl::Now()); }

void PrintSeries(const Ctl& ctl, const cdr::FileSeries& series) {
  const auto files = static_cast<int64_t>(series.files_closed());
  const auto records = static_cast<int64_t>(series.records_written());
  if (ctl.json) {
    JsonWriter json;
    json.BeginObject();
    json.Field("files", files);
    json.Field("records", records);
    json.Field("last_file", series.last_file());
    json.Field("head", series.last_manifest_hash());
    json.EndObject();
    ctl.Print(Cat(json.text(), "\n"));
    return;
  }
  if (files == 0) return ctl.Print("no new records: no file written\n");
  ctl.Print(Cat("files ", files, ", records ", FormatGrouped(records), "\nlast file ",
                series.last_file(), "\nhash of its manifest ", series.last_manifest_hash(), "\n"));
}

void AddVerifyCommands(CLI::App* family, Ctl* ctl) {
  const auto verify = std::make_shared<VerifyArguments>();
  CLI::App* command =
      AddCommand(family, "verify", "Prove that a folder of exported files is whole; no server",
                 "ocsctl cdr verify cdr-files");
  command->add_option("folder", verify->folder, "As cdr export --folder wrote it")->required();
  command->add_option("--previous", verify->previous,
                      "Hash of the manifest before the first one here");
  command->add_option("--head", verify->head, "Hash that the last manifest must have");
  command->callback([=] { ctl->chosen = [=] { return Verify(*ctl, *verify); }; });

  const auto print = std::make_shared<PrintArguments>();
  command = AddCommand(family, "print", "Print the records of a file of TS 32.297; no server",
                       "ocsctl cdr print cdr-files/ocs_-_0000001.20260519_-_1200+0800.ber");
  command->add_option("file", print->file, "Not compressed")->required();
  command->add_option("--format", print->format, "csv or jsonl")
      ->check(CLI::IsMember({"csv", "jsonl"}))
      ->capture_default_str();
  command->callback([=] { ctl->chosen = [=] { return Print(*ctl, *print); }; });
}

}  // namespace ocs::tools
