#include <string>

#include "tests/engine/harness.h"

namespace ocs::engine::tests {
namespace {

TEST_CASE("a call is reserved, reported and charged, and a restart knows it", "[engine][unit]") {
  Harness h;
  h.PublishFile(OCS_OPERATORS_CATALOGUE);
  const AccountId account = h.Create(20'000'000);
  h.Purchase(account, "ct-personal-light");
  const Ask ask{.session = "s-1", .number = 0, .account = account};
  Kept<CreditControlCall> initial;
  Fill(initial, ask, RequestType::kInitial);
  initial.request.services[0].requests_quota = true;
  initial.request.services[0].requested = {{TokenKind::kInput, 1000}, {TokenKind::kOutput, 500}};
  h.Run(&initial);
  REQUIRE(initial.status.ok());
  INFO(initial.answer.message);
  REQUIRE(initial.answer.code == ResultCode::kSuccess);
  REQUIRE(initial.answer.services[0].granted ==
          Quantities{{TokenKind::kInput, 1000}, {TokenKind::kOutput, 500}});
  REQUIRE(h.View(account).buckets[0].held == 1500);

  Kept<CreditControlCall> termination;
  const Ask end{.session = "s-1", .number = 1, .account = account};
  Fill(termination, end, RequestType::kTermination);
  termination.request.services[0].has_used = true;
  termination.request.services[0].used = {{TokenKind::kInput, 1000}, {TokenKind::kOutput, 321}};
  h.Run(&termination);
  REQUIRE(termination.answer.code == ResultCode::kSuccess);
  REQUIRE(termination.answer.services[0].drawn == 1321);

  h.Open();
  const AccountView view = h.View(account);
  REQUIRE(view.sessions.empty());
  REQUIRE(view.buckets[0].spent == 1321);
  REQUIRE(view.buckets[0].held == 0);

  // The repeat gets the recorded answer, also after the restart.
  Kept<CreditControlCall> repeat;
  Fill(repeat, end, RequestType::kTermination);
  repeat.request.services[0].has_used = true;
  repeat.request.services[0].used = {{TokenKind::kInput, 1000}, {TokenKind::kOutput, 321}};
  h.Run(&repeat);
  std::string first;
  std::string second;
  EncodeAnswer(termination.answer, &first);
  EncodeAnswer(repeat.answer, &second);
  REQUIRE(first == second);
  REQUIRE(h.View(account).buckets[0].spent == 1321);
}

}  // namespace
}  // namespace ocs::engine::tests
