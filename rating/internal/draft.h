// A catalogue in the making: what was read so far, which names are taken, and the fields that every
// section reads alike.

#ifndef RATING_INTERNAL_DRAFT_H_
#define RATING_INTERNAL_DRAFT_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rating/catalogue.h"
#include "rating/internal/fields.h"
#include "rating/internal/names.h"

namespace ocs::rating::internal {

inline constexpr std::string_view kIdExpected = "1 to 128 letters, digits and ._-:/@+";

/// One reading. Thread-compatible.
class Draft final {
 public:
  explicit Draft(Reporter* to) : reporter(to) {}

  Reporter* reporter;
  Catalogue out;
  Names names;
  /// By unit, the models whose burn factors hold for every use at every time.
  std::map<std::string, std::set<std::string>> burned;

  /// A needed id; nothing when absent or faulty, which is reported. So for the next ones.
  std::optional<std::string> ReadId(const Fields& fields, std::string_view key) const;
  /// A needed name for people: printed in files and on terminals, so no control characters.
  std::string ReadName(const Fields& fields, std::string_view key) const;
  /// 'currency', else the catalogue's.
  std::optional<Unit> ReadCurrency(const Fields& fields) const;
  /// The id of a declared tax, or "".
  std::string ReadTax(const Fields& fields) const;
  /// 'yes' or 'no', written also true or false.
  bool ReadFlag(const Fields& fields, std::string_view key, bool otherwise) const;

  /// Takes a charge code for its owner; one that names something else is a fault.
  void ClaimCode(const std::string& code, const std::string& owner, const Place& place);

  const PriceBook* BookOf(const std::string& id) const;
  const UnitTerms* UnitTermsOf(const Unit& unit) const;
  std::vector<std::string> BookIds() const;
  /// In hundredths of a per cent; 0 for "".
  int32_t BasisPointsOf(const std::string& tax) const;
  /// True when a burn factor of the unit always holds for the model.
  bool IsBurned(const Unit& unit, const Model& model) const;

 private:
  /// The first use of a name.
  struct Use {
    std::string owner;
    int line = 0;
  };
  std::map<std::string, Use> codes_;
};

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_DRAFT_H_
