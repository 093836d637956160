// The rater once more, written to be obvious and slow: one piece after the other, each sum in 128
// bits. What the tests compare the rater with.

#ifndef TESTS_RATING_RATER_REFERENCE_H_
#define TESTS_RATING_RATER_REFERENCE_H_

#include <algorithm>
#include <map>
#include <vector>

#include "absl/numeric/int128.h"
#include "rating/rater.h"

namespace ocs::rating {

class ReferenceRater final {
 public:
  ReferenceRater(const std::vector<Pot>& pots, const std::vector<Carry>& carries) : pots_(pots) {
    for (const Pot& pot : pots) {
      left_.push_back(pot.available > 0 ? pot.available : 0);
      if (pot.shape == nullptr) continue;
      counted_[pot.shape] = pot.counted;
      charged_[pot.shape] = pot.charged_micros;
    }
    for (const Carry& carry : carries) carries_[carry.line] = carry.remainder;
  }

  /// Charges all of the usage.
  std::vector<ChargeLine> Charge(const Quantities& used) {
    for (const KindQuantity& item : used) ChargeKind(item);
    return lines_;
  }

 private:
  /// What one more piece would be in a pot.
  struct Piece {
    size_t tier = 0;  ///< From 1.
    Rate rate = {};
    bool sold = true;
    bool volume = false;
    absl::int128 flat = 0;
    absl::int128 cost = 0;
    int64_t carry_in = 0;
    int64_t carry_out = 0;
  };

  void ChargeKind(const KindQuantity& item) {
    size_t p = 0;
    size_t last = 0;
    bool overshoot = false;
    for (int64_t i = 0; i < item.quantity; ++i) {
      // To the first pot that pays; what a pot did not pay, it is not asked again.
      while (!overshoot && !Pays(p, item.kind)) {
        if (RowRate(p, item.kind).sold()) last = p;
        if (++p < pots_.size()) continue;
        overshoot = true;
        p = last;
      }
      Take(p, item.kind, overshoot);
    }
  }

  const Rate& RowRate(size_t p, TokenKind kind) const { return pots_[p].row->of(kind); }

  bool HasTiers(size_t p, TokenKind kind) const {
    const Shape* shape = pots_[p].shape;
    return shape != nullptr && !shape->tiers.empty() && Counts(shape->counter.counted, kind);
  }

  // From 0, of the piece that takes the counter from `counted` on.
  static size_t TierOf(const Shape& shape, int64_t counted) {
    size_t t = 0;
    while (t + 1 < shape.tiers.size() && counted >= shape.tiers[t].up_to) ++t;
    return t;
  }

  static Rate RateOf(const Shape& shape, size_t t, TokenKind kind) {
    while (shape.tiers[t].stops) --t;
    return shape.tiers[t].rates[static_cast<size_t>(kind)];
  }

  // What the first `pieces` of a volume price cost when they come one by one.
  static absl::int128 Whole(const Shape& shape, TokenKind kind, int64_t pieces) {
    absl::int128 whole = 0;
    for (int64_t i = 1; i <= pieces; ++i) {
      const Rate rate = RateOf(shape, TierOf(shape, i - 1), kind);
      const absl::int128 now = absl::int128(i) * rate.numerator / rate.denominator;
      if (now > whole) whole = now;
    }
    return whole;
  }

  Piece Next(size_t p, TokenKind kind) {
    Piece piece;
    piece.rate = RowRate(p, kind);
    if (HasTiers(p, kind)) {
      const Shape& shape = *pots_[p].shape;
      const int64_t counted = counted_[&shape];
      const size_t t = TierOf(shape, counted);
      const int64_t begin = t == 0 ? 0 : shape.tiers[t - 1].up_to;
      piece.tier = t + 1;
      piece.sold = !shape.tiers[t].stops;
      piece.rate = RateOf(shape, t, kind);
      if (piece.sold && counted == begin) piece.flat = shape.tiers[t].flat;
      if (shape.form == Shape::Form::kVolume) {
        piece.volume = true;
        piece.cost = Whole(shape, kind, counted + 1) - Whole(shape, kind, counted);
        return piece;
      }
    }
    if (piece.rate.line != 0) piece.carry_in = carries_[piece.rate.line];
    const absl::int128 exact = absl::int128(piece.rate.numerator) + piece.carry_in;
    piece.cost = exact / piece.rate.denominator;
    piece.carry_out = static_cast<int64_t>(exact % piece.rate.denominator);
    return piece;
  }

