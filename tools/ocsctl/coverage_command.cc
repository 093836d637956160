// ocsctl account covers: where what an account has can be used, and what comes after it.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ocs/account/v1/account.grpc.pb.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using account::v1::Accounts;
using Rates = google::protobuf::RepeatedPtrField<account::v1::PieceRate>;

struct CoverageArguments {
  std::string account;
  std::string model;
  uint32_t node = 0;
};

// Pieces of a unit for one of the kind: "3", "1/1000".
std::string DrawText(const account::v1::PieceRate& rate) {
  return rate.denominator() == 1 ? Cat(rate.numerator())
                                 : Cat(rate.numerator(), "/", rate.denominator());
}

// Money for a million tokens, or for one of what is no token; where that is no whole number of
// micros, for as many as make one.
std::string PriceText(const account::v1::PieceRate& rate, std::string_view currency) {
  const auto kind = FromWire(rate.token_kind());
  const int64_t pieces = kind.ok() && *kind < TokenKind::kRequest ? 1'000'000 : 1;
  const auto micros = MultiplyExact(rate.numerator(), pieces);
  if (!micros || rate.denominator() == 0 || *micros % rate.denominator() != 0)
    return Cat(AmountText(rate.numerator(), currency), " for ", rate.denominator());
  return Cat(AmountText(*micros / rate.denominator(), currency), pieces == 1 ? " each" : " per 1M");
}

// Kinds of one rate together: "input cache_read: 1; output: 3". All kinds of tokens, which come
// before the others, are "any token".
template <typename Text>
std::string RatesText(const Rates& rates, Text text) {
  struct Group {
    std::string words;
    std::string kinds;
    int tokens = 0;
  };
  std::vector<Group> groups;
  for (const auto& rate : rates) {
    const std::string words = text(rate);
    auto at = groups.begin();
    while (at != groups.end() && at->words != words) ++at;
    if (at == groups.end()) at = groups.insert(at, Group{.words = words, .kinds = "", .tokens = 0});
    const auto kind = FromWire(rate.token_kind());
    at->kinds += Cat(at->kinds.empty() ? "" : " ", kind.ok() ? TokenKindName(*kind) : "?");
    if (kind.ok() && *kind < TokenKind::kRequest) ++at->tokens;
    if (at->tokens == static_cast<int>(TokenKind::kRequest)) {
      at->kinds = "any token";
      at->tokens = 0;
    }
  }
  std::string out;
  for (const Group& group : groups)
    out += Cat(out.empty() ? "" : "; ", group.kinds, ": ", group.words);
  return out;
}

template <typename Texts>
std::string Joined(const Texts& texts, std::string_view between) {
  std::string out;
  for (const std::string& text : texts) out += Cat(out.empty() ? "" : between, text);
  return out;
}

std::string EndText(const account::v1::BucketCoverage& bucket) {
  if (!bucket.fallback_model_id().empty())
    return Cat(bucket.at_end(), " to ", bucket.fallback_model_id());
  if (!bucket.next_offer_id().empty()) return Cat(bucket.at_end(), " ", bucket.next_offer_id());
  return bucket.at_end();
}

void PrintCoverage(const Ctl& ctl, const account::v1::GetCoverageResponse& response) {
  Table buckets({{"bucket", Align::kRight},
                 {"name"},
                 {"offer"},
                 {"available", Align::kRight},
                 {"valid until"},
                 {"whole classes"},
                 {"only for"},
                 {"used up"}});
  Table models(
      {{"bucket", Align::kRight}, {"model"}, {"provider"}, {"classes"}, {"a piece draws"}, {"of"}});
  for (const auto& bucket : response.bucket()) {
    std::string only_for;
    for (const auto& use : bucket.only_for()) {
      only_for +=
          Cat(only_for.empty() ? "" : "; ", use.dimension(), " ", Joined(use.value(), " or "));
    }
    buckets.AddRow({Cat(bucket.bucket_id()), bucket.name(), bucket.offer_id(),
                    AmountText(bucket.available(), bucket.unit()),
                    TimeText(bucket.valid_until_unix_ms(), ctl.zone()),
                    Joined(bucket.whole_class(), ", "), only_for, EndText(bucket)});
    for (const auto& model : bucket.model()) {
      models.AddRow({Cat(bucket.bucket_id()), model.model_id(), model.provider_id(),
                     Joined(model.model_class(), ", "), RatesText(model.draw(), DrawText),
                     bucket.unit()});
    }
  }
  ctl.Print(Cat("what may be drawn on, in that order\n", buckets.Format()));
  if (!models.empty()) ctl.Print(Cat("\nmodels that packages cover\n", models.Format()));
  Table prices({{"model"}, {"provider"}, {"price"}, {"by"}});
  for (const auto& price : response.price()) {
    const auto text = [&](const auto& rate) { return PriceText(rate, price.currency()); };
    prices.AddRow({price.model_id(), price.provider_id(),
                   Cat(RatesText(price.price(), text), price.shaped() ? ", first tier" : ""),
                   price.rule()});
  }
  ctl.Print(prices.empty() ? std::string("\nthe account's money pays for none of these models\n")
                           : Cat("\nwhat the account's money pays for\n", prices.Format()));
}

int Covers(const Ctl& ctl, const CoverageArguments& arguments) {
  account::v1::GetCoverageRequest request;
  uint64_t id = 0;
  grpc::Status status = ctl.FindAccount(arguments.account, &id);
  if (!status.ok()) return ctl.Complain(status);
  request.set_account_id(id);
  request.set_node_id(arguments.node);
  request.set_model(arguments.model);
  account::v1::GetCoverageResponse response;
  status = ctl.Call(*ctl.Stub<Accounts>(), &Accounts::Stub::GetCoverage, request, &response);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(response);
  } else {
    PrintCoverage(ctl, response);
  }
  return kDone;
}

}  // namespace

void AddCoverageCommand(CLI::App* family, Ctl* ctl) {
  const auto arguments = std::make_shared<CoverageArguments>();
  CLI::App* covers = AddCommand(
      family, "covers",
      "Where its packages can be used, what happens when they are used up, at what price",
      "ocsctl account covers msisdn:8613800138000 --model deepseek-v3.2");
  AddAccountOption(covers, &arguments->account);
  covers->add_option("--model", arguments->model, "Only what covers this model");
  covers->add_option("--node", arguments->node, "Who would use it; 0 is the account itself");
  covers->callback([=] { ctl->chosen = [=] { return Covers(*ctl, *arguments); }; });
}

}  // namespace ocs::tools
