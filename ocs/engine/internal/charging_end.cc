// What an answer says of the end of the units: why there are no more, when there will be, and what
// happens then.

#include <algorithm>

#include "ocs/engine/internal/charging.h"

namespace ocs::engine {
namespace {

using rating::AtEnd;

int64_t MillisOf(const Window& window) {
  constexpr int64_t kHour = 3'600'000;
  switch (window.kind) {
    case WindowKind::kHour:
      return kHour;
    case WindowKind::kDay:
      return 24 * kHour;
    case WindowKind::kWeek:
      return 7 * 24 * kHour;
    default:
      return window.length_ms;
  }
}

void AddRates(const rating::GrantTerms& grant, EndOfUnits* end) { end->rates = RatesOf(grant); }

int64_t HeldIn(const rating::HoldResult& held, size_t pot) {
  for (const rating::HoldLine& line : held.holds) {
    if (line.pot == pot) return line.amount;
  }
  return 0;
}

// The last package in draw order; pots.size() when there is none.
size_t LastPackage(const Pots& pots) {
  for (size_t i = pots.sources.size(); i > 0; --i) {
    if (pots.sources[i - 1].grant != nullptr) return i - 1;
  }
  return pots.sources.size();
}

// All was granted: what follows a package is told where it has begun.
std::optional<EndOfUnits> EndOfWhole(const Affordance& a) {
  for (size_t i = 0; i + 1 < a.pots.sources.size(); ++i) {
    const Pots::Source& source = a.pots.sources[i];
    if (source.grant == nullptr || a.pots.pots[i].available > HeldIn(a.held, i)) continue;
    const Pots::Source& next = a.pots.sources[i + 1];
    EndOfUnits end;
    end.at_end = AtEndOf(source);
    if (end.at_end == AtEnd::kThrottle && next.grant != nullptr) {
      AddRates(*next.grant, &end);
      return end;
    }
    if (end.at_end == AtEnd::kBillOn && next.grant == nullptr) {
      end.next_price = next.tariff->rule(a.pots.pots[i + 1].row->rule).origin;
      return end;
    }
  }
  return std::nullopt;
}

// When more is free again of a limit in which nothing was counted before this grant: when the
// window ends, or the whole slot in which its use begins has left the sliding one.
Instant FreesAfterGrant(const Bound& bound, Instant at, absl::TimeZone zone) {
  const Window& window = bound.place.window;
  if (window.kind != WindowKind::kSliding) return WindowEnd(window, at, bound.place.anchor, zone);
  const int64_t slot = SlotMillis(window);
  return at.PlusMillis(-(at.unix_ms % slot) + slot + window.length_ms);
}

EndOfUnits EndOfPart(const Affordance& a, Instant at) {
  EndOfUnits end;
  const size_t last = LastPackage(a.pots);
  if (last < a.pots.sources.size()) {
    const Pots::Source& source = a.pots.sources[last];
    end.at_end = AtEndOf(source);
    if (end.at_end == AtEnd::kFallback) end.fallback_model = source.grant->end.fallback_model;
    // A package that goes on at rates, and these are used up.
    const bool before_throttled = last > 0 && a.pots.sources[last - 1].grant != nullptr &&
                                  AtEndOf(a.pots.sources[last - 1]) == AtEnd::kThrottle;
    if (a.limiting != nullptr && before_throttled) {
      end.at_end = AtEnd::kThrottle;
      AddRates(*source.grant, &end);
    } else if (end.at_end == AtEnd::kBillOn || end.at_end == AtEnd::kThrottle) {
      end.at_end = AtEnd::kStop;  // It was billed on, or throttled, and that has ended, too.
    }
    if (end.at_end == AtEnd::kWait) end.retry_at = source.more_at;
  }
  if (a.limiting == nullptr) return end;
  end.retry_at = a.limiting->frees_at;
  if (end.retry_at == Instant::Never() && !a.held.granted.empty())
    end.retry_at = FreesAfterGrant(*a.limiting, at, a.pots.zone);
  return end;
}

}  // namespace

std::vector<ThrottleRate> RatesOf(const rating::GrantTerms& grant) {
  std::vector<ThrottleRate> rates;
  for (const rating::LimitTerms& limit : grant.limits) {
    if (limit.alert_only || MillisOf(limit.window) == 0) continue;
    rates.push_back(
        {.amount = limit.amount, .unit = limit.unit, .window_ms = MillisOf(limit.window)});
  }
  return rates;
}

AtEnd AtEndOf(const Pots::Source& source) {
  const rating::EndTerms& end = source.grant->end;
  const bool stopped = end.switch_index >= 0 && ((source.switches >> end.switch_index) & 1U) != 0;
  return stopped ? AtEnd::kStop : end.at_end;
}

void Charging::TellEnd(const Affordance& a, ServiceAnswer* answer) const {
  if (a.whole) {
    if (a.pots.pots.size() > 1) answer->end = EndOfWhole(a);
    return;
  }
  answer->end = EndOfPart(a, at_);
  if (a.limiting != nullptr) {
    answer->end->limited_by = std::string(a.limiting->name);
    answer->end->node = NodePath(*account_, a.limiting->node);
  }
  if (a.held.outcome != rating::HoldResult::Outcome::kStopped) return;
  for (size_t i = 0; i < a.pots.pots.size(); ++i) {
    const rating::Shape* shape = a.pots.pots[i].shape;
    if (shape == nullptr) continue;
    answer->end->limited_by = a.pots.sources[i].tariff->rule(a.pots.pots[i].row->rule).origin;
    answer->end->retry_at =
        WindowEnd(shape->counter.window, at_, a.pots.sources[i].anchor, a.pots.zone);
  }
}

void Charging::TellFollowing(const Affordance& a, ServiceAnswer* answer) const {
  const size_t last = LastPackage(a.pots);
  if (answer->end || last == a.pots.sources.size()) return;
  const Pots::Source& source = a.pots.sources[last];
  EndOfUnits& end = answer->end.emplace();
  if (last > 0 && a.pots.pots[last - 1].available > 0 &&
      a.pots.sources[last - 1].grant != nullptr &&
      AtEndOf(a.pots.sources[last - 1]) == AtEnd::kThrottle) {
    end.at_end = AtEnd::kThrottle;  // The last one is that at whose rates it goes on.
    return AddRates(*source.grant, &end);
  }
  end.at_end = AtEndOf(source);
  switch (end.at_end) {
    case AtEnd::kFallback:
      end.fallback_model = source.grant->end.fallback_model;
      return;
    case AtEnd::kWait:
      end.retry_at = source.more_at;
      return;
    case AtEnd::kThrottle:
      return AddRates(*source.grant, &end);
    case AtEnd::kBillOn:
      if (last + 1 < a.pots.sources.size()) {
        end.next_price =
            a.pots.sources[last + 1].tariff->rule(a.pots.pots[last + 1].row->rule).origin;
      }
      return;
    case AtEnd::kStop:
    case AtEnd::kBuyNext:
      return;
  }
}

}  // namespace ocs::engine
