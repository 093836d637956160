// One model call as a simulation sees it: who, when, which model, how much. Small, because a
// hundred million of them go by.
// Tested in: tests/tariff_simulation/event_source_test.cc

#ifndef OCS_SIMULATION_EVENT_H_
#define OCS_SIMULATION_EVENT_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"

namespace ocs::simulation {

/// The kinds that an event has a place for: all kinds of text tokens. Others are in
/// EventBatch::more.
inline constexpr std::array<TokenKind, 6> kEventKinds = {
    TokenKind::kInput,        TokenKind::kCacheRead, TokenKind::kCacheWrite5m,
    TokenKind::kCacheWrite1h, TokenKind::kOutput,    TokenKind::kReasoning};

/// Trivially copyable, 48 bytes.
struct Event {
  Instant at;
  uint32_t account = 0;  ///< Number in the population, from 0.
  uint16_t model = 0;    ///< Number in Names::models.
  uint16_t use = 0;      ///< Number in Names::uses; 0: nothing is stated.
  std::array<uint32_t, kEventKinds.size()> tokens = {};  ///< As kEventKinds.
  uint32_t more = 0;  ///< 0, or 1 + the index in EventBatch::more.
};
static_assert(sizeof(Event) == 48);
/// Tokens of one kind in one event: 4 thousand million; no context is a thousandth as long.
inline constexpr int64_t kEventTokensMax = UINT32_MAX;

/// What a use is like, beside its model: values of a catalogue's dimensions, "" where not stated.
struct UseNames {
  std::string product = {};
  std::string scenario = {};
  std::string service_tier = {};
  std::string region = {};
  std::string channel = {};
  friend auto operator<=>(const UseNames&, const UseNames&) = default;
};

/// Numbers for names, so that events stay small. Which number a name gets depends on who comes
/// first; results are in order of name. Thread-safe.
class Names final {
 public:
  Names();
  static constexpr size_t kNamesMax = 65'535;  ///< What an event's fields can tell apart.

  /// The number of a model's name, given anew where it is not known; kNamesMax when there are too
  /// many.
  uint32_t Model(std::string_view name);
  uint32_t Use(const UseNames& use);  ///< The same for uses.

  std::string model(uint16_t number) const;  ///< REQUIRES: it was given.
  UseNames use(uint16_t number) const;       ///< REQUIRES: it was given.
  size_t model_count() const;
  size_t use_count() const;

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> models_ ABSL_GUARDED_BY(mutex_);
  std::vector<UseNames> uses_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint32_t> model_numbers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint32_t> use_numbers_ ABSL_GUARDED_BY(mutex_);
};

/// A row that is not an event.
struct BadRow {
  std::string file;
  int64_t line = 0;  ///< From 1; 0 where the input has no lines.
  std::string why;   ///< "input_tokens: is '-3', expected 0 to 4294967295".
  friend bool operator==(const BadRow&, const BadRow&) = default;
};

/// Events of one piece of input, in its order.
struct EventBatch {
  std::vector<Event> events;
  std::vector<Quantities> more;  ///< Kinds without a place in Event; input and output among them
                                 ///< are not repeated here.
  std::vector<BadRow> bad_rows;  ///< The first few; lines count from the piece's first.
  int64_t bad_row_count = 0;
  int64_t lines = 0;    ///< Of the piece.
  int64_t unrated = 0;  ///< Rows that are no use and no fault: fees in a file of records.

  void Clear();
};

}  // namespace ocs::simulation

#endif  // OCS_SIMULATION_EVENT_H_
