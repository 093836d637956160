// Turns a checked catalogue into its fast form. The same functions tell the checker what a model
// would draw, so that what was accepted compiles.

#ifndef RATING_INTERNAL_COMPILER_H_
#define RATING_INTERNAL_COMPILER_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "rating/catalogue.h"
#include "rating/internal/compiled.h"

namespace ocs::rating::internal {

/// What one piece of each kind draws from a bucket of that unit where no rule says otherwise: one
/// token for each kind of token, one request for a request; for other units nothing is stated.
KindRatios PlainDraw(const Unit& unit);

/// `over` where it is stated, else `under`.
KindRatios Overlay(const KindRatios& over, const KindRatios& under);

/// Each ratio times the factor, or nothing when one does not fit.
std::optional<KindRatios> Scale(const KindRatios& ratios, const Ratio& factor);

/// REQUIRES: the catalogue came from ParseCatalogue without errors.
CompiledTariff CompileCatalogue(const Catalogue& catalogue, uint32_t revision);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_COMPILER_H_
