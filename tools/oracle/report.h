// What the oracle prints.

#ifndef TOOLS_ORACLE_REPORT_H_
#define TOOLS_ORACLE_REPORT_H_

#include <string>
#include <vector>

#include "tools/oracle/expected.h"
#include "tools/oracle/prices.h"
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

/// How many prices are equal to the last decimal, and every one that is not, with its cause. Well:
/// no difference is unexplained, and of the usages with a price on either side at least that many
/// per cent are equal (none at all is too few for any minimum above 0).
OracleReport ReportPrices(const std::vector<PriceComparison>& prices, int minimum_equal_percent);

}  // namespace ocs::tools

#endif  // TOOLS_ORACLE_REPORT_H_
