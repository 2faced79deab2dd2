#include "app/service/engine_threads.h"

#include "event/caught.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <thread>

namespace imc::app {

namespace net = boost::asio;

namespace {

/// One that can destroy what waits in it while everything it refers to is still there.
struct Context : net::io_context {
    Context() : net::io_context{1} {}
    using net::io_context::shutdown;
};

std::size_t thread_count()
{
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 16);
}

}  // namespace

struct EngineThreads::Thread {
    Context context;
    net::executor_work_guard<net::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

EngineThreads::EngineThreads(EventLog& events) : events_{events} {}
EngineThreads::~EngineThreads() { stop(); }

void EngineThreads::start()
{
    if (!threads_.empty()) return;
    for (std::size_t i = 0; i < thread_count(); ++i) {
        threads_.push_back(std::make_unique<Thread>());
        auto& thread = *threads_.back();
        thread.thread = std::thread{[this, &thread] { run(thread); }};
    }
}

/// A defect ends one session or one job; the thread goes on.
void EngineThreads::run(Thread& thread)
{
    for (;;) {
        try {
            thread.context.run();
            return;
        } catch (...) {
            raise_caught(events_, "a thread of connections");
        }
    }
}

std::vector<net::any_io_executor> EngineThreads::executors() const
{
    std::vector<net::any_io_executor> out;
    out.reserve(threads_.size());
    for (const auto& thread : threads_)
        out.emplace_back(thread->context.get_executor());
    return out;
}

void EngineThreads::stop()
{
    for (auto& thread : threads_)
        thread->work.reset();
    for (auto& thread : threads_)
        thread->context.stop();
    for (auto& thread : threads_)
        if (thread->thread.joinable()) thread->thread.join();
}

void EngineThreads::discard()
{
    for (auto& thread : threads_)
        thread->context.shutdown();
}

void EngineThreads::clear() { threads_.clear(); }

}  // namespace imc::app
