#include "tools/text/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "absl/time/clock.h"
#include "ocs/base/text.h"
#include "ocs/base/unit.h"

namespace ocs::tools {
namespace {

constexpr absl::Duration kBetween = absl::Milliseconds(200);

}  // namespace

Progress::Progress(std::string what, uint64_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) != 0),
      begun_(absl::Now()),
      next_(begun_ + kBetween) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::Update(uint64_t done) {
  if (!terminal_) return;
  const absl::Time now = absl::Now();
  if (now < next_) return;
  next_ = now + kBetween;
  const int64_t millis = absl::ToInt64Milliseconds(now - begun_);
  const int64_t rate = millis == 0 ? 0 : static_cast<int64_t>(done) * 1000 / millis;
  std::string line = Cat("\r\033[K", FormatGrouped(static_cast<int64_t>(done)));
  if (total_ > 0) line += Cat(" of ", FormatGrouped(static_cast<int64_t>(total_)));
  line += Cat(" ", what_, ", ", FormatGrouped(rate), " a second");
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace ocs::tools
