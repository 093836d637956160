// ocsctl catalogue: all that is sold, as text.

#include <cstdio>
#include <string>

#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/catalog/v1/catalog.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using catalog::v1::Catalogue;
using CatalogueStub = Catalogue::Stub;

struct CatalogueArguments {
  ChangeOptions change;
  std::string file;
  std::string effective_from;
  std::string simulation;  // A file.
  uint32_t revision = 0;
  uint32_t against = 0;  // 0: the revision in force.
  bool show_simulation = false;
};

std::string NameOf(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// "+50 %", to a hundredth; "" where it is no ratio.
std::string PercentText(const catalog::v1::CatalogueChange& change) {
  const int64_t before = change.factor_denominator();
  if (before <= 0 || change.factor_numerator() < 0) return "";
  const bool up = change.factor_numerator() >= before;
  const int64_t part = up ? change.factor_numerator() - before : before - change.factor_numerator();
  const auto hundredths = MultiplyDivide(part, 10'000, before, Rounding::kHalfEven);
  if (!hundredths) return "";
  const int64_t rest = *hundredths % 100;
  return Cat(up ? "+" : "-", FormatGrouped(*hundredths / 100), rest < 10 ? ".0" : ".", rest, " %");
}

std::string_view KindText(catalog::v1::CatalogueChangeKind kind) {
  constexpr std::string_view kTexts[] = {"?",
                                         "MODEL GONE",
                                         "MODEL LOSES PRICE",
                                         "OFFER GONE",
                                         "PRICE BOOK GONE",
                                         "price rises",
                                         "price falls",
                                         "rule gone",
                                         "rule added",
                                         "offer changed",
                                         "grant changed",
                                         "other",
                                         "model added",
                                         "offer added",
                                         "price book added"};
  const auto index = static_cast<size_t>(kind);
  return index < std::size(kTexts) ? kTexts[index] : kTexts[0];
}

void PrintChanges(const Ctl& ctl, const catalog::v1::CheckCatalogueResponse& response) {
  if (response.compared_with() == 0) {
    ctl.Print("no revision is in force: there is nothing to compare with\n");
    return;
  }
  if (response.change().empty()) {
    ctl.Print(Cat("nothing changes against revision ", response.compared_with(), "\n"));
    return;
  }
  Table table({{"what"}, {"where"}, {"before"}, {"after"}, {"by", Align::kRight}});
  for (const auto& change : response.change()) {
    table.AddRow({std::string(KindText(change.kind())), Printable(change.where()),
                  Printable(change.before()), Printable(change.after()), PercentText(change)});
  }
  ctl.Print(table.Format());
  ctl.Print(
      Cat(response.change_size(), " changes against revision ", response.compared_with(), "\n"));
}

int CheckText(const Ctl& ctl, const CatalogueArguments& arguments,
              catalog::v1::CheckCatalogueRequest request) {
  if (arguments.against != 0) request.set_compare_with(arguments.against);
  catalog::v1::CheckCatalogueResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &CatalogueStub::CheckCatalogue, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else if (response.diagnostic().empty()) {
    ctl.Print(
        Cat("no faults: it can be published\ncatalogue_sha256: ", response.text_sha256(), "\n"));
    PrintChanges(ctl, response);
  } else {
    for (const std::string& diagnostic : response.diagnostic())
      ctl.Print(Cat(Printable(diagnostic), "\n"));
    ctl.Print(Cat(response.diagnostic_size(), " faults\n"));
  }
  if (!response.diagnostic().empty()) return kRefused;
  return response.change().empty() ? kDone : kChanges;
}

int Check(const Ctl& ctl, const CatalogueArguments& arguments) {
  auto text = ReadText(arguments.file);
  if (!text.ok()) return Complain(text.status());
  catalog::v1::CheckCatalogueRequest request;
  request.set_text(*std::move(text));
  request.set_file_name(NameOf(arguments.file));
  return CheckText(ctl, arguments, std::move(request));
}

int Diff(const Ctl& ctl, const CatalogueArguments& arguments) {
  catalog::v1::GetRevisionRequest get;
  get.set_revision(arguments.revision);
  catalog::v1::GetRevisionResponse got;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &CatalogueStub::GetRevision, get, &got);
  if (!status.ok()) return ctl.Complain(status);
  catalog::v1::CheckCatalogueRequest request;
  request.set_text(got.text());
  request.set_file_name(Cat("revision ", arguments.revision));
  return CheckText(ctl, arguments, std::move(request));
}

// Reads a simulation's result, which names the text that was simulated: "catalogue_sha256", then 64
// hexadecimal digits, in whatever form the file has.
absl::Status ReadSimulation(const std::string& path, catalog::v1::SimulationResult* simulation) {
  constexpr std::string_view kName = "catalogue_sha256";
  constexpr size_t kDigits = 64;
  auto bytes = ReadText(path);
  if (!bytes.ok()) return bytes.status();
  const size_t name = bytes->find(kName);
  const size_t begin =
      name == std::string::npos ? name : bytes->find_first_not_of("\":= \t,", name + kName.size());
  std::string digits;
  if (begin != std::string::npos) digits = bytes->substr(begin, kDigits);
  if (digits.size() != kDigits ||
      digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return absl::InvalidArgumentError(
        Cat(path, ": names no catalogue: expected catalogue_sha256 and 64 hexadecimal digits"));
  }
  simulation->set_catalogue_sha256(digits);
  simulation->set_result(*std::move(bytes));
  return absl::OkStatus();
}

// What publishing and rolling back have in common. Errors: InvalidArgument, NotFound.
template <typename Request>
absl::Status FillPublishing(const Ctl& ctl, CatalogueArguments& arguments, Request* request) {
  if (!arguments.effective_from.empty()) {
    const auto from = ParseTime(arguments.effective_from, ctl.zone());
    if (!from.ok()) return from.status();
    request->set_effective_from_unix_ms(from->unix_ms);
  }
  if (!arguments.simulation.empty()) {
    const absl::Status read = ReadSimulation(arguments.simulation, request->mutable_simulation());
    if (!read.ok()) return read;
  }
  arguments.change.Fill(request->mutable_change());
  return absl::OkStatus();
}

int ShowPublished(const Ctl& ctl, const grpc::Status& status,
                  const catalog::v1::PublishCatalogueResponse& response) {
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else if (response.proposed()) {
    ctl.Print(Cat("proposed as revision ", response.revision(),
                  ": not in force; another person approves it by ",
                  TimeText(response.expires_at_unix_ms(), ctl.zone()),
                  ":\n  ocsctl catalogue diff ", response.revision(),
                  "\n  ocsctl catalogue approve ", response.revision(), " --reason '...'\n"));
  } else {
    ctl.Print(Cat("published as revision ", response.revision(), "\n"));
  }
  return kDone;
}

int Publish(const Ctl& ctl, CatalogueArguments& arguments) {
  auto text = ReadText(arguments.file);
  if (!text.ok()) return Complain(text.status());
  catalog::v1::PublishCatalogueRequest request;
  request.set_text(*std::move(text));
  request.set_file_name(NameOf(arguments.file));
  const absl::Status filled = FillPublishing(ctl, arguments, &request);
  if (!filled.ok()) return Complain(filled);
  catalog::v1::PublishCatalogueResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &CatalogueStub::PublishCatalogue, request, &response);
  return ShowPublished(ctl, status, response);
}

