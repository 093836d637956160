// The recorded answers of providers.

#ifndef TESTS_RATING_USAGE_RECORDS_H_
#define TESTS_RATING_USAGE_RECORDS_H_

#include <vector>

#include "ocs/base/check.h"
#include "tests/support/golden.h"
#include "tools/oracle/records.h"

namespace ocs::testing {

inline std::vector<tools::Record> Records() {
  const auto records = tools::ParseRecords(ReadFile(OCS_RECORDS "/records.jsonl"));
  OCS_CHECK(records.ok());
  return *records;
}

}  // namespace ocs::testing

#endif  // TESTS_RATING_USAGE_RECORDS_H_
