#include "cdr/record_files.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "cdr/ber.h"
#include "cdr/file_32297.h"
#include "cdr/internal/disk.h"
#include "cdr/internal/gzip.h"
#include "cdr/internal/sha256.h"
#include "cdr/manifest.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

using Visit = std::function<absl::Status(const RecordId& id, const Record& record)>;

absl::StatusOr<std::vector<Manifest>> ManifestsIn(const std::string& folder) {
  std::vector<Manifest> manifests;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  if (error) return absl::NotFoundError(Cat(folder, ": cannot be listed: ", error.message()));
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string path = at->path().string();
    if (!path.ends_with(kManifestSuffix)) continue;
    OCS_ASSIGN_OR_RETURN(const std::string text, internal::ReadWhole(path, kManifestBytesMax));
    auto manifest = ParseManifest(text);
    if (!manifest.ok()) return Annotate(manifest.status(), path);
    manifest->digests = {};  // Of no use here, and many.
    manifests.push_back(*std::move(manifest));
  }
  if (error) return absl::UnavailableError(Cat(folder, ": cannot be listed: ", error.message()));
  if (manifests.empty()) {
    return absl::InvalidArgumentError(
        Cat(folder, ": holds no manifest; it is not a folder of ocsctl cdr export --folder"));
  }
  std::ranges::sort(manifests, {}, &Manifest::sequence);
  for (size_t i = 1; i < manifests.size(); ++i) {
    if (manifests[i].sequence == manifests[i - 1].sequence + 1) continue;
    return absl::DataLossError(Cat(folder, ": file ", manifests[i - 1].sequence + 1,
                                   " of the series is missing; fetch it again"));
  }
  return manifests;
}

absl::Status VisitFile(const Manifest& manifest, const std::string& path, const Visit& visit) {
  if (manifest.format != FileFormat::kBer) {
    return absl::InvalidArgumentError(Cat(path, ": is ", FileFormatName(manifest.format),
                                          "; settlement reads BER files, which hold every field"));
  }
  OCS_ASSIGN_OR_RETURN(std::string bytes, internal::ReadWhole(path, internal::kFileBytesMax));
  if (internal::Sha256Hex(bytes) != manifest.sha256) {
    return absl::DataLossError(
        Cat(path, ": is not the file that its manifest tells; ocsctl cdr verify says more"));
  }
  if (manifest.compression == Compression::kGzip) {
    OCS_ASSIGN_OR_RETURN(bytes, internal::Gunzip(bytes, internal::kFileBytesMax));
  }
  OCS_ASSIGN_OR_RETURN(FileReader32297 reader, FileReader32297::Open(bytes));
  while (true) {
    OCS_ASSIGN_OR_RETURN(const auto item, reader.Next());
    if (!item.has_value()) return absl::OkStatus();
    const auto record = DecodeBerRecord(item->record);
    if (!record.ok())
      return Annotate(record.status(), Cat(path, ": record at octet ", item->offset));
    OCS_RETURN_IF_ERROR(visit(record->id, record->record));
  }
}

}  // namespace

absl::Status ForEachRecordIn(std::string_view folder, const Visit& visit) {
  const std::string where(folder);
  OCS_ASSIGN_OR_RETURN(const std::vector<Manifest> manifests, ManifestsIn(where));
  for (const Manifest& manifest : manifests)
    OCS_RETURN_IF_ERROR(VisitFile(manifest, Cat(where, "/", manifest.file), visit));
  return absl::OkStatus();
}

}  // namespace ocs::cdr
