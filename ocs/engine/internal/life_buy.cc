// What is bought by itself, and what begins with its first use.

#include <algorithm>
#include <span>
#include <string>

#include "absl/numeric/int128.h"
#include "balance/changes.h"
#include "balance/ledger.h"
#include "ocs/base/bytes.h"
#include "ocs/base/check.h"
#include "ocs/base/text.h"
#include "ocs/engine/internal/life.h"
#include "ocs/engine/internal/notices.h"
#include "ocs/engine/internal/sale.h"

namespace ocs::engine {
namespace {

// The id of the offer that is to be bought, or "".
std::string_view OfferOf(const Shard& shard, const NextPurchase& what) {
  if (!what.end->buys.empty()) return what.end->buys;
  const Revision* bought = shard.revisions().Find(what.origin.revision);
  if (bought == nullptr) return {};
  return bought->tariff->offer({what.origin.offer}).id;
}

// False when the entry takes what a movement that is not written yet counts on.
bool LeavesPromised(const balance::Account& account, const balance::EntryBuilder& entry,
                    std::span<const balance::Movement> promised) {
  for (const balance::Movement& movement : promised) {
    const balance::Bucket* bucket = account.FindBucket(movement.bucket);
    if (bucket == nullptr) continue;
    int64_t taken = 0;
    for (const balance::Posting& posting : entry.postings()) {
      const bool of_it = posting.bucket == movement.bucket &&
                         posting.account == balance::LedgerAccount::kAvailable;
      if (of_it) taken -= posting.amount;
    }
    if (taken <= 0) continue;
    absl::int128 left = account.Spendable(*bucket);
    left += absl::int128(movement.released) - movement.spent - movement.held - taken;
    if (left < 0) return false;
  }
  return true;
}

}  // namespace

bool BuyNext(Shard& shard, balance::Account* account, const NextPurchase& what) {
  OCS_CHECK(what.end != nullptr);
  OCS_CHECK(what.end->at_end == rating::AtEnd::kBuyNext);
  // The texts are copied: they may be those of a bucket's terms.
  const std::string offer(OfferOf(shard, what));
  const int per_month_max = what.end->buys_per_month_max;
  Sale sale;
  const SaleRequest wanted{.offer = offer, .at = what.at, .node = what.node, .quantity = 1};
  if (FindSale(shard.revisions(), *account, wanted, &sale) != SaleOutcome::kSold) return false;
  const uint64_t by_itself = BoughtByItselfKey(offer);
  const int64_t in_month = BoughtInMonth(*account, by_itself, what.at, sale.tariff().zone());
  if (per_month_max > 0 && in_month >= per_month_max) return false;
  balance::EntryBuilder& entry = shard.entry();
  entry.Begin(balance::EntryKind::kOfferPurchased, account->id);
  ByteWriter note(entry.Attach(balance::AttachmentType::kNote));
  note.Text(kSystemActor);
  note.Text(Cat("the package before was used up: ", offer, " is bought by itself"));
  AttachNotice({.type = balance::NoticeType::kRepurchased,
                .node = what.node,
                .subject = sale.grants.empty() ? 0 : account->next_bucket,
                .unit = sale.offer->currency,
                .amount = sale.fee_micros,
                .at = what.at,
                .name = offer},
               &entry);
  DropWhatIsOver(sale, *account, &entry);
  Payment payment = WriteFee(sale, *account, &entry);
  WriteGrants(sale, *account, account->next_bucket, &payment, &entry);
  if (sale.lasts()) WriteSubscription(sale, *account, &entry);
  WriteBought(sale, *account, by_itself, &entry);
  if (Judge(*account, entry) != balance::Verdict::kAllowed) return false;
  if (!LeavesPromised(*account, entry, what.promised)) return false;

  // Past this line the purchase cannot fail.
  AttachFeeRecord(sale, *account, payment, Cat("by itself ", account->next_bucket), shard);
  shard.Append(account);
  return true;
}

void StartOnFirstDraw(const balance::Account& account, BucketId bucket, Instant at,
                      absl::TimeZone zone, balance::EntryBuilder* entry) {
  const balance::Bucket* drawn = account.FindBucket(bucket);
  OCS_CHECK(drawn != nullptr);
  if (!balance::WaitsForFirstUse(*drawn)) return;
  balance::PostFirstUse(*drawn, at, balance::EndAfterFirstUse(*drawn, at, zone), entry);
}

}  // namespace ocs::engine
