#include "cdr/verify.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "cdr/file_series.h"
#include "cdr/internal/check_file.h"
#include "cdr/internal/disk.h"
#include "cdr/internal/sha256.h"
#include "cdr/manifest.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::cdr {
namespace {

struct Listed {
  std::vector<std::string> manifests;  // Their files' names.
  std::vector<std::string> files;
  uint64_t unfinished = 0;
};

bool IsRecordFile(std::string_view name) {
  for (const std::string_view suffix : {".csv", ".jsonl", ".ber"}) {
    if (name.ends_with(suffix) || name.ends_with(Cat(suffix, ".gz"))) return true;
  }
  return false;
}

absl::StatusOr<Listed> ListFolder(const std::string& folder) {
  Listed listed;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory)
    return absl::NotFoundError(Cat(folder, ": there is no such folder"));
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(".")) continue;
    if (name.ends_with(FileWriter::kTemporarySuffix)) {
      ++listed.unfinished;
    } else if (name.ends_with(kManifestSuffix)) {
      listed.manifests.push_back(name.substr(0, name.size() - kManifestSuffix.size()));
    } else if (IsRecordFile(name)) {
      listed.files.push_back(name);
    }
  }
  if (error) return absl::UnavailableError(Cat(folder, ": cannot list it: ", error.message()));
  std::sort(listed.manifests.begin(), listed.manifests.end());
  std::sort(listed.files.begin(), listed.files.end());
  return listed;
}

struct ReadManifest {
  Manifest manifest;
  std::string hash;
};

