#pragma once
/// @file app/service/bring_back.h  What waited before the start comes back to the queue.
///
/// In portions: a million messages take seconds to read, and mail is taken meanwhile. Messages that
/// the service died of twice are set aside on the way (app/service/poison.h), and those that pickup
/// had stored are told to it before it looks at its folder.
///
/// Errors:  4037 (a defect: what was not handed over comes with the next start)
#include "admin/came_back.h"
#include "app/service/pickup.h"
#include "queue/queue.h"

#include <boost/asio/thread_pool.hpp>

#include <atomic>

namespace imc::app {

namespace net = boost::asio;

struct BringBackParts {
    spool::Spool& spool;
    Pickup& pickup;
    queue::Queue& queue;
    admin::CameBack& came_back;
    EventLog& events;
    std::string badmail;  ///< folder
    net::any_io_executor executor;
    const std::atomic<bool>& stopping;
    std::atomic<bool>& whole;  ///< set when all of it has come back
};

/// @param background  does it; ends before anything of `parts` does
/// Returns when all is there, or after a second.
void bring_back(BringBackParts parts, net::thread_pool& background);

}  // namespace imc::app
