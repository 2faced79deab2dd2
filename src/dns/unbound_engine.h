#pragma once
/// @file dns/unbound_engine.h  The thread around one ub_ctx, and those who wait for its answers.
///
/// Threads: begin() and forget() from any; a Waiting belongs to one executor that runs one handler
///          at a time, and may end before its query does.
#include "base/time.h"
#include "dns/unbound_resolver.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <thread>

struct ub_ctx;
struct ub_result;

namespace imc::dns {

inline Error no_answer(std::string detail)
{
    return Error{EventId::dns_cannot_say, std::move(detail)};
}

inline constexpr int rcode_ok = 0;

/// What libunbound said, copied out of its memory.
struct Raw {
    int failure = 0;  ///< of libunbound
    int rcode = rcode_ok;
    bool secure = false;
    bool bogus = false;
    int ttl = 0;
    std::string why_bogus;
    std::vector<std::string> data;
    std::vector<std::string> aliases;
    bool soa = false;
};

/// One query, shared by the coroutine that waits for it and the resolver's thread.
struct Query {
    explicit Query(net::any_io_executor executor) : woken{std::in_place, executor} {}

    /// Of the waiting side, which takes it along when it leaves: its executor may end before us.
    std::optional<net::steady_timer> woken;
    bool done = false;  ///< likewise
    Raw answer;         ///< written before `done` is posted

    std::mutex leaving;
    bool abandoned = false;  ///< the waiting side is gone, its executor perhaps too

    int id = 0;  ///< of the resolver's thread alone, from here on
    bool running = false;
    bool cancelled = false;
};

/// The thread around one ub_ctx.
class Engine {
public:
    Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    Result<> start(const ResolverSettings& settings);
    std::shared_ptr<Query> begin(std::string name, int type, net::any_io_executor executor);
    void forget(std::shared_ptr<Query> query);

private:
    struct Delete {
        void operator()(ub_ctx* c) const;
    };
    struct Running {
        std::shared_ptr<Query> query;
        Engine* engine = nullptr;
        Query* operator->() const { return query.get(); }
        operator const std::shared_ptr<Query>&() const { return query; }
    };

    void await_readable();
    void ask(const std::shared_ptr<Query>& query, const std::string& name, int type);
    void run() noexcept;
    void tell() const noexcept;
    static void answered(void* mine, int failure, ub_result* result) noexcept;
    static void read(int failure, const ub_result* result, Raw& raw);
    void finish(std::shared_ptr<Query> query) noexcept;
    static void wake(const std::shared_ptr<Query>& query);

    net::io_context io_{1};
    net::executor_work_guard<net::io_context::executor_type> work_;
    net::posix::stream_descriptor readable_;
    std::unique_ptr<ub_ctx, Delete> context_;
    std::map<Query*, Running> running_;
    EventLog* events_ = nullptr;
    std::thread thread_;
};

/// Leaves the query however the coroutine ends, being destroyed included.
class Waiting {
public:
    Waiting(Engine& engine, std::shared_ptr<Query> query)
        : engine_{engine}, query_{std::move(query)}
    {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting();

    net::awaitable<Raw> answer(Deadline deadline);

private:
    Engine& engine_;
    std::shared_ptr<Query> query_;
};

}  // namespace imc::dns
