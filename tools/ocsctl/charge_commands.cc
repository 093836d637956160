// ocsctl charge: credit control by hand, one request at a time.

#include <array>
#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "ocs/base/limits.h"
#include "ocs/base/quantity.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"
#include "ocs/charging/v1/charging.grpc.pb.h"
#include "tools/ocsctl/ctl.h"
#include "tools/ocsctl/values.h"
#include "tools/text/table.h"

namespace ocs::tools {
namespace {

using charging::v1::Charging;
using charging::v1::CreditControlAnswer;
using charging::v1::CreditControlRequest;
using charging::v1::MultipleServicesCreditControl;

struct ChargeArguments {
  std::string account;
  std::string session;
  uint32_t number = 0;
  std::string model;
  uint32_t rating_group = 1;
  std::string service_context = "ai-tokens.v1@ocsctl";
  std::string at;
  std::string refund_information;
  std::array<int64_t, kTokenKindCount> quantities = {};       ///< By kind.
  std::array<int64_t, kTokenKindCount> next_quantities = {};  ///< Asked for by an update.
  bool no_quota = false;
  bool estimated = false;
};
using SharedChargeArguments = std::shared_ptr<ChargeArguments>;
using QuantityArray = std::array<int64_t, kTokenKindCount>;

void WriteQuantities(const QuantityArray& quantities,
                     google::protobuf::RepeatedPtrField<type::v1::TokenQuantity>* out) {
  for (int i = 0; i < kTokenKindCount; ++i) {
    const int64_t quantity = quantities[static_cast<size_t>(i)];
    if (quantity == 0) continue;
    auto* added = out->Add();
    added->set_token_kind(ToWire(static_cast<TokenKind>(i)));
    added->set_quantity(quantity);
  }
}

// What all requests have. An account that is an identity goes as it is: the server looks it up.
absl::Status FillRequest(const Ctl& ctl, ChargeArguments& arguments,
                         charging::v1::CcRequestType type, charging::v1::RequestedAction action,
                         CreditControlRequest* request) {
  uint64_t id = 0;
  if (absl::SimpleAtoi(arguments.account, &id)) {
    request->set_account_id(id);
  } else {
    const auto identity = ParseIdentity(arguments.account);
    if (!identity.ok()) return identity.status();
    *request->mutable_subscription_id() = *identity;
  }
  if (arguments.session.empty()) {
    arguments.session = NewKey();
    const bool keeps = action != charging::v1::CHECK_BALANCE &&
                       action != charging::v1::PRICE_ENQUIRY;  // These change nothing.
    if (keeps) {
      std::fprintf(stderr, "session %s (repeat or go on with --session)\n",
                   arguments.session.c_str());
    }
  }
  request->set_session_id(arguments.session);
  request->set_cc_request_type(type);
  request->set_requested_action(action);
  request->set_cc_request_number(arguments.number);
  request->set_service_context_id(arguments.service_context);
  if (!arguments.at.empty()) {
    const auto at = ParseTime(arguments.at, ctl.zone());
    if (!at.ok()) return at.status();
    request->set_event_timestamp_unix_ms(at->unix_ms);
  }
  return absl::OkStatus();
}

MultipleServicesCreditControl* AddService(const ChargeArguments& arguments,
                                          CreditControlRequest* request) {
  auto* service = request->add_multiple_services_credit_control();
  service->set_rating_group(arguments.rating_group);
  service->set_model(arguments.model);
  return service;
}

bool Succeeded(charging::v1::ResultCode code) {
  return code == charging::v1::DIAMETER_SUCCESS ||
         code == charging::v1::DIAMETER_CREDIT_CONTROL_NOT_APPLICABLE;
}

std::string ResultText(charging::v1::ResultCode code) {
  return Cat(charging::v1::ResultCode_Name(code), " (", static_cast<int>(code), ")");
}

std::string CheckText(const CreditControlAnswer& answer) {
  switch (answer.check_balance_result()) {
    case charging::v1::ENOUGH_CREDIT:
      return "yes, the balance holds it now";
    case charging::v1::NO_CREDIT:
      return "no";
    default:
      return "";
  }
}

std::string EndText(const charging::v1::EndOfUnits& end, absl::TimeZone zone) {
  std::string text;
  switch (end.at_end()) {
    case charging::v1::AT_END_BILL_ON:
      text = Cat("then billed", end.next_price().empty() ? "" : Cat(" by ", end.next_price()));
      break;
    case charging::v1::AT_END_WAIT:
      text = "then wait";
      break;
    case charging::v1::AT_END_THROTTLE:
      text = "then throttled";
      for (const auto& rate : end.rate()) {
        text += Cat(", ", FormatGrouped(rate.amount()), " ", rate.unit(), " in ",
                    rate.window_ms() / 1000, " s");
      }
      break;
    case charging::v1::AT_END_FALLBACK:
      text = Cat("then use ", end.fallback_model());
      break;
    case charging::v1::AT_END_BUY_NEXT:
      text = "then the next package is bought";
      break;
    default:
      text = "then it stops";
  }
  if (!end.limited_by().empty()) text += Cat("; limited by '", end.limited_by(), "'");
  if (!end.node().empty()) text += Cat(" of ", end.node());
  if (end.has_retry_at_unix_ms())
    text += Cat("; more at ", FormatInstant(Instant{end.retry_at_unix_ms()}, zone));
  return text;
}

std::string FinalUnitsText(const charging::v1::FinalUnitIndication& end) {
  switch (end.final_unit_action()) {
    case charging::v1::REDIRECT:
      return Cat("last units: then redirect to ", end.redirect_server().redirect_server_address());
    case charging::v1::RESTRICT_ACCESS: {
      std::string text = "last units: then only what the gateway's filters allow";
      for (int i = 0; i < end.filter_id_size(); ++i)
        text += Cat(i == 0 ? ": " : ", ", end.filter_id(i));
      return text;
    }
    default:
      return "last units: stop when they are used up";
  }
}

std::string NotesOf(const charging::v1::MultipleServicesCreditControlAnswer& service,
                    absl::TimeZone zone) {
  std::string notes;
  const auto add = [&](std::string_view note) { notes += Cat(notes.empty() ? "" : "; ", note); };
  if (service.has_final_unit_indication()) add(FinalUnitsText(service.final_unit_indication()));
  if (service.granted_service_unit().has_tariff_time_change_unix_ms()) {
    add(Cat(
        "prices change at ",
        FormatInstant(Instant{service.granted_service_unit().tariff_time_change_unix_ms()}, zone)));
  }
  if (service.overshoot()) add("more was used than granted");
  if (service.has_end_of_units()) add(EndText(service.end_of_units(), zone));
  if (service.has_failed_avp()) add(service.failed_avp().field());
  if (!service.error_message().empty()) add(service.error_message());
  return notes;
}

void PrintAnswer(const Ctl& ctl, const CreditControlRequest& request,
                 const CreditControlAnswer& answer) {
  const std::string& currency = answer.cost_information().currency();
  const bool event = request.cc_request_type() == charging::v1::EVENT_REQUEST;
  ctl.Print(FormatFields(
      {{"session", request.session_id()},
       {"request", Cat(answer.cc_request_number())},
       {"result", ResultText(answer.result_code())},
       {event ? "cost" : "cost so far",
        answer.has_cost_information()
            ? AmountText(answer.cost_information().cost_micros(), currency)
            : ""},
       {"enough", CheckText(answer)},
       {"calls affordable", request.requested_action() == charging::v1::PRICE_ENQUIRY
                                ? FormatGrouped(answer.calls_affordable())
                                : ""},
       {"tariff revision", answer.tariff_revision() == 0 ? "" : Cat(answer.tariff_revision())},
       {"refund information", answer.refund_information()},
       {"field at fault", answer.failed_avp().field()},
       {"message", answer.error_message()}}));
  Table table({{"rating group", Align::kRight},
               {"result"},
               {"units"},
               {"valid s", Align::kRight},
               {"charged", Align::kRight},
               {"drawn", Align::kRight},
               {"notes"}});
  for (const auto& service : answer.multiple_services_credit_control()) {
    table.AddRow(
        {Cat(service.rating_group()), ResultText(service.result_code()),
         QuantitiesText(service.granted_service_unit().token_quantity()),
         service.validity_time_seconds() == 0 ? "" : Cat(service.validity_time_seconds()),
         service.charged_micros() == 0 ? "" : AmountText(service.charged_micros(), currency),
         service.drawn() == 0 ? "" : FormatGrouped(service.drawn()), NotesOf(service, ctl.zone())});
  }
  if (!table.empty()) ctl.Print(Cat("\n", table.Format()));
  Table parts({{"kind"},
               {"quantity", Align::kRight},
               {"bucket", Align::kRight},
               {"amount", Align::kRight},
               {"rule"}});
  for (const auto& service : answer.multiple_services_credit_control()) {
    for (const auto& part : service.price_part()) {
      const auto kind = FromWire(part.token_kind());
      parts.AddRow({kind.ok() ? std::string(TokenKindName(*kind)) : "",
                    FormatGrouped(part.quantity()), Cat(part.bucket_id()),
                    AmountText(part.amount(), part.unit()), part.rule()});
    }
  }
  if (!parts.empty()) ctl.Print(Cat("\n", parts.Format()));
}

int Send(const Ctl& ctl, const CreditControlRequest& request) {
  CreditControlAnswer answer;
  const grpc::Status status =
      ctl.Call(*ctl.Stub<Charging>(), &Charging::Stub::CreditControl, request, &answer);
  if (!status.ok()) return ctl.Complain(status);
  if (ctl.json) {
    ctl.PrintJson(answer);
  } else {
    PrintAnswer(ctl, request, answer);
  }
  bool good =
      Succeeded(answer.result_code()) && answer.check_balance_result() != charging::v1::NO_CREDIT;
  for (const auto& service : answer.multiple_services_credit_control())
    good = good && Succeeded(service.result_code());
  return good ? kDone : kRefused;
}

int Session(const Ctl& ctl, ChargeArguments& arguments, charging::v1::CcRequestType type) {
  CreditControlRequest request;
  const absl::Status filled =
      FillRequest(ctl, arguments, type, charging::v1::REQUESTED_ACTION_UNSPECIFIED, &request);
  if (!filled.ok()) return Complain(filled);
  auto* service = AddService(arguments, &request);
  if (type == charging::v1::INITIAL_REQUEST) {
    WriteQuantities(arguments.quantities,
                    service->mutable_requested_service_unit()->mutable_token_quantity());
    return Send(ctl, request);
  }
  auto* used = service->add_used_service_unit();
  used->set_estimated(arguments.estimated);
  WriteQuantities(arguments.quantities, used->mutable_token_quantity());
  if (type == charging::v1::UPDATE_REQUEST && !arguments.no_quota) {
    WriteQuantities(arguments.next_quantities,
                    service->mutable_requested_service_unit()->mutable_token_quantity());
  }
  return Send(ctl, request);
}

int Event(const Ctl& ctl, ChargeArguments& arguments, charging::v1::RequestedAction action) {
  CreditControlRequest request;
  const absl::Status filled =
      FillRequest(ctl, arguments, charging::v1::EVENT_REQUEST, action, &request);
  if (!filled.ok()) return Complain(filled);
  if (action == charging::v1::REFUND_ACCOUNT) {
    request.set_refund_information(arguments.refund_information);
    return Send(ctl, request);
  }
  auto* service = AddService(arguments, &request);
  if (action == charging::v1::DIRECT_DEBITING) {
    auto* used = service->add_used_service_unit();
    used->set_estimated(arguments.estimated);
    WriteQuantities(arguments.quantities, used->mutable_token_quantity());
  } else {
    WriteQuantities(arguments.quantities,
                    service->mutable_requested_service_unit()->mutable_token_quantity());
  }
  return Send(ctl, request);
}

// --input N, --cache-read N, ...: one for each kind.
void AddQuantityOptions(CLI::App* command, const std::string& prefix, const std::string& help,
                        QuantityArray* quantities) {
  for (int i = 0; i < kTokenKindCount; ++i) {
    const std::string name(TokenKindName(static_cast<TokenKind>(i)));
    command
        ->add_option("--" + prefix + absl::StrReplaceAll(name, {{"_", "-"}}),
                     (*quantities)[static_cast<size_t>(i)], help + " " + name)
        ->check(CLI::Range(int64_t{0}, kQuantityMax))
        ->group(prefix.empty() ? "Quantities" : "Quantities of the next grant");
  }
}

void AddCommonOptions(CLI::App* command, const SharedChargeArguments& arguments) {
  AddAccountOption(command, &arguments->account);
  command->add_option("--at", arguments->at, "When it happened (default: now)");
  command->add_option("--service-context", arguments->service_context, "Service-Context-Id")
      ->capture_default_str();
}

void AddServiceOptions(CLI::App* command, const SharedChargeArguments& arguments) {
  command->add_option("--model", arguments->model, "Id or alias of the model");
  command->add_option("--rating-group", arguments->rating_group, "Rating-Group")
      ->capture_default_str();
}

void AddSessionCommand(Ctl* ctl, const SharedChargeArguments& arguments,
                       charging::v1::CcRequestType type, CLI::App* command) {
  AddCommonOptions(command, arguments);
  AddServiceOptions(command, arguments);
  const bool initial = type == charging::v1::INITIAL_REQUEST;
  auto* session = command->add_option("--session", arguments->session,
                                      initial ? "Session-Id (default: a new one)" : "Session-Id");
  auto* number = command->add_option("--number", arguments->number, "CC-Request-Number");
  if (!initial) {
    session->required();
    number->required();
    command->add_flag("--estimated", arguments->estimated, "The provider reported no figures");
  }
  AddQuantityOptions(command, "", initial ? "Ask for" : "Used", &arguments->quantities);
  if (type == charging::v1::UPDATE_REQUEST) {
    command->add_flag("--no-quota", arguments->no_quota, "Ask for no new grant");
    AddQuantityOptions(command, "next-", "Ask for", &arguments->next_quantities);
  }
  command->callback([=] { ctl->chosen = [=] { return Session(*ctl, *arguments, type); }; });
}

void AddEventCommand(Ctl* ctl, const SharedChargeArguments& arguments,
                     charging::v1::RequestedAction action, CLI::App* command) {
  AddCommonOptions(command, arguments);
  command->add_option("--session", arguments->session, "The event's own key (default: a new one)");
  command->add_option("--number", arguments->number, "CC-Request-Number")->capture_default_str();
  if (action == charging::v1::REFUND_ACCOUNT) {
    command
        ->add_option("--refund-information", arguments->refund_information,
                     "Of the answer to the charge, such as 0.12.0")
        ->required();
  } else {
    AddServiceOptions(command, arguments);
    const bool debit = action == charging::v1::DIRECT_DEBITING;
    if (debit)
      command->add_flag("--estimated", arguments->estimated, "The provider reported no figures");
    AddQuantityOptions(command, "", debit ? "Used" : "Would use", &arguments->quantities);
  }
  command->callback([=] { ctl->chosen = [=] { return Event(*ctl, *arguments, action); }; });
}

}  // namespace

void AddChargeCommands(CLI::App* app, Ctl* ctl) {
  CLI::App* family = AddFamily(app, "charge", "Credit control by hand (RFC 8506)");
  const auto arguments = std::make_shared<ChargeArguments>();
  AddSessionCommand(ctl, arguments, charging::v1::INITIAL_REQUEST,
                    AddCommand(family, "initial", "Reserve before the call",
                               "ocsctl charge initial msisdn:8613800138000 --session s-1 "
                               "--model deepseek-v3.2 --input 1000 --output 500"));
  AddSessionCommand(ctl, arguments, charging::v1::UPDATE_REQUEST,
                    AddCommand(family, "update", "Report while it runs, and ask for more",
                               "ocsctl charge update msisdn:8613800138000 --session s-1 --number 1 "
                               "--input 1000 --output 400 --next-output 500"));
  AddSessionCommand(ctl, arguments, charging::v1::TERMINATION_REQUEST,
                    AddCommand(family, "terminate", "Report the rest and end the session",
                               "ocsctl charge terminate msisdn:8613800138000 --session s-1 "
                               "--number 2 --output 123"));
  AddEventCommand(ctl, arguments, charging::v1::DIRECT_DEBITING,
                  AddCommand(family, "debit", "Charge what was used, at once",
                             "ocsctl charge debit msisdn:8613800138000 --model deepseek-v3.2 "
                             "--input 1000 --output 321"));
  AddEventCommand(ctl, arguments, charging::v1::REFUND_ACCOUNT,
                  AddCommand(family, "refund", "Give back all of one charge, once",
                             "ocsctl charge refund msisdn:8613800138000 "
                             "--refund-information 0.12.0 --session refund-of-ticket-77"));
  AddEventCommand(ctl, arguments, charging::v1::CHECK_BALANCE,
                  AddCommand(family, "balance", "Would the balance hold such a call now?",
                             "ocsctl charge balance msisdn:8613800138000 --model deepseek-v3.2 "
                             "--input 1000 --output 500"));
  AddEventCommand(
      ctl, arguments, charging::v1::PRICE_ENQUIRY,
      AddCommand(family, "price", "What would such a call cost, and how many are affordable?",
                 "ocsctl charge price msisdn:8613800138000 --model deepseek-v3.2 "
                 "--input 1000 --output 500"));
}

}  // namespace ocs::tools
