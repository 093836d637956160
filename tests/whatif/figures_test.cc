#include "ocs/whatif/internal/figures.h"

#include "tests/support/catch.h"

using ocs::Unit;
using ocs::whatif::internal::Money;
using ocs::whatif::internal::MoneyChange;
using ocs::whatif::internal::Percent;
using ocs::whatif::internal::PercentChange;
using ocs::whatif::internal::PlainMoney;
using ocs::whatif::internal::PlainPercent;
using ocs::whatif::internal::ShareOf;

TEST_CASE("amounts are rounded half to even, with their sign", "[whatif][unit]") {
  const Unit cny = Unit::Of("CNY");
  CHECK(Money(1'234'567'890'000, cny) == "1,234,567.89 CNY");
  CHECK(Money(5'000) == "0.00");
  CHECK(Money(15'000) == "0.02");
  CHECK(Money(5'001) == "0.01");
  CHECK(Money(-15'000) == "-0.02");
  CHECK(Money(-1'999'999) == "-2.00");
  CHECK(MoneyChange(3'000'000, cny) == "+3.00 CNY");
  CHECK(MoneyChange(-3'000'000, cny) == "-3.00 CNY");
  CHECK(MoneyChange(4'000, cny) == "0.00 CNY");
  CHECK(PlainMoney(-1'234'500'000) == "-1234.50");
  CHECK(Money(INT64_MIN + 1) == "-9,223,372,036,854.78");
}

TEST_CASE("shares are exact before they are shown", "[whatif][unit]") {
  CHECK(ShareOf(1, 3) == 333'333);
  CHECK(ShareOf(2, 3) == 666'667);
  CHECK(ShareOf(-1, 3) == -333'333);
  CHECK(ShareOf(1, -3) == -333'333);
  CHECK(ShareOf(5, 0) == 0);
  CHECK(ShareOf(INT64_MAX, 1) == 1'000'000'000'000);
  CHECK(Percent(123'456) == "12.3 %");
  CHECK(PercentChange(123'456) == "+12.3 %");
  CHECK(PercentChange(-500) == "0.0 %");
  CHECK(PlainPercent(-123'456) == "-12.3");
}
