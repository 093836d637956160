#include "ocs/ocsd_config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ocs/base/status.h"
#include "ocs/rpc/credentials.h"

namespace ocs::ocsd {
namespace {

// Reads a text into the configuration; returns what was expected, or "" when it was that.
using Setter = std::function<std::string(const std::string& text, Config* config)>;
using Getter = std::function<std::string(const Config& config)>;

struct Key {
  std::string_view name;
  std::string_view help;
  Setter set;
  Getter get;
};

// The bounds of a number. Each says what is possible, not what is wise.
struct Range {
  int64_t min = 0;
  int64_t max = 0;
};

template <typename Field>
Key NumberKey(std::string_view name, std::string_view help, Range range, Field field) {
  return {name, help,
          [range, field](const std::string& text, Config* config) -> std::string {
            int64_t value = 0;
            if (!absl::SimpleAtoi(text, &value) || value < range.min || value > range.max) {
              return absl::StrCat("a whole number from ", range.min, " to ", range.max);
            }
            auto& target = field(*config);
            target = static_cast<std::decay_t<decltype(target)>>(value);
            return "";
          },
          [field](const Config& config) {
            Config copy = config;
            return absl::StrCat(field(copy));
          }};
}

Key TextKey(std::string_view name, std::string_view help, std::string Config::*field) {
  return {name, help,
          [field](const std::string& text, Config* config) -> std::string {
            config->*field = text;
            return "";
          },
          [field](const Config& config) { return config.*field; }};
}

template <typename Enum>
Key ChoiceKey(std::string_view name, std::string_view help, std::vector<std::string> choices,
              Enum Config::*field) {
  return {name, help,
          [choices, field](const std::string& text, Config* config) -> std::string {
            const auto found = std::find(choices.begin(), choices.end(), text);
            if (found == choices.end()) {
              std::string expected = "one of";
              for (const std::string& choice : choices) absl::StrAppend(&expected, " ", choice);
              return expected;
            }
            config->*field = static_cast<Enum>(found - choices.begin());
            return "";
          },
          [choices, field](const Config& config) {
            return choices[static_cast<size_t>(config.*field)];
          }};
}

std::string SetZone(const std::string& text, Config* config) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(text, &zone)) return "a name of the IANA time zone database";
  config->zone = zone;
  config->zone_name = text;
  return "";
}

constexpr int64_t kDay = 86'400;
constexpr int64_t kYear = 366 * kDay;
constexpr int64_t kMiB = 1024 * 1024;
constexpr int64_t kTiB = kMiB * kMiB;

Key PermissionKey(std::string_view name, std::string_view help, Permission Config::*field) {
  return ChoiceKey(name, help, {"no", "yes"}, field);
}

