#pragma once
/// @file tests/cli/running_service.h  The Administrator's server of a service that runs under a
/// root, on its control socket: what commands find when the service is up.
#include "admin/audit_on_pool.h"
#include "admin/desk.h"
#include "base/paths.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <thread>

namespace imc::cli {

class RunningService {
public:
    RunningService(const RunningService&) = delete;
    RunningService& operator=(const RunningService&) = delete;

protected:
    explicit RunningService(const Paths& paths)
        : paths_{paths}, audit_{paths_.audit(), events_},
          server_{paths_.admin_socket(), io_.get_executor()}, desk_{server_, pool_, paths_}
    {
        std::filesystem::create_directories(paths_.run());
        server_.audit(std::make_shared<admin::AuditOnPool>(audit_, pool_));
    }
    ~RunningService()
    {
        server_.stop();
        work_.reset();
        pool_.join();
        io_.stop();
        if (thread_.joinable()) thread_.join();
    }
    /// Once all of it is added.
    void start()
    {
        server_.start().value();
        thread_ = std::thread{[this] { io_.run(); }};
    }

    const Paths paths_;
    EventLog events_;
    admin::Audit audit_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        io_.get_executor()};
    boost::asio::thread_pool pool_{2};
    admin::Server server_;
    admin::Desk desk_;
    std::thread thread_;
};

}  // namespace imc::cli
