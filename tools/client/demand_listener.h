// Hears what the server demands of this gateway's open sessions (RFC 8506 section 5.5: Re-Auth and
// Abort-Session), and answers each demand.
//
// How a gateway uses it: give each of its calls the origin_host of the listener, enter the session
// in a DemandBoard before its first request and take it out after its last; look at the board
// between two tokens. On kReauthorise call ChargedCall::Reauthorise(), on kAbort stop the model and
// Commit(). A demand is fulfilled by the session's next request, not by the answer to the push.
// Tested in: tests/client/demand_listener_test.cc, tests/e2e/demands_test.cc

#ifndef TOOLS_CLIENT_DEMAND_LISTENER_H_
#define TOOLS_CLIENT_DEMAND_LISTENER_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ocs/push/v1/push.grpc.pb.h"
#include "tools/client/retry.h"

namespace ocs::client {

/// What is asked of a session. An abort outweighs a re-authorisation.
enum class DemandKind : uint8_t {
  kReauthorise = 1,  ///< Report what was used and ask anew.
  kAbort = 2,        ///< End the call, then send the termination.
};

struct Demand {
  std::string demand_id =
      {};  ///< With the session it names the demand, also when it is asked again.
  uint64_t account_id = 0;
  std::string session_id = {};
  DemandKind kind = DemandKind::kReauthorise;
  std::optional<uint32_t> rating_group = {};  ///< Only this one; nothing: the whole session.
  std::string reason = {};                    ///< For the gateway's log.
  uint32_t ask_count = 1;                     ///< From 1.
};

/// What the gateway says to a demand; the numbers of the answer on the wire.
enum class DemandAnswer : uint16_t {
  kUnderWay = 2001,        ///< A request that answers it is on its way already.
  kWillDo = 2002,          ///< One will follow.
  kUnknownSession = 5002,  ///< The server closes the session: its holds are freed.
  kUnableToComply = 5012,  ///< It will not; the server does not ask again.
};

/// Called for each demand, one after the other, on the listener's thread: must not wait, as all
/// other demands wait behind it. The same demand may come again, until a request has answered it.
using DemandHandler = std::function<DemandAnswer(const Demand&)>;

struct ListenerOptions {
  std::string origin_host;  ///< That the gateway's calls name; at most 128 bytes.
  std::string token = {};   ///< Bearer token; empty: none.
  /// attempt_ms: of an answer. The waits: between two streams; they begin anew with a stream that
  /// has brought something. There is no budget: a gateway must not go deaf.
  RetryPolicy retry = {};
};

struct ListenerStatistics {
  int64_t streams = 0;     ///< Begun.
  int64_t demands = 0;     ///< Heard, repeats among them.
  int64_t answered = 0;    ///< That the server has got.
  int64_t unanswered = 0;  ///< That it has not: it asks again.
};

/// Listens from its making to its end, whatever the server does: a stream that ends, for whatever
/// reason, is begun anew after a wait, and the server then sends all that is pending. Thread-safe.
class DemandListener final {
 public:
  DemandListener(const std::shared_ptr<grpc::Channel>& channel, ListenerOptions options,
                 DemandHandler handler);
  /// Ends the stream and waits for a handler that is running. Not on the listener's own thread.
  ~DemandListener();
  DemandListener(const DemandListener&) = delete;
  DemandListener& operator=(const DemandListener&) = delete;

  ListenerStatistics statistics() const;
  /// How the last stream ended; OK while none has.
  grpc::Status last_end() const;

 private:
  void Run();
  // One stream, to its end. True when it has brought something.
  bool Listen();
  void Hear(const push::v1::Push& push);
  // False when it is to end.
  bool WaitFor(int64_t milliseconds);

  const ListenerOptions options_;
  const DemandHandler handler_;
  const std::unique_ptr<push::v1::Pushes::Stub> stub_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;  // Of what is under way.
  grpc::Status last_end_ ABSL_GUARDED_BY(mutex_);
  ListenerStatistics statistics_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last: it uses the rest.
};

/// What is demanded of the sessions of this gateway. Thread-safe.
class DemandBoard final {
 public:
  /// Before the session's first request.
  void Open(const std::string& session_id);
  /// After its last: what is demanded of it from then on is answered with kUnknownSession.
  void Close(const std::string& session_id);

  /// The handler for a listener. The board must outlive it.
  DemandHandler Handler();
  /// What is demanded of the session now, or nothing; it is taken off the board. An abort stays.
  std::optional<DemandKind> Take(const std::string& session_id);

 private:
  DemandAnswer Put(const Demand& demand);

  absl::Mutex mutex_;
  std::map<std::string, std::optional<DemandKind>> sessions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ocs::client

#endif  // TOOLS_CLIENT_DEMAND_LISTENER_H_
