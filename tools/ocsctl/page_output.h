// A bill as a page for the customer: the options of the commands that write one, and the writing.

#ifndef TOOLS_OCSCTL_PAGE_OUTPUT_H_
#define TOOLS_OCSCTL_PAGE_OUTPUT_H_

#include <string>

#include "cdr/bill.h"
#include "tools/ocsctl/ctl.h"

namespace ocs::tools {

struct PageArguments {
  std::string html;
  std::string pdf;
  std::string language = "en";
  std::string issuer;

  bool wanted() const { return !html.empty() || !pdf.empty(); }
};

void AddPageOptions(CLI::App* command, PageArguments* arguments);

/// Writes the page in the forms that are asked for, and tells where. `document` is the bill's
/// number; not shown when empty. Returns how the command ends.
int WritePage(const Ctl& ctl, const PageArguments& arguments, const std::string& document,
              const cdr::Bill& bill);

}  // namespace ocs::tools

#endif  // TOOLS_OCSCTL_PAGE_OUTPUT_H_
