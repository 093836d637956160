#include "tools/simulate/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "ocs/base/exact.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::simulate {
namespace {

constexpr absl::Duration kBetween = absl::Milliseconds(200);
constexpr int64_t kWidth = 30;

}  // namespace

std::string ProgressLine(const simulation::RunProgress& progress, absl::Duration elapsed) {
  const int64_t millis = std::max<int64_t>(absl::ToInt64Milliseconds(elapsed), 1);
  const int64_t rate = MultiplyDivide(progress.events, 1'000, millis, Rounding::kDown).value_or(0);
  std::string line =
      Cat(FormatGrouped(progress.events), " calls, ", FormatGrouped(rate), " a second");
  const int64_t total = progress.weight_total;
  if (total <= 0 || progress.weight_done <= 0) return line;
  const int64_t done = std::min(progress.weight_done, total);
  const int64_t full = MultiplyDivide(kWidth, done, total, Rounding::kDown).value_or(0);
  const int64_t percent = MultiplyDivide(100, done, total, Rounding::kDown).value_or(0);
  const int64_t left = MultiplyDivide(millis, total - done, done, Rounding::kUp).value_or(0);
  return absl::StrFormat(
      "[%s%s] %3d %%  %s, %d s left", std::string(static_cast<size_t>(full), '#'),
      std::string(static_cast<size_t>(kWidth - full), ' '), percent, line, (left + 999) / 1'000);
}

ProgressBar::ProgressBar()
    : terminal_(::isatty(STDERR_FILENO) != 0), begun_(absl::Now()), next_(begun_ + kBetween) {}

ProgressBar::~ProgressBar() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::Update(const simulation::RunProgress& progress) {
  if (!terminal_) return;
  const absl::Time now = absl::Now();
  if (now < next_) return;
  next_ = now + kBetween;
  std::fputs(Cat("\r\033[K", ProgressLine(progress, now - begun_)).c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace ocs::simulate
