// Where events come from. A source gives its input in pieces, in order, by one thread at a time;
// what is in a piece is worked out by many threads at once. So the result does not depend on how
// many there are, and no more is in memory than a few pieces.

#ifndef OCS_SIMULATION_EVENT_SOURCE_H_
#define OCS_SIMULATION_EVENT_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ocs/base/time.h"
#include "ocs/simulation/event.h"
#include "ocs/simulation/population.h"

namespace ocs::simulation {

/// A part of an input that can be read by itself: whole lines of a file, or what a generator is to
/// make.
struct Piece {
  uint64_t number = 0;  ///< From 0, in order.
  std::string bytes = {};
  int64_t first_line = 1;  ///< Of the file.
  uint64_t pass = 0;       ///< How often the input was read before (TraceOptions::repeat).
  int64_t offset_ms = 0;   ///< To be added to a trace's times: what passes before took.
  int64_t weight = 0;      ///< Bytes of the input, or whatever total_weight() counts.
};

inline constexpr size_t kBadRowsOfPiece = 100;  ///< So many are told: as many as a result lists.

/// Input of a simulation. Confined to who reads, but for Parse.
class EventSource {
 public:
  virtual ~EventSource() = default;

  /// What it is, for people and results: "mooncake.csv".
  virtual std::string name() const = 0;
  /// True for input that was made up, not recorded: results say so.
  virtual bool generated() const { return false; }
  /// What names the content: its SHA-256 in hexadecimal digits, or that of what generates it. Known
  /// when all was read.
  virtual std::string hash() const = 0;
  /// Of all pieces; 0 when it is not known.
  virtual int64_t total_weight() const = 0;

  /// Fills the next piece; false at the end. Errors: the input cannot be read: they name the file.
  virtual absl::StatusOr<bool> Read(Piece* piece) = 0;

  /// Adds the events of a piece. What is not right is a bad row of the batch. Thread-safe, also
  /// while the next piece is read.
  virtual void Parse(const Piece& piece, EventBatch* batch) const = 0;
};

struct TraceOptions {
  /// The instant of timestamp_ms 0.
  Instant begins = {};
  /// Time is stretched by so much: 1,000 permille is as it was.
  int64_t stretch_permille = 1'000;
  /// The whole trace is played so many times, one after the other; conversations are new ones in
  /// each pass. At least 1.
  int64_t repeat = 1;
  /// Where a repeated pass begins after the one before, before stretching; 0: at the last
  /// timestamp + 1 s.
  int64_t period_ms = 0;
};

/// A trace of the schema timestamp_ms, session_id, turn, model, input_tokens, cached_input_tokens,
/// output_tokens (docs/SIMULATION.md), plain or ending in ".gz". Rows without a session are
/// conversations of their own; rows without a model get one from the population's mix. The file is
/// checked for its header only. `names` and `population` must outlive it. Errors: NotFound,
/// InvalidArgument naming the file and what its header lacks.
absl::StatusOr<std::unique_ptr<EventSource>> OpenTrace(const std::string& path,
                                                       const TraceOptions& options,
                                                       const Population* population, Names* names);

/// Records of use as `ocsctl cdr export` writes them: CSV of either format, or JSON lines; plain or
/// ending in ".gz". Each record is a call, at the time of the report that closed it; all of one
/// payer belong to one account. Fees, refunds, rebates and corrections are no calls. `names` and
/// `population` must outlive it. Errors: NotFound, InvalidArgument naming the file and what its
/// header lacks.
absl::StatusOr<std::unique_ptr<EventSource>> OpenRecordFile(const std::string& path,
                                                            const Population* population,
                                                            Names* names);

/// The same records, of the journal of a store that no server has open: its data folder, or one of
/// a backup. Shards follow one another. `names` and `population` must outlive it. Errors: NotFound,
/// and those of balance::OpenRocksStore.
absl::StatusOr<std::unique_ptr<EventSource>> OpenJournal(const std::string& folder,
                                                         const Population* population,
                                                         Names* names);

/// Some more records in their byte form (cdr/record.h), oldest first; none at the end.
using ReadRecordBytes = std::function<absl::StatusOr<std::vector<std::string>>()>;
/// The same of records that somebody reads: a running server its own. `names` and `population` must
/// outlive it.
std::unique_ptr<EventSource> OpenRecordBytes(std::string name, ReadRecordBytes read,
                                             const Population* population, Names* names);

/// Of a file or folder: by its content, which of the above it is. Options are of traces. Errors: as
/// those.
absl::StatusOr<std::unique_ptr<EventSource>> OpenInput(const std::string& path,
                                                       const TraceOptions& options,
                                                       const Population* population, Names* names);

}  // namespace ocs::simulation

#endif  // OCS_SIMULATION_EVENT_SOURCE_H_
