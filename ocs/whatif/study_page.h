// A study as a page for a manager: the answer, the reasons, the tables. Pure.

#ifndef OCS_WHATIF_STUDY_PAGE_H_
#define OCS_WHATIF_STUDY_PAGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "ocs/report/page.h"
#include "ocs/whatif/study.h"

namespace ocs::whatif {

struct StudyPageOptions {
  std::string title;         ///< "" for one made of the catalogues' labels.
  size_t customers = 1'000;  ///< Losers and winners that are listed, each.
};

/// What the study says in sentences, most important first: what the page's verdict and the
/// terminal's answer have in common.
std::vector<std::string> StudySentences(const Study& study);

/// The verdict in one sentence.
std::string StudyHeadline(const Study& study);

report::Page StudyPage(const Study& study, const StudyPageOptions& options);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_STUDY_PAGE_H_
