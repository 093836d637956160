#include "tools/ocsctl/pdf.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "ocs/base/text.h"

extern char** environ;

namespace ocs::tools {
namespace {

absl::Status ProgramMissing() {
  return absl::FailedPreconditionError(
      Cat(kPdfProgram,
          " is not there, which makes PDF: apt-get install weasyprint fonts-wqy-microhei (the font "
          "has the Chinese characters), or take the HTML page"));
}

// Starts the program with its standard input from the descriptor.
absl::Status Start(int input, const std::string& part, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  std::string program = kPdfProgram;
  std::string quiet = "--quiet";
  std::string from = "-";
  std::string to = part;
  const std::array<char*, 5> arguments = {program.data(), quiet.data(), from.data(), to.data(),
                                          nullptr};
  const int error = ::posix_spawnp(pid, kPdfProgram, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return absl::OkStatus();
  if (error == ENOENT) return ProgramMissing();
  return absl::UnavailableError(Cat(kPdfProgram, ": ", std::strerror(error)));
}

bool WriteAll(int pipe, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(pipe, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

absl::Status Run(std::string_view html, const std::string& part) {
  std::array<int, 2> pipe = {-1, -1};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return absl::UnavailableError(Cat("pipe: ", std::strerror(errno)));
  // A program that ends early is told by its exit code, not by a signal to us.
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  pid_t pid = -1;
  const absl::Status started = Start(pipe[0], part, &pid);
  ::close(pipe[0]);
  const bool fed = started.ok() && WriteAll(pipe[1], html);
  ::close(pipe[1]);
  ::signal(SIGPIPE, before);
  if (!started.ok()) return started;
  int ended = 0;
  while (::waitpid(pid, &ended, 0) < 0 && errno == EINTR) {
  }
  if (fed && WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return absl::OkStatus();
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == 127) return ProgramMissing();
  return absl::UnavailableError(Cat(kPdfProgram, " failed; what it says stands above"));
}

}  // namespace

absl::Status WritePdf(std::string_view html, const std::string& path) {
  const std::string part = path + ".part";
  const absl::Status made = Run(html, part);
  if (!made.ok()) {
    ::unlink(part.c_str());
    return made;
  }
  if (::rename(part.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const int error = errno;
  ::unlink(part.c_str());
  return absl::UnavailableError(Cat(path, ": ", std::strerror(error)));
}

}  // namespace ocs::tools
