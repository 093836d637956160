// Files that the build put into the library.

#ifndef OCS_REPORT_INTERNAL_ASSETS_H_
#define OCS_REPORT_INTERNAL_ASSETS_H_

#include <string_view>

namespace ocs::report::internal {

std::string_view PageStyle();
std::string_view PageScript();
std::string_view ChartLibrary();  ///< Chart.js, minified.

}  // namespace ocs::report::internal

#endif  // OCS_REPORT_INTERNAL_ASSETS_H_
