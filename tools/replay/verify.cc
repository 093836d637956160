#include "tools/replay/verify.h"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/str_format.h"
#include "cdr/csv.h"
#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/cdr/v1/cdr.grpc.pb.h"
#include "ocs/settlement/v1/settlement.grpc.pb.h"
#include "tools/replay/population.h"
#include "tools/replay/trace.h"

namespace ocs::replay {
namespace {

constexpr char kTokenUnit[] = "token";

struct ClientAccount {
  uint64_t account_id = 0;
  int64_t money_micros = 0;  // Fees and calls.
  int64_t tokens = 0;        // From packages, earlier use included.
};

// What the client counted.
absl::StatusOr<std::vector<ClientAccount>> ReadSummary(const std::string& path) {
  OCS_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  std::vector<ClientAccount> accounts;
  try {
    const YAML::Node root = YAML::Load(text);  // JSON is YAML.
    for (const YAML::Node& node : root["accounts"]) {
      accounts.push_back(
          {.account_id = node["account_id"].as<uint64_t>(),
           .money_micros = node["fee_micros"].as<int64_t>() + node["charged_micros"].as<int64_t>(),
           .tokens = node["earlier_tokens"].as<int64_t>() + node["drawn_tokens"].as<int64_t>()});
    }
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(Cat(path, ": ", error.what()));
  }
  if (accounts.empty()) return absl::InvalidArgumentError(Cat(path, ": names no account"));
  return accounts;
}

struct BillSums {
  int64_t money_micros = 0;
  int64_t tokens = 0;
  int64_t rounding_faults = 0;
};

BillSums SumOf(const settlement::v1::Bill& bill) {
  BillSums sums;
  for (const settlement::v1::CurrencyBill& part : bill.currency_bill()) {
    sums.money_micros += part.total_micros();
    const bool rounded_well = part.payable_fen() * kMicrosPerFen + part.carried_out_micros() ==
                              part.total_micros() + part.carried_in_micros();
    sums.rounding_faults += rounded_well ? 0 : 1;
  }
  for (const settlement::v1::BillItem& item : bill.covered()) {
    sums.tokens += item.covered_unit() == kTokenUnit ? item.covered_amount() : 0;
  }
  return sums;
}

// Buckets that do not add up, hold something although no call runs, or are below their limit.
int64_t BucketFaults(const account::v1::Account& account) {
  int64_t faults = 0;
  for (const account::v1::Bucket& bucket : account.bucket()) {
    const bool main = bucket.offer_id().empty();
    const int64_t lowest = main ? -account.credit_limit_micros() : 0;
    const bool sound = bucket.granted() ==
                           bucket.available() + bucket.held() + bucket.spent() + bucket.expired() &&
                       bucket.held() == 0 && bucket.available() >= lowest;
    faults += sound ? 0 : 1;
  }
  return faults + account.session_size();
}

// What the records add up to.
struct RecordSums {
  int64_t records = 0;
  int64_t missing_or_double = 0;
  int64_t money_micros = 0;
  int64_t tokens = 0;
};

absl::StatusOr<RecordSums> SumOfFile(const std::string& path) {
  OCS_ASSIGN_OR_RETURN(const std::string csv, ReadFile(path));
  OCS_ASSIGN_OR_RETURN(const cdr::ControlTotals totals, cdr::ParseCsv(csv));
  const Unit money = Unit::Of(kCurrency);
  RecordSums sums;
  sums.records = static_cast<int64_t>(totals.record_count());
  for (const auto& [shard, range] : totals.shards()) {
    sums.missing_or_double += std::abs(range.missing()) + static_cast<int64_t>(range.first) - 1;
  }
  OCS_ASSIGN_OR_RETURN(const int64_t usage, totals.SumOf(money, cdr::RecordType::kUsage));
  OCS_ASSIGN_OR_RETURN(const int64_t fees, totals.SumOf(money, cdr::RecordType::kFee));
  OCS_ASSIGN_OR_RETURN(sums.tokens, totals.SumOf(Unit::Of(kTokenUnit), cdr::RecordType::kUsage));
  sums.money_micros = usage + fees;
  return sums;
}

// Adds a batch; `next` is the sequence number that each shard's next record must have.
void Add(const cdr::v1::RecordBatch& batch, std::map<uint32_t, uint64_t>* next, RecordSums* sums) {
  uint64_t& expected = next->try_emplace(batch.shard(), 1).first->second;
  for (const cdr::v1::Record& record : batch.record()) {
    ++sums->records;
    sums->missing_or_double += record.local_record_sequence_number() == expected ? 0 : 1;
    expected = record.local_record_sequence_number() + 1;
    for (const cdr::v1::RecordLine& line : record.line()) {
      if (line.unit() == kCurrency) sums->money_micros += line.amount();
      if (line.unit() == kTokenUnit) sums->tokens += line.amount();
    }
  }
}

absl::StatusOr<RecordSums> SumOfStream(const Endpoint& endpoint) {
  const auto stub = cdr::v1::Records::NewStub(Connect(endpoint));
  RecordSums sums;
  OCS_RETURN_IF_ERROR(Ask(endpoint, "stream records", [&](grpc::ClientContext* context) {
    sums = {};
    std::map<uint32_t, uint64_t> next;
    const auto reader = stub->StreamRecords(context, cdr::v1::StreamRecordsRequest());
    cdr::v1::RecordBatch batch;
    while (reader->Read(&batch)) Add(batch, &next, &sums);
    return reader->Finish();
  }));
  return sums;
}

class Table final {
 public:
  void Equal(std::string_view what, std::vector<int64_t> values, const Unit& unit) {
    bool same = true;
    std::string row = absl::StrFormat("%-28s", std::string(what));
    for (const int64_t value : values) {
      absl::StrAppendFormat(&row, " %22s", FormatAmount(value, unit));
      same = same && value == values.front();
    }
    End(row, same);
  }
  void None(std::string_view what, int64_t faults, std::string_view of) {
    End(absl::StrFormat("%-28s %22s %45s", std::string(what), FormatGrouped(faults),
                        std::string(of)),
        faults == 0);
  }
  Verification Finish() && { return std::move(result_); }
  void Head(const std::string& row) { result_.table += row + "\n"; }

