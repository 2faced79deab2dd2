#pragma once
/// @file app/service/control_socket.h  What the running service answers on its control socket.
#include "admin/came_back.h"
#include "admin/protocol_log_api.h"
#include "admin/server.h"
#include "app/service/link_keeper.h"
#include "app/service/policy_book.h"
#include "app/service/state_board.h"
#include "app/service/tracker.h"
#include "base/paths.h"
#include "event/sinks.h"
#include "metrics/counters.h"
#include "metrics/rates.h"
#include "queue/copy_keeper.h"

#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <string>

namespace imc::app {

/// All references outlive the server.
struct ControlSocketParts {
    const Paths& paths;
    spool::Spool& spool;
    queue::Queue& queue;
    queue::CopyKeeper& copies;
    EventLog& events;
    admin::CameBack& came_back;
    metrics::Registry& metrics;
    const metrics::Rates& rates;
    PolicyBook& book;
    Tracker& tracker;
    LinkKeeper& link;
    admin::ProtocolLogDesk& protocol_log;
    std::shared_ptr<const StateBoard> board;
    std::shared_ptr<const Ring> ring;
    boost::asio::thread_pool& background;  ///< for what waits for the disk
    boost::asio::thread_pool& walks;       ///< over all that waits, for who looks at it
    boost::asio::any_io_executor executor;
    /// How far what waited before the start is read; empty: all of it is there.
    std::function<std::string()> loading;
};

/// What needs the queue and the spool; app/service/held_routes.h has the rest.
void add_control_routes(admin::Server& server, const ControlSocketParts& parts);

}  // namespace imc::app