class Verifier final {
 public:
  Verifier(std::string folder, const VerifyOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  absl::StatusOr<Verdict> Run();

 private:
  void Found(Fault fault) {
    ++verdict_.fault_count;
    if (verdict_.faults.size() < options_.faults_max) verdict_.faults.push_back(std::move(fault));
  }
  absl::Status ReadManifests(const Listed& listed);
  absl::Status CheckFiles(const Listed& listed);
  absl::Status CheckUnlisted(const std::string& name);
  void CheckFirst();
  void CheckChain();
  void CheckShards(const ReadManifest& read);
  absl::Status CheckHead();

  std::string Path(std::string_view name) const { return Cat(folder_, "/", name); }

  std::string folder_;
  const VerifyOptions& options_;
  Verdict verdict_;
  std::map<uint32_t, ReadManifest> chain_;  // By file sequence.
  std::set<uint32_t> altered_;  // Sequence numbers whose manifest is there but cannot be read.
  std::map<std::string, std::string> names_by_hash_;  // Of files that a manifest tells.
};

// The number in "ocs01_-_0000007.20260519_-_1200+0800.ber", or 0.
uint32_t SequenceInName(std::string_view name) {
  const size_t at = name.find("_-_");
  if (at == std::string_view::npos) return 0;
  uint64_t number = 0;
  for (const char c : name.substr(at + 3)) {
    if (c < '0' || c > '9' || number > 0xffff'ffff) break;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number > 0xffff'ffff ? 0 : static_cast<uint32_t>(number);
}

absl::Status Verifier::ReadManifests(const Listed& listed) {
  for (const std::string& name : listed.manifests) {
    const std::string manifest_name = Cat(name, kManifestSuffix);
    OCS_ASSIGN_OR_RETURN(const std::string text,
                         internal::ReadWhole(Path(manifest_name), kManifestBytesMax));
    auto manifest = ParseManifest(text);
    if (!manifest.ok()) {
      altered_.insert(SequenceInName(name));
      Found({FaultKind::kManifestAltered, manifest_name,
             std::string(FromAbsl(manifest.status().message())),
             "fetch the manifest again from where it was written, or restore it"});
      continue;
    }
    if (manifest->file != name) {
      Found({FaultKind::kFileDoubled, manifest_name,
             Cat("is the manifest of ", manifest->file, ", under another name"),
             "take the copy away, and do not load its file"});
      continue;
    }
    const uint32_t sequence = manifest->sequence;
    const auto [at, is_new] =
        chain_.try_emplace(sequence, ReadManifest{*std::move(manifest), ManifestHash(text)});
    if (!is_new) {
      Found({FaultKind::kFileDoubled, name,
             Cat("has sequence number ", sequence, ", as ", at->second.manifest.file, " has"),
             "keep the one that the manifest behind it is chained to, and take the other away"});
    }
  }
  return absl::OkStatus();
}

void Verifier::CheckFirst() {
  const ReadManifest& first = chain_.begin()->second;
  if (!options_.previous.empty()) {
    if (first.manifest.previous != options_.previous) {
      Found({FaultKind::kChainBroken, first.manifest.file,
             Cat("is chained to ", first.manifest.previous, ", not to ", options_.previous),
             "look for the files between the one with that hash and this one"});
    }
    return;
  }
  if (first.manifest.sequence == 1) {
    if (first.manifest.previous != kNoPrevious) {
      Found({FaultKind::kChainBroken, first.manifest.file, "is file 1, but has one before it",
             "restore the manifest from where it was written"});
    }
    return;
  }
  uint32_t next = 1;
  while (altered_.contains(next)) ++next;
  if (next == first.manifest.sequence) return;  // Told already: their manifests cannot be read.
  Found({FaultKind::kFileMissing, Cat("file ", next),
         Cat("the series here begins with file ", first.manifest.sequence),
         "fetch the files before it; or, when they are kept elsewhere, give the hash of the last "
         "manifest there"});
}

void Verifier::CheckChain() {
  const ReadManifest* before = nullptr;
  for (const auto& [sequence, read] : chain_) {
    if (before != nullptr) {
      const uint32_t expected = before->manifest.sequence + 1;
      bool gap = false;
      for (uint32_t missing = expected; missing < sequence; ++missing) {
        gap = true;
        if (altered_.contains(missing)) continue;
        Found({FaultKind::kFileMissing, Cat("file ", missing),
               Cat("is not there, between ", before->manifest.file, " and ", read.manifest.file),
               "fetch it again: the one whose name has this running number"});
        if (missing - expected > 1'000'000) break;  // Two folders in one: enough is told.
      }
      if (!gap && read.manifest.previous != before->hash) {
        Found({FaultKind::kChainBroken, Cat(before->manifest.file, kManifestSuffix),
               Cat("is not the manifest that ", read.manifest.file, " was chained to"),
               "it was exchanged after that file was written: restore it, and its file, from where "
               "they were written"});
      }
    }
    CheckShards(read);
    before = &read;
  }
}

// The writer never leaves a sequence number out; so a jump between two files that are chained to
// each other means that somebody else wrote them.
void Verifier::CheckShards(const ReadManifest& read) {
  for (const auto& [shard, range] : read.manifest.shards) {
    const auto [at, is_new] = verdict_.shards.try_emplace(
        shard, Verdict::Shard{range.first_sequence, range.last_sequence, range.records});
    if (is_new) continue;
    Verdict::Shard& so_far = at->second;
    const auto before = chain_.find(read.manifest.sequence - 1);
    if (before != chain_.end() && range.first_sequence != so_far.last_sequence + 1) {
      Found({range.first_sequence > so_far.last_sequence ? FaultKind::kRecordMissing
                                                         : FaultKind::kRecordDoubled,
             read.manifest.file,
             Cat("shard ", shard.value, " begins with sequence ", range.first_sequence,
                 ", but the files before it end with ", so_far.last_sequence),
             "ask the server's operator: records between the two files are lost or doubled"});
    }
    so_far.last_sequence = range.last_sequence;
    so_far.records += range.records;
  }
}

absl::Status Verifier::CheckHead() {
  const ReadManifest& last = chain_.rbegin()->second;
  std::string expected = options_.head;
  std::string says = "the hash that was given";
  const std::string state = Path(kSeriesStateName);
  if (expected.empty() && internal::Exists(state)) {
    OCS_ASSIGN_OR_RETURN(const std::string text, internal::ReadWhole(state, kManifestBytesMax));
    const auto manifest = ParseManifest(text);
    if (!manifest.ok()) {
      Found({FaultKind::kManifestAltered, std::string(kSeriesStateName),
             std::string(FromAbsl(manifest.status().message())),
             "copy the manifest of the last file to this name"});
      return absl::OkStatus();
    }
    expected = ManifestHash(text);
    says = Cat("the folder's state, which ends with file ", manifest->sequence);
    // Written, but not named yet: the writer or its successor does it.
    if (internal::Exists(Path(Cat(manifest->file, FileWriter::kTemporarySuffix))))
      return absl::OkStatus();
  }
  if (expected.empty() || expected == last.hash) return absl::OkStatus();
  if (!altered_.empty() && *altered_.rbegin() > last.manifest.sequence) return absl::OkStatus();
  Found(
      {FaultKind::kFileMissing, Cat("file ", last.manifest.sequence + 1),
       Cat("the last manifest here is not that of ", says),
       "fetch the files behind the last one here; if there are none, its manifest was exchanged"});
  return absl::OkStatus();
}

absl::Status Verifier::CheckUnlisted(const std::string& name) {
  OCS_ASSIGN_OR_RETURN(const std::string bytes,
                       internal::ReadWhole(Path(name), internal::kFileBytesMax));
  const auto original = names_by_hash_.find(internal::Sha256Hex(bytes));
  if (original != names_by_hash_.end()) {
    Found({FaultKind::kFileDoubled, name, Cat("is a copy of ", original->second),
           "take the copy away, and do not load it"});
  } else {
    Found({FaultKind::kFileUnknown, name, "has no manifest",
           "fetch its manifest; when there is none, nobody of the series wrote this file: do not "
           "load it"});
  }
  return absl::OkStatus();
}

absl::Status Verifier::CheckFiles(const Listed& listed) {
  std::set<std::string> told;
  for (const auto& [sequence, read] : chain_) {
    const Manifest& manifest = read.manifest;
    told.insert(manifest.file);
    verdict_.records += manifest.records;
    names_by_hash_[manifest.sha256] = manifest.file;
    if (!internal::Exists(Path(manifest.file))) {
      if (internal::Exists(Path(Cat(manifest.file, FileWriter::kTemporarySuffix)))) continue;
      Found({FaultKind::kFileMissing, manifest.file, "its manifest is here, the file is not",
             "fetch it again"});
      continue;
    }
    OCS_ASSIGN_OR_RETURN(const std::string bytes,
                         internal::ReadWhole(Path(manifest.file), internal::kFileBytesMax));
    for (Fault& fault : internal::CheckFile(manifest, bytes)) Found(std::move(fault));
  }
  // Those whose manifest could not be read are told by that.
  for (const std::string& name : listed.manifests) told.insert(name);
  for (const std::string& name : listed.files) {
    if (!told.contains(name)) OCS_RETURN_IF_ERROR(CheckUnlisted(name));
  }
  return absl::OkStatus();
}

absl::StatusOr<Verdict> Verifier::Run() {
  OCS_ASSIGN_OR_RETURN(const Listed listed, ListFolder(folder_));
  verdict_.unfinished = listed.unfinished;
  if (listed.manifests.empty()) {
    return absl::InvalidArgumentError(
        Cat(folder_, ": has no manifest: not a folder of exported files, or all were taken away"));
  }
  OCS_RETURN_IF_ERROR(ReadManifests(listed));
  if (!chain_.empty()) {
    CheckFirst();
    CheckChain();
    OCS_RETURN_IF_ERROR(CheckHead());
    verdict_.files = chain_.size();
    verdict_.first_file = chain_.begin()->first;
    verdict_.last_file = chain_.rbegin()->first;
    verdict_.head = chain_.rbegin()->second.hash;
  }
  OCS_RETURN_IF_ERROR(CheckFiles(listed));
  return std::move(verdict_);
}

bool IsHash(std::string_view text) {
  return text.size() == kNoPrevious.size() &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string_view FaultKindName(FaultKind kind) {
  switch (kind) {
    case FaultKind::kFileMissing:
      return "file_missing";
    case FaultKind::kFileDoubled:
      return "file_doubled";
    case FaultKind::kFileUnknown:
      return "file_unknown";
    case FaultKind::kFileAltered:
      return "file_altered";
    case FaultKind::kManifestAltered:
      return "manifest_altered";
    case FaultKind::kChainBroken:
      return "chain_broken";
    case FaultKind::kRecordMissing:
      return "record_missing";
    case FaultKind::kRecordDoubled:
      return "record_doubled";
    case FaultKind::kRecordReordered:
      return "record_reordered";
    case FaultKind::kRecordAltered:
      return "record_altered";
  }
  return "";
}

absl::StatusOr<Verdict> VerifyFolder(std::string_view folder, const VerifyOptions& options) {
  for (const std::string& hash : {options.previous, options.head}) {
    if (!hash.empty() && !IsHash(hash))
      return absl::InvalidArgumentError(
          Cat("'", hash.substr(0, 70), "': expected a SHA-256 of 64 hexadecimal digits"));
  }
  return Verifier(std::string(folder), options).Run();
}

}  // namespace ocs::cdr
