#include "ocs/whatif/artefact.h"

#include <algorithm>

#include "ocs/base/json.h"
#include "ocs/base/text.h"

namespace ocs::whatif {
namespace {

using simulation::Figures;
using simulation::InputRead;
using simulation::Result;
using simulation::VariantResult;

std::string_view YesNo(bool yes) { return yes ? "yes" : "no"; }

void WriteRequirements(const Study& study, JsonWriter& json) {
  json.Key("requirements");
  json.BeginArray();
  for (const Checked& one : study.checked) {
    json.BeginObject();
    json.Field("required", one.required.text);
    json.Field("found", one.found_text);
    json.Field("passed", YesNo(one.passed));
    json.EndObject();
  }
  json.EndArray();
}

void WriteBasis(const Result& result, const std::string& result_sha256, JsonWriter& json) {
  json.Key("basis");
  json.BeginObject();
  json.Field("population", result.population);
  json.Field("population_sha256", result.population_hash);
  json.Field("seed", std::to_string(result.seed));
  json.Field("begins_unix_ms", result.begins.unix_ms);
  json.Field("ends_unix_ms", result.ends.unix_ms);
  json.Field("reached_unix_ms", result.reached.unix_ms);
  json.Field("cancelled", YesNo(result.cancelled));
  json.Field("events", result.events);
  json.Field("events_outside", result.outside);
  json.Field("bad_rows", result.bad_row_count);
  json.Key("inputs");
  json.BeginArray();
  for (const InputRead& input : result.inputs) {
    json.BeginObject();
    json.Field("name", input.name);
    json.Field("sha256", input.hash);
    json.Field("generated", YesNo(input.generated));
    json.Field("events", input.events);
    json.EndObject();
  }
  json.EndArray();
  json.Field("result_sha256", result_sha256);
  json.EndObject();
}

void WriteFigures(const Figures& figures, JsonWriter& json) {
  json.Field("revenue_micros", figures.revenue_micros());
  json.Field("fee_micros", figures.fee_micros);
  json.Field("package_micros", figures.package_micros);
  json.Field("breakage_micros", figures.breakage_micros);
  json.Field("usage_micros", figures.usage_micros);
  json.Field("overage_micros", figures.overage_micros);
  json.Field("cost_micros", figures.cost_micros);
  json.Field("margin_micros", figures.margin_micros());
  json.Field("billed_micros", figures.billed_micros);
  json.Field("calls", figures.calls);
  json.Field("blocked", figures.blocked);
  json.Field("cut", figures.cut);
  json.Field("not_sold", figures.not_sold);
}

void WriteVariants(const Result& result, JsonWriter& json) {
  json.Key("variants");
  json.BeginArray();
  for (const VariantResult& variant : result.variants) {
    json.BeginObject();
    json.Field("label", variant.label);
    json.Field("catalogue", variant.catalogue);
    json.Field("text_sha256", variant.text_sha256);
    json.Field("currency", variant.currency.code());
    WriteFigures(variant.total, json);
    json.Field("deferred_end_micros", variant.deferred_end_micros);
    json.EndObject();
  }
  json.EndArray();
}

void WriteLots(const std::array<int64_t, kLotCount>& lots, JsonWriter& json) {
  for (size_t i = 0; i < lots.size(); ++i) json.Field(LotName(static_cast<Lot>(i)), lots[i]);
}

void WriteComparison(const Study& study, size_t customers, JsonWriter& json) {
  const Comparison& comparison = *study.comparison;
  json.Key("comparison");
  json.BeginObject();
  json.Field("before", comparison.before);
  json.Field("after", comparison.after);
  WriteLots(comparison.lots, json);
  json.Key("deciles");
  json.BeginArray();
  for (const DecileChange& decile : comparison.deciles) {
    json.BeginObject();
    json.Field("customers", decile.customers);
    json.Field("before_micros", decile.before_micros);
    json.Field("after_micros", decile.after_micros);
    WriteLots(decile.lots, json);
    json.EndObject();
  }
  json.EndArray();
  json.Key("largest_rises");
  json.BeginArray();
  for (const CustomerChange* customer : comparison.LargestRises(customers)) {
    json.BeginObject();
    json.Field("customer", int64_t{customer->number});
    json.Field("plan", study.result->plans[customer->plan]);
    json.Field("before_micros", customer->before_micros);
    json.Field("after_micros", customer->after_micros);
    json.Field("why", ExplainChange(*customer, study.new_variant().currency));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

void WriteChanges(const Study& study, JsonWriter& json) {
  json.Key("catalogue_changes");
  json.BeginArray();
  for (const rating::Change& change : study.catalogue_changes) json.Text(change.ToString());
  json.EndArray();
}

void WriteBreakEvens(const Study& study, JsonWriter& json) {
  json.Key("break_even");
  json.BeginArray();
  for (const BreakEven& plan : study.break_evens) {
    json.BeginObject();
    json.Field("plan", plan.plan);
    json.Field("customers", plan.customers);
    json.Field("revenue_micros", plan.revenue_micros);
    json.Field("cost_micros", plan.cost_micros);
    if (plan.factor_ppm.has_value()) json.Field("factor_ppm", *plan.factor_ppm);
    json.EndObject();
  }
  json.EndArray();
}

void WriteChoice(const Study& study, JsonWriter& json) {
  const PlanChoice& choice = *study.choice;
  json.Key("plan_choice");
  json.BeginArray();
  for (size_t from = 0; from < choice.counts.size(); ++from) {
    for (size_t to = 0; to < choice.trials.size(); ++to) {
      if (choice.counts[from][to] == 0) continue;
      json.BeginObject();
      json.Field("plan", study.result->plans[from]);
      json.Field("cheapest", choice.trials[to]);
      json.Field("customers", choice.counts[from][to]);
      json.Field("saving_micros", choice.savings_micros[from][to]);
      json.EndObject();
    }
  }
  json.EndArray();
}

void WriteSweep(const Study& study, JsonWriter& json) {
  json.Key("sweep");
  json.BeginArray();
  for (const SweepPoint& point : study.sweep) {
    json.BeginObject();
    json.Key("changes");
    json.BeginArray();
    for (const rating::Edit& edit : point.edits) json.Text(edit.ToString());
    json.EndArray();
    json.Field("text_sha256", point.text_sha256);
    json.Field("revenue_micros", point.revenue_micros);
    json.Field("margin_micros", point.margin_micros);
    json.Field("better", point.better);
    json.Field("worse", point.worse);
    json.Field("max_increase_ppm", point.max_increase_ppm);
    json.Field("not_run", point.not_run);
    json.Field("frontier", YesNo(point.frontier));
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace

std::string ArtefactJson(const Study& study, const std::string& result_sha256, size_t customers) {
  JsonWriter json;
  json.BeginObject();
  json.Field("format", "ocs-simulation/1");
  json.Field("catalogue_sha256", study.new_variant().text_sha256);
  json.Field("passed", YesNo(study.passed()));
  WriteRequirements(study, json);
  json.Field("signed_by", study.signed_by);
  WriteBasis(*study.result, result_sha256, json);
  WriteVariants(*study.result, json);
  if (study.comparison.has_value()) {
    WriteComparison(study, std::min(customers, kArtefactCustomersMax), json);
  }
  WriteChanges(study, json);
  WriteBreakEvens(study, json);
  if (study.choice.has_value()) WriteChoice(study, json);
  if (!study.sweep.empty()) WriteSweep(study, json);
  json.EndObject();
  return json.text() + "\n";
}

}  // namespace ocs::whatif
