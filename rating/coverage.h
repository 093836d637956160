// Where a package can be used: the models and classes that a grant covers, and what they draw.

#ifndef RATING_COVERAGE_H_
#define RATING_COVERAGE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "rating/tariff.h"

namespace ocs::rating {

/// A model that a grant pays for.
struct CoveredModel {
  ModelIndex model = {};
  const RateRow* draw =
      nullptr;  ///< What each kind draws; never null; lives as long as the tariff.
};

struct Coverage {
  std::vector<CoveredModel> models;  ///< In the order of the catalogue.
  std::vector<std::string> classes;  ///< Those of which every model is covered; sorted.
  /// By Dimension: the grant pays only for uses with one of these values; empty: for all.
  std::array<std::vector<std::string>, kDimensionCount> only_for;
};

/// What the grant covers for a use like this one. Where the grant asks for a dimension that the use
/// does not state, the first value that it asks for is taken: the answer is what the grant covers
/// at its best, and `only_for` says where. REQUIRES: grant < tariff.offer(offer).grants.size().
/// Thread-safe.
Coverage CoverageOf(const Tariff& tariff, OfferIndex offer, uint32_t grant,
                    const UseContext& context);

}  // namespace ocs::rating

#endif  // RATING_COVERAGE_H_
