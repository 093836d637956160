#include "ocs/base/check.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "tests/support/catch.h"

namespace ocs {
namespace {

struct Ending {
  bool aborted = false;
  std::string message;
};

// Runs `body` in a child process and says how that ended.
template <typename Body>
Ending EndingOf(Body body) {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // Not the test program's own report.
    ::dup2(ends[1], STDERR_FILENO);
    body();
    ::_exit(0);
  }
  ::close(ends[1]);
  Ending ending;
  char buffer[512];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    ending.message.append(buffer, static_cast<size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ending.aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  return ending;
}

TEST_CASE("a false check aborts and names itself", "[base][unit]") {
  const Ending ending = EndingOf([] {
    const int held = 2;
    OCS_CHECK(held < 1);
  });
  CHECK(ending.aborted);
  CHECK(ending.message.find("check_test.cc:") != std::string::npos);
  CHECK(ending.message.find("check failed: held < 1") != std::string::npos);
}

TEST_CASE("a true check goes on in silence and evaluates once", "[base][unit]") {
  int evaluated = 0;
  OCS_CHECK(++evaluated == 1);
  CHECK(evaluated == 1);
  const Ending ending = EndingOf([] { OCS_CHECK(true); });
  CHECK_FALSE(ending.aborted);
  CHECK(ending.message.empty());
}

TEST_CASE("Maybe accepts both", "[base][unit]") {
  const Ending ending = EndingOf([] {
    Maybe(true);
    Maybe(false);
  });
  CHECK_FALSE(ending.aborted);
}

TEST_CASE("expensive checks follow the build's option", "[base][unit]") {
#ifdef OCS_VERIFY
  CHECK(kVerify);
#else
  CHECK_FALSE(kVerify);
#endif
}

}  // namespace
}  // namespace ocs
