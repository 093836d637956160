// The real ocsd, as a process of its own on free ports and a folder of the test's.

#ifndef TESTS_E2E_SERVER_PROCESS_H_
#define TESTS_E2E_SERVER_PROCESS_H_

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ocs::e2e {

/// What a process that ended has left.
struct Ended {
  int exit_code = -1;  ///< 128 + n when signal n ended it.
  std::string output;  ///< Standard error.
};

/// Runs ocsd with these arguments until it ends by itself.
Ended RunToEnd(const std::vector<std::string>& arguments);

/// A server that is serving. Thread-compatible.
class ServerProcess final {
 public:
  /// Starts it on the folder, waits until it serves. Fails the test when it does not. A restarted
  /// server gets another port, unless it is given the address() of the one before.
  explicit ServerProcess(const std::string& data_folder,
                         const std::vector<std::string>& more_arguments = {},
                         const std::string& listen_address = "127.0.0.1:0");
  /// Kills it when it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& address() const { return listen_address_; }
  const std::string& metrics_address() const { return metrics_address_; }
  std::shared_ptr<grpc::Channel> channel() const { return channel_; }

  /// Sends a signal and goes on.
  void Signal(int signal) const;
  pid_t pid() const { return pid_; }

  /// True when it has ended by itself.
  bool ended() const;
  /// Waits until it ends by itself.
  Ended AwaitEnd();
  /// Sends a signal and waits for the end.
  Ended Stop(int signal);

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string text_;  // Of standard error; the reader's until it has ended.
  std::thread reader_;
  std::string listen_address_;
  std::string metrics_address_;
  std::shared_ptr<grpc::Channel> channel_;
};

/// The body of an HTTP GET from "127.0.0.1:port"; "" when there is none.
std::string HttpGet(const std::string& address, const std::string& path);

}  // namespace ocs::e2e

#endif  // TESTS_E2E_SERVER_PROCESS_H_
