// The table of vouchers as the shard sees it: what is stored, and what is decided but not durable.

#ifndef OCS_ENGINE_INTERNAL_VOUCHERS_H_
#define OCS_ENGINE_INTERNAL_VOUCHERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "balance/store.h"
#include "balance/voucher.h"

namespace ocs::engine {

/// Confined to its shard; the store outlives it.
class Vouchers final {
 public:
  explicit Vouchers(const balance::Store* store) : store_(store) {}

  /// The row, or nothing. Errors: DataLoss, Unavailable.
  absl::StatusOr<std::optional<balance::Voucher>> Find(const balance::VoucherHash& voucher) const;
  absl::StatusOr<std::optional<balance::VoucherBatch>> FindBatch(std::string_view batch) const;
  /// How many batches there are, those that are not durable included.
  absl::StatusOr<int64_t> CountBatches();

  /// Writes a row with the open group, whose number is `group`.
  void Put(const balance::VoucherHash& voucher, const balance::Voucher& row, uint64_t group,
           balance::StoreBatch* derived);
  /// REQUIRES: CountBatches() was asked before the first of a new name.
  enum class IsNew : uint8_t { kNo, kYes };
  void PutBatch(const balance::VoucherBatch& row, IsNew is_new, uint64_t group,
                balance::StoreBatch* derived);

  /// Groups up to this one are durable: the store has their rows.
  void Durable(uint64_t group);

 private:
  void PutRow(std::string key, std::string row, uint64_t group, balance::StoreBatch* derived);
  /// Into *row; false when it is not there.
  absl::StatusOr<bool> GetRow(const std::string& key, std::string* row) const;

  const balance::Store* const store_;
  absl::flat_hash_map<std::string, std::string> waiting_;  // Rows by key, of groups not durable.
  uint64_t last_group_ = 0;                                // Of the newest of them.
  int64_t batches_ = -1;                                   // Not counted yet.
};

}  // namespace ocs::engine

#endif  // OCS_ENGINE_INTERNAL_VOUCHERS_H_
