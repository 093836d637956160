#include "cdr/manifest.h"

#include <string>

#include "cdr/internal/sha256.h"
#include "ocs/base/text.h"
#include "tests/cdr/samples.h"
#include "tests/support/catch.h"

namespace ocs::cdr {
namespace {

Manifest Sample() {
  Manifest manifest;
  manifest.file = "ocs01_-_0000007.20260519_-_1200+0800.ber.gz";
  manifest.node_id = "ocs01";
  manifest.sequence = 7;
  manifest.format = FileFormat::kBer;
  manifest.compression = Compression::kGzip;
  manifest.size_bytes = 1234;
  manifest.sha256 = internal::Sha256Hex("the file");
  manifest.previous = internal::Sha256Hex("the manifest before");
  manifest.closure = FileClosure::kSizeLimit;
  manifest.opened_at = testing::kNoon;
  manifest.closed_at = testing::kNoon.PlusMillis(1250);
  manifest.records = 14;
  manifest.lines = 20;
  manifest.shards[ShardId{0}] = {7, 18, 12};
  manifest.shards[ShardId{3}] = {1, 2, 2};
  manifest.cursors[ShardId{0}] = {18, {12, 1}};
  manifest.cursors[ShardId{2}] = {5, {3, 0}};
  manifest.cursors[ShardId{3}] = {2, {1, 4}};
  manifest.sums = {"usage ds-usage 0.004936 CNY", "fee two\\r\\nlines 9.90 CNY"};
  for (uint32_t i = 0; i < 14; ++i) manifest.digests.push_back(i * 0x12345678);
  return manifest;
}

std::string WhyManifestRefused(std::string_view text) {
  const auto manifest = ParseManifest(text);
  if (manifest.ok()) return "accepted";
  REQUIRE(manifest.status().code() == absl::StatusCode::kDataLoss);
  return std::string(FromAbsl(manifest.status().message()));
}

TEST_CASE("a manifest is text, a fact a line", "[cdr][unit][golden]") {
  CHECK(FormatManifest(Sample()) == testing::Golden("manifest.txt", FormatManifest(Sample())));
}

TEST_CASE("a manifest comes back", "[cdr][unit]") {
  const auto back = ParseManifest(FormatManifest(Sample()));
  INFO(back.status().ToString());
  REQUIRE(back.ok());
  CHECK(*back == Sample());
  Manifest empty = Sample();
  empty.records = 0;
  empty.digests.clear();
  empty.shards.clear();
  empty.cursors.clear();
  empty.sums.clear();
  CHECK(*ParseManifest(FormatManifest(empty)) == empty);
}

TEST_CASE("no byte of a manifest can be changed unseen", "[cdr][unit]") {
  const std::string text = FormatManifest(Sample());
  for (size_t at = 0; at < text.size(); ++at) {
    for (const int change : {1, 2, 32}) {
      std::string changed = text;
      changed[at] = static_cast<char>(changed[at] ^ change);
      CAPTURE(at);
      REQUIRE(WhyManifestRefused(changed) != "accepted");
    }
    REQUIRE(WhyManifestRefused(std::string_view(text).substr(0, at)) != "accepted");
  }
}

TEST_CASE("a manifest that is refused says where", "[cdr][unit]") {
  const std::string text = FormatManifest(Sample());
  const auto with = [&](std::string_view what, std::string_view other) {
    std::string changed = text;
    const size_t at = changed.find(what);
    REQUIRE(at != std::string::npos);
    return WhyManifestRefused(changed.replace(at, what.size(), other));
  };
  CHECK(WhyManifestRefused("") == "line 1: expected 'format'");
  CHECK(with("manifest-1", "manifest-2") == "line 1: expected ocs-cdr-manifest-1");
  CHECK(with("encoding ber", "encoding xer") ==
        "line 5: a value that is not known to this release");
  CHECK(with("bytes 1234", "bytes x") == "line 7: expected a number");
  CHECK(with("sha256 ", "sha256 a") == "line 8: expected a SHA-256 of 64 digits");
  CHECK(with("records 14", "records 15") == "line 22: not as many digests as records");
  CHECK(with("9.90 CNY", "9.80 CNY") == "its content is not what its own hash says");
  CHECK(WhyManifestRefused(text + "x") == "something stands behind its end");
}

TEST_CASE("names of files follow TS 32.297", "[cdr][unit]") {
  FileOptions options;
  options.format = FileFormat::kBer;
  options.zone = testing::Beijing();
  CHECK(SeriesFileName("ocs01", 7, testing::kNoon, options) ==
        "ocs01_-_0000007.20260519_-_1200+0800.ber");
  options.zone = absl::FixedTimeZone(-34'200);
  options.format = FileFormat::kFocus;
  options.compression = Compression::kGzip;
  CHECK(SeriesFileName("n", 12'345'678, testing::kNoon, options) ==
        "n_-_12345678.20260518_-_1830-0930.focus.csv.gz");
}

TEST_CASE("sums are lines, whatever a charge code holds", "[cdr][unit]") {
  ControlTotals totals;
  Record record = testing::FeeSample();
  record.lines[0].charge_code = "two\r\nlines";
  REQUIRE(totals.Add(testing::IdOf(1, 0), record).ok());
  record.lines[0].charge_code = "";
  record.lines[0].unit = Unit();
  REQUIRE(totals.Add(testing::IdOf(1, 1), record).ok());
  CHECK(SumLines(totals) ==
        std::vector<std::string>{"fee - 9900000 -", "fee two\\r\\nlines 9.90 CNY"});
}

}  // namespace
}  // namespace ocs::cdr
