// Reads the sections of a catalogue, in the order models, units, price books, offers, whatever
// their order in the text, and checks each against those before it.

#ifndef RATING_INTERNAL_CATALOGUE_READER_H_
#define RATING_INTERNAL_CATALOGUE_READER_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/fields.h"
#include "rating/internal/rule_reader.h"

namespace ocs::rating::internal {

inline constexpr size_t kModelsMax = 20'000;      ///< Ten times the largest public list.
inline constexpr size_t kOffersMax = 5'000;       ///< Ten times what an operator sells at once.
inline constexpr size_t kGrantsPerOfferMax = 16;  ///< A purchase makes a bucket for each.
inline constexpr size_t kTableCellsMax =
    50'000'000;  ///< Models x (books + grants): 200 MB compiled.

/// One reading. Thread-compatible.
class CatalogueReader final {
 public:
  explicit CatalogueReader(Reporter* reporter) : reporter_(reporter) {}

  /// What could be read of the root; complete when nothing was reported.
  Catalogue Read(const YamlNode& root);

 private:
  void ReadHead(const Fields& fields);
  void ReadModel(const Field& item);
  void ReadUnit(const Field& item);
  void ReadBook(const Field& item);
  void ReadOffer(const Field& item);
  void ReadOfferMoney(const Fields& fields, OfferTerms* terms);
  void ReadGrant(const Field& item, OfferTerms* terms);
  void ReadAmount(const Fields& fields, GrantTerms* terms);
  void ReadWhenUsedUp(const Fields& fields, const OfferTerms& offer, Grant* grant);
  void CheckGrantUnit(const Fields& fields, const OfferTerms& offer, const Grant& grant);
  void CheckOfferPrices(const Fields& fields, const OfferTerms& offer);
  void CheckPointPrices(const PriceBook& book, const std::vector<std::string>& paths);
  void CheckTableSize();

  std::optional<std::string> ReadId(const Fields& fields, std::string_view key);
  std::optional<Unit> ReadCurrency(const Fields& fields);
  Validity ReadValidity(const Fields& fields, std::string_view key);
  void ClaimModelName(const std::string& name, int line, const std::string& path);
  void ClaimCode(const std::string& code, const std::string& owner, int line,
                 const std::string& path);
  bool HasRates(const Grant& grant, const Model& model) const;
  bool IsBurned(const Unit& unit, const Model& model) const;
  const PriceBook* BookOf(const std::string& id) const;
  const UnitTerms* UnitTermsOf(const Unit& unit) const;

  /// The first use of a name.
  struct Use {
    std::string owner;
    int line = 0;
  };

  Reporter* reporter_;
  Catalogue out_;
  Names names_;
  std::map<std::string, int> model_names_;  ///< Ids and aliases, with their lines.
  std::map<std::string, Use> codes_;
  std::map<std::string, std::set<std::string>> burned_;  ///< By unit, the models with burn factors.
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_CATALOGUE_READER_H_
