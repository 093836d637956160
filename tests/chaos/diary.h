// What a gateway of the chaos test writes down: each request before it is sent for the first time,
// each answer when it has come. A line is written with one write(), so it is there also when the
// gateway is killed right after. The lives of a gateway share one diary.

#ifndef TESTS_CHAOS_DIARY_H_
#define TESTS_CHAOS_DIARY_H_

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ocs/charging/v1/charging.pb.h"

namespace ocs::chaos {

namespace wire = charging::v1;

/// Which request: session and number.
using Key = std::pair<std::string, uint32_t>;
inline Key KeyOf(const wire::CreditControlRequest& request) {
  return {request.session_id(), request.cc_request_number()};
}

/// Writes. Thread-safe.
class Diary final {
 public:
  explicit Diary(const std::string& path);
  ~Diary();
  Diary(const Diary&) = delete;
  Diary& operator=(const Diary&) = delete;

  void Intend(const wire::CreditControlRequest& request);  ///< Before it is sent.
  void Answered(const Key& key, const wire::CreditControlAnswer& answer);
  /// gRPC refused it for good: nothing was done.
  void Refused(const Key& key, int status_code);
  /// Something that must never be seen: a repeat that was answered otherwise.
  void Fault(const std::string& what);
  /// How a way of sending has been used: for the check that the chaos was one.
  void Tally(const std::string& what);

 private:
  void Write(std::string line);
  std::mutex mutex_;
  const int file_;
};

/// One request as it stands in a diary.
struct Noted {
  wire::CreditControlRequest request;
  bool answered = false;
  std::string answer;  ///< Its bytes.
  int refused = 0;     ///< gRPC's code.
};

/// All diaries together.
struct Notes {
  std::map<Key, Noted> requests;
  std::vector<std::string> faults;
  std::map<std::string, int64_t> tallies;
};

/// Adds what a diary says; a torn last line is left out. Fails the check when an answer stands
/// there without its request, or twice with other content: both become faults.
void ReadDiary(const std::string& path, Notes* notes);

}  // namespace ocs::chaos

#endif  // TESTS_CHAOS_DIARY_H_
