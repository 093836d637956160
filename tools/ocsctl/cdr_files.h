// ocsctl cdr, the part about files: options of a series of files, its summary, and the verification
// of a folder.

#ifndef TOOLS_OCSCTL_CDR_FILES_H_
#define TOOLS_OCSCTL_CDR_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cdr/file_series.h"
#include "ocs/base/time.h"
#include "tools/ocsctl/ctl.h"

namespace ocs::tools {

struct SeriesArguments {
  std::string folder;
  std::string node = "ocs";
  std::string address = "127.0.0.1";
  std::string extension_length = "write";
  std::string issuer;
  std::string currency = "CNY";
  uint64_t bytes_max = 64 << 20;
  uint64_t records_max = 100'000;
  int64_t seconds_max = 3'600;
  bool gzip = false;
};

void AddSeriesOptions(CLI::App* command, SeriesArguments* arguments);

/// Errors: InvalidArgument.
absl::StatusOr<cdr::FileOptions> FileOptionsOf(const Ctl& ctl, std::string_view format,
                                               const SeriesArguments& arguments);
absl::StatusOr<cdr::SeriesOptions> SeriesOptionsOf(const Ctl& ctl, std::string_view format,
                                                   const SeriesArguments& arguments);

/// The present, for the times at which files are opened and closed.
Instant Now();

/// What an export did to a folder.
void PrintSeries(const Ctl& ctl, const cdr::FileSeries& series);

/// `cdr verify` and `cdr print`: both read files only and need no server.
void AddVerifyCommands(CLI::App* family, Ctl* ctl);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_CDR_FILES_H_
