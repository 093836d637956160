#include "rating/internal/grant_reader.h"

#include <algorithm>
#include <utility>

#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "rating/internal/compiler.h"
#include "rating/internal/conditions.h"
#include "rating/internal/final_units_reader.h"
#include "rating/internal/prices.h"
#include "rating/internal/rule_index.h"
#include "rating/internal/rule_reader.h"
#include "rating/internal/scalars.h"
#include "rating/internal/words.h"

namespace ocs::rating::internal {
namespace {

constexpr std::string_view kValidityExpected = "a time such as '1 month', '30 days' or none";
constexpr std::string_view kEndExpected =
    "stop, bill_on, wait, throttle or a map such as {then: fallback, model: m}";

// The unit of that name that may be granted or limited; nothing when unknown, which is reported.
std::optional<Unit> ReadUnit(const Fields& fields, const std::string& text, const Draft& draft) {
  const auto unit = Unit::Parse(text);
  if (unit.ok() && (unit->is_money() || text == "token" || draft.names.units.count(text) != 0)) {
    return *unit;
  }
  std::vector<std::string> units(draft.names.units.begin(), draft.names.units.end());
  units.emplace_back("token");
  fields.Fault("unit", Cat("unknown unit ", Quoted(text), Suggestion(text, units)));
  return std::nullopt;
}

// One grant in the reading.
class GrantReader final {
 public:
  GrantReader(const Fields& fields, Draft* draft, OfferTerms* offer)
      : fields_(fields), draft_(draft), offer_(offer) {}

  Grant Read() {
    GrantTerms& terms = grant_.terms;
    terms.name = draft_->ReadName(fields_, "name");
    ReadUnitAndAmount();
    fields_.NeedText("validity", kValidityExpected);
    if (fields_.has("validity")) terms.validity = ReadValidity(fields_, "validity");
    if (terms.validity.cycle && offer_->offer.cycle.kind == WindowKind::kNone) {
      fields_.Fault("validity", "the offer has no cycle; expected 'renews' in the offer");
    }
    ReadStarts();
    ReadPriority();
    ReadCode();
    terms.shared = draft_->ReadFlag(fields_, "shared", true);
    terms.share_micros = ReadMoney(fields_, "share", "an amount of the fee such as 5").value_or(-1);
    ReadRefill();
    ReadCovers();
    grant_.weights = ReadFactorRules(fields_.Items("weights"), draft_->names, draft_->reporter);
    CheckOverlaps(grant_.weights, draft_->out.models, draft_->out.calendars, draft_->reporter);
    grant_.adjustments =
        ReadAdjustments(fields_.Items("adjustments"), draft_->names, draft_->reporter);
    for (const Adjustment& adjustment : grant_.adjustments) {
      if (!adjustment.charge_code.empty()) {
        draft_->ClaimCode(adjustment.charge_code, Owner(), adjustment.place);
      }
    }
    ReadEnd();
    terms.limits = ReadLimits(fields_.Items("limits"), terms.unit,
                              Cat("grant\x1f", offer_->offer.id, "\x1f", terms.name), *draft_);
    CheckUnit();
    return std::move(grant_);
  }

 private:
  std::string Owner() const {
    return Cat("grant ", offer_->grants.size() + 1, " of offer '", offer_->offer.id, "'");
  }

  void ReadUnitAndAmount() {
    GrantTerms& terms = grant_.terms;
    const auto unit = fields_.NeedText("unit", "token, a declared unit or the offer's currency");
    const auto amount = fields_.NeedText("amount", "an amount such as 10M");
    if (unit) terms.unit = ReadUnit(fields_, *unit, *draft_).value_or(Unit());
    if (!amount || terms.unit.empty()) return;
    if (*amount == "unlimited") {
      terms.unlimited = true;
      terms.amount = kUnlimitedAmount;
      return;
    }
    const auto parsed = ParseAmount(*amount, terms.unit);
    if (!parsed) {
      fields_.Fault("amount", Cat("expected an amount above 0 such as ",
                                  terms.unit.is_money() ? "9.9" : "10M, 250_000 or 1.5K",
                                  ", found ", Quoted(*amount)));
    }
    terms.amount = parsed.value_or(0);
  }

