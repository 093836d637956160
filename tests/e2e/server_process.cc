#include "tests/e2e/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "tests/support/catch.h"

extern char** environ;

namespace ocs::e2e {
namespace {

struct Child {
  pid_t pid = -1;
  int output = -1;
};

// Starts ocsd with standard error on a pipe.
Child Spawn(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  std::vector<std::string> all = {OCSD_BINARY};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& argument : all) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  Child child;
  child.output = ends[0];
  const int error =
      ::posix_spawn(&child.pid, OCSD_BINARY, &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  REQUIRE(error == 0);
  return child;
}

// Reads what there is; false at the end.
bool ReadSome(int file, std::string* text) {
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(file, buffer.data(), buffer.size());
  if (count <= 0) return false;
  text->append(buffer.data(), static_cast<size_t>(count));
  return true;
}

int Await(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string ValueOf(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind(key + ": ", 0) == 0) return line.substr(key.size() + 2);
  }
  return "";
}

}  // namespace

Ended RunToEnd(const std::vector<std::string>& arguments) {
  const Child child = Spawn(arguments);
  Ended ended;
  while (ReadSome(child.output, &ended.output)) {
  }
  ::close(child.output);
  ended.exit_code = Await(child.pid);
  return ended;
}

ServerProcess::ServerProcess(const std::string& data_folder,
                             const std::vector<std::string>& more_arguments,
                             const std::string& listen_address) {
  const std::string ready_file = data_folder + ".ready";
  std::vector<std::string> arguments = {"--listen-address", listen_address,  "--metrics-address",
                                        "127.0.0.1:0",      "--data-folder", data_folder,
                                        "--ready-file",     ready_file};
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  const Child child = Spawn(arguments);
  pid_ = child.pid;
  output_ = child.output;
  while (text_.find("serving on") == std::string::npos) {
    if (!ReadSome(output_, &text_)) {
      const std::string output = text_;
      const int exit_code = Await(pid_);
      pid_ = -1;
      INFO(output);
      CAPTURE(exit_code);
      FAIL("ocsd did not start");
    }
  }
  reader_ = std::thread([this] {
    while (ReadSome(output_, &text_)) {
    }
  });
  listen_address_ = ValueOf(ready_file, "listen_address");
  metrics_address_ = ValueOf(ready_file, "metrics_address");
  // A channel of its own for each server: a restarted one has another port.
  channel_ = grpc::CreateChannel(listen_address_, grpc::InsecureChannelCredentials());
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) Stop(SIGKILL);
  if (output_ >= 0) ::close(output_);
}

void ServerProcess::Signal(int signal) const {
  REQUIRE(pid_ > 0);  // Or it would go to every process there is.
  ::kill(pid_, signal);
}

bool ServerProcess::ended() const {
  siginfo_t info = {};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

Ended ServerProcess::Stop(int signal) {
  Signal(signal);
  return AwaitEnd();
}

Ended ServerProcess::AwaitEnd() {
  Ended ended;
  ended.exit_code = Await(pid_);
  pid_ = -1;
  reader_.join();
  ended.output = text_;
  return ended;
}

std::string HttpGet(const std::string& address, const std::string& path) {
  const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  std::string answer;
  if (::connect(file, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0) {
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n";
    if (::write(file, request.data(), request.size()) == static_cast<ssize_t>(request.size())) {
      while (ReadSome(file, &answer)) {
      }
    }
  }
  ::close(file);
  const size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(body + 4);
}

}  // namespace ocs::e2e
