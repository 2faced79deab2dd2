#pragma once
/// @file app/service/engine_threads.h  The threads of connections: one io_context each.
///
/// Threads: start, stop, discard and clear from the main thread; executors() anywhere after start.
#include "event/log.h"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <vector>

namespace imc::app {

class EngineThreads {
public:
    explicit EngineThreads(EventLog& events);
    ~EngineThreads();
    EngineThreads(const EngineThreads&) = delete;
    EngineThreads& operator=(const EngineThreads&) = delete;

    /// One for each processor, at most 16; does nothing when they run.
    void start();
    std::vector<boost::asio::any_io_executor> executors() const;

    /// Returns when they have ended; what waits in them stays as it is.
    void stop();
    /// Destroys what waits, while all it refers to is there.
    void discard();
    void clear();

private:
    struct Thread;
    void run(Thread& thread);

    EventLog& events_;
    std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace imc::app