int RollBack(const Ctl& ctl, CatalogueArguments& arguments) {
  catalog::v1::RollBackCatalogueRequest request;
  request.set_revision(arguments.revision);
  const absl::Status filled = FillPublishing(ctl, arguments, &request);
  if (!filled.ok()) return Complain(filled);
  catalog::v1::PublishCatalogueResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &CatalogueStub::RollBackCatalogue, request, &response);
  return ShowPublished(ctl, status, response);
}

int Decide(const Ctl& ctl, CatalogueArguments& arguments,
           catalog::v1::DecideRevisionRequest::Action action) {
  catalog::v1::DecideRevisionRequest request;
  request.set_revision(arguments.revision);
  request.set_action(action);
  arguments.change.Fill(request.mutable_change());
  catalog::v1::DecideRevisionResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &CatalogueStub::DecideRevision, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else if (action == catalog::v1::DecideRevisionRequest::APPROVE) {
    ctl.Print(Cat("approved: in force from ",
                  TimeText(response.effective_from_unix_ms(), ctl.zone()), "\n"));
  } else {
    const bool rejected = action == catalog::v1::DecideRevisionRequest::REJECT;
    ctl.Print(rejected ? "rejected\n" : "cancelled\n");
  }
  return kDone;
}

std::string_view StateText(catalog::v1::Revision::State state) {
  constexpr std::string_view kTexts[] = {"?",       "proposed", "expired", "rejected",
                                         "pending", "in force", "past",    "cancelled"};
  const auto index = static_cast<size_t>(state);
  return index < std::size(kTexts) ? kTexts[index] : kTexts[0];
}

// Who published or proposed it, and who decided of it.
std::string WhoText(const catalog::v1::Revision& revision) {
  if (revision.decided_by().empty()) return revision.published_by();
  return Cat(revision.published_by(), ", ", revision.decided_by());
}

int ListRevisions(const Ctl& ctl) {
  catalog::v1::ListRevisionsResponse response;
  const grpc::Status status = ctl.Call(*ctl.Stub<Catalogue>(), &CatalogueStub::ListRevisions,
                                       catalog::v1::ListRevisionsRequest(), &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
    return kDone;
  }
  Table table({{"revision", Align::kRight},
               {"name"},
               {"state"},
               {"effective from"},
               {"published at"},
               {"by"},
               {"models", Align::kRight},
               {"offers", Align::kRight},
               {"bytes", Align::kRight},
               {"why"}});
  for (const auto& revision : response.revision()) {
    const bool open = revision.effective_from_unix_ms() == 0 && revision.expires_at_unix_ms() != 0;
    std::string why = revision.reason();
    if (revision.copy_of() != 0) why = Cat("roll back to ", revision.copy_of(), ": ", why);
    if (!revision.decided_reason().empty()) why += Cat("; ", revision.decided_reason());
    table.AddRow(
        {Cat(revision.revision()), revision.name(), std::string(StateText(revision.state())),
         open ? "approval" : TimeText(revision.effective_from_unix_ms(), ctl.zone()),
         TimeText(revision.published_at_unix_ms(), ctl.zone()), Printable(WhoText(revision)),
         FormatGrouped(revision.model_count()), FormatGrouped(revision.offer_count()),
         FormatGrouped(revision.text_bytes()), Printable(why)});
  }
  ctl.Print(table.empty() ? "no catalogue has been published\n" : table.Format());
  return kDone;
}