  void ReadStarts() {
    const auto text = fields_.Text("starts", "purchase or first_use");
    if (!text) return;
    grant_.terms.from_first_use = *text == "first_use";
    if (!grant_.terms.from_first_use && *text != "purchase") {
      fields_.Fault("starts", Cat("expected purchase or first_use, found ", Quoted(*text),
                                  Suggestion(*text, {"purchase", "first_use"})));
    }
    if (grant_.terms.from_first_use && grant_.terms.validity.cycle) {
      fields_.Fault("starts", "a validity of the cycle begins with the cycle");
    }
  }

  void ReadPriority() {
    constexpr int kPriorityMax = 1'000;
    grant_.terms.priority = 1;
    const auto text = fields_.Text("priority", "a number from 1 to 1000");
    if (!text) return;
    const auto priority = ParseCount(*text);
    if (!priority || *priority < 1 || *priority > kPriorityMax) {
      fields_.Fault("priority", Cat("expected a number from 1 (first) to ", kPriorityMax,
                                    ", found ", Quoted(*text)));
      return;
    }
    grant_.terms.priority = static_cast<int>(*priority);
  }

  void ReadCode() {
    const auto code =
        fields_.has("charge_code") ? draft_->ReadId(fields_, "charge_code") : std::nullopt;
    grant_.charge_code =
        code.value_or(Cat(offer_->offer.charge_code, "/grant-", offer_->grants.size() + 1));
    draft_->ClaimCode(
        grant_.charge_code, Owner(),
        {.line = fields_.LineOf("charge_code"), .field = fields_.PathOf("charge_code")});
  }

  void ReadRefill() {
    GrantTerms& terms = grant_.terms;
    terms.refill = ReadWindow(fields_, "refill",
                              {WindowKind::kHour, WindowKind::kDay, WindowKind::kWeek,
                               WindowKind::kMonth, WindowKind::kCycle})
                       .value_or(Window{});
    if (fields_.has("refill") && terms.unlimited) {
      fields_.Fault("refill", "an unlimited grant has nothing to refill");
    }
    const auto map = fields_.Map("carry_over");
    if (!map) return;
    const Fields carry(*map, {"cycles", "at_most", "drawn", "note"}, draft_->reporter);
    if (!IsMap(*map)) return;
    ReadCarryOver(carry);
    if (offer_->offer.cycle.kind == WindowKind::kNone) {
      fields_.Fault("carry_over", "the offer has no cycle; expected 'renews' in the offer");
    }
    if (terms.unlimited) fields_.Fault("carry_over", "an unlimited grant leaves nothing to carry");
    if (terms.refill.kind != WindowKind::kNone) {
      fields_.Fault("carry_over", "stands beside 'refill', which loses what is left");
    }
  }

  void ReadCarryOver(const Fields& carry) {
    constexpr int64_t kCyclesMax = 120;
    CarryOver& terms = grant_.terms.carry_over;
    terms.cycles = 1;
    if (const auto text = carry.NeedText("cycles", "how many cycles, such as 1")) {
      const auto count = ParseCount(*text);
      if (!count || *count < 1 || *count > kCyclesMax) {
        carry.Fault("cycles",
                    Cat("expected a number from 1 to ", kCyclesMax, ", found ", Quoted(*text)));
      } else {
        terms.cycles = static_cast<int>(*count);
      }
    }
    if (const auto text = carry.Text("at_most", "an amount such as 5M")) {
      const auto amount = ParseAmount(*text, grant_.terms.unit);
      if (!amount) {
        carry.Fault("at_most", Cat("expected an amount such as 5M, found ", Quoted(*text)));
      }
      terms.amount_max = amount.value_or(0);
    }
    if (const auto text = carry.Text("drawn", "first or last")) {
      terms.drawn_last = *text == "last";
      if (!terms.drawn_last && *text != "first") {
        carry.Fault("drawn", Cat("expected first or last, found ", Quoted(*text)));
      }
    }
  }

