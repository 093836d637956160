#include "tools/simulate/what_if_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/report/page.h"
#include "ocs/whatif/answer.h"
#include "ocs/whatif/artefact.h"
#include "ocs/whatif/study_page.h"
#include "tools/simulate/load.h"
#include "tools/simulate/run_command.h"
#include "tools/simulate/what_if_text.h"

namespace ocs::simulate {
namespace {

struct WhatIfCommand {
  InputArguments input;  // One catalogue, or the one in force and the candidate.
  RunArguments run;
  whatif::Question question;
  std::string out;
  std::string html;
  std::string title;
  std::string artefact;
  std::string candidate;
  int64_t losers = 10;
  bool quiet = false;
};

absl::StatusOr<whatif::CatalogueText> ReadCatalogue(const std::string& argument) {
  whatif::CatalogueText catalogue;
  std::tie(catalogue.label, catalogue.file_name) = SplitLabel(argument);
  OCS_ASSIGN_OR_RETURN(catalogue.text, ReadWholeFile(catalogue.file_name));
  return catalogue;
}

absl::StatusOr<std::unique_ptr<whatif::Answer>> AnswerCommand(WhatIfCommand& command) {
  const std::vector<std::string>& files = command.input.catalogues;
  if (files.size() > 2) {
    return absl::InvalidArgumentError(
        Cat("what-if compares two catalogues; ", files.size(), " are given"));
  }
  OCS_ASSIGN_OR_RETURN(command.question.before, ReadCatalogue(files.front()));
  if (files.size() == 2) {
    OCS_ASSIGN_OR_RETURN(command.question.candidate, ReadCatalogue(files.back()));
  }
  OCS_ASSIGN_OR_RETURN(const std::unique_ptr<Loaded> first, Loaded::Load(command.input));
  // Each run reads the input from its beginning.
  const auto run =
      [&](std::vector<simulation::Variant> variants) -> absl::StatusOr<simulation::Result> {
    OCS_ASSIGN_OR_RETURN(const std::unique_ptr<Loaded> loaded, Loaded::Load(command.input));
    loaded->variants = std::move(variants);
    return RunShown(*loaded, command.run);
  };
  return whatif::AnswerQuestion(command.question, first->population->terms(), run);
}

absl::Status WriteAnswer(const WhatIfCommand& command, const whatif::Answer& answer) {
  if (!command.out.empty()) OCS_RETURN_IF_ERROR(WriteResult(answer.result, command.out));
  if (!command.candidate.empty()) {
    OCS_RETURN_IF_ERROR(WriteFile(command.candidate, answer.candidate_text));
  }
  if (!command.artefact.empty()) {
    const std::string hash =
        simulation::TextSha256(simulation::ResultJson(answer.result, /*customers=*/true));
    OCS_RETURN_IF_ERROR(WriteFile(
        command.artefact, whatif::ArtefactJson(answer.study, hash, whatif::kArtefactCustomersMax)));
  }
  if (command.html.empty()) return absl::OkStatus();
  whatif::StudyPageOptions options;
  options.title = command.title;
  OCS_ASSIGN_OR_RETURN(const std::string html,
                       report::PageHtml(whatif::StudyPage(answer.study, options)));
  return WriteFile(command.html, html);
}

absl::StatusOr<int> DoWhatIf(WhatIfCommand& command) {
  OCS_ASSIGN_OR_RETURN(const std::unique_ptr<whatif::Answer> answer, AnswerCommand(command));
  OCS_RETURN_IF_ERROR(WriteAnswer(command, *answer));
  if (!command.quiet) {
    const std::string text =
        DescribeStudy(answer->study, {.customers = static_cast<size_t>(command.losers)});
    std::fputs(text.c_str(), stdout);
  }
  if (answer->result.cancelled) return kStopped;
  return answer->study.passed() ? kDone : kFailed;
}

}  // namespace

void AddWhatIfCommand(CLI::App* app, int* exit_code) {
  auto command = std::make_shared<WhatIfCommand>();
  CLI::App* what_if = app->add_subcommand(
      "what-if", "Compare a candidate catalogue with the one in force: winners, losers, margin");
  AddInputOptions(what_if, &command->input);
  AddRunOptions(what_if, &command->run);
  what_if->add_option("--change", command->question.changes,
                      "Change a value of the last catalogue: 'PATH = VALUE', 'PATH *= FACTOR', "
                      "'PATH += NUMBER'; again for each (docs/SIMULATION.md)");
  what_if->add_option("--vary", command->question.vary,
                      "Try several values: 'PATH = VALUE, VALUE, ...'; with more than one, every "
                      "combination");
  what_if->add_flag("--plans", command->question.plans,
                    "Also find the plan that would have been the cheapest for each customer");
  what_if->add_option("--require", command->question.required,
                      "'margin>=15%', 'max-bill-increase<=20%', ...; exit code 1 if not met");
  what_if->add_option("--signed-by", command->question.signed_by,
                      "Who stands for the result; goes into the artefact");
  what_if->add_option("--losers", command->losers, "How many of those who lose most are shown")
      ->check(CLI::Range(int64_t{0}, int64_t{1'000'000}));
  what_if->add_option("--html", command->html, "File for a report that opens in a browser");
  what_if->add_option("--title", command->title, "Title of the report");
  what_if->add_option("--artefact", command->artefact,
                      "File for the evidence of a publication: ocsctl catalogue publish "
                      "--simulation FILE");
  what_if->add_option("--write-candidate", command->candidate,
                      "File for the catalogue that was looked at, changes done");
  what_if->add_option("-o,--out", command->out, "Folder for every table as CSV, and result.json");
  what_if->add_flag("-q,--quiet", command->quiet, "Print nothing");
  what_if->callback([command, exit_code] {
    const absl::StatusOr<int> code = DoWhatIf(*command);
    *exit_code = code.ok() ? *code : Complain(code.status());
  });
}

}  // namespace ocs::simulate