std::vector<Key> SecurityKeys() {
  return {
      NumberKey(
          "tls_refresh_seconds", "how often the TLS files are looked at for new ones", {1, kDay},
          [](Config & config) -> auto& { return config.tls_refresh_seconds; }),
      TextKey("credentials_file", "who may call, in which roles; given: every call needs one",
              &Config::credentials_file),
      TextKey("operator_tenant", "the tenant whose callers reach the accounts of all",
              &Config::operator_tenant),
      PermissionKey("allow_plain_text", "no TLS on an address that others can reach: no, yes",
                    &Config::allow_plain_text),
      PermissionKey("allow_anonymous",
                    "no credentials on an address that others can reach: no, yes",
                    &Config::allow_anonymous),
      NumberKey(
          "rate_per_second", "requests of a credential that names no rate; 0 for no limit",
          {0, rpc::kRateMax}, [](Config & config) -> auto& { return config.rate_per_second; }),
      NumberKey(
          "rate_burst", "requests at once of such a credential; 0 for a tenth of its rate",
          {0, rpc::kRateMax}, [](Config & config) -> auto& { return config.rate_burst; }),
      NumberKey(
          "metadata_bytes_max", "metadata of one call", {1'024, kMiB},
          [](Config & config) -> auto& { return config.metadata_bytes_max; }),
      NumberKey(
          "calls_per_connection_max", "calls and streams at once on one connection", {1, 1'000'000},
          [](Config & config) -> auto& { return config.calls_per_connection_max; }),
  };
}

std::vector<Key> ServerKeys() {
  return {
      TextKey("listen_address", "host:port of the gRPC server; port 0 takes a free one",
              &Config::listen_address),
      TextKey("tls_certificate_file", "PEM file of the server's certificate; turns TLS on",
              &Config::tls_certificate_file),
      TextKey("tls_key_file", "PEM file of the certificate's private key", &Config::tls_key_file),
      TextKey("tls_client_ca_file",
              "PEM file; clients must show a certificate that one of these signed",
              &Config::tls_client_ca_file),
      TextKey("metrics_address", "host:port of the metrics page, loopback only; empty for none",
              &Config::metrics_address),
      TextKey("data_folder", "folder of the journal and the states; made when it is missing",
              &Config::data_folder),
      TextKey("backup_folder",
              "where backups are made, each in a folder of its name; empty for none",
              &Config::backup_folder),
      TextKey("simulation_folder",
              "files that may be simulated: traces, exported records; empty for none",
              &Config::simulation_folder),
      NumberKey(
          "simulation_accounts_max",
          "accounts of a simulation, times its catalogues: about 1 KB of memory each",
          {1, 1'000'000'000},
          [](Config & config) -> auto& { return config.simulation_accounts_max; }),
      NumberKey(
          "shard_count", "shards; fixed when the data folder is made", {1, 64},
          [](Config & config) -> auto& { return config.shard_count; }),
      NumberKey(
          "block_cache_bytes", "memory for blocks read from disk, all shards together",
          {kMiB, kTiB}, [](Config & config) -> auto& { return config.block_cache_bytes; }),
      NumberKey(
          "write_buffer_bytes", "memory for what is not yet in table files, all shards together",
          {kMiB, kTiB}, [](Config & config) -> auto& { return config.write_buffer_bytes; }),
      {"zone", "time zone of the times in explanations and bills", SetZone,
       [](const Config& config) { return config.zone_name; }},
      ChoiceKey("log_level", "least level that is logged: debug, info, warning, error",
                {"debug", "info", "warning", "error"}, &Config::log_level),
      ChoiceKey("log_format", "text (key=value) or json", {"text", "json"}, &Config::log_format),
      NumberKey(
          "drain_seconds_max", "for finishing work and writing back states at the end", {1, 3600},
          [](Config & config) -> auto& { return config.drain_seconds_max; }),
      NumberKey(
          "shutdown_seconds_max", "for open streams to end before they are cut", {0, 3600},
          [](Config & config) -> auto& { return config.shutdown_seconds_max; }),
  };
}

std::vector<Key> EngineKeys() {
  return {
      NumberKey(
          "validity_seconds", "Validity-Time of grants", {1, kDay},
          [](Config & config) -> auto& { return config.engine.validity_seconds; }),
      NumberKey(
          "supervision_factor", "the supervision timer (Tcc) is the validity times this", {1, 100},
          [](Config & config) -> auto& { return config.engine.supervision_factor; }),
      NumberKey(
          "partial_record_tokens",
          "a partial record with as many tokens says so as its closing cause, and gateways are "
          "told to report then; 0: none does",
          {0, 1'000'000'000'000},
          [](Config & config) -> auto& { return config.engine.partial_record_tokens; }),
      NumberKey(
          "partial_record_seconds",
          "the same of one that lasted so long, and no grant is valid for longer; 0: none",
          {0, kDay}, [](Config & config) -> auto& { return config.engine.partial_record_seconds; }),
      NumberKey(
          "event_time_past_max_seconds", "how far behind arrival an event time may be", {0, kYear},
          [](Config & config) -> auto& { return config.engine.event_time_past_max_seconds; }),
      NumberKey(
          "event_time_ahead_max_seconds", "how far ahead of arrival an event time may be",
          {0, kDay},
          [](Config & config) -> auto& { return config.engine.event_time_ahead_max_seconds; }),
      NumberKey(
          "default_grant_tokens", "output tokens granted when the request names no number",
          {1, 1'000'000'000},
          [](Config & config) -> auto& { return config.engine.default_grant_tokens; }),
      NumberKey(
          "low_balance_micros", "an account with less money and credit is told once; 0: none is",
          {0, 1'000'000'000'000},
          [](Config & config) -> auto& { return config.engine.low_balance_micros; }),
      NumberKey(
          "bucket_notice_seconds",
          "what is left in a bucket is told so long before it ends; 0: it is not", {0, kYear},
          [](Config & config) -> auto& { return config.engine.bucket_notice_seconds; }),
      {"service_context", "what a Service-Context-Id must be, up to its '@'",
       [](const std::string& text, Config* config) -> std::string {
         if (text.empty() || text.find('@') != std::string::npos) return "a text without '@'";
         config->engine.service_context = text;
         return "";
       },
       [](const Config& config) { return config.engine.service_context; }},
      NumberKey(
          "answer_retention_seconds", "how long a closed session's answers are known", {60, kYear},
          [](Config & config) -> auto& { return config.engine.answer_retention_seconds; }),
      NumberKey(
          "event_retention_seconds",
          "how long answers of events and administrative changes are known", {60, kYear},
          [](Config & config) -> auto& { return config.engine.event_retention_seconds; }),
      NumberKey(
          "journal_retention_seconds", "journal younger than this is never trimmed",
          {60, 100 * kYear},
          [](Config & config) -> auto& { return config.engine.journal_retention_seconds; }),
      NumberKey(
          "consumer_hold_seconds_max", "a consumer of records holds older journal back so long",
          {60, 100 * kYear},
          [](Config & config) -> auto& { return config.engine.consumer_hold_seconds_max; }),
      NumberKey(
          "consumer_hold_bytes_max", "and while the journal is not larger; 0 for no bound",
          {0, 1'000 * kTiB},
          [](Config & config) -> auto& { return config.engine.consumer_hold_bytes_max; }),
      NumberKey(
          "cached_accounts_max", "accounts kept in memory, per shard", {1, 1'000'000'000},
          [](Config & config) -> auto& { return config.engine.cached_accounts_max; }),
      NumberKey(
          "checkpoint_lag_entries", "entries that a restart replays at most, about",
          {1, 1'000'000'000'000},
          [](Config & config) -> auto& { return config.engine.checkpoint_lag_entries; }),
  };
}

// A choice between two words, the second of which sets the field.
template <typename Field>
Key EitherKey(std::string_view name, std::string_view help, std::array<std::string, 2> words,
              Field field) {
  return {name, help,
          [words, field](const std::string& text, Config* config) -> std::string {
            if (text != words[0] && text != words[1])
              return absl::StrCat("one of ", words[0], " ", words[1]);
            field(*config) = text == words[1];
            return "";
          },
          [words, field](const Config& config) {
            Config copy = config;
            return words[field(copy) ? 1 : 0];
          }};
}

std::vector<Key> CreditKeys() {
  return {
      {"final_unit_action",
       "at the end of the units, where the catalogue states nothing: terminate, redirect, restrict",
       [](const std::string& text, Config* config) -> std::string {
         using Action = rating::FinalUnits::Action;
         Action& action = config->engine.credit.final_units.action;
         if (text == "terminate") return action = Action::kTerminate, "";
         if (text == "redirect") return action = Action::kRedirect, "";
         if (text == "restrict") return action = Action::kRestrictAccess, "";
         return "one of terminate redirect restrict";
       },
       [](const Config& config) {
         static const std::string kWords[] = {"terminate", "redirect", "restrict"};
         return kWords[static_cast<size_t>(config.engine.credit.final_units.action)];
       }},
      {"final_unit_redirect_to", "of redirect: where to",
       [](const std::string& text, Config* config) -> std::string {
         if (!text.empty() && !rating::RedirectTypeOf(text))
           return "a URL, a sip: URI, an IPv4 or an IPv6 address";
         config->engine.credit.final_units.redirect_to = text;
         return "";
       },
       [](const Config& config) { return config.engine.credit.final_units.redirect_to; }},
      {"final_unit_filters", "of restrict: names of filters that gateways know, with commas",
       [](const std::string& text, Config* config) -> std::string {
         std::vector<std::string>& filters = config->engine.credit.final_units.filters;
         filters = absl::StrSplit(text, ',', absl::SkipEmpty());
         if (filters.size() > rating::kFiltersMax)
           return absl::StrCat("at most ", rating::kFiltersMax, " names");
         return "";
       },
       [](const Config& config) {
         return absl::StrJoin(config.engine.credit.final_units.filters, ",");
       }},
      NumberKey(
          "restricted_seconds", "Validity-Time of a redirected or restricted state", {1, kDay},
          [](Config & config) -> auto& { return config.engine.credit.restricted_seconds; }),
      EitherKey(
          "restricted_again",
          "who asks after it and still cannot be granted anything is restricted again: yes; "
          "refused: no",
          {"no", "yes"},
          [](Config & config) -> auto& { return config.engine.credit.restricts_again; }),
      EitherKey(
          "initial_without_credit",
          "a first interrogation of which nothing can be granted: refuse, open a session that "
          "waits",
          {"refuse", "open"},
          [](Config & config) -> auto& { return config.engine.credit.opens_without_credit; }),
      EitherKey(
          "zero_grant_at_end",
          "a rating group that cannot be granted anything gets a final grant of nothing: no, yes",
          {"no", "yes"},
          [](Config & config) -> auto& { return config.engine.credit.zero_grant_at_end; }),
      EitherKey(
          "strict_reporting_reasons", "a Reporting-Reason without used units is refused: no, yes",
          {"no", "yes"},
          [](Config & config) -> auto& { return config.engine.credit.strict_reasons; }),
      NumberKey(
          "quota_holding_seconds",
          "Quota-Holding-Time, where the catalogue states none; 0: it is not told", {0, kDay},
          [](Config & config) -> auto& { return config.engine.credit.quota_holding_seconds; }),
      EitherKey(
          "tell_triggers", "answers say which changes of a call ask for a new grant: no, yes",
          {"no", "yes"},
          [](Config & config) -> auto& { return config.engine.credit.tells_triggers; }),
  };
}

std::vector<Key> StreamKeys() {
  constexpr int64_t kTokensMax = 1'000'000'000;
  return {
      NumberKey(
          "grant_tokens_max",
          "the server's grants: never more; 0: default_grant_tokens, whatever there is",
          {0, kTokensMax},
          [](Config & config) -> auto& { return config.engine.grants.tokens_max; }),
      NumberKey(
          "grant_tokens_min", "the server's grants: never fewer, where there is money for them",
          {0, kTokensMax},
          [](Config & config) -> auto& { return config.engine.grants.tokens_min; }),
      NumberKey(
          "grant_money_micros", "the server's grants: as many as so much money pays; 0: no bound",
          {0, 1'000'000'000'000},
          [](Config & config) -> auto& { return config.engine.grants.money_micros; }),
      NumberKey(
          "grant_seconds",
          "the server's grants: as many as last so long at the speed of the last report; 0: no "
          "bound",
          {0, kDay}, [](Config & config) -> auto& { return config.engine.grants.seconds; }),
      NumberKey(
          "grant_threshold_percent",
          "Unit-Quota-Threshold: so many per cent of a grant; 0: it is not told", {0, 99},
          [](Config & config) -> auto& { return config.engine.grants.threshold_percent; }),
      EitherKey(
          "tell_safe_tokens", "answers say how many output tokens can be paid in all: no, yes",
          {"no", "yes"},
          [](Config & config) -> auto& { return config.engine.grants.tells_safe_tokens; }),
      {"lost_use", "of a session that fell silent: release, charge what was granted",
       [](const std::string& text, Config* config) -> std::string {
         if (text != "release" && text != "charge") return "one of release charge";
         config->engine.lost_use =
             text == "charge" ? engine::LostUse::kChargedHeld : engine::LostUse::kReleased;
         return "";
       },
       [](const Config& config) -> std::string {
         return config.engine.lost_use == engine::LostUse::kChargedHeld ? "charge" : "release";
       }},
      {"late_use", "reported when its session is closed: refuse, charge",
       [](const std::string& text, Config* config) -> std::string {
         if (text != "refuse" && text != "charge") return "one of refuse charge";
         config->engine.late_use =
             text == "charge" ? engine::LateUse::kCharged : engine::LateUse::kRefused;
         return "";
       },
       [](const Config& config) -> std::string {
         return config.engine.late_use == engine::LateUse::kCharged ? "charge" : "refuse";
       }},
  };
}

std::vector<Key> PublishingKeys() {
  return {
      EitherKey(
          "publishing_second_approval",
          "a published catalogue waits for another person's approval; needs credentials: no, yes",
          {"no", "yes"},
          [](Config & config) -> auto& { return config.engine.publishing.second_approval; }),
      EitherKey(
          "publishing_simulation",
          "the result of a simulation of a new catalogue: optional, required",
          {"optional", "required"},
          [](Config & config) -> auto& { return config.engine.publishing.simulation_required; }),
      NumberKey(
          "publishing_proposal_seconds_max", "how long a proposed catalogue may be approved",
          {60, kYear},
          [](Config & config) -> auto& { return config.engine.publishing.proposal_seconds_max; }),
  };
}

std::vector<Key> SettlementKeys() {
  return {
      TextKey("settlement_address",
              "host:port of a phone-bill settlement system that records are pushed to",
              &Config::settlement_address),
      TextKey("settlement_sender", "names this installation to it", &Config::settlement_sender),
      {"settlement_consumer", "its name among the consumers of records",
       [](const std::string& text, Config* config) -> std::string {
         const bool good =
             !text.empty() && text.size() <= 64 &&
             text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos;
         if (!good) return "1 to 64 of a-z, 0-9, '-', '_', '.'";
         config->settlement_consumer = text;
         return "";
       },
       [](const Config& config) { return config.settlement_consumer; }},
      TextKey("settlement_tenant",
              "only the records of this tenant's customers are pushed; empty: of all",
              &Config::settlement_tenant),
      TextKey("settlement_ca_file", "PEM file of the authority of its certificate; turns TLS on",
              &Config::settlement_ca_file),
      TextKey("settlement_token_file", "file of the bearer token that it wants",
              &Config::settlement_token_file),
  };
}

const std::vector<Key>& Keys() {
  static const std::vector<Key>* const keys = [] {
    auto* all = new std::vector<Key>(ServerKeys());
    for (Key& key : SecurityKeys()) all->push_back(std::move(key));
    for (Key& key : EngineKeys()) all->push_back(std::move(key));
    for (Key& key : CreditKeys()) all->push_back(std::move(key));
    for (Key& key : StreamKeys()) all->push_back(std::move(key));
    for (Key& key : PublishingKeys()) all->push_back(std::move(key));
    for (Key& key : SettlementKeys()) all->push_back(std::move(key));
    return all;
  }();
  return *keys;
}

// Levenshtein's distance: insertions, deletions and replacements that make one text the other.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string_view NearestKey(std::string_view name) {
  const auto nearest =
      std::min_element(Keys().begin(), Keys().end(), [name](const Key& a, const Key& b) {
        return EditDistance(name, a.name) < EditDistance(name, b.name);
      });
  return nearest->name;
}

absl::Status Fault(std::string_view place, std::string_view key, std::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(place), ": ", std::string(key), ": ", std::string(message)));
}

absl::Status SetFromNode(const std::string& path, const YAML::Node& key_node,
                         const YAML::Node& value_node, std::set<std::string>* seen,
                         Config* config) {
  const std::string place = absl::StrCat(path, ":", key_node.Mark().line + 1);
  if (!key_node.IsScalar()) return Fault(place, "key", "expected a name");
  const std::string& key = key_node.Scalar();
  if (!seen->insert(key).second) return Fault(place, key, "is there twice");
  if (value_node.IsNull()) return SetKey(place, key, "", config);
  if (!value_node.IsScalar()) return Fault(place, key, "expected one value");
  return SetKey(place, key, value_node.Scalar(), config);
}

absl::Status CheckAddress(std::string_view key, const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  const bool good = colon != std::string::npos && colon > 0 &&
                    absl::SimpleAtoi(address.substr(colon + 1), &port) && port >= 0 &&
                    port <= 65'535;
  if (good) return absl::OkStatus();
  return Fault("configuration", key,
               absl::StrCat("'", address, "' is not host:port with a port from 0 to 65535"));
}

// What others can reach is protected, unless the configuration says in so many words that not.
absl::Status CheckOpenness(const Config& config) {
  if (IsLoopback(config.listen_address)) return absl::OkStatus();
  const std::string reached = absl::StrCat("'", config.listen_address, "' can be reached from ");
  if (config.tls_certificate_file.empty() && config.allow_plain_text == Permission::kNo) {
    return Fault("configuration", "listen_address",
                 absl::StrCat(reached,
                              "outside; set tls_certificate_file and tls_key_file, or "
                              "listen on 127.0.0.1"));
  }
  if (config.credentials_file.empty() && config.allow_anonymous == Permission::kNo) {
    return Fault(
        "configuration", "credentials_file",
        absl::StrCat("is missing and ", reached, "outside; name one, or set allow_anonymous: yes"));
  }
  return absl::OkStatus();
}

// By name only: the folders need not be there yet.
bool IsIn(const std::string& inner, const std::string& outer) {
  const auto whole = [](const std::string& path) {
    return (std::filesystem::absolute(path) / "").lexically_normal();
  };
  const std::filesystem::path from = whole(inner).lexically_relative(whole(outer));
  return !from.empty() && *from.begin() != "..";
}

}  // namespace

bool IsLoopback(std::string_view address) {
  const auto begins = [address](std::string_view prefix) {
    return address.substr(0, prefix.size()) == prefix;
  };
  if (begins("[::1]:") || begins("localhost:")) return true;
  if (!begins("127.")) return false;
  const std::string_view host = address.substr(0, address.rfind(':'));
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::vector<KeyInfo> ConfigKeys() {
  const Config defaults;
  std::vector<KeyInfo> infos;
  for (const Key& key : Keys()) infos.push_back({key.name, key.help, key.get(defaults)});
  return infos;
}

absl::Status SetKey(std::string_view place, std::string_view key, const std::string& text,
                    Config* config) {
  const auto found = std::find_if(Keys().begin(), Keys().end(),
                                  [key](const Key& known) { return known.name == key; });
  if (found == Keys().end()) {
    return Fault(
        place, key,
        absl::StrCat("unknown key; the nearest known one is ", std::string(NearestKey(key))));
  }
  const std::string expected = found->set(text, config);
  if (expected.empty()) return absl::OkStatus();
  return Fault(place, key, absl::StrCat("found '", text, "', expected ", expected));
}

absl::Status ReadConfigFile(const std::string& path, Config* config) {
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  std::stringstream text;
  text << file.rdbuf();
  try {
    const YAML::Node root = YAML::Load(text.str());
    if (root.IsNull()) return absl::OkStatus();
    if (!root.IsMap()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":1: expected lines of 'key: value'"));
    }
    std::set<std::string> seen;
    for (const auto& entry : root) {
      OCS_RETURN_IF_ERROR(SetFromNode(path, entry.first, entry.second, &seen, config));
    }
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", error.mark.line + 1, ": not YAML: ", error.msg));
  }
  return absl::OkStatus();
}

