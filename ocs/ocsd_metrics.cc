#include "ocs/ocsd_metrics.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace ocs::ocsd {
namespace {

using Kind = runtime::MetricFamily::Kind;
using engine::ShardStatistics;

struct Description {
  const char* name;
  const char* help;
  Kind kind;
  int64_t (*value)(const ShardStatistics&);
};

constexpr Description kDescriptions[] = {
    {"ocs_operations_total", "Operations done, of all kinds.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.operations; }},
    {"ocs_replayed_answers_total", "Repeats that got the recorded answer.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.replayed_answers; }},
    {"ocs_entries_total", "Entries written to the journal.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.entries; }},
    {"ocs_groups_total", "Groups written: synced writes.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.groups; }},
    {"ocs_group_bytes_total", "Bytes of the groups written.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.group_bytes; }},
    {"ocs_records_total", "Charging data records written.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.records; }},
    {"ocs_refused_overload_total", "Operations refused because the queue was full.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.refused_overload; }},
    {"ocs_expired_sessions_total", "Sessions ended by the supervision timer.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.expired_sessions; }},
    {"ocs_account_loads_total", "Accounts read from disk.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.account_loads; }},
    {"ocs_queue_operations", "Operations waiting.", Kind::kGauge,
     [](const ShardStatistics& s) { return s.queue_length; }},
    {"ocs_cached_accounts", "Accounts in memory.", Kind::kGauge,
     [](const ShardStatistics& s) { return s.cached_accounts; }},
    {"ocs_durable_group", "Number of the last durable group.", Kind::kGauge,
     [](const ShardStatistics& s) { return static_cast<int64_t>(s.durable_group); }},
    {"ocs_checkpoint_group", "Number of the group that a restart replays from.", Kind::kGauge,
     [](const ShardStatistics& s) { return static_cast<int64_t>(s.checkpoint_group); }},
    {"ocs_store_bytes", "Bytes on disk.", Kind::kGauge,
     [](const ShardStatistics& s) { return s.store_bytes; }},
    {"ocs_stopped", "1 after a failed write: the shard answers nothing more.", Kind::kGauge,
     [](const ShardStatistics& s) { return static_cast<int64_t>(s.stopped ? 1 : 0); }},
};

}  // namespace

std::vector<runtime::MetricFamily> CollectMetrics(const engine::Engine& engine) {
  std::vector<ShardStatistics> shards;
  for (int i = 0; i < engine.shard_count(); ++i) {
    shards.push_back(engine.statistics({static_cast<uint16_t>(i)}));
  }
  std::vector<runtime::MetricFamily> families;
  for (const Description& description : kDescriptions) {
    auto& family = families.emplace_back();
    family.name = description.name;
    family.help = description.help;
    family.kind = description.kind;
    for (size_t i = 0; i < shards.size(); ++i) {
      family.samples.push_back({{{"shard", absl::StrCat(i)}}, description.value(shards[i])});
    }
  }
  auto& results = families.emplace_back();
  results.name = "ocs_credit_control_answers_total";
  results.help = "Credit-control answers by Result-Code.";
  for (size_t i = 0; i < shards.size(); ++i) {
    for (const auto& result : shards[i].results) {
      const auto code = static_cast<engine::ResultCode>(result.first);
      results.samples.push_back({{{"shard", absl::StrCat(i)},
                                  {"result_code", absl::StrCat(result.first)},
                                  {"name", std::string(engine::ResultCodeName(code))}},
                                 result.second});
    }
  }
  return families;
}

}  // namespace ocs::ocsd
