#include "rating/internal/final_units_reader.h"

#include "ocs/base/text.h"
#include "rating/internal/words.h"

namespace ocs::rating::internal {
namespace {

constexpr std::string_view kAddressExpected =
    "an address such as https://example.com/top-up, sip:..., an IPv4 or an IPv6 address";
constexpr size_t kFilterLengthMax = 64;

}  // namespace

bool ReadFinalUnits(const Fields& end, std::string_view word, FinalUnits* final_units) {
  if (word != "redirect" && word != "restrict") return false;
  const bool redirects = word == "redirect";
  for (const char* other : {"model", "offer", "at_most", "unless"}) {
    if (end.has(other)) end.Fault(other, Cat("has no meaning beside 'then: ", word, "'"));
  }
  if (end.has(redirects ? "filters" : "to")) {
    end.Fault(redirects ? "filters" : "to", Cat("has no meaning beside 'then: ", word, "'"));
  }
  if (redirects) {
    final_units->action = FinalUnits::Action::kRedirect;
    const auto to = end.NeedText("to", kAddressExpected);
    if (!to) return true;
    if (!RedirectTypeOf(*to))
      end.Fault("to", Cat("expected ", kAddressExpected, ", found ", Quoted(*to)));
    final_units->redirect_to = *to;
    return true;
  }
  final_units->action = FinalUnits::Action::kRestrictAccess;
  const auto filters = end.Texts("filters", "the name of a filter that gateways know, or a list");
  if (filters.size() > kFiltersMax) {
    end.Fault("filters", Cat("expected at most ", kFiltersMax, " filters"));
    return true;
  }
  for (const auto& [text, field] : filters) {
    if (!IsPrintable(text, kFilterLengthMax))
      end.Fault("filters", Cat("expected names of at most ", kFilterLengthMax, " printable bytes"));
    final_units->filters.push_back(text);
  }
  return true;
}

FinalUnits ReadFinalUnitsOfOffer(const Fields& offer, Draft* draft) {
  constexpr std::string_view kExpected =
      "stop, {then: redirect, to: <address>} or {then: restrict, filters: [<name>]}";
  FinalUnits final_units;
  if (!offer.has("when_used_up")) return final_units;
  const auto map = offer.Map("when_used_up");
  if (map->node->kind != YamlNode::Kind::kMap) {
    const auto word = offer.Text("when_used_up", kExpected);
    if (word && *word != "stop")
      offer.Fault("when_used_up", Cat("expected ", kExpected, ", found ", Quoted(*word)));
    return final_units;
  }
  const Fields end(*map, {"then", "to", "filters", "note"}, draft->reporter);
  const auto then = end.NeedText("then", "stop, redirect or restrict");
  if (then && *then != "stop" && !ReadFinalUnits(end, *then, &final_units)) {
    end.Fault("then", Cat("expected stop, redirect or restrict, found ", Quoted(*then)));
  }
  return final_units;
}

}  // namespace ocs::rating::internal
