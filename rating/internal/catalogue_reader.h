// Reads the sections of a catalogue, in the order head, calendars, taxes, models, units, exchange,
// price books, wholesale, offers, whatever their order in the text, and checks each against those
// before it.

#ifndef RATING_INTERNAL_CATALOGUE_READER_H_
#define RATING_INTERNAL_CATALOGUE_READER_H_

#include <map>
#include <string>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/draft.h"
#include "rating/internal/fields.h"

namespace ocs::rating::internal {

inline constexpr size_t kModelsMax = 20'000;    ///< Ten times the largest public list.
inline constexpr size_t kOffersMax = 5'000;     ///< Ten times what an operator sells at once.
inline constexpr size_t kCalendarsMax = 1'000;  ///< Those of every province for some years.
inline constexpr size_t kTaxesMax = 100;        ///< A country has a handful of rates.
inline constexpr size_t kExchangeMax = 10'000;  ///< Each day's rate of ten currencies for 3 years.
inline constexpr size_t kBooksMax = 1'000;      ///< A book for each vendor, in each currency.
inline constexpr int kDerivedDepthMax = 4;      ///< A vendor's, a partner's, ours, a reseller's.
inline constexpr size_t kTableCellsMax =
    50'000'000;  ///< Models x (books + grants): 200 MB compiled.

/// One reading. Thread-compatible.
class CatalogueReader final {
 public:
  explicit CatalogueReader(Reporter* reporter) : reporter_(reporter), draft_(reporter) {}

  /// What could be read of the root; complete when nothing was reported.
  Catalogue Read(const YamlNode& root);

 private:
  void ReadHead(const Fields& fields);
  void ReadCalls(const Fields& fields);
  void ReadCalendar(const Field& item);
  void ReadTax(const Field& item);
  void ReadClasses(const Fields& fields, Model* model);
  void ReadAliases(const Fields& fields, Model* model);
  void ReadModel(const Field& item);
  void ReadUnit(const Field& item);
  void ReadUnitCode(const Fields& fields, UnitTerms* terms);
  void ReadExchange(const Field& item);
  void CheckExchange();
  void ReadBook(const Field& item);
  void ClaimBookCodes(const PriceBook& book);
  void CheckPointPrices(const PriceBook& book);
  void CheckDerived();
  const PriceBook* CheckOtherBook(const PriceBook& book, const RateRule& rule);
  void ReadWholesale(const Field& item);
  void CheckWholesale();
  void CheckTableSize();

  void ClaimModelName(const std::string& name, int line, const std::string& path);

  Reporter* reporter_;
  Draft draft_;
  std::map<std::string, int> model_names_;  ///< Ids and aliases, with their lines.
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_CATALOGUE_READER_H_
