// A compiled catalogue revision: what each model costs, what each bucket's terms cover, what each
// offer gives. Pure: no clock, disk, thread, log, random number or floating point. Built from a
// Catalogue by Tariff::Compile.
//
// Immutable. Thread-safe. Lookups neither allocate nor lock; pointers that they return live as long
// as the Tariff.

#ifndef RATING_TARIFF_H_
#define RATING_TARIFF_H_

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ocs/base/quantity.h"
#include "ocs/base/time.h"
#include "ocs/base/unit.h"
#include "ocs/base/window.h"

namespace ocs::rating {

struct Catalogue;  // rating/catalogue.h

/// What a rule may ask for beside model and time. The order is the order of strength: a rule that
/// states a product beats one that states a scenario.
enum class Dimension : uint8_t {
  kProduct = 0,
  kScenario = 1,
  kServiceTier = 2,  ///< Not stated by the caller means "standard".
  kRegion = 3,
  kChannel = 4,
  kSegment = 5,  ///< Of the account.
};
inline constexpr size_t kDimensionCount = 6;
std::string_view DimensionName(Dimension dimension);  ///< "product", ..., "service_tier", ...

/// A dimension's value: the same in every revision. 0 = not stated.
using Symbol = uint64_t;
/// StableHash64 of the text; 0 for "".
Symbol SymbolOf(std::string_view text);

/// What a use is like, beside its model. Trivially copyable.
struct UseContext {
  Instant at = {};            ///< Event time.
  int64_t prompt_tokens = 0;  ///< All prompt kinds of the call together, cached ones included.
  std::array<Symbol, kDimensionCount> values = {};
  /// When the offer that is asked about began for this account: free periods count from it. Never()
  /// where no offer is asked about.
  Instant began_at = Instant::Never();
  uint32_t switches = 0;  ///< The customer's switches of that offer: bit i is Offer::switches[i].

  Symbol& of(Dimension dimension) { return values[static_cast<size_t>(dimension)]; }
  Symbol of(Dimension dimension) const { return values[static_cast<size_t>(dimension)]; }
};

/// Prompt tokens of the whole call: more than `over`, up to and with `up_to`.
struct PromptBand {
  int64_t over = -1;  ///< -1: from none on.
  int64_t up_to = std::numeric_limits<int64_t>::max();
  friend bool operator==(const PromptBand&, const PromptBand&) = default;
};

/// What one piece of a kind costs in the smallest unit of the source (micros, tokens, points):
/// amount = quantity * numerator / denominator. A denominator of 0 means: not sold, not covered.
struct Rate {
  int64_t numerator = 0;
  int64_t denominator = 0;
  /// Names the line across revisions: what rounding leaves is carried under it. A hash of book or
  /// grant, matcher, kind and denominator; 0 when the denominator is 0 or 1 (nothing can be left).
  uint64_t line = 0;

  bool sold() const { return denominator != 0; }
};

/// The rates of one rule for every kind, and the rule they come from.
struct RateRow {
  std::array<Rate, kTokenKindCount> rates = {};
  uint32_t rule = 0;   ///< Index for Tariff::rule().
  uint32_t shape = 0;  ///< Index for Tariff::shape(); 0: the rates are all there is to it.

