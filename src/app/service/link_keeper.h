#pragma once
/// @file app/service/link_keeper.h  Opens and closes the link to other hosts as queue/link.h says:
/// runs the hooks, moves the queue's gate, asks for our mail while it is open.
///
/// Before it is closed, what is being sent has a minute to end. A failing open hook keeps it
/// closed. With the default, always and no hooks, it is open from the start and says nothing.
///
/// Events:  40660 (opened), 40661 (closed), 40662 (a hook failed)
/// Threads: on the executor given, but for set() and stop(): any.
#include "admin/link_api.h"
#include "app/service/hook.h"
#include "config/config.h"
#include "event/log.h"
#include "queue/queue.h"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace imc::app {

/// What the link has to do with the queue.
struct LinkedQueue {
    LinkedQueue() = default;
    LinkedQueue(queue::Queue& queue);
    std::function<void(queue::LinkGate)> set_gate;
    std::function<queue::Queue::LinkNeeds()> needs;
    std::function<std::optional<WallTime>()> oldest;  ///< arrival; looks at all that waits
};

struct LinkKeeperParts {
    LinkedQueue queue;
    EventLog& events;
    boost::asio::any_io_executor executor;
    /// Asks the hosts of imcEtrn, or says what they would be asked; null: nobody is asked.
    std::function<boost::asio::awaitable<std::vector<admin::EtrnRow>>(config::ConfigPtr config,
                                                                      bool dry_run)>
        ask_for_mail = {};
    const WallClock& clock = wall_clock();
    std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
    std::function<HookResult(const config::LinkHook&, const std::atomic<bool>& stop)> run =
        run_hook;
    std::chrono::milliseconds pause{50};  ///< between looks at what must end first
};

class LinkKeeper final : public admin::LinkDesk {
public:
    /// Sets the queue's gate: before the queue starts.
    LinkKeeper(LinkKeeperParts parts, config::ConfigPtr config);
    ~LinkKeeper() override;
    LinkKeeper(const LinkKeeper&) = delete;
    LinkKeeper& operator=(const LinkKeeper&) = delete;

    void start();
    void set(config::ConfigPtr config);
    /// Kills a hook that runs.
    void stop();
    bool is_open() const;  ///< any thread
    /// What its own timer does, now. For clocks that no timer knows.
    void look_at_the_clock();

    admin::LinkState state() override;
    boost::asio::awaitable<admin::LinkState>
    open(std::optional<std::chrono::minutes> length) override;
    boost::asio::awaitable<admin::LinkState> close() override;
    boost::asio::awaitable<std::vector<admin::EtrnRow>> etrn(bool dry_run) override;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::app