absl::Status CheckConfig(const Config& config) {
  OCS_RETURN_IF_ERROR(CheckAddress("listen_address", config.listen_address));
  const bool has_certificate = !config.tls_certificate_file.empty();
  if (has_certificate != !config.tls_key_file.empty()) {
    return Fault("configuration", has_certificate ? "tls_key_file" : "tls_certificate_file",
                 "is missing; TLS needs both the certificate and its key");
  }
  if (!config.tls_client_ca_file.empty() && !has_certificate) {
    return Fault("configuration", "tls_client_ca_file", "is of no use without TLS");
  }
  OCS_RETURN_IF_ERROR(CheckOpenness(config));
  const rating::FinalUnits& final_units = config.engine.credit.final_units;
  if (final_units.action == rating::FinalUnits::Action::kRedirect &&
      final_units.redirect_to.empty()) {
    return Fault("configuration", "final_unit_redirect_to",
                 "is missing; final_unit_action: redirect must say where to");
  }
  if (config.engine.publishing.second_approval && config.credentials_file.empty()) {
    return Fault("configuration", "credentials_file",
                 "is missing; publishing_second_approval needs it: without credentials nobody "
                 "proves to be another person");
  }
  if (!config.metrics_address.empty()) {
    OCS_RETURN_IF_ERROR(CheckAddress("metrics_address", config.metrics_address));
    if (!IsLoopback(config.metrics_address)) {
      return Fault("configuration", "metrics_address",
                   "can be reached from outside and has no TLS; use 127.0.0.1 and a proxy");
    }
  }
  if (config.data_folder.empty()) return Fault("configuration", "data_folder", "is empty");
  if (!config.backup_folder.empty() && IsIn(config.backup_folder, config.data_folder)) {
    return Fault("configuration", "backup_folder",
                 "lies in data_folder; a backup must outlive it: name a folder elsewhere");
  }
  return absl::OkStatus();
}

std::string FormatConfig(const Config& config) {
  std::string text;
  for (const Key& key : Keys()) {
    absl::StrAppend(&text, std::string(key.name), ": ", key.get(config), "\n");
  }
  return text;
}

}  // namespace ocs::ocsd