  const Rate& of(TokenKind kind) const { return rates[static_cast<size_t>(kind)]; }
};

/// What a counter counts.
enum class Counted : uint8_t {
  kTokens = 0,    ///< Every kind of token.
  kRequests = 1,  ///< TokenKind::kRequest; so for the next three.
  kSearches = 2,
  kImages = 3,
  kSeconds = 4,
};
/// True when a piece of the kind counts.
bool Counts(Counted counted, TokenKind kind);

/// Where a price or a limit keeps what was used in a window. The account has the value.
struct CounterTerms {
  uint64_t id = 0;     ///< The same across revisions while book, rule and window stay the same.
  Window window = {};  ///< kCall: kept in the session's grant, not in the account.
  Counted counted = Counted::kTokens;
};

/// A stretch of the counter with its own prices.
struct Tier {
  int64_t up_to = 0;  ///< The counter's value at which the next begins; INT64_MAX for the last.
  /// Of the kinds that count; others have the row's. Every tier that sells, sells the same kinds:
  /// those that the row sells (with the first tier's rates). A kind that it does not, stops here.
  std::array<Rate, kTokenKindCount> rates = {};
  int64_t flat = 0;    ///< Micros charged once when the counter goes into the tier: the first piece
                       ///< beyond the end of the one before. A package, a step.
  bool stops = false;  ///< Nothing is sold in it: service stops until the window ends. Never the
                       ///< first tier; those behind it stop too.
};

/// How the charge of a row follows from a counter. Only prices have shapes; draws are linear.
struct Shape {
  enum class Form : uint8_t {
    kLinear = 0,     ///< No tiers: the row's own rates; minimum and maximum apply.
    kGraduated = 1,  ///< Each piece at the price of the tier that it falls in.
    kVolume = 2,     ///< All pieces of the window at the price of the tier that is reached: each
                     ///< pays what the whole costs now less what it cost before, and never less
                     ///< than 0. Prices do not rise from tier to tier, and in a tier all kinds that
                     ///< count have one price.
  };
  Form form = Form::kLinear;
  CounterTerms counter = {};
  std::vector<Tier> tiers = {};  ///< Ascending; empty for kLinear.
  int64_t minimum = 0;           ///< Micros, of a call: charged at its end where less was. 0: none.
  int64_t maximum = -1;  ///< Micros, in the counter's window: beyond it use is free. -1: none.
  uint32_t rule = 0;     ///< Index for Tariff::rule(): what its rows come from.
};

/// Where a rate comes from, for explanations, records and error texts.
struct Rule {
  std::string charge_code = {};  ///< What the bill groups by: the price rule's or grant's own code,
                                 ///< unique in its catalogue.
  std::string origin = {};  ///< "price book deepseek-cny, line 42" or "offer ct-light, grant 1".
  int32_t tax_basis_points = 0;  ///< Contained in the price: 600 is 6 %. 0: none is stated.
  std::string applied = {};      ///< Names of the adjustments and the exchange rate in the price,
                                 ///< "night discount; USD to CNY at 7.1"; "" when there are none.
};

struct ModelIndex {
  uint32_t value = 0;
  friend bool operator==(const ModelIndex&, const ModelIndex&) = default;
};
struct OfferIndex {
  uint32_t value = 0;
  friend bool operator==(const OfferIndex&, const OfferIndex&) = default;
};

/// How long what was bought lasts: calendar months in the catalogue's zone, then days of 24 hours,
/// then hours; all 0 and no `until` = no end. `cycle`: to the end of the offer's cycle.
struct Validity {
  int months = 0;
  int days = 0;
  int hours = 0;
  bool cycle = false;
  Instant until = Instant::Never();  ///< An end by the calendar; the earlier one holds.
  friend bool operator==(const Validity&, const Validity&) = default;
};

/// A bound on use in a window, of a grant or of a node of the account. Of a grant: in the grant's
/// own unit.
struct LimitTerms {
  uint64_t id = 0;  ///< Names its counter; the same across revisions while nothing of it changes.
  std::string name = {};
  Window window = {};
  Unit unit = {};
  int64_t amount = 0;            ///< In the unit's smallest pieces.
  bool per_member = false;       ///< Each member has the amount for himself; else all together.
  bool alert_only = false;       ///< Tells, and stops nothing.
  std::vector<int> alerts = {};  ///< Per cent at which a notice is given, ascending.
  friend bool operator==(const LimitTerms&, const LimitTerms&) = default;
};

/// What happens to use of the models that a grant covers when the grant is used up.
enum class AtEnd : uint8_t {
  kStop = 0,      ///< The offer's prices do not bill those models.
  kBillOn = 1,    ///< They do.
  kWait = 2,      ///< As kStop; the answer says when the next window or cycle brings more.
  kThrottle = 3,  ///< Another grant of the offer goes on at stated rates: its limits. This one only
                  ///< says so.
  kFallback = 4,  ///< As kStop; the answer names the model to use instead.
  kBuyNext = 5,   ///< The offer of `buys` is bought, and drawn on.
};
std::string_view AtEndName(AtEnd at_end);  ///< "stop", "bill_on", ...

/// Final-Unit-Indication (RFC 8506 section 8.34): what the network does with service whose last
/// units are used up.
struct FinalUnits {
  enum class Action : uint8_t { kTerminate = 0, kRedirect = 1, kRestrictAccess = 2 };
  Action action = Action::kTerminate;
  std::string redirect_to = {};           ///< Of kRedirect: what RedirectTypeOf knows.
  std::vector<std::string> filters = {};  ///< Of kRestrictAccess: Filter-Ids, known to gateways.
  friend bool operator==(const FinalUnits&, const FinalUnits&) = default;
};
/// Redirect-Address-Type; its numbers.
enum class RedirectType : uint8_t { kIpv4 = 0, kIpv6 = 1, kUrl = 2, kSipUri = 3 };
/// What kind of address the text is: "203.0.113.7", "2001:db8::7", "https://...", "sip:...";
/// nothing when it is none of them, or longer than kRedirectLengthMax.
std::optional<RedirectType> RedirectTypeOf(std::string_view address);
inline constexpr size_t kRedirectLengthMax = 512;
inline constexpr size_t kFiltersMax = 8;  ///< Each at most 64 printable bytes: they go in answers.

/// How a call that did not come to a good end is charged.
enum class CallCharge : uint8_t {
  kCharged = 0,  ///< For what it used, as any other.
  kPrompt = 1,   ///< For its prompt kinds (IsPromptKind) only.
  kFree = 2,     ///< For nothing.
};
std::string_view CallChargeName(CallCharge charge);  ///< "charged", "prompt", "free".
struct CallTerms {
  CallCharge failed = CallCharge::kCharged;
  CallCharge cancelled = CallCharge::kCharged;
  CallCharge moderated = CallCharge::kCharged;
  /// Quota-Holding-Time: units that nobody uses for so long are to be given back; 0: never. -1: not
  /// stated.
  int32_t quota_holding_seconds = -1;
  friend bool operator==(const CallTerms&, const CallTerms&) = default;
};

struct EndTerms {
  AtEnd at_end = AtEnd::kStop;
  FinalUnits final_units = {};      ///< Of kStop.
  std::string fallback_model = {};  ///< Of kFallback.
  std::string buys = {};            ///< Of kBuyNext: an offer's id; "" = the same again.
  int buys_per_month_max = 0;       ///< Of kBuyNext; 0: no bound but the money.
  int switch_index = -1;  ///< Of Offer::switches: while that is on, kStop holds instead. -1:
                          ///< none.
  friend bool operator==(const EndTerms&, const EndTerms&) = default;
};

/// What is left at the end of a cycle goes on into the next.
struct CarryOver {
  int cycles = 0;           ///< How many more; 0: nothing is carried.
  int64_t amount_max = 0;   ///< Most that is carried; 0: all.
  bool drawn_last = false;  ///< Else before the new cycle's own.
  friend bool operator==(const CarryOver&, const CarryOver&) = default;
};

/// A bucket that a purchase makes.
struct GrantTerms {
  Unit unit = {};
  int64_t amount = 0;  ///< In the unit's smallest pieces.
  bool unlimited =
      false;  ///< `amount` is then kUnlimitedAmount: limits bound it, if anything does.
  Validity validity = {};
  bool from_first_use = false;  ///< The validity begins with the first use, not with the purchase.
  Window refill =
      {};  ///< At each begin what is left is lost and `amount` is there again. kNone: never.
  CarryOver carry_over = {};
  std::vector<LimitTerms> limits = {};
  EndTerms end = {};
  int priority = 0;          ///< 1 is drawn first.
  bool shared = true;        ///< The members of the node that bought it may draw on it.
  int64_t share_micros = 0;  ///< Of the fee, what pays for this grant: deferred until it is used.
  std::string name = {};     ///< For people: "10 M tokens".
  friend bool operator==(const GrantTerms&, const GrantTerms&) = default;
};
/// Never used up: 10^15, a thousand times all the tokens of a national network's day.
inline constexpr int64_t kUnlimitedAmount = 1'000'000'000'000'000;

/// A part of a bundle's fee: what finance books it under.
struct FeePart {
  std::string name = {};
  std::string charge_code = {};
  int64_t share_micros = 0;
  int grant = -1;  ///< The grant that it pays for: earned by use. -1: earned at once.
  int32_t tax_basis_points = 0;
  friend bool operator==(const FeePart&, const FeePart&) = default;
};

/// Something that the customer may turn on and off.
struct SwitchTerms {
  std::string id = {};
  std::string name = {};
  bool on_at_first = false;
  int locked_by_grant = -1;  ///< Once on, stays on while that grant has something left. -1: never.
  friend bool operator==(const SwitchTerms&, const SwitchTerms&) = default;
};

/// Something that can be bought.
struct Offer {
  std::string id = {};
  std::string name = {};
  std::string charge_code = {};  ///< Of its fee on the bill.
  Unit currency = {};
  int64_t fee_micros = 0;       ///< Charged at purchase, and at each renewal.
  Unit fee_unit = {};           ///< Empty, or the points in which it is paid instead;
  int64_t fee_points = 0;       ///< then so many, and fee_micros is 0.
  Window cycle = {};            ///< kNone: bought once. kMonth or kCycle: renews until cancelled.
  int cycles_max = 0;           ///< Ends after so many; 0: goes on.
  bool first_pro_rata = false;  ///< The first cycle's fee and grants by days left in it, rounded up
                                ///< to the micro and the piece.
  bool once_per_customer = false;
  int per_month_max = 0;  ///< Bought at most so often in a calendar month; 0: no bound.
  Instant sold_from = {std::numeric_limits<int64_t>::min()};
  Instant sold_until = Instant::Never();
  std::vector<std::string> segments = {};  ///< Who may buy; empty: everybody.
  std::vector<FeePart> parts = {};         ///< Empty: the fee is one thing.
  int32_t tax_basis_points = 0;            ///< Contained in the fee.
  std::vector<SwitchTerms> switches = {};  ///< At most 16.
  std::vector<LimitTerms> limits = {};     ///< Given to the node that buys, while the offer lasts.
  std::vector<GrantTerms> grants = {};
  FinalUnits final_units = {};  ///< When the money that its prices are paid from is used up.
  bool has_prices =
      false;  ///< True when use beyond (or without) grants is billed: pay per use, or "bill on".
  Validity validity = {};  ///< Of the right to its prices; empty = until cancelled.
  friend bool operator==(const Offer&, const Offer&) = default;
};

/// How a unit is shown to customers.
struct UnitDisplay {
  Unit unit = {};
  std::string name = {};  ///< "cloud grains"; the unit's code where the catalogue names none.
  int64_t shown_per = 1;  ///< 1,000: shown in thousands of pieces. Display only.
};

class Tariff final {
 public:
  /// The compiled form. REQUIRES: the catalogue came from ParseCatalogue without errors.
  static std::unique_ptr<const Tariff> Compile(const Catalogue& catalogue, uint32_t revision);

