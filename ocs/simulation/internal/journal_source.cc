// Reads records of use from the journal of a store that no server has open: a data folder, or a
// backup.

#include <algorithm>
#include <filesystem>
#include <utility>

#include "balance/journal.h"
#include "balance/rocks_store.h"
#include "balance/store.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/simulation/event_source.h"
#include "ocs/simulation/internal/record_events.h"
#include "ocs/simulation/internal/sha256.h"

namespace ocs::simulation {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 1024 * 1024;

// Groups behind each other, each with its length.
void AppendGroup(std::string_view group, std::string* out) {
  ByteWriter writer(out);
  writer.Text(group);
}

bool IsStore(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "CURRENT", error);
}

class JournalSource final : public EventSource {
 public:
  JournalSource(std::string folder, const Population* population, Names* names)
      : folder_(std::move(folder)), dealer_(population, names) {}

  absl::Status Open() {
    std::vector<std::string> shards;
    std::error_code error;
    if (IsStore(folder_)) shards.push_back(folder_);
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
      if (IsStore(at->path())) shards.push_back(at->path().string());
    }
    if (shards.empty()) {
      return absl::NotFoundError(
          Cat(folder_, ": holds no store, nor does a folder in it; give a server's data folder"));
    }
    std::sort(shards.begin(), shards.end());
    for (const std::string& shard : shards) {
      OCS_ASSIGN_OR_RETURN(
          std::unique_ptr<balance::Store> store,
          balance::OpenRocksStore({.folder = shard, .mode = balance::OpenMode::kReadOnly}));
      OCS_RETURN_IF_ERROR(AddShard(shard, std::move(store)));
    }
    return absl::OkStatus();
  }

  std::string name() const override {
    return fs::path(folder_).lexically_normal().filename().string();
  }
  std::string hash() const override { return hash_.Hex(); }
  int64_t total_weight() const override { return groups_; }

  absl::StatusOr<bool> Read(Piece* piece) override {
    while (shard_ < shards_.size()) {
      Shard& shard = shards_[shard_];
      if (shard.cursor == nullptr)
        shard.cursor = shard.store->Seek(balance::Table::kJournal, balance::GroupKey(1));
      piece->bytes.clear();
      piece->weight = 0;
      for (; shard.cursor->valid() && piece->bytes.size() < kPieceBytes; shard.cursor->Next()) {
        if (piece->weight == 0) piece->first_line = NumberOf(shard.cursor->key());
        hash_.Add(shard.cursor->value());
        AppendGroup(shard.cursor->value(), &piece->bytes);
        ++piece->weight;
      }
      OCS_RETURN_IF_ERROR(shard.cursor->status());
      if (piece->weight > 0) {
        piece->number = number_++;
        piece->pass = shard_;
        return true;
      }
      shard.cursor.reset();
      ++shard_;
    }
    return false;
  }

  // A piece's first_line is its first group, its pass the shard.
  void Parse(const Piece& piece, EventBatch* batch) const override {
    internal::RecordDealer::Cache cache;
    ByteReader in(piece.bytes);
    auto number = static_cast<uint64_t>(piece.first_line);
    for (int64_t i = 0; i < piece.weight; ++i, ++number) {
      const std::string_view bytes = in.Text();
      std::string why = ParseGroup(bytes, number, &cache, batch);
      if (why.empty()) continue;
      ++batch->bad_row_count;
      if (batch->bad_rows.size() < kBadRowsOfPiece) {
        batch->bad_rows.push_back({.file = shards_[piece.pass].folder,
                                   .line = static_cast<int64_t>(number),
                                   .why = std::move(why)});
      }
    }
  }

 private:
  struct Shard {
    std::string folder;
    std::unique_ptr<balance::Store> store;
    std::unique_ptr<balance::StoreCursor> cursor;
  };

  static int64_t NumberOf(std::string_view key) {
    uint64_t number = 0;
    for (const char c : key) number = number << 8 | static_cast<unsigned char>(c);
    return static_cast<int64_t>(number);
  }

  absl::Status AddShard(const std::string& folder, std::unique_ptr<balance::Store> store) {
    auto first = store->Seek(balance::Table::kJournal, balance::GroupKey(1));
    OCS_RETURN_IF_ERROR(first->status());
    OCS_ASSIGN_OR_RETURN(const balance::Head head, balance::ReadHead(*store));
    if (first->valid()) groups_ += static_cast<int64_t>(head.group) - NumberOf(first->key()) + 1;
    shards_.push_back({.folder = folder, .store = std::move(store), .cursor = nullptr});
    return absl::OkStatus();
  }

  std::string ParseGroup(std::string_view bytes, uint64_t number,
                         internal::RecordDealer::Cache* cache, EventBatch* batch) const {
    absl::StatusOr<balance::GroupReader> group = balance::GroupReader::Open(bytes, number);
    if (!group.ok()) return std::string(group.status().message());
    while (true) {
      const auto entry = group->Next();
      if (!entry.ok()) return std::string(entry.status().message());
      if (!entry->has_value()) return "";
      for (const auto& attachment : (*entry)->attachments) {
        if (attachment.type != balance::AttachmentType::kRecord) continue;
        std::string why = dealer_.AddBytes(attachment.bytes, cache, batch);
        if (!why.empty()) return why;
      }
    }
  }

  std::string folder_;
  internal::RecordDealer dealer_;
  std::vector<Shard> shards_;
  internal::Sha256Sum hash_;
  int64_t groups_ = 0;
  size_t shard_ = 0;
  uint64_t number_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EventSource>> OpenJournal(const std::string& folder,
                                                         const Population* population,
                                                         Names* names) {
  auto source = std::make_unique<JournalSource>(folder, population, names);
  OCS_RETURN_IF_ERROR(source->Open());
  return source;
}

}  // namespace ocs::simulation
