// ocsctl catalogue: all that is sold, as text.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/catalog/v1/catalog.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using catalog::v1::Catalogue;
using Stub = Catalogue::Stub;

struct CatalogueArguments {
  ChangeOptions change;
  std::string file;
  std::string effective_from;
  uint32_t revision = 0;
};

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in.good()) return absl::NotFoundError(Cat(path, ": cannot be read"));
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (text.size() > static_cast<size_t>(kCatalogueBytesMax)) {
    return absl::InvalidArgumentError(Cat(path, ": has ", text.size(),
                                          " bytes; a catalogue has at "
                                          "most ",
                                          kCatalogueBytesMax));
  }
  return text;
}

std::string NameOf(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

int Check(const Ctl& ctl, const CatalogueArguments& arguments) {
  auto text = ReadText(arguments.file);
  if (!text.ok()) return Complain(text.status());
  catalog::v1::CheckCatalogueRequest request;
  request.set_text(*std::move(text));
  request.set_file_name(NameOf(arguments.file));
  catalog::v1::CheckCatalogueResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &Stub::CheckCatalogue, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else if (response.diagnostic().empty()) {
    ctl.Print("no faults: it can be published\n");
  } else {
    for (const std::string& diagnostic : response.diagnostic())
      ctl.Print(Cat(Printable(diagnostic), "\n"));
    ctl.Print(Cat(response.diagnostic_size(), " faults\n"));
  }
  return response.diagnostic().empty() ? kDone : kRefused;
}

int Publish(const Ctl& ctl, CatalogueArguments& arguments) {
  auto text = ReadText(arguments.file);
  if (!text.ok()) return Complain(text.status());
  catalog::v1::PublishCatalogueRequest request;
  request.set_text(*std::move(text));
  request.set_file_name(NameOf(arguments.file));
  if (!arguments.effective_from.empty()) {
    const auto from = ParseTime(arguments.effective_from, ctl.zone());
    if (!from.ok()) return Complain(from.status());
    request.set_effective_from_unix_ms(from->unix_ms);
  }
  arguments.change.Fill(request.mutable_change());
  catalog::v1::PublishCatalogueResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &Stub::PublishCatalogue, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(Cat("published as revision ", response.revision(), "\n"));
  }
  return kDone;
}

int List(const Ctl& ctl) {
  catalog::v1::ListRevisionsResponse response;
  const grpc::Status status = ctl.Call(*ctl.Stub<Catalogue>(), &Stub::ListRevisions,
                                       catalog::v1::ListRevisionsRequest(), &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  Table table({{"revision", Align::kRight},
               {"name"},
               {"effective from"},
               {"published at"},
               {"by"},
               {"models", Align::kRight},
               {"offers", Align::kRight},
               {"bytes", Align::kRight}});
  for (const auto& revision : response.revision()) {
    table.AddRow({Cat(revision.revision()), revision.name(),
                  TimeText(revision.effective_from_unix_ms(), ctl.zone()),
                  TimeText(revision.published_at_unix_ms(), ctl.zone()), revision.published_by(),
                  FormatGrouped(revision.model_count()), FormatGrouped(revision.offer_count()),
                  FormatGrouped(revision.text_bytes())});
  }
  ctl.Print(table.empty() ? "no catalogue has been published\n" : table.Format());
  return kDone;
}

int ShowText(const Ctl& ctl, const CatalogueArguments& arguments) {
  catalog::v1::GetRevisionRequest request;
  request.set_revision(arguments.revision);
  catalog::v1::GetRevisionResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &Stub::GetRevision, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(response.text());
  }
  return kDone;
}

}  // namespace

void AddCatalogueCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "catalogue", "The catalogue: models, prices and offers");
  const auto arguments = std::make_shared<CatalogueArguments>();

  CLI::App* check = AddCommand(family, "check", "Find every fault of a text; publishes nothing",
                               "ocsctl catalogue check operators.yaml");
  check->add_option("FILE", arguments->file, "The catalogue's text")->required();
  check->callback([=] { ctl->chosen = [=] { return Check(*ctl, *arguments); }; });

  CLI::App* publish =
      AddCommand(family, "publish", "Publish a text as the next revision",
                 "ocsctl catalogue publish operators.yaml --effective-from 2026-06-01");
  publish->add_option("FILE", arguments->file, "The catalogue's text")->required();
  publish->add_option("--effective-from", arguments->effective_from, "From when (default: now)");
  arguments->change.AddTo(publish);
  publish->callback([=] { ctl->chosen = [=] { return Publish(*ctl, *arguments); }; });

  CLI::App* list =
      AddCommand(family, "list", "Every revision, oldest first", "ocsctl catalogue list");
  list->callback([=] { ctl->chosen = [=] { return List(*ctl); }; });

  CLI::App* show = AddCommand(family, "show", "The text of a revision, as it was published",
                              "ocsctl catalogue show 3 > operators-3.yaml");
  show->add_option("REVISION", arguments->revision, "Its number")->required();
  show->callback([=] { ctl->chosen = [=] { return ShowText(*ctl, *arguments); }; });

  AddImportCommand(family, ctl);
}

}  // namespace ocs::tools
