#include "ocs/runtime/event_loop.h"

#include <pthread.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "ocs/base/check.h"

namespace ocs::runtime {
namespace {

namespace asio = boost::asio;

// A timer that starts itself again. Confined to its loop's thread.
struct Periodic {
  Periodic(asio::io_context& context, int64_t period_millis, std::function<void()> periodic_task)
      : timer(context), period_ms(period_millis), task(std::move(periodic_task)) {}

  void Arm() {
    timer.expires_after(std::chrono::milliseconds(period_ms));
    timer.async_wait([this](const boost::system::error_code& error) {
      if (error || ended) return;
      task();
      if (!ended) Arm();
    });
  }

  asio::steady_timer timer;
  const int64_t period_ms;
  const std::function<void()> task;
  bool ended = false;
};

}  // namespace

struct EventLoop::State {
  asio::io_context context{1};  // One thread runs it.
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::signal_set signals{context};
  std::function<void(int)> signal_handler;        // Used on the loop's thread.
  std::vector<std::unique_ptr<Periodic>> timers;  // Used on the loop's thread.
  bool ended = false;                             // Used on the loop's thread.
  std::thread thread;

  void AwaitSignal() {
    signals.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      signal_handler(number);
      if (!ended) AwaitSignal();
    });
  }

  void End() {
    ended = true;
    for (auto& timer : timers) {
      timer->ended = true;
      timer->timer.cancel();
    }
    boost::system::error_code ignored;
    signals.cancel(ignored);
    work.reset();
  }
};

EventLoop::EventLoop(const std::string& name) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get()]() noexcept { state->context.run(); });
  pthread_setname_np(state_->thread.native_handle(), name.substr(0, 15).c_str());
}

EventLoop::~EventLoop() {
  OCS_CHECK(std::this_thread::get_id() != state_->thread.get_id());
  asio::post(state_->context, [state = state_.get()] { state->End(); });
  state_->thread.join();
}

void EventLoop::Post(std::function<void()> task) { asio::post(state_->context, std::move(task)); }

void EventLoop::Every(int64_t period_ms, std::function<void()> task) {
  OCS_CHECK(period_ms > 0);
  asio::post(state_->context, [state = state_.get(), period_ms, task = std::move(task)]() mutable {
    auto& added = state->timers.emplace_back(
        std::make_unique<Periodic>(state->context, period_ms, std::move(task)));
    added->Arm();
  });
}

void EventLoop::OnSignals(const std::vector<int>& signals, std::function<void(int)> handler) {
  // Added here, not on the loop: when this returns, a signal no longer ends the process.
  for (const int signal : signals) {
    boost::system::error_code error;
    state_->signals.add(signal, error);
    OCS_CHECK(!error);
  }
  asio::post(state_->context, [state = state_.get(), handler = std::move(handler)]() mutable {
    state->signal_handler = std::move(handler);
    state->AwaitSignal();
  });
}

}  // namespace ocs::runtime
