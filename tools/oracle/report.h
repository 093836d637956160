// What the oracle prints.

#ifndef TOOLS_ORACLE_REPORT_H_
#define TOOLS_ORACLE_REPORT_H_

#include <string>
#include <vector>

#include "tools/oracle/expected.h"
#include "tools/oracle/records.h"

namespace ocs::tools {

/// A report, and whether everything in it is well.
struct OracleReport {
  std::string text;
  bool ok = true;
};

/// How many records of each provider and interface were read, with their marks, and every record
/// that was not, with its reason. Well: each was read, or says itself that it has no usage.
OracleReport ReportRecords(const std::vector<Record>& records);

/// How many expected usages agree, and every one that does not. Well: no difference is unexplained.
OracleReport ReportComparisons(const std::vector<Comparison>& comparisons);

}  // namespace ocs::tools

#endif  // TOOLS_ORACLE_REPORT_H_