  ~Tariff();
  Tariff(const Tariff&) = delete;
  Tariff& operator=(const Tariff&) = delete;

  uint32_t revision() const;
  const std::string& name() const;
  absl::TimeZone zone() const;

  /// The model of that id or alias; else of the longest alias with a star that the name begins
  /// with; else nothing. Case-sensitive.
  std::optional<ModelIndex> FindModel(std::string_view name_or_alias) const;
  const std::string& model_id(ModelIndex model) const;
  const std::string& model_provider(ModelIndex model) const;
  const std::string& model_family(ModelIndex model) const;  ///< "" when it has none.
  const std::vector<std::string>& model_classes(ModelIndex model) const;
  uint32_t model_count() const;

  std::optional<OfferIndex> FindOffer(std::string_view id) const;
  const Offer& offer(OfferIndex index) const;
  uint32_t offer_count() const;

  /// The prices at which an offer bills this model, or null when it does not.
  const RateRow* FindPrice(OfferIndex offer, ModelIndex model, const UseContext& context) const;

  /// How much of the grant's unit one piece of each kind draws, or null when the grant does not
  /// cover the use. REQUIRES: grant < offer(index).grants.size().
  const RateRow* FindDraw(OfferIndex offer, uint32_t grant, ModelIndex model,
                          const UseContext& context) const;

