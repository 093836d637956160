// What holds of every usage, whatever was sent: for the tests that send anything.

#ifndef TESTS_RATING_USAGE_INVARIANTS_H_
#define TESTS_RATING_USAGE_INVARIANTS_H_

#include <string>
#include <variant>

#include "ocs/base/limits.h"
#include "ocs/base/quantity.h"
#include "ocs/base/text.h"
#include "rating/usage/provider_usage.h"

namespace ocs::testing {

/// True for kinds that count tokens.
inline bool IsToken(TokenKind kind) {
  return kind != TokenKind::kRequest && kind != TokenKind::kSearch && kind != TokenKind::kImage &&
         kind != TokenKind::kSecond;
}

/// What is wrong with a vector, empty where nothing is.
inline std::string VectorFault(const Quantities& quantities, int64_t tokens) {
  int64_t sum = 0;
  const KindQuantity* before = nullptr;
  for (const KindQuantity& one : quantities) {
    if (one.quantity <= 0) return Cat(TokenKindName(one.kind), " is ", one.quantity);
    if (one.quantity > kQuantityMax) return Cat(TokenKindName(one.kind), " is over the limit");
    if (before != nullptr && before->kind >= one.kind) return "kinds are out of order";
    if (IsToken(one.kind)) sum += one.quantity;
    before = &one;
  }
  return sum == tokens ? "" : Cat("the kinds sum to ", sum, " and not to ", tokens);
}

/// What is wrong with an answer, empty where nothing is.
inline std::string AnswerFault(const usage::UsageAnswer& answer) {
  if (const auto* error = std::get_if<usage::UsageError>(&answer)) {
    if (error->found.empty()) return "an error does not say what was found";
    if (error->expected.empty()) return "an error does not say what was expected";
    return "";
  }
  const auto& usage = std::get<usage::ProviderUsage>(answer);
  if (usage.prompt_tokens < 0) return "the prompt is negative";
  if (usage.output_tokens < 0) return "the output is negative";
  const int64_t tokens = usage.prompt_tokens + usage.output_tokens;
  std::string fault = VectorFault(usage.quantities, tokens);
  if (!fault.empty()) return fault;
  for (const usage::ApartUsage& apart : usage.apart) {
    if (apart.prompt_tokens < 0) return "a prompt apart is negative";
    for (const KindQuantity& one : apart.quantities) {
      if (one.quantity <= 0) return "a quantity apart is not positive";
    }
  }
  for (const usage::Clamp& clamp : usage.clamps) {
    if (clamp.kept < 0 || clamp.kept >= clamp.reported) return "a clamp did not clamp";
  }
  if (usage.clamps.empty() == usage.marks.Has(usage::UsageMark::kClamped)) {
    return "clamps and their mark disagree";
  }
  const bool differs =
      usage.provider_total.has_value() && *usage.provider_total != tokens - usage.beside_total;
  if (differs != usage.marks.Has(usage::UsageMark::kTotalDisagrees)) {
    return "the total and its mark disagree";
  }
  return "";
}

}  // namespace ocs::testing

#endif  // TESTS_RATING_USAGE_INVARIANTS_H_
