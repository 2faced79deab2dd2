#pragma once
/// @file app/service/engine_pools.h  The pools of the service: each for work that may wait for one
/// thing, so that who waits for another does not.
///
/// Threads: end() and clear() from the main thread.
#include "app/service/ending.h"

#include <boost/asio/thread_pool.hpp>

#include <optional>

namespace imc::app {

struct EnginePools {
    using Pool = std::optional<boost::asio::thread_pool>;
    Pool background{std::in_place, 4};
    Pool disk{std::in_place, 4};    ///< texts that go to the spool
    Pool office{std::in_place, 3};  ///< what administrators ask
    Pool walks{std::in_place, 2};   ///< over the queue, for them
    Pool checks{std::in_place, 1};  ///< and what takes them long

    std::vector<Ending::Pool> all();
    /// What has not begun never does; waits for the rest.
    void end();
    /// Destroys what never began.
    void clear();
};

}  // namespace imc::app