  /// What the model that served a call costs us, in the currency of `cost_currency`, or null when
  /// no wholesale book says.
  const RateRow* FindCost(ModelIndex served, const UseContext& context) const;
  Unit cost_currency(const RateRow& row) const;

  /// What the grant's `covers` asks of a use beside its model, by dimension; empty: nothing.
  /// REQUIRES: grant < offer(index).grants.size().
  const std::array<std::vector<std::string>, kDimensionCount>& cover_values(OfferIndex offer,
                                                                            uint32_t grant) const;

  /// The first instant after `context.at`, and before `until`, at which a price (or a grant's draw)
  /// of the model begins to be another rule's: hours, days, dates, the end of a free period.
  /// Never() when there is none. `began_at` and the dimensions are the context's. Not for each use:
  /// it looks through the model's rules, and at the first 32 of their times.
  Instant NextPriceSwitch(OfferIndex offer, ModelIndex model, const UseContext& context,
                          Instant until) const;
  Instant NextDrawSwitch(OfferIndex offer, uint32_t grant, ModelIndex model,
                         const UseContext& context, Instant until) const;

  /// For who keeps rows that were found: until this instant, after `context.at` and at most
  /// `until`, the same row surely holds (null stays null) while nothing else of the context
  /// changes. Earlier than the next switch where that is more than 32 times ahead. Not for each
  /// use. REQUIRES: until > context.at.
  Instant PriceHoldsUntil(OfferIndex offer, ModelIndex model, const UseContext& context,
                          Instant until) const;
  Instant DrawHoldsUntil(OfferIndex offer, uint32_t grant, ModelIndex model,
                         const UseContext& context, Instant until) const;
  Instant CostHoldsUntil(ModelIndex served, const UseContext& context, Instant until) const;

