// Pieces of HTML. Texts are escaped here and nowhere else.

#ifndef OCS_REPORT_INTERNAL_MARKUP_H_
#define OCS_REPORT_INTERNAL_MARKUP_H_

#include <string>
#include <string_view>

#include "ocs/report/page.h"

namespace ocs::report::internal {

/// The text for use between tags and in quoted attributes.
std::string Escaped(std::string_view text);

/// The text as a JSON string, quotes included, that may stand inside a script element.
std::string ScriptText(std::string_view text);

/// True for what JSON takes as a number: "-12.5", "0", "1e6" is not.
bool IsDecimal(std::string_view text);

/// "good", "bad" or "neutral": a class of the page's style.
std::string_view ToneClass(Tone tone);

void AppendVerdict(const Verdict& verdict, std::string* out);
void AppendTiles(const std::vector<Tile>& tiles, std::string* out);
/// The table with its folded rest. REQUIRES: each row has as many cells as there are columns.
void AppendTable(const Table& table, std::string* out);

}  // namespace ocs::report::internal

#endif  // OCS_REPORT_INTERNAL_MARKUP_H_
