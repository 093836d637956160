#include "tools/ocsctl/page_output.h"

#include <fstream>

#include "cdr/bill_page.h"
#include "ocs/base/text.h"
#include "tools/ocsctl/pdf.h"

namespace ocs::tools {

void AddPageOptions(CLI::App* command, PageArguments* arguments) {
  command->add_option("--html", arguments->html, "Write it as a page that a customer can read");
  command->add_option("--pdf", arguments->pdf, "The same as PDF; needs the program weasyprint");
  command->add_option("--language", arguments->language, "Of the page: en or zh")
      ->check(CLI::IsMember({"en", "zh"}))
      ->capture_default_str();
  command->add_option("--issuer", arguments->issuer, "Of the page: who sends the bill");
}

int WritePage(const Ctl& ctl, const PageArguments& arguments, const std::string& document,
              const cdr::Bill& bill) {
  const std::string page =
      cdr::BillPage(bill, {.language = *cdr::ParsePageLanguage(arguments.language),
                           .zone = ctl.zone(),
                           .issuer = arguments.issuer,
                           .document = document});
  std::string told;
  if (!arguments.html.empty()) {
    std::ofstream out(arguments.html, std::ios::binary | std::ios::trunc);
    out << page;
    out.close();
    if (!out) return Complain(absl::UnavailableError(Cat(arguments.html, ": cannot be written")));
    told += Cat("page ", arguments.html, "\n");
  }
  if (!arguments.pdf.empty()) {
    const absl::Status written = WritePdf(page, arguments.pdf);
    if (!written.ok()) return Complain(written);
    told += Cat("page ", arguments.pdf, "\n");
  }
  ctl.Print(ctl.json ? "{}\n" : told);
  return kDone;
}

}  // namespace ocs::tools
