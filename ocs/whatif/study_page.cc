#include "ocs/whatif/study_page.h"

#include <algorithm>
#include <utility>

#include "ocs/base/text.h"
#include "ocs/whatif/internal/figures.h"
#include "ocs/whatif/internal/sections.h"

namespace ocs::whatif {
namespace {

using report::Page;
using report::Tile;
using report::Tone;
using simulation::Figures;
using simulation::InputRead;
using simulation::Result;
using simulation::VariantResult;

bool Compared(const Study& study) { return study.comparison.has_value(); }

int64_t MarginPpm(const Figures& figures) {
  return internal::ShareOf(figures.margin_micros(), figures.revenue_micros());
}

int64_t NotRun(const Figures& figures) { return figures.blocked + figures.not_sold; }

int64_t LotCount(const Study& study, Lot lot) {
  return study.comparison->lots[static_cast<size_t>(lot)];
}

std::string CustomerShare(const Study& study, int64_t count) {
  const auto all = static_cast<int64_t>(study.new_variant().customers.size());
  return Cat(FormatGrouped(count), " of ", FormatGrouped(all), " customers (",
             internal::Percent(internal::ShareOf(count, all)), ")");
}

bool Generated(const Result& result) {
  return std::any_of(result.inputs.begin(), result.inputs.end(),
                     [](const InputRead& input) { return input.generated; });
}

void AddComparison(const Study& study, std::vector<std::string>* sentences) {
  const VariantResult& old = study.old_variant();
  const VariantResult& now = study.new_variant();
  sentences->push_back(Cat("Margin: ", internal::Money(old.total.margin_micros(), old.currency),
                           " (", internal::Percent(MarginPpm(old.total)), " of revenue) becomes ",
                           internal::Money(now.total.margin_micros(), now.currency), " (",
                           internal::Percent(MarginPpm(now.total)), "). Revenue: ",
                           internal::Money(old.total.revenue_micros(), old.currency), " becomes ",
                           internal::Money(now.total.revenue_micros(), now.currency), "."));
  sentences->push_back(Cat("Better off: ", CustomerShare(study, LotCount(study, Lot::kBetter)),
                           ". Worse off: ", CustomerShare(study, LotCount(study, Lot::kWorse)),
                           ". Less for less: ", FormatGrouped(LotCount(study, Lot::kLessForLess)),
                           "; more for more: ", FormatGrouped(LotCount(study, Lot::kMoreForMore)),
                           "; unchanged: ", FormatGrouped(LotCount(study, Lot::kUnchanged)), "."));
  const auto rises = study.comparison->LargestRises(1);
  if (rises.empty()) {
    sentences->push_back("Nobody pays more.");
  } else {
    const CustomerChange& worst = *rises.front();
    sentences->push_back(
        Cat("The largest rise: ", CustomerName(*study.result, worst.number, worst.plan), ", ",
            internal::Money(worst.before_micros, now.currency), " becomes ",
            internal::Money(worst.after_micros, now.currency), " (",
            ExplainChange(worst, now.currency), ")."));
  }
  if (NotRun(old.total) != NotRun(now.total)) {
    sentences->push_back(Cat("Calls that do not run: ", FormatGrouped(NotRun(old.total)),
                             " become ", FormatGrouped(NotRun(now.total)), " of ",
                             FormatGrouped(now.total.calls), "."));
  }
}

void AddSingle(const Study& study, std::vector<std::string>* sentences) {
  const VariantResult& now = study.new_variant();
  sentences->push_back(Cat("Revenue ", internal::Money(now.total.revenue_micros(), now.currency),
                           ", paid to vendors ",
                           internal::Money(now.total.cost_micros, now.currency), ", margin ",
                           internal::Money(now.total.margin_micros(), now.currency), " (",
                           internal::Percent(MarginPpm(now.total)), " of revenue)."));
  sentences->push_back(Cat(FormatGrouped(now.total.calls), " calls of ",
                           FormatGrouped(static_cast<int64_t>(now.customers.size())),
                           " customers; ", FormatGrouped(NotRun(now.total)), " did not run."));
}

void AddCaveats(const Study& study, std::vector<std::string>* sentences) {
  const Result& result = *study.result;
  if (Generated(result)) {
    sentences->push_back(
        "The use is generated from published rates and lengths, not recorded: read the figures as "
        "shares, not as a forecast.");
  }
  if (result.cancelled) {
    sentences->push_back("The run was cancelled: the figures are of the part that was done.");
  }
  if (result.bad_row_count > 0) {
    sentences->push_back(
        Cat(FormatGrouped(result.bad_row_count), " rows of the input were wrong and left out."));
  }
}

std::vector<Tile> TilesOf(const Study& study) {
  const VariantResult& old = study.old_variant();
  const VariantResult& now = study.new_variant();
  const bool compared = Compared(study);
  const auto before = [&](const std::string& text) { return compared ? "before: " + text : ""; };
  const auto tone = [&](int64_t from, int64_t to) {
    if (!compared || from == to) return Tone::kNeutral;
    return to > from ? Tone::kGood : Tone::kBad;
  };
  std::vector<Tile> tiles = {{"Margin", internal::Money(now.total.margin_micros(), now.currency),
                              before(internal::Money(old.total.margin_micros())),
                              tone(old.total.margin_micros(), now.total.margin_micros())},
                             {"Margin, share of revenue", internal::Percent(MarginPpm(now.total)),
                              before(internal::Percent(MarginPpm(old.total))),
                              tone(MarginPpm(old.total), MarginPpm(now.total))},
                             {"Revenue", internal::Money(now.total.revenue_micros(), now.currency),
                              before(internal::Money(old.total.revenue_micros())), Tone::kNeutral}};
  const auto all = static_cast<int64_t>(now.customers.size());
  if (compared) {
    const int64_t better = LotCount(study, Lot::kBetter);
    const int64_t worse = LotCount(study, Lot::kWorse);
    const std::string of = Cat("of ", FormatGrouped(all), " customers");
    tiles.push_back(
        {"Better off", FormatGrouped(better), of, better > 0 ? Tone::kGood : Tone::kNeutral});
    tiles.push_back(
        {"Worse off", FormatGrouped(worse), of, worse > 0 ? Tone::kBad : Tone::kNeutral});
  } else {
    tiles.push_back({"Customers", FormatGrouped(all), "", Tone::kNeutral});
  }
  tiles.push_back({"Calls that do not run",
                   internal::Percent(internal::ShareOf(NotRun(now.total), now.total.calls)),
                   before(internal::Percent(internal::ShareOf(NotRun(old.total), old.total.calls))),
                   tone(NotRun(now.total), NotRun(old.total))});
  return tiles;
}

void AddBasis(const Study& study, Page* page) {
  const Result& result = *study.result;
  const absl::TimeZone utc = absl::UTCTimeZone();
  page->basis.emplace_back("simulated time", Cat(FormatInstant(result.begins, utc), " to ",
                                                 FormatInstant(result.reached, utc)));
  if (Compared(study)) {
    page->basis.emplace_back(Cat("catalogue '", study.old_variant().label, "', SHA-256"),
                             study.old_variant().text_sha256);
  }
  page->basis.emplace_back(Cat("catalogue '", study.new_variant().label, "', SHA-256"),
                           study.new_variant().text_sha256);
  page->basis.emplace_back("population, SHA-256", result.population_hash);
  page->basis.emplace_back("seed", std::to_string(result.seed));
  for (const InputRead& input : result.inputs) {
    page->basis.emplace_back(
        input.generated ? "generated input, SHA-256" : "input, SHA-256",
        Cat(input.name, ", ", FormatGrouped(input.events), " events: ", input.hash));
  }
  if (!study.signed_by.empty()) page->basis.emplace_back("signed by", study.signed_by);
}

std::vector<report::Section> SectionsOf(const Study& study, size_t customers) {
  std::vector<report::Section> sections;
  if (!study.sweep.empty()) sections.push_back(internal::SweepSection(study));
  if (Compared(study)) {
    sections.push_back(internal::ChangesSection(study));
    sections.push_back(internal::DecileSection(study));
    sections.push_back(internal::ClassSection(study));
  }
  sections.push_back(internal::MoneySection(study));
  sections.push_back(internal::PlanSection(study));
  sections.push_back(internal::BreakEvenSection(study));
  if (study.choice.has_value()) sections.push_back(internal::ChoiceSection(study));
  if (Compared(study)) {
    sections.push_back(internal::RiseSection(study, customers));
    sections.push_back(internal::FallSection(study, customers));
  }
  sections.push_back(internal::HourSection(study));
  sections.push_back(internal::GroupSection(study, "By model", &VariantResult::by_model));
  sections.push_back(internal::GroupSection(study, "By product", &VariantResult::by_product));
  sections.push_back(internal::PackageSection(study));
  sections.push_back(internal::BillSection(study));
  return sections;
}

}  // namespace

std::vector<std::string> StudySentences(const Study& study) {
  std::vector<std::string> sentences;
  if (Compared(study)) {
    AddComparison(study, &sentences);
  } else {
    AddSingle(study, &sentences);
  }
  AddCaveats(study, &sentences);
  return sentences;
}

std::string StudyHeadline(const Study& study) {
  const VariantResult& old = study.old_variant();
  const VariantResult& now = study.new_variant();
  if (!study.checked.empty()) {
    if (study.passed()) return Cat(now.label, " passes: every requirement is met");
    if (study.result->cancelled) return Cat(now.label, " does not pass: the run was cancelled");
    const auto failed = std::find_if(study.checked.begin(), study.checked.end(),
                                     [](const Checked& one) { return !one.passed; });
    return Cat(now.label, " fails: ", failed->required.text, " is not met, it is ",
               failed->found_text);
  }
  if (!Compared(study)) {
    return Cat(now.label, " earns ", internal::Money(now.total.margin_micros(), now.currency),
               " after vendors are paid");
  }
  const int64_t change = now.total.margin_micros() - old.total.margin_micros();
  return Cat(now.label, " changes the margin by ", internal::MoneyChange(change, now.currency),
             "; customers better off: ", FormatGrouped(LotCount(study, Lot::kBetter)),
             ", worse off: ", FormatGrouped(LotCount(study, Lot::kWorse)));
}

Page StudyPage(const Study& study, const StudyPageOptions& options) {
  Page page;
  page.title = options.title;
  if (page.title.empty()) {
    page.title = Compared(study) ? Cat("Tariff simulation: ", study.new_variant().label,
                                       " against ", study.old_variant().label)
                                 : Cat("Tariff simulation: ", study.new_variant().label);
  }
  page.subtitle = Cat("Population ", study.result->population, ", ",
                      FormatGrouped(study.result->events), " calls, seed ", study.result->seed);
  page.verdict.headline = StudyHeadline(study);
  page.verdict.sentences = StudySentences(study);
  if (!study.checked.empty()) {
    page.verdict.tone = study.passed() ? Tone::kGood : Tone::kBad;
  }
  for (const Checked& one : study.checked) {
    page.verdict.requirements.push_back(
        {one.required.text, one.found_text, one.passed ? Tone::kGood : Tone::kBad});
  }
  page.tiles = TilesOf(study);
  page.sections = SectionsOf(study, options.customers);
  AddBasis(study, &page);
  page.footnote =
      "Simulated with the server's own charging code: the same use charged by the server gives the "
      "same amounts. Demand is as in the input; customers do not change their habits here.";
  return page;
}

}  // namespace ocs::whatif
