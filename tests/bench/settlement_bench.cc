// Finance's side: so many records into files of each format, beside copying the same bytes; a
// month of so many accounts billed, beside writing and reading the same records once.

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "cdr/bill_run.h"
#include "cdr/file_series.h"
#include "cdr/record.h"
#include "ocs/base/check.h"
#include "ocs/base/random.h"
#include "tests/bench/bench.h"

namespace ocs::bench {
namespace {

constexpr int64_t kRecordsPerAccount = 10;
constexpr Instant kMonthBegin{1'777'564'800'000};  // 2026-05-01 in Shanghai.
constexpr int64_t kMonthMillis = 31LL * 86'400'000;
constexpr std::array<const char*, 4> kModelNames = {"deepseek-v3.2", "qwen3-max", "glm-4.6",
                                                    "kimi-k2-0905-preview"};

// The n-th of `count` records, as a session's end gives them: three kinds of tokens, one of them
// from a package, a cost, what it was like. In order of time.
class RecordMaker final {
 public:
  RecordMaker(int64_t accounts, int64_t count) : accounts_(accounts), count_(count) {
    for (int i = 0; i < 3; ++i) {
      cdr::RecordLine line;
      line.kind = i == 0 ? TokenKind::kInput : i == 1 ? TokenKind::kCacheRead : TokenKind::kOutput;
      line.unit = i == 1 ? Unit::Of("token") : Unit::Of("CNY");
      line.price_numerator = i == 1 ? 1 : 4;
      line.price_denominator = 1;
      line.bucket = BucketId{i == 1 ? 7U : 1U};
      line.charge_code = i == 1 ? "CT-P-STANDARD/grant-1" : "QUOTA-POINTS";
      line.rule = "price book quota-points, line 87";
      line.tax_basis_points = 600;
      record_.lines.push_back(line);
    }
    cdr::RecordLine cost = record_.lines[0];
    cost.price_numerator = 2;
    cost.bucket = {};
    cost.charge_code = {};
    record_.costs.push_back(cost);
    record_.provider = "deepseek";
    record_.product = "standard";
    record_.scenario = "chat";
    record_.service_tier = "standard";
    record_.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    record_.tariff_revision = 3;
    record_.rating_group = 1;
  }

