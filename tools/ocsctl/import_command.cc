// ocsctl catalogue import: a public price list as a catalogue. Needs no server.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "tools/import/price_list.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

struct ImportArguments {
  std::string from;
  std::string file;
  std::string output;
  std::string report;
  std::string currency = "CNY";
};

absl::StatusOr<PriceList> Read(const ImportArguments& arguments) {
  std::ifstream in(arguments.file, std::ios::binary);
  if (!in.good()) return absl::NotFoundError(Cat(arguments.file, ": cannot be read"));
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (arguments.from == "litellm") return ReadLiteLlm(text);
  if (arguments.from == "genai-prices") return ReadGenaiPrices(text);
  return ReadDify(text, arguments.currency);
}

absl::Status WriteFile(const std::string& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (out.good()) return absl::OkStatus();
  return absl::UnavailableError(Cat(path, ": cannot be written"));
}

// One line for each thing left out, tab-separated: nothing is dropped in silence.
std::string Report(const PriceList& list) {
  std::string text = "model\tfield\tvalue\treason\n";
  for (const NotCarried& item : list.not_carried) {
    text += Cat(Printable(item.model), "\t", Printable(item.field), "\t", Printable(item.value),
                "\t", item.reason, "\n");
  }
  return text;
}

std::string Summary(const PriceList& list) {
  std::map<std::pair<std::string, std::string>, int64_t> counts;
  for (const NotCarried& item : list.not_carried) ++counts[{item.reason, item.field}];
  Table table({{"not carried over", Align::kRight}, {"field"}, {"why"}});
  for (const auto& [what, count] : counts)
    table.AddRow({FormatGrouped(count), Printable(what.second), what.first});
  return table.empty() ? "everything was carried over\n" : table.Format();
}

int Import(const Ctl& ctl, const ImportArguments& arguments) {
  auto list = Read(arguments);
  if (!list.ok()) {
    return Complain(
        absl::Status(list.status().code(),
                     ToAbsl(Cat(arguments.file, ": ", FromAbsl(list.status().message())))));
  }
  const std::string text = WriteCatalogue(&*list);
  if (const absl::Status written = WriteFile(arguments.output, text); !written.ok())
    return Complain(written);
  const std::string report =
      arguments.report.empty() ? arguments.output + ".left-out.tsv" : arguments.report;
  if (const absl::Status written = WriteFile(report, Report(*list)); !written.ok())
    return Complain(written);
  int64_t rules = 0;
  for (const ListedModel& model : list->models) rules += static_cast<int64_t>(model.rules.size());
  ctl.Print(Cat(arguments.output, ": ", FormatGrouped(static_cast<int64_t>(list->models.size())),
                " models with ", FormatGrouped(rules), " price rules in ", list->currency, "\n",
                report, ": each thing that is not in it, and why\n\n", Summary(*list),
                "\nNext: ocsctl catalogue check ", arguments.output, "\n"));
  return kDone;
}

}  // namespace

void AddImportCommand(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<ImportArguments>();
  CLI::App* import = AddCommand(
      family, "import", "Make a catalogue of a public price list; says what it leaves out",
      "ocsctl catalogue import --from litellm model_prices.json --output litellm.yaml");
  import->add_option("FILE", arguments->file, "The price list")->required();
  import->add_option("--from", arguments->from, "litellm, genai-prices or dify")
      ->required()
      ->check(CLI::IsMember({"litellm", "genai-prices", "dify"}));
  import->add_option("--output", arguments->output, "The catalogue to write")->required();
  import->add_option("--report", arguments->report,
                     "What is left out, tab-separated (default: OUTPUT.left-out.tsv)");
  import->add_option("--currency", arguments->currency, "Of a Dify table: CNY or USD")
      ->check(CLI::IsMember({"CNY", "USD"}))
      ->capture_default_str();
  import->callback([=] { ctl->chosen = [=] { return Import(*ctl, *arguments);
};
}  // namespace ocs::tools
);
}

}  // namespace ocs::tools
