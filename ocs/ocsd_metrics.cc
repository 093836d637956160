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
    {"ocs_abandoned_total", "Operations not begun: their callers had given up.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.abandoned; }},
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

runtime::MetricFamily& Add(std::string name, std::string help,
                           std::vector<runtime::MetricFamily>* families) {
  auto& added = families->emplace_back();
  added.name = std::move(name);
  added.help = std::move(help);
  return added;
}

void CollectAccess(const rpc::AccessStatistics& access,
                   std::vector<runtime::MetricFamily>* families) {
  auto& refused =
      Add("ocs_calls_refused_total", "Calls that were not let in, by reason.", families);
  for (size_t i = 0; i < access.refused.size(); ++i) {
    const auto why = static_cast<rpc::AccessRefusal>(i);
    refused.samples.push_back(
        {{{"reason", std::string(rpc::AccessRefusalName(why))}}, access.refused[i]});
  }
  auto& admitted =
      Add("ocs_caller_requests_total", "Requests let in, by authenticated caller.", families);
  for (const auto& caller : access.callers) {
    admitted.samples.push_back(
        {{{"tenant", caller.tenant}, {"caller", caller.name}}, caller.admitted});
  }
  auto& limited = Add("ocs_caller_rate_refused_total",
                      "Requests refused because the caller was over its rate.", families);
  for (const auto& caller : access.callers) {
    limited.samples.push_back(
        {{{"tenant", caller.tenant}, {"caller", caller.name}}, caller.refused_rate});
  }
}

}  // namespace

std::vector<runtime::MetricFamily> CollectMetrics(const engine::Engine& engine,
                                                  const rpc::Services& services,
                                                  const CredentialsFile* credentials) {
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
  CollectAccess(services.access_statistics(), &families);
  auto& faulty =
      Add("ocs_credentials_faulty",
          "1 while the credentials file has a fault; the last good one counts.", &families);
  faulty.kind = Kind::kGauge;
  faulty.samples.push_back(
      {{}, static_cast<int64_t>(credentials != nullptr && credentials->faulty() ? 1 : 0)});
  return families;
}

}  // namespace ocs::ocsd
