#pragma once
/// @file app/service/engine.h  The running connector: threads, spool, queue, listeners, wired
/// together.
///
/// Threads: start, take, stop and end from the main thread.
#include "app/service/admin_keep.h"
#include "app/service/state_board.h"
#include "config/people.h"
#include "directory/directory.h"
#include "event/sinks.h"
#include "metrics/counters.h"
#include "queue/queue.h"
#include "smtp/server/listener.h"

#include <functional>
#include <memory>

namespace imc::app {

class Engine {
public:
    Engine(Paths paths, EventLog& events, std::shared_ptr<Ring> ring,
           std::shared_ptr<StateBoard> board, std::shared_ptr<AdminKeep> admin);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Spool, queue, then listeners: nothing is taken before it can be kept. Error: what could not
    /// be opened.
    Result<> start(config::ConfigPtr config, std::shared_ptr<Directory> directory,
                   config::People people);

    /// Another generation, tested before. New sockets are bound before anything else of it is in
    /// force; an Error leaves the running one as it was.
    Result<> take(config::ConfigPtr config, std::shared_ptr<Directory> directory,
                  config::People people);

    /// Takes certificates whose files have changed, and warns of those that end soon; tells of a
    /// disk that is nearly full, or no longer (3018, 40153); tries the Administrator's listener
    /// again. Call every second or two.
    void look_around();

    /// 421 with `text` on these addresses; accepts nothing, and answers as the Administrator.
    /// Called again, it says another text and tries again what could not be opened before.
    /// @param readable  admin, tls and host_name of what could be read of the configuration
    void hold(const std::vector<config::ListenerSetting>& listeners, const std::string& text,
              const config::Config& readable);

    bool running() const;
    config::ConfigPtr config() const;
    std::string listeners() const;  ///< "127.0.0.1:25 [::]:25"
    std::string held_listeners() const;

    /// Stops taking connections, lets sessions and deliveries in flight finish, closes the spool.
    /// @param until  asked ten times a second for how long to wait, so that it can be hurried
    /// @return false when something had to be cut off at the deadline (nothing accepted is lost)
    bool stop(const std::function<Deadline()>& until);
    bool stop(Deadline deadline);
    /// After stop(): messages that stay in the queue until the next start.
    std::size_t left() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imc::app
