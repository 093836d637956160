#include "tools/inspect/table_check.h"

#include <string>

#include "balance/book.h"
#include "ocs/base/bytes.h"
#include "ocs/base/status.h"
#include "ocs/base/text.h"

namespace ocs::tools {
namespace {

std::string DueKey(int64_t second, AccountId account) {
  std::string key;
  ByteWriter out(&key);
  out.Big64(static_cast<uint64_t>(second));
  out.Big64(account.value);
  return key;
}

// The first whole second by which the account must be looked at; 0: never.
int64_t SecondOf(Instant due) { return due == Instant::Never() ? 0 : (due.unix_ms + 999) / 1000; }

}  // namespace

void TableCheck::AddAccount(const balance::Account& account) {
  for (size_t i = 0; i < account.identities.size(); ++i) {
    const balance::AccountIdentity& identity = account.identities[i];
    ++identities_;
    report_->Count(Check::kIdentities);
    const balance::Store* keeper =
        others_->StoreOf(balance::Book::IdentityPartition(identity.type, identity.data));
    if (keeper == nullptr) continue;
    const auto row = keeper->Get(balance::Table::kIdentities,
                                 balance::Book::IdentityKey(identity.type, identity.data));
    // An identity is a name of a person: it is not shown.
    const std::string place = Cat("account ", account.id.value, " identity ", i);
    if (!row.ok()) {
      report_->Fail(Check::kIdentities, place, std::string(row.status().message()));
      continue;
    }
    if (!row->has_value()) {
      report_->Fail(Check::kIdentities, place, "is not in the table of identities");
      continue;
    }
    ByteReader in(**row);
    const uint64_t owner = in.Varint();
    if (!in.ok() || !in.done()) {
      report_->Fail(Check::kIdentities, place, "its row in the table of identities is damaged");
    } else if (owner != account.id.value) {
      report_->Fail(Check::kIdentities, place,
                    Cat("leads to account ", owner, " in the table of identities"));
    }
  }
}

absl::Status TableCheck::CheckIdentityRows() {
  uint64_t rows = 0;
  auto cursor = store_->Seek(balance::Table::kIdentities, "");
  for (; cursor->valid(); cursor->Next()) ++rows;
  OCS_RETURN_IF_ERROR(cursor->status());
  report_->Count(Check::kIdentities);
  if (rows == identities_) return absl::OkStatus();
  report_->Fail(Check::kIdentities, "the table of identities",
                Cat("has ", rows, " rows, the accounts have ", identities_, " identities"));
  return absl::OkStatus();
}

absl::Status TableCheck::CheckDueRows() {
  uint64_t due_accounts = 0;
  auto accounts = store_->Seek(balance::Table::kAccounts, "");
  for (; accounts->valid(); accounts->Next()) {
    int64_t second = 0;
    const auto account = balance::DecodeAccountRow(accounts->value(), &second);
    if (!account.ok()) continue;  // Said where the states are checked.
    report_->Count(Check::kDue);
    const std::string place = Cat("account ", account->id.value);
    const int64_t expected = SecondOf(account->NextDue());
    if (second != expected) {
      report_->Fail(Check::kDue, place,
                    Cat("is stored as due at second ", second, ", by its state at ", expected));
    }
    if (second == 0) continue;
    ++due_accounts;
    OCS_ASSIGN_OR_RETURN(const auto row,
                         store_->Get(balance::Table::kDue, DueKey(second, account->id)));
    if (!row) {
      report_->Fail(Check::kDue, place,
                    Cat("is due at second ", second, ", but not in the table of due work"));
    }
  }
  OCS_RETURN_IF_ERROR(accounts->status());
  uint64_t rows = 0;
  auto cursor = store_->Seek(balance::Table::kDue, "");
  for (; cursor->valid(); cursor->Next()) ++rows;
  OCS_RETURN_IF_ERROR(cursor->status());
  report_->Count(Check::kDue);
  if (rows != due_accounts) {
    report_->Fail(Check::kDue, "the table of due work",
                  Cat("has ", rows, " rows, ", due_accounts, " stored accounts are due"));
  }
  return absl::OkStatus();
}

absl::Status TableCheck::CheckAnswerRows() {
  auto cursor = store_->Seek(balance::Table::kAnswers, "");
  uint64_t number = 0;
  for (; cursor->valid(); cursor->Next()) {
    ++number;
    report_->Count(Check::kAnswers);
    ByteReader in(cursor->value());
    in.Big32();  // Its end.
    Position at;
    at.group = in.Varint();
    at.index = static_cast<uint32_t>(in.Varint());
    const std::string place = Cat("row ", number, " of the table of answers");
    if (!in.ok() || !in.done() || !at.valid()) {
      report_->Fail(Check::kAnswers, place, "is damaged");
      continue;
    }
    if (at.group < first_group_) continue;  // Trimmed away: older than what may be repeated.
    const uint64_t group = at.group - first_group_;
    if (group < entry_counts_.size() && at.index < entry_counts_[group]) continue;
    report_->Fail(Check::kAnswers, place, Cat("names ", PlaceOf(at), ", which is not there"));
  }
  return cursor->status();
}

absl::Status TableCheck::Finish(size_t unknown_accounts) {
  // A claim of another shard's account may have no account's entry: a crash was between the two.
  if (unknown_accounts == 0 && !others_->several()) OCS_RETURN_IF_ERROR(CheckIdentityRows());
  OCS_RETURN_IF_ERROR(CheckDueRows());
  return CheckAnswerRows();
}

}  // namespace ocs::tools