  const cdr::Record& Make(int64_t n) {
    const int64_t at = kMonthBegin.unix_ms + n * (kMonthMillis / count_);
    record_.local_sequence = static_cast<uint64_t>(n + 1);
    // Over all partitions, as real ones are.
    const auto account = static_cast<uint64_t>(random_.Below(accounts_));
    record_.account = {((account % static_cast<uint64_t>(kPartitionCount)) << 36) + account + 1};
    session_ = absl::StrFormat("conversation-%012d", n);
    record_.session_id = session_;
    record_.model = kModelNames[static_cast<size_t>(random_.Below(kModelNames.size()))];
    record_.recorded_at = {at};
    record_.closed_at = {at - 20};
    record_.opened_at = {at - 9'000};
    for (cdr::RecordLine& line : record_.lines) {
      line.quantity = random_.Between(1, 4'000);
      line.amount = line.quantity * line.price_numerator;
    }
    record_.costs[0].quantity = record_.lines[0].quantity;
    record_.costs[0].amount = record_.costs[0].quantity * 2;
    return record_;
  }
  static cdr::RecordId IdOf(int64_t n) {
    return {.shard = {0},
            .position = {.group = static_cast<uint64_t>(1 + n / 100),
                         .index = static_cast<uint32_t>(n % 100 * 32)}};
  }

 private:
  const int64_t accounts_;
  const int64_t count_;
  Random random_{11};
  cdr::Record record_;
  std::string session_;
};

uintmax_t BytesIn(const std::string& folder) {
  uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.is_regular_file()) bytes += file.file_size();
  }
  return bytes;
}

// Reads every file of the folder and writes its bytes to another, synced. Returns the seconds.
double CopyBytes(const std::string& folder, const std::string& to) {
  const double begin = Seconds();
  std::vector<char> buffer(1 << 20);
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const int in = ::open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
    const std::string copy = to + "/" + file.path().filename().string();
    const int out = ::open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    OCS_CHECK(in >= 0 && out >= 0);
    while (true) {
      const ssize_t got = ::read(in, buffer.data(), buffer.size());
      OCS_CHECK(got >= 0);
      if (got == 0) break;
      OCS_CHECK(::write(out, buffer.data(), static_cast<size_t>(got)) == got);
    }
    OCS_CHECK(::fdatasync(out) == 0);
    ::close(in);
    ::close(out);
  }
  return Seconds() - begin;
}

std::string Empty(const std::string& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

void ExportBench(const Options& options, cdr::FileFormat format, int64_t count, Report* report) {
  const std::string folder = Empty(options.folder + "/export");
  const std::string copy = Empty(options.folder + "/copy");
  cdr::SeriesOptions series_options;
  series_options.file.format = format;
  series_options.file.issuer = "bench";
  auto series = cdr::FileSeries::Open(folder, series_options);
  OCS_CHECK(series.ok());
  RecordMaker maker(options.accounts, count);
  const double begin = Seconds();
  double making = 0;
  for (int64_t n = 0; n < count; ++n) {
    const cdr::Record& record = maker.Make(n);
    OCS_CHECK((*series)->Add(RecordMaker::IdOf(n), record, record.recorded_at).ok());
  }
  OCS_CHECK((*series)->Close(cdr::FileClosure::kNormal, kMonthBegin).ok());
  const double seconds = Seconds() - begin;
  {
    RecordMaker again(options.accounts, count);
    const double from = Seconds();
    for (int64_t n = 0; n < count; ++n) again.Make(n);
    making = Seconds() - from;
  }
  const auto bytes = static_cast<double>(BytesIn(folder));
  const double copying = CopyBytes(folder, copy);
  const double writing = seconds - making;
  report->Add({absl::StrFormat("%d records as %s, synced, with manifests", count,
                               std::string(cdr::FileFormatName(format))),
               absl::StrFormat("%.1f s", writing),
               absl::StrFormat("%.2f GB copied and synced in %.1f s", bytes / 1e9, copying),
               Ratio(copying, writing), PerSecond(static_cast<double>(count) / writing)});
  std::filesystem::remove_all(folder);
  std::filesystem::remove_all(copy);
}

void BillBench(const Options& options, int64_t count, Report* report) {
  const std::string folder = Empty(options.folder + "/bills");
  cdr::BillRunOptions run_options{.cycle = "2026-05",
                                  .from = kMonthBegin,
                                  .until = kMonthBegin.PlusMillis(kMonthMillis),
                                  .kind = cdr::BillRunKind::kFinal};
  auto run = cdr::BillRun::Open(folder, run_options);
  OCS_CHECK(run.ok());
  RecordMaker maker(options.accounts, count);
  const double begin = Seconds();
  for (int64_t n = 0; n < count; ++n)
    OCS_CHECK((*run)->Add(RecordMaker::IdOf(n), maker.Make(n)).ok());
  const double added = Seconds();
  const auto result = (*run)->Finish();
  OCS_CHECK(result.ok());
  const double finished = Seconds();
  report->Add({absl::StrFormat("a month of %d accounts billed", options.accounts),
               absl::StrFormat("%.0f s", finished - begin),
               absl::StrFormat("%d records, %d bills, %.1f GB", count, result->bills,
                               static_cast<double>(BytesIn(result->folder)) / 1e9),
               "",
               absl::StrFormat("reading %.0f s, bills %.0f s", added - begin, finished - added)});
  std::filesystem::remove_all(folder);
}

}  // namespace

void SettlementBench(const Options& options, Report* report) {
  std::printf("settlement: %ld accounts, %ld records\n", options.accounts,
              options.accounts * kRecordsPerAccount);
  const int64_t count = options.accounts * kRecordsPerAccount;
  for (const cdr::FileFormat format :
       {cdr::FileFormat::kBer, cdr::FileFormat::kCsv, cdr::FileFormat::kJsonLines}) {
    ExportBench(options, format, count, report);
  }
  BillBench(options, count, report);
  std::filesystem::remove_all(options.folder);
}

}  // namespace ocs::bench