  void ReadCovers() {
    static const std::vector<std::string> kKeys = [] {
      std::vector<std::string> keys = MatcherKeys();
      keys.insert(keys.end(), DimensionKeys().begin(), DimensionKeys().end());
      keys.emplace_back("kinds");
      return keys;
    }();
    const auto map = fields_.Map("covers");
    if (!map) {
      fields_.Fault("covers",
                    "is missing; expected which models the grant pays for, such as 'any: true'");
      return;
    }
    // What pays for offers, and for no call: points.
    if (map->node->kind == YamlNode::Kind::kScalar && map->node->text == "none") return;
    const Fields covers(*map, kKeys, draft_->reporter);
    if (!IsMap(*map)) return;
    grant_.covers.matchers = ReadMatchers(covers, draft_->names);
    grant_.covers.when = ReadDimensions(covers);
    for (const auto& [text, field] : covers.Texts("kinds", "a kind such as input, or a list")) {
      const auto kind = ParseTokenKind(text);
      if (!kind) {
        draft_->reporter->Add(field.line, field.path,
                              Cat("unknown kind ", Quoted(text), Suggestion(text, KindKeys())));
        continue;
      }
      grant_.covers.kinds |= 1U << static_cast<unsigned>(*kind);
    }
  }

  void ReadEnd() {
    if (!fields_.has("when_used_up")) {
      fields_.Fault("when_used_up", "is missing; expected stop or bill_on");
      return;
    }
    const auto map = fields_.Map("when_used_up");
    if (!IsMap(*map)) {
      if (const auto text = fields_.Text("when_used_up", kEndExpected)) ReadThen(fields_, *text);
      return;
    }
    const Fields end(*map, {"then", "model", "offer", "at_most", "unless", "to", "filters", "note"},
                     draft_->reporter);
    if (const auto then = end.NeedText("then", kThenExpected)) {
      // To the account both are a stop: what follows is the network's.
      if (ReadFinalUnits(end, *then, &grant_.terms.end.final_units)) return;
      ReadThen(end, *then, "then");
    }
  }

  // The word, in the map that holds what belongs to it.
  void ReadThen(const Fields& end, const std::string& word, std::string_view key = "when_used_up") {
    EndTerms& terms = grant_.terms.end;
    static const std::vector<std::pair<std::string, AtEnd>> kWords = {
        {"stop", AtEnd::kStop},         {"bill_on", AtEnd::kBillOn},    {"wait", AtEnd::kWait},
        {"throttle", AtEnd::kThrottle}, {"fallback", AtEnd::kFallback}, {"buy", AtEnd::kBuyNext}};
    const auto found = std::find_if(kWords.begin(), kWords.end(),
                                    [&](const auto& known) { return known.first == word; });
    if (key != "then" && (word == "redirect" || word == "restrict")) {
      end.Fault(key, word == "redirect"
                         ? "does not say where to; expected {then: redirect, to: <address>}"
                         : "expected {then: restrict, filters: [<name>]}, the filters at will");
      return;
    }
    if (found == kWords.end()) {
      std::vector<std::string> words;
      for (const auto& known : kWords) words.push_back(known.first);
      words.insert(words.end(), {"redirect", "restrict"});
      end.Fault(key,
                Cat("expected ", kThenExpected, ", found ", Quoted(word), Suggestion(word, words)));
      return;
    }
    terms.at_end = found->second;
    if (terms.at_end == AtEnd::kBillOn && offer_->price_book.empty()) {
      end.Fault(key, "bill_on needs the offer to name a price book under 'prices'");
    }
    if (key == "then") return ReadThenKeys(end);
    if (terms.at_end == AtEnd::kFallback) {
      end.Fault(key, "does not say which model; expected {then: fallback, model: m}");
    }
  }

