#include "balance/internal/wal_guard.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "balance/internal/wal_check.h"
#include "ocs/base/text.h"

namespace ocs::balance::internal {
namespace {

/// A file that ends early. Thread-compatible.
class ShortenedFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  ShortenedFile(std::unique_ptr<rocksdb::FSSequentialFile>&& file, uint64_t size)
      : FSSequentialFileOwnerWrapper(std::move(file)), left_(size) {}

  rocksdb::IOStatus Read(size_t count, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                         char* scratch, rocksdb::IODebugContext* debug) override {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(count, left_));
    *result = rocksdb::Slice(scratch, 0);
    if (wanted == 0) return rocksdb::IOStatus::OK();
    rocksdb::IOStatus status = target()->Read(wanted, options, result, scratch, debug);
    left_ -= result->size();
    return status;
  }
  rocksdb::IOStatus Skip(uint64_t count) override {
    const uint64_t skipped = std::min(count, left_);
    left_ -= skipped;
    return target()->Skip(skipped);
  }

 private:
  uint64_t left_;
};

std::string_view BaseName(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

bool IsWal(std::string_view name) { return name.ends_with(".log"); }
bool IsLog(std::string_view name) { return IsWal(name) || name.starts_with("MANIFEST-"); }

/// Numbers of any length, without their leading zeros, in order.
bool IsNewer(std::string_view name, std::string_view other) {
  const auto strip = [](std::string_view text) {
    return text.substr(std::min(text.find_first_not_of('0'), text.size()));
  };
  const std::string_view a = strip(name);
  const std::string_view b = strip(other);
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}

class GuardedFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit GuardedFiles(const std::shared_ptr<rocksdb::FileSystem>& files)
      : FileSystemWrapper(files) {}

  static const char* kClassName() { return "ocs.GuardedFiles"; }
  const char* Name() const override { return kClassName(); }

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* debug) override {
    if (!IsLog(BaseName(path))) return target()->NewSequentialFile(path, options, result, debug);
    WalChecker checker;
    rocksdb::IOStatus status = Check(path, options, &checker);
    if (!status.ok()) return status;
    if (checker.state() == WalState::kDamaged) return Refusal(path, checker, "is damaged");
    if (checker.state() == WalState::kTorn && IsWal(BaseName(path))) {
      bool newest = false;
      status = IsNewestWal(path, &newest);
      if (!status.ok()) return status;
      if (!newest) return Refusal(path, checker, "ends early, though a newer log follows it");
    }
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    status = target()->NewSequentialFile(path, options, &file, debug);
    if (!status.ok()) return status;
    *result = std::make_unique<ShortenedFile>(std::move(file), checker.whole_bytes());
    return rocksdb::IOStatus::OK();
  }

 private:
  static rocksdb::IOStatus Refusal(const std::string& path, const WalChecker& checker,
                                   std::string_view what) {
    return rocksdb::IOStatus::Corruption(
        Cat("log ", BaseName(path), " ", what, " at byte ", checker.trouble_at()));
  }

  rocksdb::IOStatus Check(const std::string& path, const rocksdb::FileOptions& options,
                          WalChecker* checker) {
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    rocksdb::IOStatus status = target()->NewSequentialFile(path, options, &file, nullptr);
    std::string block(kWalBlockBytes, '\0');
    size_t filled = kWalBlockBytes;
    while (status.ok() && filled == kWalBlockBytes) {
      status = FillBlock(file.get(), &block, &filled);
      if (status.ok()) checker->Add(std::string_view(block).substr(0, filled));
    }
    return status;
  }

  /// Reads until the block is full or the file ends: a read may give less than was asked for.
  static rocksdb::IOStatus FillBlock(rocksdb::FSSequentialFile* file, std::string* block,
                                     size_t* filled) {
    *filled = 0;
    while (*filled < kWalBlockBytes) {
      char* const at = block->data() + *filled;
      rocksdb::Slice part;
      rocksdb::IOStatus status =
          file->Read(kWalBlockBytes - *filled, rocksdb::IOOptions(), &part, at, nullptr);
      if (!status.ok()) return status;
      if (part.empty()) break;
      if (part.data() != at) std::copy_n(part.data(), part.size(), at);
      *filled += part.size();
    }
    return rocksdb::IOStatus::OK();
  }

  rocksdb::IOStatus IsNewestWal(const std::string& path, bool* newest) {
    const std::string_view name = BaseName(path);
    const std::string folder = path.substr(0, path.size() - name.size());
    std::vector<std::string> others;
    rocksdb::IOStatus status =
        target()->GetChildren(folder, rocksdb::IOOptions(), &others, nullptr);
    *newest = true;
    for (const std::string& other : others) {
      if (!status.ok()) return status;
      if (!IsWal(other) || !IsNewer(other, name)) continue;
      uint64_t size = 0;
      status = target()->GetFileSize(Cat(folder, other), rocksdb::IOOptions(), &size, nullptr);
      if (size > 0) *newest = false;
    }
    return status;
  }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> GuardWals(const std::shared_ptr<rocksdb::FileSystem>& files) {
  return std::make_shared<GuardedFiles>(files);
}

}  // namespace ocs::balance::internal
