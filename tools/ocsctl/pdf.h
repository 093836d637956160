// A page as PDF, by WeasyPrint: a program of Debian that is not needed for anything else.

#ifndef TOOLS_OCSCTL_PDF_H_
#define TOOLS_OCSCTL_PDF_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace ocs::tools {

/// The program that makes PDF out of HTML; it is looked for in PATH.
inline constexpr const char* kPdfProgram = "weasyprint";

/// Writes the page to `path` as PDF. The file has its name only when it is whole. Errors:
/// FailedPrecondition when the program is not there, with what to install; Unavailable when it
/// fails, or the file cannot be written.
absl::Status WritePdf(std::string_view html, const std::string& path);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_PDF_H_