  // What the maximum leaves; without one, more than anything costs here.
  absl::int128 RoomOf(size_t p) {
    const Shape* shape = pots_[p].shape;
    if (shape == nullptr || shape->maximum < 0) return absl::Int128Max();
    const absl::int128 room = shape->maximum - charged_[shape];
    return room < 0 ? 0 : room;
  }

  // A pot that has not the minimum pays while no other one does.
  bool PaysMinimum(size_t p, TokenKind kind) const {
    const Pot& pot = pots_[p];
    if (pot.shape == nullptr || pot.shape->minimum <= pot.call_charged_micros) return true;
    bool others = false;
    int64_t available = 0;  // In the last pot of the shape, on which the minimum falls.
    for (size_t i = 0; i < pots_.size(); ++i) {
      if (i > p && RowRate(i, kind).sold()) others = true;
      if (pots_[i].shape == pot.shape) available = pots_[i].available;
    }
    int64_t minimum = pot.shape->minimum - pot.call_charged_micros;
    if (pot.shape->maximum >= 0) {
      minimum = std::min(minimum, std::max<int64_t>(pot.shape->maximum - pot.charged_micros, 0));
    }
    return !others || available >= minimum;
  }

  bool Pays(size_t p, TokenKind kind) {
    if (!RowRate(p, kind).sold() || !PaysMinimum(p, kind)) return false;
    const Piece piece = Next(p, kind);
    const absl::int128 cost = piece.flat + piece.cost;
    return piece.sold && (cost <= left_[p] || RoomOf(p) <= left_[p]);
  }

  void Take(size_t p, TokenKind kind, bool overshoot) {
    const Piece piece = Next(p, kind);
    ChargeLine line{.kind = kind,
                    .pot = static_cast<uint8_t>(p),
                    .overshoot = overshoot,
                    .quantity = 1,
                    .rule = pots_[p].row->rule,
                    .tier = static_cast<uint16_t>(piece.tier)};
    const absl::int128 flat = std::min(piece.flat, RoomOf(p));
    if (flat > 0) {
      line.form = ChargeLine::Form::kFlat;
      line.rate = {.numerator = static_cast<int64_t>(flat), .denominator = 1, .line = 0};
      Book(line, flat);
    }
    // What follows a free piece of the same tier is free with it.
    ChargeLine free = line;
    free.form = ChargeLine::Form::kFree;
    if (piece.cost > RoomOf(p) || (!lines_.empty() && Alike(lines_.back(), free))) {
      line.form = ChargeLine::Form::kFree;
      line.rate = {.numerator = 0, .denominator = 1, .line = 0};
      Book(line, RoomOf(p));
    } else {
      line.form = piece.volume ? ChargeLine::Form::kVolume : ChargeLine::Form::kPieces;
      line.rate = piece.rate;
      if (piece.volume) line.rate.line = 0;
      line.carry_in = piece.carry_in;
      line.carry_out = piece.carry_out;
      if (piece.rate.line != 0 && !piece.volume) carries_[piece.rate.line] = piece.carry_out;
      Book(line, piece.cost);
    }
    const Shape* shape = pots_[p].shape;
    if (shape != nullptr && Counts(shape->counter.counted, kind)) ++counted_[shape];
  }

  // Pieces that differ in nothing are one line.
  void Book(ChargeLine line, absl::int128 amount) {
    line.amount = static_cast<int64_t>(amount);
    left_[line.pot] = left_[line.pot] > amount ? left_[line.pot] - amount : 0;
    if (pots_[line.pot].shape != nullptr) charged_[pots_[line.pot].shape] += amount;
    if (!lines_.empty() && Alike(lines_.back(), line)) {
      ChargeLine& before = lines_.back();
      before.quantity += 1;
      before.amount += line.amount;
      before.carry_out = line.carry_out;
    } else {
      lines_.push_back(line);
    }
  }

  static bool Alike(const ChargeLine& a, const ChargeLine& b) {
    return a.kind == b.kind && a.pot == b.pot && a.overshoot == b.overshoot && a.form == b.form &&
           a.tier == b.tier && a.form != ChargeLine::Form::kFlat;
  }

  const std::vector<Pot>& pots_;
  std::vector<absl::int128> left_;
  std::map<const Shape*, int64_t> counted_;
  std::map<const Shape*, absl::int128> charged_;
  std::map<uint64_t, int64_t> carries_;
  std::vector<ChargeLine> lines_;
};

}  // namespace ocs::rating

#endif  // TESTS_RATING_RATER_REFERENCE_H_
