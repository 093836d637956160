// Writes a whole catalogue, as catalogue_reader reads it.

#ifndef RATING_INTERNAL_CATALOGUE_WRITER_H_
#define RATING_INTERNAL_CATALOGUE_WRITER_H_

#include "rating/catalogue.h"
#include "rating/internal/text_tree.h"

namespace ocs::rating::internal {

/// Every section that is not empty, under its key. Defined beside FormatCatalogue.
TextTree WriteTree(const Catalogue& catalogue);

}  // namespace ocs::rating::internal

#endif  // RATING_INTERNAL_CATALOGUE_WRITER_H_