  /// The prompts around this one that no rule tells apart: with any of them, the same rows are
  /// found.
  PromptBand PromptsAround(int64_t prompt_tokens) const;

  /// What the price (or a grant's draw) of the model asks about a use: bit d is Dimension d, bit
  /// kDimensionCount the prompt's length. Where a bit is 0, what it stands for may change without
  /// another price.
  uint32_t PriceDependsOn(OfferIndex offer, ModelIndex model) const;
  uint32_t DrawDependsOn(OfferIndex offer, uint32_t grant, ModelIndex model) const;

  /// Sessions that were opened with an older revision go over to this one when it comes into force;
  /// else they keep theirs.
  bool switches_sessions() const;

  /// How calls that failed, or were cancelled or moderated, are charged, and how long a call may
  /// stand still.
  const CallTerms& calls() const;

  /// How a declared unit is shown, or null when the catalogue does not declare it.
  const UnitDisplay* FindUnit(const Unit& unit) const;

  /// REQUIRES: row.shape != 0, of a row of this tariff.
  const Shape& shape(const RateRow& row) const;

  /// The shapes that move this counter: one for each set of adjustments and each currency. For
  /// what asks once in a window or refund, not for each use: it looks through all.
  std::vector<const Shape*> ShapesOf(uint64_t counter) const;

  const Rule& rule(uint32_t index) const;

 private:
  struct Compiled;
  explicit Tariff(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

/// The instant at which something bought at `from` ends: Never() when validity is empty. `cycle` is
/// the caller's: it knows where the cycle ends.
Instant EndOf(Instant from, Validity validity, absl::TimeZone zone);

}  // namespace ocs::rating

#endif  // RATING_TARIFF_H_
