// Records of use in their byte form, from whoever has them.

#include <utility>

#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/internal/record_events.h"
#include "ocs/simulation/internal/sha256.h"

namespace ocs::simulation {
namespace {

class RecordBytesSource final : public EventSource {
 public:
  RecordBytesSource(std::string name, ReadRecordBytes read, const Population* population,
                    Names* names)
      : name_(std::move(name)), read_(std::move(read)), dealer_(population, names) {}

  std::string name() const override { return name_; }
  std::string hash() const override { return hash_.Hex(); }
  int64_t total_weight() const override { return 0; }

  absl::StatusOr<bool> Read(Piece* piece) override {
    OCS_ASSIGN_OR_RETURN(const std::vector<std::string> records, read_());
    if (records.empty()) return false;
    piece->bytes.clear();
    ByteWriter out(&piece->bytes);
    for (const std::string& record : records) {
      hash_.Add(record);
      out.Text(record);
    }
    piece->number = number_++;
    piece->first_line = next_;
    piece->weight = 0;
    next_ += static_cast<int64_t>(records.size());
    return true;
  }

  // A piece's first_line is the number of its first record.
  void Parse(const Piece& piece, EventBatch* batch) const override {
    internal::RecordDealer::Cache cache;
    ByteReader in(piece.bytes);
    for (int64_t number = piece.first_line; !in.done(); ++number) {
      std::string why = dealer_.AddBytes(in.Text(), &cache, batch);
      if (why.empty()) continue;
      ++batch->bad_row_count;
      if (batch->bad_rows.size() < kBadRowsOfPiece)
        batch->bad_rows.push_back({.file = name_, .line = number, .why = std::move(why)});
    }
  }

 private:
  std::string name_;
  ReadRecordBytes read_;
  internal::RecordDealer dealer_;
  internal::Sha256Sum hash_;
  uint64_t number_ = 0;
  int64_t next_ = 1;
};

}  // namespace

std::unique_ptr<EventSource> OpenRecordBytes(std::string name, ReadRecordBytes read,
                                             const Population* population, Names* names) {
  return std::make_unique<RecordBytesSource>(std::move(name), std::move(read), population, names);
}

}  // namespace ocs::simulation
