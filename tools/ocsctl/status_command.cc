// ocsctl status: is the server there, what does it sell, who reads from it.

#include <string>

#include "ocs/base/json.h"
#include "ocs/base/text.h"
#include "ocs/catalog/v1/catalog.grpc.pb.h"
#include "ocs/cdr/v1/cdr.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

int Status(const Ctl& ctl) {
  const Health health = CheckHealth(ctl.connection, ctl.channel());
  if (!health.status.ok()) return ctl.Complain(health.status);
  catalog::v1::ListRevisionsResponse revisions;
  grpc::Status status =
      ctl.Call(*ctl.Stub<catalog::v1::Catalogue>(), &catalog::v1::Catalogue::Stub::ListRevisions,
               catalog::v1::ListRevisionsRequest(), &revisions);
  if (!status.ok()) return ctl.Complain(status);
  cdr::v1::ListConsumersResponse consumers;
  status = ctl.Call(*ctl.Stub<cdr::v1::Records>(), &cdr::v1::Records::Stub::ListConsumers,
                    cdr::v1::ListConsumersRequest(), &consumers);
  if (!status.ok()) return ctl.Complain(status);
  const int last = revisions.revision_size() - 1;
  if (ctl.json) {
    JsonWriter json;
    json.BeginObject();
    json.Field("server", ctl.connection.server);
    json.Field("health", health.state);
    json.Key("revision_count");
    json.Count(static_cast<uint32_t>(revisions.revision_size()));
    json.Key("consumer_position_count");
    json.Count(static_cast<uint32_t>(consumers.consumer_size()));
    json.EndObject();
    ctl.Print(Cat(json.text(), "\n"));
  } else {
    ctl.Print(FormatFields(
        {{"server", ctl.connection.server},
         {"health", health.state},
         {"revisions", Cat(revisions.revision_size())},
         {"newest revision",
          last < 0
              ? "none: publish a catalogue first"
              : Cat(revisions.revision(last).revision(), " '", revisions.revision(last).name(),
                    "', effective from ",
                    TimeText(revisions.revision(last).effective_from_unix_ms(), ctl.zone()))}}));
    Table table({{"consumer"}, {"shard", Align::kRight}, {"acknowledged up to", Align::kRight}});
    for (const auto& consumer : consumers.consumer()) {
      table.AddRow({consumer.name(), Cat(consumer.shard()),
                    Cat(consumer.position().group(), ".", consumer.position().index())});
    }
    if (!table.empty()) ctl.Print(Cat("\n", table.Format()));
  }
  return health.state == "SERVING" ? kDone : kCouldNot;
}

}  // namespace

void AddStatusCommand(CLI::App* app, Ctl* ctl) {
  CLI::App* command = AddCommand(app, "status", "Is the server there, and what does it know?",
                                 "ocsctl --server 127.0.0.1:7070 status");
  command->callback([=] { ctl->chosen = [=] { return Status(*ctl); }; });
}

}  // namespace ocs::tools