  void ReadThenKeys(const Fields& end) {
    EndTerms& terms = grant_.terms.end;
    const auto only_for = [&](std::string_view key, AtEnd at_end, std::string_view then) {
      if (end.has(key) && terms.at_end != at_end) {
        end.Fault(key, Cat("has a meaning only beside 'then: ", then, "'"));
      }
    };
    only_for("model", AtEnd::kFallback, "fallback");
    only_for("offer", AtEnd::kBuyNext, "buy");
    only_for("at_most", AtEnd::kBuyNext, "buy");
    only_for("unless", AtEnd::kBillOn, "bill_on");
    for (const auto& [other, then] : {std::pair("to", "redirect"), {"filters", "restrict"}}) {
      if (end.has(other)) end.Fault(other, Cat("has a meaning only beside 'then: ", then, "'"));
    }
    if (terms.at_end == AtEnd::kFallback) {
      terms.fallback_model = end.NeedText("model", "a model's id").value_or("");
      if (end.has("model") && draft_->names.models.count(terms.fallback_model) == 0) {
        const std::set<std::string>& models = draft_->names.models;
        end.Fault("model", Cat("unknown model ", Quoted(terms.fallback_model),
                               Suggestion(terms.fallback_model, {models.begin(), models.end()})));
      }
    }
    terms.buys = end.Text("offer", "an offer's id").value_or("");
    if (const auto text = end.Text("at_most", "so often as '3 per month'")) {
      const auto count = ParsePerMonth(*text);
      if (!count) end.Fault("at_most", Cat("expected '3 per month', found ", Quoted(*text)));
      terms.buys_per_month_max = count.value_or(0);
    }
    if (const auto text = end.Text("unless", "the id of a switch of the offer")) {
      const std::vector<SwitchTerms>& switches = offer_->offer.switches;
      const auto known = std::find_if(switches.begin(), switches.end(),
                                      [&](const SwitchTerms& s) { return s.id == *text; });
      if (known == switches.end()) {
        end.Fault("unless", Cat("the offer has no switch ", Quoted(*text)));
      } else {
        terms.switch_index = static_cast<int>(known - switches.begin());
      }
    }
  }

  // Whether something always says how much of the grant's unit the model draws.
  bool HasRates(const Model& model) const {
    return draft_->IsBurned(grant_.terms.unit, model) ||
           std::any_of(grant_.weights.begin(), grant_.weights.end(), [&](const RateRule& weight) {
             return weight.when.always() && Covers(weight.matchers, model);
           });
  }

  void CheckUnit() {
    const Unit& unit = grant_.terms.unit;
    if (unit.empty()) return;
    if (unit.is_money()) {
      if (unit != offer_->offer.currency) {
        fields_.Fault("unit", Cat("the offer is in ", offer_->offer.currency.code(),
                                  ", this grant in ", unit.code()));
      }
      if (offer_->price_book.empty()) {
        fields_.Fault("unit",
                      "money is drawn at the offer's prices, and this offer names no price book");
      }
      if (!grant_.weights.empty()) {
        fields_.Fault("weights", "money is drawn at the offer's prices; it has no weights");
      }
      return;
    }
    const KindRatios plain = PlainDraw(unit);
    if (std::any_of(plain.begin(), plain.end(), [](const Ratio& r) { return r.stated(); })) return;
    for (const Model& model : draft_->out.models) {
      if (!Covers(grant_.covers.matchers, model) || HasRates(model)) continue;
      fields_.Fault("covers", Cat("nothing says how many '", unit.code(), "' model '", model.id,
                                  "' draws; expected a burn factor of the unit or a weight"));
      return;
    }
  }

