// What records of use say, as events: of CDR files and of a store's journal alike.

#ifndef OCS_SIMULATION_INTERNAL_RECORD_EVENTS_H_
#define OCS_SIMULATION_INTERNAL_RECORD_EVENTS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/simulation/event.h"
#include "ocs/simulation/internal/dealer.h"
#include "ocs/simulation/population.h"

namespace ocs::simulation::internal {

/// One record of use. Its texts point into memory of whoever reads it.
struct RecordUse {
  Instant at = {};       ///< Of the report that closed it: what it was rated by.
  uint64_t account = 0;  ///< Who paid.
  std::string_view model = {};
  std::string_view product = {};
  std::string_view scenario = {};
  std::string_view service_tier = {};
  std::string_view region = {};
  std::string_view channel = {};
  Quantities used = {};  ///< Of all its lines that are use.
};

/// Deals records to accounts: all of one payer to one account. Thread-safe.
class RecordDealer final {
 public:
  RecordDealer(const Population* population, Names* names);

  /// Numbers that were asked for before. One for each piece.
  struct Cache {
    Dealer::Cache models;
    absl::flat_hash_map<std::string, uint16_t> uses;
  };

  /// Adds the event; a record without use is counted as unrated. "" or why it is no event.
  std::string Add(const RecordUse& use, Cache* cache, EventBatch* batch) const;
  /// The same of a record in its byte form (cdr/record.h); what is no use is counted as unrated.
  std::string AddBytes(std::string_view bytes, Cache* cache, EventBatch* batch) const;

 private:
  bool NumberUse(const RecordUse& use, Cache* cache, Event* event) const;

  Dealer dealer_;
  Names* names_;
};

}  // namespace ocs::simulation::internal

#endif  // OCS_SIMULATION_INTERNAL_RECORD_EVENTS_H_
