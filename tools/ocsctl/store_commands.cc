// ocsctl store: a copy of the server's store, and where its bytes are.

#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/operations/v1/operations.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using operations::v1::Operations;

int BackUp(const Ctl& ctl, const std::string& name) {
  operations::v1::BackUpRequest request;
  request.set_name(name);
  operations::v1::BackUpResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Operations>(), &Operations::Stub::BackUp, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  ctl.Print(Cat("backed up to ", response.folder(), ": ", FormatGrouped(response.bytes()),
                " bytes in ", response.took_ms(), " ms\n"));
  for (const auto& shard : response.shard()) {
    ctl.Print(Cat("shard ", shard.shard(), " up to group ", shard.group(), ", SHA-256 ",
                  FromAbsl(absl::BytesToHexString(shard.hash())), "\n"));
  }
  return kDone;
}

int Usage(const Ctl& ctl) {
  operations::v1::GetStoreUsageResponse response;
  const grpc::Status status = ctl.Call(*ctl.Stub<Operations>(), &Operations::Stub::GetStoreUsage,
                                       operations::v1::GetStoreUsageRequest(), &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  Table table({{"shard", Align::kRight}, {"part"}, {"bytes", Align::kRight}});
  for (const auto& shard : response.shard()) {
    const std::string number = Cat(shard.shard());
    for (const auto& part : shard.table())
      table.AddRow({number, part.name(), FormatGrouped(part.bytes())});
    table.AddRow({number, "not yet in tables", FormatGrouped(shard.log_bytes())});
    table.AddRow({number, "all", FormatGrouped(shard.total_bytes())});
  }
  ctl.Print(
      Cat(table.Format(), "free on the disk: ", FormatGrouped(response.free_bytes()), " bytes\n"));
  return kDone;
}

}  // namespace

void AddStoreCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "store", "Copies of the server's store, and its size");
  CLI::App* backup = AddCommand(family, "backup", "Copy the store while the server works",
                                "ocsctl --timeout-seconds 600 store backup 2026-05-18");
  const auto name = std::make_shared<std::string>();
  backup->add_option("NAME", *name, "Of the new folder in the server's backup_folder")->required();
  backup->callback([=] { ctl->chosen = [=] { return BackUp(*ctl, *name); }; });

  CLI::App* usage =
      AddCommand(family, "usage", "Where the bytes of the store are", "ocsctl store usage");
  usage->callback([=] { ctl->chosen = [=] { return Usage(*ctl); }; });
}

}  // namespace ocs::tools
