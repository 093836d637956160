// How a record's identity is made from where its entry stands. An entry may carry several records
// (one per rating group): the index of a record's id is kRecordsPerEntry times the entry's index in
// its group, plus the record's number in it.
// Tested in: tests/engine/operation_test.cc

#ifndef OCS_ENGINE_RECORD_ID_H_
#define OCS_ENGINE_RECORD_ID_H_

#include <cstdint>

#include "cdr/record.h"
#include "ocs/base/ids.h"
#include "ocs/base/limits.h"

namespace ocs::engine {

inline constexpr uint32_t kRecordsPerEntry = 32;
static_assert(kRecordsPerEntry >= 2 * kServicesPerRequestMax);

inline cdr::RecordId RecordIdOf(ShardId shard, Position entry, uint32_t record) {
  return {.shard = shard,
          .position = {.group = entry.group, .index = entry.index * kRecordsPerEntry + record}};
}

inline Position EntryOf(const cdr::RecordId& id) {
  return {.group = id.position.group, .index = id.position.index / kRecordsPerEntry};
}

}  // namespace ocs::engine

#endif  // OCS_ENGINE_RECORD_ID_H_
