#include "app/service/signals.h"

#include <ctime>
#include <unistd.h>

namespace imc::app {

Signals::Signals()
{
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP})
        sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int Signals::wait(std::chrono::milliseconds time) const
{
    const timespec limit{time.count() / 1000, time.count() % 1000 * 1'000'000};
    const int signal = sigtimedwait(&set_, nullptr, &limit);
    return signal > 0 ? signal : 0;
}

bool is_stop(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT; }

LastResort::LastResort(std::chrono::milliseconds time, std::function<void()> last_words)
    : thread_{[this, time, last_words = std::move(last_words)] {
          std::unique_lock lock{mutex_};
          if (ended_.wait_for(lock, time, [this] { return over_; })) return;
          try {
              last_words();
          } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for words
          }
          ::_exit(0);
      }}
{}

LastResort::~LastResort()
{
    {
        const std::lock_guard lock{mutex_};
        over_ = true;
    }
    ended_.notify_all();
    thread_.join();
}

}  // namespace imc::app