 private:
  void End(const std::string& row, bool good) {
    result_.table += row + (good ? "  OK\n" : "  DIFFERS\n");
    if (!good) result_.agreement = Agreement::kDiffers;
  }
  Verification result_;
};

// What the server says of all accounts.
struct ServerSums {
  BillSums bills;
  int64_t other_bills = 0;  // Accounts whose bill is not what the client counted.
  int64_t bucket_faults = 0;
};

absl::StatusOr<ServerSums> AskServer(const Endpoint& endpoint,
                                     const std::vector<ClientAccount>& accounts) {
  const auto channel = Connect(endpoint);
  const auto settlement = settlement::v1::Settlement::NewStub(channel);
  const auto stub = account::v1::Accounts::NewStub(channel);
  ServerSums sums;
  for (const ClientAccount& account : accounts) {
    settlement::v1::GetBillRequest request;
    request.set_account_id(account.account_id);
    request.set_from_unix_ms(0);
    request.set_until_unix_ms(std::numeric_limits<int64_t>::max());
    settlement::v1::GetBillResponse response;
    OCS_RETURN_IF_ERROR(Ask(endpoint, "get bill", [&](grpc::ClientContext* context) {
      return settlement->GetBill(context, request, &response);
    }));
    const BillSums bill = SumOf(response.bill());
    sums.bills.money_micros += bill.money_micros;
    sums.bills.tokens += bill.tokens;
    sums.bills.rounding_faults += bill.rounding_faults;
    const bool same = bill.money_micros == account.money_micros && bill.tokens == account.tokens;
    sums.other_bills += same ? 0 : 1;
    account::v1::GetAccountRequest get;
    get.set_account_id(account.account_id);
    account::v1::GetAccountResponse got;
    OCS_RETURN_IF_ERROR(Ask(endpoint, "get account", [&](grpc::ClientContext* context) {
      return stub->GetAccount(context, get, &got);
    }));
    sums.bucket_faults += BucketFaults(got.account());
  }
  return sums;
}

}  // namespace

absl::StatusOr<Verification> Verify(const Endpoint& endpoint, const VerifyFiles& files) {
  OCS_ASSIGN_OR_RETURN(const std::vector<ClientAccount> accounts, ReadSummary(files.summary));
  ClientAccount client;
  for (const ClientAccount& account : accounts) {
    client.money_micros += account.money_micros;
    client.tokens += account.tokens;
  }
  OCS_ASSIGN_OR_RETURN(const RecordSums records,
                       files.cdr_csv.empty() ? SumOfStream(endpoint) : SumOfFile(files.cdr_csv));
  OCS_ASSIGN_OR_RETURN(const ServerSums server, AskServer(endpoint, accounts));

  Table table;
  table.Head(absl::StrFormat("%-28s %22s %22s %22s", "", "the client counted", "all bills",
                             files.cdr_csv.empty() ? "all records" : "the CDR file"));
  table.Equal("money, fees included",
              {client.money_micros, server.bills.money_micros, records.money_micros},
              Unit::Of(kCurrency));
  table.Equal("tokens from packages", {client.tokens, server.bills.tokens, records.tokens},
              Unit::Of(kTokenUnit));
  const auto count = static_cast<int64_t>(accounts.size());
  table.None("bills with another sum", server.other_bills, Cat("of ", count));
  table.None("bills rounded wrongly", server.bills.rounding_faults, Cat("of ", count));
  table.None("records missing or double", records.missing_or_double,
             Cat("of ", FormatGrouped(records.records)));
  table.None("buckets that do not add up", server.bucket_faults,
             "overdrawn or still held included");
  return std::move(table).Finish();
}

}  // namespace ocs::replay
