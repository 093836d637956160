#include "ocs/engine/internal/sale.h"

#include <algorithm>
#include <limits>

#include "absl/time/civil_time.h"
#include "balance/changes.h"
#include "ocs/base/check.h"
#include "ocs/base/exact.h"
#include "ocs/base/hash.h"
#include "ocs/base/limits.h"
#include "ocs/base/text.h"
#include "ocs/engine/record_id.h"

namespace ocs::engine {
namespace {

using balance::Account;
using balance::AccountState;
using balance::Bucket;
using rating::GrantTerms;
using rating::Offer;

constexpr uint64_t kByItselfSeed = 1;

bool Renews(const Offer& offer) { return offer.cycle.kind != WindowKind::kNone; }

void FindCycle(const Account& account, Sale* sale) {
  sale->anchor = sale->at;
  if (!Renews(*sale->offer)) return;
  const absl::TimeZone zone = sale->tariff().zone();
  if (sale->offer->cycle.kind == WindowKind::kCycle && account.billing_day != 1) {
    sale->anchor = BillingAnchor(account.billing_day, sale->at, zone);
  }
  sale->cycle_end = WindowEnd(sale->offer->cycle, sale->at, sale->anchor, zone);
}

// Days of the cycle that are left, and all of its days.
struct Share {
  int64_t left = 1;
  int64_t all = 1;
};

Share FirstShare(const Sale& sale) {
  if (!sale.offer->first_pro_rata || !Renews(*sale.offer)) return {};
  const absl::TimeZone zone = sale.tariff().zone();
  const auto day = [&](Instant at) { return absl::ToCivilDay(at.ToTime(), zone); };
  const Instant begin = WindowBegin(sale.offer->cycle, sale.at, sale.anchor, zone);
  return {.left = day(sale.cycle_end) - day(sale.at), .all = day(sale.cycle_end) - day(begin)};
}

// What one costs or gives in that share of a cycle, rounded up.
int64_t ShareOf(int64_t whole, const Share& share) {
  const auto part = MultiplyDivide(whole, share.left, share.all, Rounding::kUp);
  OCS_CHECK(part.has_value());  // At most the whole.
  return *part;
}

// `part` of `whole`, scaled to `scaled`; rounded down.
int64_t Scaled(int64_t part, int64_t whole, int64_t scaled) {
  if (whole == 0) return 0;
  const auto result = MultiplyDivide(scaled, part, whole, Rounding::kDown);
  OCS_CHECK(result.has_value());  // At most `scaled`.
  return *result;
}

// The fee of one, in parts whose sum is that fee.
void AddParts(const Offer& offer, int64_t each_micros, std::vector<SoldPart>* parts) {
  if (offer.parts.empty()) {
    parts->push_back({.name = {},
                      .charge_code = offer.charge_code,
                      .each_micros = each_micros,
                      .tax_basis_points = offer.tax_basis_points});
    return;
  }
  int64_t stated = 0;
  int64_t given = 0;
  for (const rating::FeePart& part : offer.parts) {
    stated += part.share_micros;
    const int64_t through = Scaled(stated, offer.fee_micros, each_micros);
    parts->push_back({.name = part.name,
                      .charge_code = part.charge_code,
                      .each_micros = through - given,
                      .tax_basis_points = part.tax_basis_points});
    given = through;
  }
}

bool OfCycle(const GrantTerms& terms) {
  return terms.refill.kind == WindowKind::kNone || terms.refill.kind == WindowKind::kMonth ||
         terms.refill.kind == WindowKind::kCycle;
}

// Fee, parts and grants of a sale whose offer and cycle are known. False when an amount would not
// fit.
bool FindAmounts(const Share& share, Sale* sale) {
  const Offer& offer = *sale->offer;
  const int64_t each = ShareOf(offer.fee_micros, share);
  const auto fee = MultiplyExact(each, sale->quantity);
  const auto points = MultiplyExact(ShareOf(offer.fee_points, share), sale->quantity);
  if (!fee || !points) return false;
  sale->fee_micros = *fee;
  sale->fee_points = *points;
  AddParts(offer, each, &sale->parts);
  int64_t stated = 0;
  int64_t through = 0;
  for (size_t g = 0; g < offer.grants.size(); ++g) {
    const GrantTerms& terms = offer.grants[g];
    const int64_t one =
        OfCycle(terms) && !terms.unlimited ? ShareOf(terms.amount, share) : terms.amount;
    const auto amount = terms.unlimited ? one : MultiplyExact(one, sale->quantity);
    if (!amount) return false;
    stated += terms.share_micros;
    const int64_t paid = Scaled(stated, offer.fee_micros, sale->fee_micros) - through;
    through += paid;
    // What is never used up is not earned by use: its share is earned at once.
    const int64_t deferred = terms.unlimited ? 0 : paid;
    sale->grants.push_back({.amount = *amount, .deferred = deferred});
    sale->deferred_micros += deferred;
  }
  return true;
}

bool IsUsedUp(const Bucket& bucket) {
  return bucket.id != balance::kMainBucket && bucket.available == 0 && bucket.held == 0 &&
         bucket.released_micros == bucket.deferred_micros && bucket.refills_at == Instant::Never();
}

// Points of that unit that may be spent at that time.
int64_t PointsOf(const Account& account, const Unit& unit, const balance::Drawer& drawer) {
  int64_t points = 0;
  for (const Bucket& bucket : account.buckets) {
    if (bucket.unit != unit || bucket.available <= 0) continue;
    if (!balance::MayDraw(account, bucket, drawer)) continue;
    points = AddExact(points, bucket.available).value_or(std::numeric_limits<int64_t>::max());
  }
  return points;
}

SaleOutcome CheckFee(const Account& account, const Sale& sale) {
  const Bucket* main = account.FindBucket(balance::kMainBucket);
  if (sale.fee_micros > 0 && account.Spendable(*main) < sale.fee_micros) {
    return SaleOutcome::kNotEnoughMoney;
  }
  const bool enough = sale.fee_points == 0 ||
                      PointsOf(account, sale.offer->fee_unit, {.node = sale.node, .at = sale.at}) >=
                          sale.fee_points;
  return enough ? SaleOutcome::kSold : SaleOutcome::kNotEnoughPoints;
}

bool HasRoomForBuckets(const Account& account, const Sale& sale) {
  const auto used_up = std::count_if(account.buckets.begin(), account.buckets.end(), IsUsedUp);
  return account.buckets.size() - static_cast<size_t>(used_up) + sale.offer->grants.size() <=
         static_cast<size_t>(kBucketsPerAccountMax);
}

SaleOutcome CheckRoom(const Account& account, const Sale& sale) {
  const auto open = static_cast<size_t>(
      std::count_if(account.subscriptions.begin(), account.subscriptions.end(),
                    [&](const balance::Subscription& s) { return s.valid_until > sale.at; }));
  size_t limits = account.limits.size();
  for (const rating::LimitTerms& terms : sale.offer->limits)
    limits += NodesLimited(account, sale.node, terms).size();
  constexpr size_t kRemembered = 2;  // The offer, and the same bought by itself.
  const bool room =
      HasRoomForBuckets(account, sale) &&
      account.bought.size() + kRemembered <= static_cast<size_t>(kBoughtPerAccountMax) &&
      (!sale.lasts() || open < static_cast<size_t>(kOffersPerAccountMax)) &&
      limits <= static_cast<size_t>(kLimitsPerAccountMax);
  return room ? SaleOutcome::kSold : SaleOutcome::kNoRoom;
}

SaleOutcome CheckNode(const Account& account, balance::NodeId node) {
  if (node == balance::kRootNode) return SaleOutcome::kSold;
  if (account.FindNode(node) == nullptr) return SaleOutcome::kUnknownNode;
  for (const balance::NodeId id : account.PathOf(node)) {
    const balance::Node* on_path = account.FindNode(id);
    if (on_path != nullptr && on_path->state != AccountState::kActive)
      return SaleOutcome::kNodeState;
  }
  return SaleOutcome::kSold;
}

bool MayBuy(AccountState state) {
  return state == AccountState::kPreActive || state == AccountState::kActive;
}

const balance::Bought* FindBought(const Account& account, uint64_t key) {
  const auto found = std::find_if(account.bought.begin(), account.bought.end(),
                                  [&](const balance::Bought& b) { return b.offer == key; });
  return found == account.bought.end() ? nullptr : &*found;
}

// Who may have it, and how often.
SaleOutcome CheckCustomer(const Account& account, const Sale& sale) {
  const Offer& offer = *sale.offer;
  if (sale.at < offer.sold_from) return SaleOutcome::kNotSoldYet;
  if (sale.at >= offer.sold_until) return SaleOutcome::kNotSoldAnyMore;
  if (!offer.segments.empty() && std::find(offer.segments.begin(), offer.segments.end(),
                                           account.segment) == offer.segments.end()) {
    return SaleOutcome::kOtherSegment;
  }
  const uint64_t key = BoughtKey(offer.id);
  const balance::Bought* bought = FindBought(account, key);
  if (offer.once_per_customer && (sale.quantity != 1 || (bought != nullptr && bought->ever > 0))) {
    return SaleOutcome::kBoughtBefore;
  }
  const int64_t in_month = BoughtInMonth(account, key, sale.at, sale.tariff().zone());
  if (offer.per_month_max > 0 && in_month + sale.quantity > offer.per_month_max) {
    return SaleOutcome::kBoughtTooOften;
  }
  return SaleOutcome::kSold;
}

}  // namespace

Instant BillingAnchor(int billing_day, Instant at, absl::TimeZone zone) {
  absl::CivilDay day = absl::ToCivilDay(at.ToTime(), zone);
  while (day.day() != billing_day) --day;
  return StartOfDay(Instant::FromTime(absl::FromCivil(day, zone)), zone);
}

bool Sale::lasts() const {
  return offer->has_prices || Renews(*offer) || !offer->limits.empty() || !offer->switches.empty();
}

SaleOutcome FindSale(const Revisions& revisions, const Account& account, const SaleRequest& request,
                     Sale* sale) {
  sale->at = request.at;
  sale->node = request.node;
  sale->quantity = request.quantity;
  sale->revision = revisions.EffectiveAt(request.at);
  if (sale->revision == nullptr) return SaleOutcome::kNoCatalogue;
  const auto index = sale->tariff().FindOffer(request.offer);
  if (!index) return SaleOutcome::kUnknownOffer;
  sale->index = *index;
  sale->offer = &sale->tariff().offer(*index);
  if (sale->offer->currency != account.currency) return SaleOutcome::kOtherCurrency;
  if (!MayBuy(account.state)) return SaleOutcome::kAccountState;
  if (const SaleOutcome node = CheckNode(account, request.node); node != SaleOutcome::kSold)
    return node;
  if (const SaleOutcome may = CheckCustomer(account, *sale); may != SaleOutcome::kSold) return may;
  sale->subscription = sale->lasts() ? account.next_subscription : 0;
  FindCycle(account, sale);
  if (!FindAmounts(FirstShare(*sale), sale)) return SaleOutcome::kTooMuch;
  if (const SaleOutcome fee = CheckFee(account, *sale); fee != SaleOutcome::kSold) return fee;
  return CheckRoom(account, *sale);
}

SaleOutcome FindRenewal(const Revisions& revisions, const Account& account,
                        const balance::Subscription& subscription, Instant at, Sale* sale) {
  const Revision* bought = revisions.Find(subscription.terms.revision);
  OCS_CHECK(bought != nullptr);
  const Offer& before = bought->tariff->offer({subscription.terms.offer});
  sale->at = at;
  sale->node = subscription.node;
  sale->quantity = subscription.quantity;
  sale->subscription = subscription.id;
  sale->revision = bought;
  sale->index = {subscription.terms.offer};
  sale->offer = &before;
  if (const Revision* now = revisions.EffectiveAt(at)) {
    const auto index = now->tariff->FindOffer(before.id);
    if (index) {
      const Offer& offer = now->tariff->offer(*index);
      if (offer.currency == before.currency && offer.cycle == before.cycle) {
        sale->revision = now;
        sale->index = *index;
        sale->offer = &offer;
      }
    }
  }
  sale->anchor = subscription.anchor;
  sale->cycle_end = WindowEnd(sale->offer->cycle, at, subscription.anchor, sale->tariff().zone());
  if (!MayBuy(account.state)) return SaleOutcome::kAccountState;
  if (!FindAmounts({}, sale)) return SaleOutcome::kTooMuch;
  if (const SaleOutcome fee = CheckFee(account, *sale); fee != SaleOutcome::kSold) return fee;
  return HasRoomForBuckets(account, *sale) ? SaleOutcome::kSold : SaleOutcome::kNoRoom;
}

absl::Status SaleRefusal(SaleOutcome outcome, const SaleRequest& request, const Account& account,
                         const Sale& sale, std::string* field) {
  const auto refuse = [&](std::string_view at, const std::string& why) {
    *field = std::string(at);
    return absl::FailedPreconditionError(at.empty() ? why : Cat(at, ": ", why));
  };
  const auto time = [&](Instant at) { return FormatInstant(at, sale.tariff().zone()); };
  const auto money = [&](int64_t micros) { return FormatAmount(micros, account.currency); };
  switch (outcome) {
    case SaleOutcome::kSold:
      break;
    case SaleOutcome::kNoCatalogue:
      return refuse("", "no catalogue is in force: publish one first");
    case SaleOutcome::kUnknownOffer:
      *field = "offer";
      return absl::NotFoundError(Cat("offer: revision ", sale.revision->view.revision,
                                     " has no offer '",
                                     request.offer.substr(0, kModelNameLengthMax), "'"));
    case SaleOutcome::kOtherCurrency:
      return refuse("offer", Cat("is sold in ", sale.offer->currency.code(), ", the account has ",
                                 account.currency.code()));
    case SaleOutcome::kAccountState:
      return refuse("account_id", Cat("the account is ", balance::AccountStateName(account.state),
                                      ": set it active first"));
    case SaleOutcome::kUnknownNode:
      *field = "node_id";
      return absl::NotFoundError(Cat("node_id: the account has no node ", request.node.value));
    case SaleOutcome::kNodeState:
      return refuse("node_id", "it, or a node above it, is not active: set that active first");
    case SaleOutcome::kNotSoldYet:
      return refuse("offer", Cat("is sold from ", time(sale.offer->sold_from), " on"));
    case SaleOutcome::kNotSoldAnyMore:
      return refuse("offer", Cat("was sold until ", time(sale.offer->sold_until)));
    case SaleOutcome::kOtherSegment:
      return refuse("offer", Cat("is not sold to the account's segment '", account.segment,
                                 "': change the segment, or choose another offer"));
    case SaleOutcome::kBoughtBefore:
      return refuse("offer", "is sold once to a customer, one piece: it cannot be bought again");
    case SaleOutcome::kBoughtTooOften:
      return refuse("offer", Cat("is sold at most ", sale.offer->per_month_max,
                                 " times a month to a customer: wait for the next month"));
    case SaleOutcome::kTooMuch:
      *field = "quantity";
      return absl::ResourceExhaustedError("quantity: an amount would not fit");
    case SaleOutcome::kNotEnoughMoney: {
      const Bucket* main = account.FindBucket(balance::kMainBucket);
      return refuse("",
                    Cat("the fee of ", money(sale.fee_micros), " is more than the account has (",
                        money(account.Spendable(*main)), "): top it up first"));
    }
    case SaleOutcome::kNotEnoughPoints:
      return refuse("", Cat("the fee of ", FormatAmount(sale.fee_points, sale.offer->fee_unit),
                            " is more than the account has (",
                            FormatAmount(PointsOf(account, sale.offer->fee_unit,
                                                  {.node = sale.node, .at = sale.at}),
                                         sale.offer->fee_unit),
                            ")"));
    case SaleOutcome::kNoRoom:
      return absl::ResourceExhaustedError(
          Cat("an account may have ", kBucketsPerAccountMax, " buckets, ", kOffersPerAccountMax,
              " subscriptions and ", kLimitsPerAccountMax, " limits"));
  }
  OCS_CHECK(false);
  return absl::OkStatus();
}

void DropWhatIsOver(const Sale& sale, const Account& account, balance::EntryBuilder* entry) {
  size_t count = account.buckets.size();
  const size_t wanted = sale.offer->grants.size();
  for (const Bucket& bucket : account.buckets) {
    if (count + wanted <= static_cast<size_t>(kBucketsPerAccountMax)) break;
    if (!IsUsedUp(bucket)) continue;
    entry->DropBucket(bucket.id);
    --count;
  }
  for (const balance::Subscription& subscription : account.subscriptions) {
    if (subscription.valid_until <= sale.at) entry->DropSubscription(subscription);
  }
}

uint64_t BoughtKey(std::string_view offer) { return StableHash64(offer); }
uint64_t BoughtByItselfKey(std::string_view offer) { return StableHash64(offer, kByItselfSeed); }

uint32_t BoughtInMonth(const Account& account, uint64_t key, Instant at, absl::TimeZone zone) {
  const balance::Bought* bought = FindBought(account, key);
  if (bought == nullptr) return 0;
  // What is bought late for a month that is over counts in the present one.
  return std::max(StartOfMonth(at, zone), bought->month) == bought->month ? bought->in_month : 0;
}

void WriteBought(const Sale& sale, const Account& account, uint64_t also,
                 balance::EntryBuilder* entry) {
  const absl::TimeZone zone = sale.tariff().zone();
  const auto count = [&](uint64_t key) {
    const balance::Bought* before = FindBought(account, key);
    balance::Bought bought{.offer = key};
    if (before != nullptr) bought = *before;
    const auto more = static_cast<uint32_t>(sale.quantity);
    bought.in_month = BoughtInMonth(account, key, sale.at, zone) + more;
    bought.month = std::max(bought.month, StartOfMonth(sale.at, zone));
    bought.ever += more;
    entry->SetBought(bought);
  };
  // Only where it matters: an account remembers a bounded number of offers.
  if (sale.offer->once_per_customer || sale.offer->per_month_max > 0)
    count(BoughtKey(sale.offer->id));
  if (also != 0) count(also);
}

}  // namespace ocs::engine
