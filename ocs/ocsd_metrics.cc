#include "ocs/ocsd_metrics.h"

#include <algorithm>
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
    {"ocs_account_lookups_total", "Accounts looked for.", Kind::kCounter,
     [](const ShardStatistics& s) { return s.account_lookups; }},
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

// How the times of writes and calls, and the sizes of groups, are spread.
void CollectTimes(const std::vector<ShardStatistics>& shards, const rpc::Services& services,
                  std::vector<runtime::MetricFamily>* families) {
  // A family at a time: the next Add may move the ones before.
  const auto labels = [](size_t i) {
    return std::vector<std::pair<std::string, std::string>>{{"shard", absl::StrCat(i)}};
  };
  auto& writes = Add("ocs_write_seconds", "From a group's sealing to its durability.", families);
  writes.kind = Kind::kMicrosHistogram;
  for (size_t i = 0; i < shards.size(); ++i)
    writes.samples.push_back({labels(i), 0, shards[i].write_micros});
  auto& groups = Add("ocs_group_entries", "Entries in a group.", families);
  groups.kind = Kind::kHistogram;
  for (size_t i = 0; i < shards.size(); ++i)
    groups.samples.push_back({labels(i), 0, shards[i].group_entries});
  auto& charges =
      Add("ocs_charge_seconds",
          "Unary credit-control calls, from the reading of the request to the answer.", families);
  charges.kind = Kind::kMicrosHistogram;
  charges.samples.push_back({{}, 0, services.charge_micros()});
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

void CollectDemands(const rpc::DemandStatistics& demands,
                    std::vector<runtime::MetricFamily>* families) {
  const auto add = [&](const char* name, const char* help, Kind kind, int64_t value) {
    auto& family = Add(name, help, families);
    family.kind = kind;
    family.samples.push_back({{}, value});
  };
  add("ocs_push_listeners", "Gateways' streams that listen for demands on their sessions.",
      Kind::kGauge, demands.listeners);
  add("ocs_push_pending_accounts", "Accounts with a demand on a session that has no answer yet.",
      Kind::kGauge, demands.pending_accounts);
  add("ocs_push_sent_total", "Demands given to listeners.", Kind::kCounter, demands.sent);
  add("ocs_push_unheard_total", "Demands for which nobody listened; they are asked again.",
      Kind::kCounter, demands.unheard);
}

// A family with a sample for each shard that has a push.
void AddPush(const char* name, const char* help, Kind kind,
             const std::vector<rpc::PushStatistics>& shards,
             int64_t (*value)(const rpc::PushStatistics&),
             std::vector<runtime::MetricFamily>* families) {
  auto& family = Add(name, help, families);
  family.kind = kind;
  for (size_t i = 0; i < shards.size(); ++i)
    family.samples.push_back({{{"shard", absl::StrCat(i)}}, value(shards[i])});
}

void CollectPush(const rpc::SettlementPush* push, std::vector<runtime::MetricFamily>* families) {
  const auto shards = push == nullptr ? std::vector<rpc::PushStatistics>() : push->statistics();
  AddPush(
      "ocs_settlement_records_total", "Records pushed that are safe with the receiver.",
      Kind::kCounter, shards, [](const rpc::PushStatistics& s) { return s.records; }, families);
  AddPush(
      "ocs_settlement_failures_total", "Calls to the settlement receiver that failed.",
      Kind::kCounter, shards, [](const rpc::PushStatistics& s) { return s.failures; }, families);
  AddPush(
      "ocs_settlement_failing", "1 while the settlement receiver's last call failed.", Kind::kGauge,
      shards, [](const rpc::PushStatistics& s) { return static_cast<int64_t>(s.failing ? 1 : 0); },
      families);
}

void CollectConsumers(const engine::Engine& engine, Instant now,
                      std::vector<runtime::MetricFamily>* families) {
  const auto consumers = engine.consumers();
  const auto add = [&](const char* name, const char* help, auto value) {
    auto& family = Add(name, help, families);
    family.kind = Kind::kGauge;
    for (const auto& consumer : consumers) {
      family.samples.push_back(
          {{{"consumer", consumer.name}, {"shard", absl::StrCat(consumer.shard.value)}},
           value(consumer)});
    }
  };
  using Consumer = engine::Engine::Consumer;
  add("ocs_consumer_lag_seconds", "Age of the oldest record that a consumer has not acknowledged.",
      [now](const Consumer& consumer) {
        if (consumer.oldest_waiting == Instant::Never()) return int64_t{0};
        return std::max<int64_t>(0, (now.unix_ms - consumer.oldest_waiting.unix_ms) / 1000);
      });
  add("ocs_consumer_lag_groups", "Groups of the journal behind a consumer's position.",
      [](const Consumer& consumer) { return static_cast<int64_t>(consumer.groups_behind); });
  add("ocs_consumer_cut_off", "1 when records that a consumer has not acknowledged are gone.",
      [](const Consumer& consumer) { return static_cast<int64_t>(consumer.cut_off ? 1 : 0); });
}

}  // namespace

std::vector<runtime::MetricFamily> CollectMetrics(const MetricSources& sources) {
  const engine::Engine& engine = *sources.engine;
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
  CollectAccess(sources.services->access_statistics(), &families);
  CollectConsumers(engine, sources.now, &families);
  CollectDemands(sources.services->demand_statistics(), &families);
  CollectPush(sources.settlement, &families);
  CollectTimes(shards, *sources.services, &families);
  auto& faulty =
      Add("ocs_credentials_faulty",
          "1 while the credentials file has a fault; the last good one counts.", &families);
  faulty.kind = Kind::kGauge;
  faulty.samples.push_back(
      {{},
       static_cast<int64_t>(sources.credentials != nullptr && sources.credentials->faulty() ? 1
                                                                                            : 0)});
  return families;
}

}  // namespace ocs::ocsd
