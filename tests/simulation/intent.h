// What a client wants done, as often as it must be asked: each attempt is a new call with the same
// content, and the answer of every attempt must be the same.

#ifndef TESTS_SIMULATION_INTENT_H_
#define TESTS_SIMULATION_INTENT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "ocs/engine/operation.h"

namespace ocs::simulation {

/// One attempt. The process may die before it is answered: then `done` stays false.
class Attempt {
 public:
  virtual ~Attempt() = default;
  virtual engine::Operation* operation() = 0;
  virtual std::string Outcome() const = 0;  ///< Every byte of the answer. REQUIRES: done.
  bool done = false;
};

template <typename Call>
class AttemptOf final : public Attempt {
 public:
  using Fill = std::function<void(Call&)>;
  using Read = std::function<std::string(const Call&)>;

  AttemptOf(const Fill& fill, Read read) : call_(this), read_(std::move(read)) { fill(call_); }
  engine::Operation* operation() override { return &call_; }
  std::string Outcome() const override { return read_(call_); }

 private:
  class Told final : public Call {
   public:
    explicit Told(AttemptOf* owner) : owner_(owner) {}
    void Done() noexcept override { owner_->done = true; }

   private:
    AttemptOf* owner_;
  };
  Told call_;
  Read read_;
};

/// Thread-compatible.
struct Intent {
  std::string name;  ///< For people: "initial s12 0".
  std::function<std::unique_ptr<Attempt>()> begin;
  /// Called with the first attempt that was answered for good.
  std::function<void(Attempt&)> learn = [](Attempt&) {};
  /// True when this answer is recorded: a repeat has the same bytes. Others may change their mind.
  std::function<bool(const std::string&)> recorded = [](const std::string&) { return true; };
};

}  // namespace ocs::simulation

#endif  // TESTS_SIMULATION_INTENT_H_
