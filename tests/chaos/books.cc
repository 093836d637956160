#include "tests/chaos/books.h"

#include <array>
#include <set>

namespace ocs::chaos {
namespace {

struct Use {
  std::map<type::v1::TokenKind, int64_t> tokens;
  int64_t micros = 0;
  bool any = false;
  friend bool operator==(const Use&, const Use&) = default;
};

std::map<type::v1::TokenKind, int64_t> UsedBy(const wire::CreditControlRequest& request) {
  std::map<type::v1::TokenKind, int64_t> used;
  for (const auto& service : request.multiple_services_credit_control()) {
    for (const auto& unit : service.used_service_unit()) {
      for (const auto& token : unit.token_quantity()) {
        if (token.quantity() != 0) used[token.token_kind()] += token.quantity();
      }
    }
  }
  return used;
}

std::map<Key, Use> UseOf(const std::vector<Record>& records) {
  std::map<Key, Use> all;
  for (const Record& record : records) {
    if (record.record_type() != cdr::v1::USAGE) continue;
    if (record.cause_for_record_closing() == cdr::v1::ABNORMAL_RELEASE) continue;
    Use& use = all[{record.session_id(), record.cc_request_number()}];
    for (const auto& line : record.line()) {
      use.any = true;
      use.tokens[line.token_kind()] += line.quantity();
      CHECK(line.unit() == "CNY");
      use.micros += line.amount();
    }
  }
  return all;
}

// The money charged that an answer names.
int64_t ChargedBy(const wire::CreditControlAnswer& answer) {
  int64_t sum = 0;
  for (const auto& service : answer.multiple_services_credit_control())
    sum += service.charged_micros();
  return sum;
}

// An answered request was debited unless it was refused as a whole.
bool IsDebited(const wire::CreditControlRequest& request, const wire::CreditControlAnswer& answer) {
  if (request.cc_request_type() == wire::EVENT_REQUEST) {
    return answer.result_code() == wire::DIAMETER_SUCCESS;
  }
  switch (answer.result_code()) {
    case wire::DIAMETER_SUCCESS:
    case wire::DIAMETER_CREDIT_LIMIT_REACHED:
    case wire::DIAMETER_END_USER_SERVICE_DENIED:
      return true;
    default:
      return ChargedBy(answer) != 0;
  }
}

}  // namespace

std::vector<Record> ReadRecords(e2e::Client& client) {
  grpc::ClientContext context;
  std::vector<Record> all;
  const auto stream = client.cdrs->StreamRecords(&context, cdr::v1::StreamRecordsRequest());
  cdr::v1::RecordBatch batch;
  while (stream->Read(&batch)) all.insert(all.end(), batch.record().begin(), batch.record().end());
  REQUIRE(stream->Finish().ok());
  return all;
}

int64_t CheckRepeats(e2e::Client& client, const Notes& notes) {
  int64_t count = 0;
  for (const auto& [key, noted] : notes.requests) {
    if (!noted.answered) continue;
    const std::string again = e2e::Charge(client, noted.request).SerializeAsString();
    ++count;
    if (again == noted.answer) continue;
    INFO("session " << key.first << " number " << key.second << "\n"
                    << noted.request.ShortDebugString());
    CHECK(again == noted.answer);
  }
  return count;
}

void CheckCharges(const Notes& notes, const std::vector<Record>& records) {
  const std::map<Key, Use> charged = UseOf(records);
  int64_t debited = 0;
  int64_t unknown = 0;
  for (const auto& [key, noted] : notes.requests) {
    const auto found = charged.find(key);
    const Use use = found == charged.end() ? Use{} : found->second;
    INFO("session " << key.first << " number " << key.second << "\n"
                    << noted.request.ShortDebugString());
    if (!noted.answered) {
      if (noted.refused != 0) {
        CHECK_FALSE(use.any);
      } else if (use.any) {
        ++unknown;
        CHECK(use.tokens == UsedBy(noted.request));
      }
      continue;
    }
    wire::CreditControlAnswer answer;
    REQUIRE(answer.ParseFromString(noted.answer));
    INFO(answer.ShortDebugString());
    if (!IsDebited(noted.request, answer)) {
      CHECK_FALSE(use.any);
      continue;
    }
    debited += use.any ? 1 : 0;
    if (use.tokens != UsedBy(noted.request)) CHECK(use.tokens == UsedBy(noted.request));
    if (use.micros != ChargedBy(answer)) CHECK(use.micros == ChargedBy(answer));
  }
  for (const auto& [key, use] : charged) {
    INFO("a record of session " << key.first << " number " << key.second);
    if (!notes.requests.contains(key)) CHECK_FALSE(use.any);
  }
  INFO(unknown << " requests without an answer were charged");
  CHECK(debited > 200);
}

void CheckRecordsWhole(const Notes& notes, const std::vector<Record>& records) {
  std::set<std::string> ids;
  std::map<std::string, int> closed;
  for (size_t i = 0; i < records.size(); ++i) {
    REQUIRE(records[i].local_record_sequence_number() == i + 1);
    REQUIRE(ids.insert(records[i].record_id()).second);
    if (records[i].cause_for_record_closing() != cdr::v1::PARTIAL_RECORD) {
      ++closed[records[i].session_id()];
    }
  }
  int64_t sessions = 0;
  for (const auto& [key, noted] : notes.requests) {
    if (noted.request.cc_request_type() != wire::INITIAL_REQUEST || !noted.answered) continue;
    wire::CreditControlAnswer answer;
    REQUIRE(answer.ParseFromString(noted.answer));
    if (answer.result_code() != wire::DIAMETER_SUCCESS) continue;
    ++sessions;
    INFO("session " << key.first);
    if (closed[key.first] != 1) CHECK(closed[key.first] == 1);
  }
  CHECK(sessions > 100);
}

void CheckAccounts(e2e::Client& client, const std::map<uint64_t, int64_t>& paid_in,
                   const std::vector<Record>& records) {
  std::map<uint64_t, int64_t> charged;
  std::map<uint64_t, int64_t> beyond;
  for (const Record& record : records) {
    for (const auto& line : record.line()) {
      charged[record.account_id()] += line.amount();
      if (line.overshoot()) beyond[record.account_id()] += line.amount();
    }
  }
  for (const auto& [id, money] : paid_in) {
    const account::v1::Account now = e2e::GetAccount(client, id);
    INFO("account " << id);
    CHECK(now.session_size() == 0);
    int64_t available = 0;
    for (const auto& bucket : now.bucket()) {
      CHECK(bucket.held() == 0);
      available += bucket.available();
    }
    CHECK(available == money - charged[id]);
    CHECK(available >= -beyond[id]);
  }
}

}  // namespace ocs::chaos
