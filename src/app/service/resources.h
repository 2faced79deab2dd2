#pragma once
/// @file app/service/resources.h  The resources of the Administrator's API that need files and the
/// directory only: the same while held and while running.
#include "admin/server.h"
#include "app/service/state_board.h"
#include "base/paths.h"
#include "config/config.h"
#include "event/log.h"
#include "metrics/counters.h"

#include <boost/asio/thread_pool.hpp>

namespace imc::app {

/// All references outlive the server.
struct ResourceParts {
    const Paths& paths;
    EventLog& events;
    metrics::Registry& metrics;
    std::shared_ptr<StateBoard> board;
    boost::asio::thread_pool& pool;    ///< theirs alone: mail never waits for an administrator
    boost::asio::thread_pool& checks;  ///< of one thread: a check takes up to half a minute
    /// Null while held: what runs, its queue, how far that is loaded.
    std::function<config::ConfigPtr()> config = nullptr;
    std::function<boost::json::value()> queue = nullptr;
    std::function<bool(const std::string& id)> in_queue = nullptr;
    std::function<std::string()> loading = nullptr;
};

void add_resources(admin::Server& server, const ResourceParts& parts);

}  // namespace imc::app
