// A public price list on its way into a catalogue: models, what each costs under which conditions,
// and what could not be carried over. Numbers are decimal texts; nothing is rounded.

#ifndef TOOLS_IMPORT_PRICE_LIST_H_
#define TOOLS_IMPORT_PRICE_LIST_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/base/quantity.h"

namespace ocs::tools {

/// A price as the catalogue writes it: of a million tokens, or of one request, search, image or
/// second. Empty: not stated.
using ListedPrices = std::array<std::string, kTokenKindCount>;

/// The prices of a model under some conditions; an empty condition does not restrict.
struct ListedRule {
  std::string service_tier = "";
  int64_t prompt_above = 0;  ///< More prompt tokens than this,
  int64_t prompt_up_to = 0;  ///< up to and with this; 0: without end.
  std::string from = "";     ///< RFC 3339.
  std::string until = "";
  std::string hours = "";  ///< "00:30-16:30", by UTC.
  ListedPrices prices = {};
};

struct ListedModel {
  std::string id;
  std::string provider;
  std::vector<std::string> aliases = {};
  std::vector<ListedRule> rules = {};  ///< Empty: the list names no price that we could carry.
};

/// Something of the list that is not in the catalogue, and why.
struct NotCarried {
  std::string model;
  std::string field;
  std::string value;
  std::string reason;
};

struct PriceList {
  std::string name;      ///< Of the catalogue: "litellm".
  std::string source;    ///< For the comment at its top.
  std::string currency;  ///< ISO 4217.
  std::vector<ListedModel> models;
  std::vector<NotCarried> not_carried;
};

/// LiteLLM's map of models (model_prices_and_context_window.json): USD per token. Errors:
/// InvalidArgument for what is not such a map.
absl::StatusOr<PriceList> ReadLiteLlm(std::string_view text);

/// pydantic/genai-prices (prices/data.json): USD per million tokens, dated prices, hours, bands by
/// prompt length. Model ids are "provider/model"; names, and beginnings of names (with a star),
/// that one model alone answers to are aliases. Errors: as above.
absl::StatusOr<PriceList> ReadGenaiPrices(std::string_view text);

/// Dify's table of Chinese models (CSV: provider, model, input_price, output_price, unit, currency,
/// context_size, deprecated, comment, source_path); the rows of one currency, RMB being CNY.
/// Errors: as above.
absl::StatusOr<PriceList> ReadDify(std::string_view text, std::string_view currency);

/// The catalogue: each model that has a price, one price book, and an offer that bills by it. The
/// text passes ParseCatalogue; models and aliases whose names a catalogue cannot have are moved to
/// `not_carried`.
std::string WriteCatalogue(PriceList* list);

/// The decimal number times 10^places, without exponent and without needless zeros: "1.25e-06" and
/// 6 give "1.25". Nothing for what is not a decimal number or is negative.
std::optional<std::string> ShiftDecimal(std::string_view number, int places);

}  // namespace ocs::tools

#endif  // TOOLS_IMPORT_PRICE_LIST_H_
