// Records that the tests of this room share: three worked by hand and any number drawn at random.

#ifndef TESTS_CDR_SAMPLES_H_
#define TESTS_CDR_SAMPLES_H_

#include <array>
#include <limits>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cdr/record.h"
#include "ocs/base/random.h"
#include "tests/support/golden.h"

namespace ocs::cdr::testing {

inline absl::TimeZone Beijing() { return absl::FixedTimeZone(8 * 60 * 60); }

inline constexpr Instant kNoon = {1'779'163'200'000};  // 2026-05-19T12:00:00+08:00

// 1,234 input tokens at 1 CNY per 250,000, 1,234 cached ones at 0.1 CNY per million with a
// remainder from before, and 500 output tokens from a package, 20 of them beyond it.
inline Record UsageSample() {
  Record record;
  record.local_sequence = 7;
  record.account = {42};
  record.session_id = "s1";
  record.request_number = 2;
  record.record_sequence = 2;
  record.cause = ClosingCause::kPartialRecord;
  record.opened_at = kNoon;
  record.closed_at = kNoon.PlusMillis(1250);
  record.recorded_at = kNoon.PlusMillis(1300);
  record.rating_group = 1001;
  record.model = "deepseek-v3.2";
  record.provider = "deepseek";
  record.tariff_revision = 3;
  RecordLine line;
  line.quantity = 1234;
  line.unit = Unit::Of("CNY");
  line.amount = 4936;
  line.price_numerator = 1'000'000;
  line.price_denominator = 250'000;
  line.carry_line = 0x0123456789abcdef;
  line.bucket = {1};
  line.charge_code = "ds-usage";
  line.rule = "price book x, line 12";
  record.lines.push_back(line);
  line.kind = TokenKind::kCacheRead;
  line.amount = 124;
  line.price_numerator = 100'000;
  line.price_denominator = 1'000'000;
  line.carry_in = 700'000;
  line.carry_out = 100'000;
  line.carry_line = 0xfedcba9876543210;
  record.lines.push_back(line);
  RecordLine draw;
  draw.kind = TokenKind::kOutput;
  draw.quantity = 480;
  draw.unit = Unit::Of("token");
  draw.amount = 480;
  draw.price_numerator = 1;
  draw.bucket = {2};
  draw.revenue_micros = 475;
  draw.charge_code = "ct-light-tokens";
  draw.rule = "offer ct-light, grant 1";
  record.lines.push_back(draw);
  draw.quantity = 20;
  draw.amount = 20;
  draw.revenue_micros = 0;
  draw.overshoot = true;
  record.lines.push_back(draw);
  return record;
}

inline Record FeeSample() {
  Record record;
  record.type = RecordType::kFee;
  record.local_sequence = 8;
  record.account = {42};
  record.session_id = "buy-1";
  record.opened_at = record.closed_at = record.recorded_at = kNoon;
  record.offer = "ct-light";
  record.tariff_revision = 3;
  RecordLine line;
  line.kind = TokenKind::kRequest;
  line.quantity = 1;
  line.unit = Unit::Of("CNY");
  line.amount = 9'900'000;
  line.price_numerator = 9'900'000;
  line.bucket = {1};
  line.charge_code = "ct-light";
  line.rule = "offer ct-light";
  record.lines.push_back(line);
  return record;
}

// Gives back the first line of UsageSample, which stands at 0.11.4.
inline Record RefundSample() {
  Record record = UsageSample();
  record.type = RecordType::kRefund;
  record.local_sequence = 9;
  record.session_id = "refund-1";
  record.request_number = 0;
  record.record_sequence = 0;
  record.cause = ClosingCause::kNormalRelease;
  record.refers_to_shard = 0;
  record.refers_to = {.group = 11, .index = 4};
  record.lines.resize(1);
  return record;
}

// A graduated price with a tier's flat amount, a discount and a tax; served by another model, used
// by a member, with what it costs.
inline Record WideSample() {
  Record record = UsageSample();
  record.local_sequence = 10;
  record.lines.resize(1);
  record.lines[0].tier = 2;
  record.lines[0].tax_basis_points = 600;
  record.lines[0].applied = "night discount; USD to CNY at 7.1";
  RecordLine flat = record.lines[0];
  flat.quantity = 1;
  flat.amount = 60'000'000;
  flat.price_numerator = 60'000'000;
  flat.price_denominator = 1;
  flat.carry_line = 0;
  flat.form = LineForm::kFlat;
  record.lines.push_back(flat);
  record.served_model = "qwen3-235b";
  record.node = "sales/anna/key-7";
  record.product = "cloud-phone";
  record.scenario = "coding";
  record.service_tier = "batch";
  record.region = "sh";
  record.channel = "app";
  record.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  record.prompt_tokens = 2468;
  RecordLine cost;
  cost.quantity = 1234;
  cost.unit = Unit::Of("USD");
  cost.amount = 86;
  cost.price_numerator = 7;
  cost.price_denominator = 100;
  cost.carry_out = 38;
  cost.carry_line = 0x00ff00ff00ff00ff;
  cost.charge_code = "qwen-cost";
  cost.rule = "price book qwen-wholesale, line 3";
  record.costs.push_back(cost);
  return record;
}

// The same, as it is reported: on one side of a change of tariff, of a call that was cancelled.
inline Record ReportedSample() {
  Record record = WideSample();
  record.tariff_change = 2;
  record.reporting_reason = 5;  // VALIDITY_TIME.
  record.call_outcome = 2;
  record.late = true;
  return record;
}

inline RecordId IdOf(uint64_t group, uint32_t index) {
  return {.shard = {0}, .position = {.group = group, .index = index}};
}

// Numbers of every length and sign, the ends included.
inline int64_t AnyNumber(Random& random) {
  switch (random.Below(6)) {
    case 0:
      return 0;
    case 1:
      return random.Below(128);
    case 2:
      return std::numeric_limits<int64_t>::min();
    case 3:
      return std::numeric_limits<int64_t>::max();
    default:
      return static_cast<int64_t>(random.Next()) >> random.Below(64);
  }
}

// Texts that live for ever, so that records may point into them.
inline std::string_view AnyText(Random& random) {
  static const std::string kLong(2000, 'x');
  static const std::string kNull("a\0b", 3);
  static const std::array<std::string_view, 9> kTexts = {"",
                                                         "s",
                                                         "deepseek-v3.2",
                                                         "price book x, line 12",
                                                         "say \"hi\"",
                                                         "two\r\nlines",
                                                         kNull,
                                                         "\xe5\x85\x83",
                                                         kLong};
  return kTexts[static_cast<size_t>(random.Below(static_cast<int64_t>(kTexts.size())))];
}

inline RecordLine AnyLine(Random& random) {
  static const std::array<Unit, 4> kUnits = {Unit(), Unit::Of("CNY"), Unit::Of("USD"),
                                             Unit::Of("token")};
  RecordLine line;
  line.kind = static_cast<TokenKind>(random.Below(kTokenKindCount));
  line.quantity = AnyNumber(random);
  line.unit = kUnits[static_cast<size_t>(random.Below(4))];
  line.amount = AnyNumber(random);
  line.price_numerator = AnyNumber(random);
  line.price_denominator = random.OneIn(2) ? 1 : AnyNumber(random);
  line.carry_in = AnyNumber(random);
  line.carry_out = AnyNumber(random);
  line.carry_line = random.OneIn(2) ? 0 : random.Next();
  line.bucket = {static_cast<uint32_t>(AnyNumber(random))};
  line.revenue_micros = AnyNumber(random);
  line.overshoot = random.OneIn(4);
  line.charge_code = AnyText(random);
  line.rule = AnyText(random);
  if (random.OneIn(2)) return line;
  line.form = static_cast<LineForm>(random.Below(5));
  line.tier = static_cast<uint16_t>(random.Below(3) * AnyNumber(random));
  line.tax_basis_points = static_cast<int32_t>(AnyNumber(random));
  line.applied = AnyText(random);
  return line;
}

inline Record AnyRecord(Random& random) {
  static const std::array<ClosingCause, 6> kCauses = {
      ClosingCause::kNormalRelease,   ClosingCause::kPartialRecord,
      ClosingCause::kAbnormalRelease, ClosingCause::kVolumeLimit,
      ClosingCause::kTimeLimit,       ClosingCause::kManagementIntervention};
  Record record;
  record.type = static_cast<RecordType>(random.Between(1, 3));
  record.local_sequence = static_cast<uint64_t>(AnyNumber(random));
  record.account = {static_cast<uint64_t>(AnyNumber(random))};
  record.session_id = AnyText(random);
  record.request_number = static_cast<uint32_t>(AnyNumber(random));
  record.record_sequence = static_cast<uint32_t>(AnyNumber(random));
  record.cause = kCauses[static_cast<size_t>(random.Below(6))];
  record.incomplete = random.OneIn(4);
  record.estimated = random.OneIn(4);
  record.opened_at = {AnyNumber(random)};
  record.closed_at = {AnyNumber(random)};
  record.recorded_at = random.OneIn(4) ? Instant::Never() : Instant{AnyNumber(random)};
  record.rating_group = static_cast<uint32_t>(AnyNumber(random));
  record.model = AnyText(random);
  record.provider = AnyText(random);
  record.offer = AnyText(random);
  record.tariff_revision = static_cast<uint32_t>(AnyNumber(random));
  record.refers_to_shard = static_cast<uint16_t>(AnyNumber(random));
  record.refers_to.group = static_cast<uint64_t>(AnyNumber(random));
  record.refers_to.index = static_cast<uint32_t>(AnyNumber(random));
  for (int64_t lines = random.Below(9); lines > 0; --lines) record.lines.push_back(AnyLine(random));
  if (random.OneIn(2)) return record;
  for (std::string_view* text :
       {&record.served_model, &record.node, &record.product, &record.scenario, &record.service_tier,
        &record.region, &record.channel, &record.traceparent}) {
    *text = AnyText(random);
  }
  record.prompt_tokens = AnyNumber(random);
  for (int64_t costs = random.Below(3); costs > 0; --costs) record.costs.push_back(AnyLine(random));
  if (random.OneIn(2)) return record;
  record.tariff_change = static_cast<uint32_t>(random.Below(4));
  record.reporting_reason = static_cast<uint32_t>(AnyNumber(random));
  record.call_outcome = static_cast<uint32_t>(random.Below(4));
  record.late = random.OneIn(4);
  record.billing_day = static_cast<uint32_t>(random.Below(32));
  return record;
}

// The golden file of that name in this room's folder.
inline std::string Golden(const std::string& name, std::string_view actual) {
  return ocs::testing::Golden(std::string(OCS_GOLDEN_FOLDER) + "/" + name, actual);
}

}  // namespace ocs::cdr::testing

#endif  // TESTS_CDR_SAMPLES_H_