  const Fields& fields_;
  Draft* draft_;
  OfferTerms* offer_;
  Grant grant_;
};

std::vector<int> ReadAlerts(const Fields& fields) {
  constexpr std::string_view kExpected =
      "per cents from 1 to 100, ascending, such as [50, 80, 100]";
  std::vector<int> alerts;
  for (const auto& [text, field] : fields.Texts("alerts", kExpected)) {
    const auto percent = ParseCount(text);
    if (!percent || *percent < 1 || *percent > 100 ||
        (!alerts.empty() && *percent <= alerts.back())) {
      fields.reporter().Add(field.line, field.path,
                            Cat("expected ", kExpected, ", found ", Quoted(text)));
      continue;
    }
    alerts.push_back(static_cast<int>(*percent));
  }
  return alerts;
}

LimitTerms ReadLimit(const Fields& fields, const Unit& unit, std::string_view owner,
                     const Draft& draft) {
  LimitTerms limit;
  limit.name = draft.ReadName(fields, "name");
  limit.unit = unit;
  const auto unit_text = unit.empty() ? fields.NeedText("unit", "CNY, token or a declared unit")
                                      : fields.Text("unit", "the grant's unit");
  if (unit_text) {
    // Requests are counted everywhere, declared or not.
    limit.unit = *unit_text == "request" ? Unit::Of("request")
                                         : ReadUnit(fields, *unit_text, draft).value_or(unit);
    if (!unit.empty() && limit.unit != unit) {
      fields.Fault("unit", Cat("a grant is limited in its own unit, ", unit.code()));
    }
  }
  const auto amount_text = fields.NeedText("amount", "an amount such as 100 or 10M");
  if (amount_text && !limit.unit.empty()) {
    const auto amount = ParseAmount(*amount_text, limit.unit);
    if (!amount) {
      fields.Fault("amount", Cat("expected an amount above 0 such as 100 or 10M, found ",
                                 Quoted(*amount_text)));
    }
    limit.amount = amount.value_or(0);
  }
  if (!fields.has("per")) fields.Fault("per", "is missing; expected a window such as month");
  limit.window =
      ReadWindow(fields, "per",
                 {WindowKind::kHour, WindowKind::kDay, WindowKind::kWeek, WindowKind::kMonth,
                  WindowKind::kCycle, WindowKind::kLifetime, WindowKind::kSliding})
          .value_or(Window{});
  limit.per_member = draft.ReadFlag(fields, "per_member", false);
  limit.alert_only = draft.ReadFlag(fields, "alert_only", false);
  limit.alerts = ReadAlerts(fields);
  if (limit.alert_only && limit.alerts.empty() && !fields.has("alerts")) {
    fields.Fault("alert_only", "tells nothing without 'alerts'");
  }
  std::string all =
      Cat(owner, "\x1f", limit.name, "\x1f", FormatWindow(limit.window), "\x1f", limit.unit.code(),
          "\x1f", limit.amount, "\x1f", limit.per_member ? "member" : "all", "\x1f",
          limit.alert_only ? "alert" : "bound");
  for (const int percent : limit.alerts) all += Cat("\x1f", percent);
  limit.id = StableHash64(all);
  return limit;
}

}  // namespace

std::optional<int64_t> ParseAmount(std::string_view text, const Unit& unit) {
  std::optional<int64_t> amount;
  if (unit.is_money()) {
    const auto micros = ParseMicros(text);
    if (micros.ok()) amount = *micros;
  } else {
    amount = ParseCount(text);
  }
  if (!amount || *amount <= 0 || *amount > kAmountMicrosMax) return std::nullopt;
  return amount;
}

Validity ReadValidity(const Fields& fields, std::string_view key) {
  const auto text = fields.Text(key, kValidityExpected);
  if (!text) return {};
  const auto validity = ParseValidity(*text);
  if (!validity) fields.Fault(key, Cat("expected ", kValidityExpected, ", found ", Quoted(*text)));
  return validity.value_or(Validity{});
}

std::vector<LimitTerms> ReadLimits(const std::vector<Field>& items, const Unit& unit,
                                   std::string_view owner, const Draft& draft) {
  std::vector<LimitTerms> limits;
  for (const Field& item : items) {
    const Fields fields(
        item, {"name", "amount", "unit", "per", "alert_only", "alerts", "per_member", "note"},
        draft.reporter);
    if (!IsMap(item)) continue;
    if (limits.size() == kLimitsMax) {
      draft.reporter->Add(item.line, item.path, Cat("expected at most ", kLimitsMax, " limits"));
      return limits;
    }
    LimitTerms limit = ReadLimit(fields, unit, owner, draft);
    const bool known = std::any_of(limits.begin(), limits.end(), [&](const LimitTerms& other) {
      return other.name == limit.name;
    });
    if (known) fields.Fault("name", Cat("the limit ", Quoted(limit.name), " is there twice"));
    limits.push_back(std::move(limit));
  }
  return limits;
}

void ReadGrant(const Field& item, Draft* draft, OfferTerms* offer) {
  const Fields fields(item,
                      {"name", "charge_code", "unit", "amount", "validity", "starts", "priority",
                       "covers", "weights", "adjustments", "shared", "share", "refill",
                       "carry_over", "limits", "when_used_up", "note"},
                      draft->reporter);
  if (!IsMap(item)) return;
  offer->grants.push_back(GrantReader(fields, draft, offer).Read());
}

}  // namespace ocs::rating::internal
