// Answers a what-if question: makes the candidate catalogues from texts and changes, has them run,
// compares them. Who runs, and on what input, is the caller's.

#ifndef OCS_WHATIF_ANSWER_H_
#define OCS_WHATIF_ANSWER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ocs/simulation/population.h"
#include "ocs/simulation/result.h"
#include "ocs/simulation/run.h"
#include "ocs/whatif/study.h"
#include "rating/edit.h"

namespace ocs::whatif {

/// A catalogue as text.
struct CatalogueText {
  std::string label;  ///< How results call it.
  std::string text;
  std::string file_name;  ///< For diagnostics.
};

struct Question {
  CatalogueText before;               ///< The one in force.
  CatalogueText candidate;            ///< An empty text: the one in force, with the changes.
  std::vector<std::string> changes;   ///< Of the candidate, as rating::ParseEdit reads them.
  std::vector<std::string> vary;      ///< Axes of a sweep, as ParseAxis reads them.
  std::vector<std::string> required;  ///< As ParseRequired reads them.
  bool plans = false;                 ///< Also try everybody on each plan.
  std::string signed_by;
};

/// Result and study together: the study looks into the result. Not movable.
struct Answer {
  Answer() = default;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  simulation::Result result;
  Study study;
  std::string candidate_text;               ///< The catalogue that was looked at.
  std::vector<rating::EditedPlace> places;  ///< What the changes did.
};

/// Runs the variants on the whole input, from its beginning each time it is called.
using RunVariants =
    std::function<absl::StatusOr<simulation::Result>(std::vector<simulation::Variant> variants)>;

/// Accounts are in memory once for each variant: more are run one after the other.
inline constexpr size_t kVariantsPerRun = 16;

/// Errors: InvalidArgument for catalogues (every fault), changes, values and requirements, naming
/// the one; and what `run` gives. A run that was cancelled ends the whole: the answer says so.
absl::StatusOr<std::unique_ptr<Answer>> AnswerQuestion(
    const Question& question, const simulation::PopulationTerms& population,
    const RunVariants& run);

}  // namespace ocs::whatif

#endif  // OCS_WHATIF_ANSWER_H_
