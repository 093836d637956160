#include "ocs/whatif/answer.h"

#include <algorithm>
#include <utility>

#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "rating/catalogue.h"
#include "rating/diff.h"
#include "rating/tariff.h"

namespace ocs::whatif {
namespace {

using rating::Edit;
using simulation::Result;
using simulation::Variant;
using simulation::VariantResult;

// A catalogue's text with its checked value.
struct CheckedText {
  std::string label;
  std::string text;
  rating::Catalogue catalogue;
};

absl::StatusOr<CheckedText> Check(const CatalogueText& text) {
  rating::CatalogueCheck check = rating::ParseCatalogue(text.text, text.file_name);
  if (!check.catalogue.has_value()) {
    std::string faults;
    for (const rating::Diagnostic& diagnostic : check.diagnostics) {
      faults += Cat(faults.empty() ? "" : "\n", diagnostic.ToString());
    }
    return absl::InvalidArgumentError(faults);
  }
  return CheckedText{text.label, text.text, *std::move(check.catalogue)};
}

absl::StatusOr<CheckedText> Change(const CheckedText& from, std::string label,
                                   const std::vector<Edit>& edits,
                                   std::vector<rating::EditedPlace>* places) {
  OCS_ASSIGN_OR_RETURN(rating::EditedText edited, rating::EditCatalogueText(from.text, edits));
  if (places != nullptr) *places = edited.places;
  return Check({.label = std::move(label),
                .text = std::move(edited.text),
                .file_name = Cat(from.label, ", changed")});
}

Variant VariantOf(const CheckedText& text) {
  Variant variant;
  variant.label = text.label;
  variant.tariff = rating::Tariff::Compile(text.catalogue, 1);
  variant.text_sha256 = simulation::TextSha256(text.text);
  return variant;
}

// A question whose texts were read.
struct Asked {
  CheckedText before;
  CheckedText after;
  bool compared = false;
  std::vector<Required> required;
  std::vector<std::vector<Edit>> grid;
};

absl::Status ReadCandidate(const Question& question, Asked* asked, Answer* answer) {
  std::vector<Edit> changes;
  for (const std::string& text : question.changes) {
    OCS_ASSIGN_OR_RETURN(Edit edit, rating::ParseEdit(text));
    changes.push_back(std::move(edit));
  }
  OCS_ASSIGN_OR_RETURN(asked->before, Check(question.before));
  const bool given = !question.candidate.text.empty();
  asked->after = asked->before;
  if (given) {
    OCS_ASSIGN_OR_RETURN(asked->after, Check(question.candidate));
  }
  if (!changes.empty()) {
    const std::string label = given ? asked->after.label : Cat(asked->before.label, ", changed");
    OCS_ASSIGN_OR_RETURN(asked->after, Change(asked->after, label, changes, &answer->places));
  }
  asked->compared = given || !changes.empty();
  return absl::OkStatus();
}

absl::Status ReadQuestion(const Question& question, Asked* asked, Answer* answer) {
  if (question.required.size() > kRequirementsMax) {
    return absl::InvalidArgumentError(
        Cat(question.required.size(), " requirements; at most ", kRequirementsMax));
  }
  for (const std::string& text : question.required) {
    OCS_ASSIGN_OR_RETURN(Required required, ParseRequired(text));
    asked->required.push_back(std::move(required));
  }
  std::vector<Axis> axes;
  for (const std::string& text : question.vary) {
    OCS_ASSIGN_OR_RETURN(Axis axis, ParseAxis(text));
    axes.push_back(std::move(axis));
  }
  if (!axes.empty()) {
    OCS_ASSIGN_OR_RETURN(asked->grid, GridOf(axes));
  }
  return ReadCandidate(question, asked, answer);
}

// Runs what may be too many for one run. Fewer results than variants: it was cancelled.
absl::StatusOr<std::vector<VariantResult>> RunAll(const std::vector<Variant>& variants,
                                                  const RunVariants& run, Answer* answer) {
  std::vector<VariantResult> results;
  for (size_t begin = 0; begin < variants.size(); begin += kVariantsPerRun) {
    const size_t end = std::min(variants.size(), begin + kVariantsPerRun);
    OCS_ASSIGN_OR_RETURN(Result result, run({variants.begin() + static_cast<std::ptrdiff_t>(begin),
                                             variants.begin() + static_cast<std::ptrdiff_t>(end)}));
    if (result.cancelled) {
      answer->result.cancelled = true;
      return results;
    }
    for (VariantResult& one : result.variants) results.push_back(std::move(one));
  }
  return results;
}

absl::Status TryPlans(const Variant& candidate, const simulation::PopulationTerms& population,
                      const RunVariants& run, Answer* answer) {
  std::vector<Variant> variants;
  for (const simulation::Plan& plan : population.plans) {
    variants.push_back(candidate);
    variants.back().label = Cat("all on ", plan.name);
    variants.back().offers.assign(population.plans.size(), plan.offers);
  }
  OCS_ASSIGN_OR_RETURN(const std::vector<VariantResult> results, RunAll(variants, run, answer));
  if (answer->result.cancelled) return absl::OkStatus();
  std::vector<PlanTrial> trials;
  for (size_t i = 0; i < results.size(); ++i) {
    trials.push_back({.plan = population.plans[i].name, .result = &results[i]});
  }
  answer->study.choice = ChoosePlans(answer->result.plans, answer->study.new_variant(), trials);
  return absl::OkStatus();
}

absl::Status Sweep(const Asked& asked, const RunVariants& run, Answer* answer) {
  std::vector<Variant> variants;
  for (const std::vector<Edit>& edits : asked.grid) {
    OCS_ASSIGN_OR_RETURN(const CheckedText text,
                         Change(asked.after, PointLabel(edits), edits, nullptr));
    variants.push_back(VariantOf(text));
  }
  OCS_ASSIGN_OR_RETURN(const std::vector<VariantResult> results, RunAll(variants, run, answer));
  for (size_t i = 0; i < results.size(); ++i) {
    answer->study.sweep.push_back(
        SummarisePoint(asked.grid[i], answer->study.old_variant(), results[i]));
  }
  MarkFrontier(&answer->study.sweep);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Answer>> AnswerQuestion(
    const Question& question, const simulation::PopulationTerms& population,
    const RunVariants& run) {
  auto answer = std::make_unique<Answer>();
  Asked asked;
  OCS_RETURN_IF_ERROR(ReadQuestion(question, &asked, answer.get()));
  std::vector<Variant> variants = {VariantOf(asked.before)};
  if (asked.compared) variants.push_back(VariantOf(asked.after));
  OCS_ASSIGN_OR_RETURN(answer->result, run(variants));
  answer->study = MakeStudy(answer->result, 0, asked.compared ? 1 : 0, asked.required);
  answer->study.signed_by = question.signed_by;
  answer->candidate_text = asked.after.text;
  if (asked.compared) {
    answer->study.catalogue_changes =
        rating::CompareTariffs(asked.before.catalogue, asked.after.catalogue);
  }
  if (question.plans && !answer->result.cancelled) {
    OCS_RETURN_IF_ERROR(TryPlans(variants.back(), population, run, answer.get()));
  }
  if (!asked.grid.empty() && !answer->result.cancelled) {
    OCS_RETURN_IF_ERROR(Sweep(asked, run, answer.get()));
  }
  return answer;
}

}  // namespace ocs::whatif