int ShowText(const Ctl& ctl, const CatalogueArguments& arguments) {
  catalog::v1::GetRevisionRequest request;
  request.set_revision(arguments.revision);
  catalog::v1::GetRevisionResponse response;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Catalogue>(), &CatalogueStub::GetRevision, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    ctl.Print(arguments.show_simulation ? response.simulation() : response.text());
  }
  return kDone;
}

using SharedCatalogueArguments = std::shared_ptr<CatalogueArguments>;

void AddPublishing(CLI::App* command, const SharedCatalogueArguments& arguments) {
  command->add_option("--effective-from", arguments->effective_from, "From when (default: now)");
  command->add_option("--simulation", arguments->simulation,
                      "File of a simulation's result; it names catalogue_sha256");
  arguments->change.AddTo(command);
}

void AddDecision(CLI::App* family, Ctl* ctl, const SharedCatalogueArguments& arguments,
                 const std::string& name, const std::string& help) {
  using Request = catalog::v1::DecideRevisionRequest;
  const Request::Action action = name == "approve"  ? Request::APPROVE
                                 : name == "reject" ? Request::REJECT
                                                    : Request::CANCEL;
  CLI::App* command =
      AddCommand(family, name, help, Cat("ocsctl catalogue ", name, " 7 --reason 'as agreed'"));
  command->add_option("REVISION", arguments->revision, "Its number")->required();
  arguments->change.AddTo(command);
  command->callback([=] { ctl->chosen = [=] { return Decide(*ctl, *arguments, action); }; });
}

void AddReading(CLI::App* family, Ctl* ctl, const SharedCatalogueArguments& arguments) {
  CLI::App* check = AddCommand(family, "check",
                               "Find every fault of a text, and what it changes; publishes nothing",
                               "ocsctl catalogue check operators.yaml");
  check->add_option("FILE", arguments->file, "The catalogue's text")->required();
  check->add_option("--against", arguments->against, "A revision (default: the one in force)");
  check->callback([=] { ctl->chosen = [=] { return Check(*ctl, *arguments); }; });

  CLI::App* diff =
      AddCommand(family, "diff", "What a revision changes", "ocsctl catalogue diff 7 --against 6");
  diff->add_option("REVISION", arguments->revision, "Its number")->required();
  diff->add_option("--against", arguments->against, "A revision (default: the one in force)");
  diff->callback([=] { ctl->chosen = [=] { return Diff(*ctl, *arguments); }; });

  CLI::App* list =
      AddCommand(family, "list", "Every revision, oldest first", "ocsctl catalogue list");
  list->callback([=] { ctl->chosen = [=] { return ListRevisions(*ctl); }; });

  CLI::App* show = AddCommand(family, "show", "The text of a revision, as it was published",
                              "ocsctl catalogue show 3 > operators-3.yaml");
  show->add_option("REVISION", arguments->revision, "Its number")->required();
  show->add_flag("--simulation", arguments->show_simulation,
                 "Its simulation's result instead of its text");
  show->callback([=] { ctl->chosen = [=] { return ShowText(*ctl, *arguments); }; });
}

}  // namespace

void AddCatalogueCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "catalogue", "The catalogue: models, prices and offers");
  const auto arguments = std::make_shared<CatalogueArguments>();
  AddReading(family, ctl, arguments);

  CLI::App* publish =
      AddCommand(family, "publish", "Publish or propose a text as the next revision",
                 "ocsctl catalogue publish operators.yaml --effective-from 2026-06-01");
  publish->add_option("FILE", arguments->file, "The catalogue's text")->required();
  AddPublishing(publish, arguments);
  publish->callback([=] { ctl->chosen = [=] { return Publish(*ctl, *arguments); }; });

  AddDecision(family, ctl, arguments, "approve", "Approve what another person proposed");
  AddDecision(family, ctl, arguments, "reject", "Reject a proposal: it never comes into force");
  AddDecision(family, ctl, arguments, "cancel", "Take back a revision before it is in force");

  CLI::App* back = AddCommand(family, "roll-back", "Publish the text of an old revision again",
                              "ocsctl catalogue roll-back 6 --reason 'wrong output price'");
  back->add_option("REVISION", arguments->revision, "Whose text")->required();
  AddPublishing(back, arguments);
  back->callback([=] { ctl->chosen = [=] { return RollBack(*ctl, *arguments); }; });

  AddImportCommand(family, ctl);
}

}  // namespace ocs::tools
