// Tables of a result as cells and as text.

#ifndef OCS_SIMULATION_INTERNAL_TABLES_H_
#define OCS_SIMULATION_INTERNAL_TABLES_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "ocs/simulation/result.h"

namespace ocs::simulation::internal {

/// Adds a column for each of the figures, in the order of AddFigureCells.
void AddFigureColumns(ResultTable* table);
void AddFigureCells(const Figures& figures, std::vector<Cell>* row);

/// part / whole in thousandths, to nearest; 0 of nothing.
int64_t Permille(int64_t part, int64_t whole);

/// Appends a JSON text.
void AppendJsonText(std::string_view text, std::string* out);

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_TABLES_H_
