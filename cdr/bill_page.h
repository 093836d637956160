// A bill as a page that a customer can read: one HTML file that needs nothing else, on a screen or
// printed, in English or Chinese. No script, no link, nothing loaded.

#ifndef CDR_BILL_PAGE_H_
#define CDR_BILL_PAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cdr/bill.h"

namespace ocs::cdr {

enum class PageLanguage : uint8_t { kEnglish = 0, kChinese = 1 };

/// Of "en" and "zh"; nothing for others.
std::optional<PageLanguage> ParsePageLanguage(std::string_view name);

struct BillPageOptions {
  PageLanguage language = PageLanguage::kEnglish;
  absl::TimeZone zone = absl::UTCTimeZone();
  std::string issuer = {};    ///< Who sends the bill; not shown when empty.
  std::string document = {};  ///< Its number; not shown when empty.
};

/// The page. Whatever text the bill has is shown as text: nothing in it becomes markup. The same
/// bill always gives the same bytes.
std::string BillPage(const Bill& bill, const BillPageOptions& options);

}  // namespace ocs::cdr

#endif  // CDR_BILL_PAGE_H_
