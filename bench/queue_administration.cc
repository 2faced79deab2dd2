// What an order of an administrator to many recipients takes, as `imc queue` gives it: over the
// control socket, asking how far it is until it is done. Spool and tracking log are on the disk.
//
//     bench_queue_administration FOLDER [RECIPIENTS [RECIPIENTS_OF_A_MESSAGE]]
//
// The hosts always defer, so that nothing leaves under the orders' hands.
#include "admin/client.h"
#include "admin/queue_actions_api.h"
#include "admin/queue_api.h"
#include "app/service/tracker.h"
#include "directory/recorded.h"
#include "spool/log_spool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <time.h>

namespace {

using namespace imc;
using namespace std::chrono_literals;
namespace net = boost::asio;
namespace json = boost::json;

struct Hosts final : queue::Couriers {
    struct Host final : queue::Courier {
        net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
        {
            co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
            co_return std::vector<queue::DeliveryResult>(
                job.recipients.size(), {queue::Delivery::deferred, "4.2.1", "450 4.2.1 later",
                                        "mx.example.net[192.0.2.1]:25"});
        }
        bool reusable() const override { return true; }
        net::awaitable<void> close() override { co_return; }
    };
    std::unique_ptr<queue::Courier> hire(const queue::Place&) override
    {
        return std::make_unique<Host>();
    }
};

double seconds_since(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double processor()
{
    timespec at{};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9;
}

void fill(spool::Spool& spool, std::size_t messages, std::size_t recipients)
{
    net::io_context io;
    constexpr std::size_t at_once = 2000;
    for (std::size_t at = 0; at < messages; at += at_once) {
        std::vector<std::future<Result<spool::MessageId>>> stored;
        for (std::size_t i = at; i < std::min(messages, at + at_once); ++i) {
            spool::NewMessage message;
            message.envelope.sender = "list" + std::to_string(i % 10) + "@elsewhere.example";
            for (std::size_t r = 0; r < recipients; ++r)
                message.envelope.recipients.push_back({"recipient" +
                                                       std::to_string(i * recipients + r) + "@d" +
                                                       std::to_string(i % 500) + ".example.net"});
            message.envelope.arrived_at = wall_clock().now();
            message.envelope.peer = "[192.0.2.77]:4711 (client.example.org)";
            message.body = std::make_shared<const std::string>("Subject: x\r\n\r\n" +
                                                               std::string(1000, 'x') + "\r\n");
            stored.push_back(net::co_spawn(io, spool.store(std::move(message)), net::use_future));
        }
        io.restart();
        io.run();
        for (auto& each : stored)
            (void)each.get().value();
    }
}

class World {
public:
    World(const std::string& folder, std::size_t recipients, std::size_t of_message)
        : tracker_{app::tracking_settings(folder + "/tracking", 1), real_files(), events_},
          socket_{folder + "/admin.sock"}
    {
        std::filesystem::create_directories(folder + "/spool");
        spool::LogSpoolSettings settings;
        settings.folder = folder + "/spool";
        spool_ = spool::open_log_spool(settings, real_files(), events_).value();
        fill(*spool_, recipients / of_message, of_message);
        spool_->close();
        spool_.reset();
        spool_ = spool::open_log_spool(settings, real_files(), events_).value();

        auto config = std::make_shared<config::Config>();
        config->host_name = "mail.contoso.example";
        config->local_domains = {"contoso.example"};
        config->retry_after = {4h};
        config->message_timeout = 1000h;
        queue::QueueParts parts{*spool_,
                                hosts_,
                                events_,
                                {io_.get_executor(), other_io_.get_executor()},
                                [](const auto& job) { job(); }};
        parts.observer = &tracker_;
        queue_ = std::make_unique<queue::Queue>(std::move(parts), config,
                                                std::make_shared<const transfer::RecipientResolver>(
                                                    config, recorded_directory({}, "nobody")));
        auto found = spool_->recover();
        for (auto& message : found)
            for (auto& state : message.states) {
                state.attempts = 1;
                state.next_attempt = wall_clock().now() + 1h;
                state.last_status = "4.4.1";
                state.last_reply = "connecting failed: Connection timed out";
            }
        queue_->start(std::move(found));
        server_ = std::make_unique<admin::Server>(socket_, io_.get_executor());
        admin::add_queue_api(*server_, *queue_, readers_);
        admin::add_queue_actions_api(*server_, *queue_, events_, io_.get_executor());
        server_->start().value();
        thread_ = std::thread{[this] { io_.run(); }};
        other_thread_ = std::thread{[this] { other_io_.run(); }};
    }
    ~World()
    {
        server_->stop();
        (void)queue_->drain(after(10s));
        spool_->close();
        io_.stop();
        other_io_.stop();
        thread_.join();
        other_thread_.join();
    }

    /// As cli/queue/act.cc does it.
    void order(const char* verb, json::object body, const char* title)
    {
        const auto start = std::chrono::steady_clock::now();
        const auto used = processor();
        std::size_t asked = 1;
        auto answer = admin::call(socket_, "POST", std::string{"/api/v1/queue/"} + verb,
                                  std::move(body), after(60s));
        for (;; ++asked) {
            const auto state = json::parse(answer.value()).as_object();
            const auto* const over = state.if_contains("finished");
            if (over == nullptr || over->as_bool()) {
                std::printf("%-22s %7llu recipients %8.2f s, of processors %6.2f s, asked %zu "
                            "times\n",
                            title,
                            static_cast<unsigned long long>(
                                state.at("recipients").to_number<std::uint64_t>()),
                            seconds_since(start), processor() - used, asked);
                return;
            }
            answer = admin::call(socket_, "GET",
                                 "/api/v1/queue-actions/" +
                                     std::to_string(state.at("number").to_number<int>()),
                                 nullptr, after(60s));
        }
    }

    /// Until nothing is under way.
    void rest(std::size_t recipients)
    {
        const auto start = std::chrono::steady_clock::now();
        while (queue_->counts().deferred < recipients && seconds_since(start) < 120)
            std::this_thread::sleep_for(10ms);
    }

private:
    EventLog events_;
    app::Tracker tracker_;
    const std::string socket_;
    Hosts hosts_;
    net::io_context io_{1}, other_io_{1};  ///< as the service has on two processors
    net::executor_work_guard<net::io_context::executor_type> work_{io_.get_executor()},
        other_work_{other_io_.get_executor()};
    std::unique_ptr<spool::Spool> spool_;
    std::unique_ptr<queue::Queue> queue_;
    net::thread_pool readers_{1};
    std::unique_ptr<admin::Server> server_;
    std::thread thread_, other_thread_;
};

}  // namespace

int main(int count, char** words)
{
    if (count < 2) {
        (void)std::fprintf(stderr, "bench_queue_administration FOLDER [RECIPIENTS [OF_MESSAGE]]\n");
        return 2;
    }
    const auto recipients = count > 2 ? std::strtoul(words[2], nullptr, 10) : 100'000UL;
    const auto of_message = count > 3 ? std::strtoul(words[3], nullptr, 10) : 1UL;
    World world{words[1], recipients, of_message};
    const json::object all{{"all", true}};
    const auto with = [&all](const char* key, json::value value) {
        auto out = all;
        out[key] = std::move(value);
        return out;
    };
    auto would_bounce = with("text", "this domain has moved");
    would_bounce["dry_run"] = true;
    world.order("bounce", would_bounce, "bounce, dry run");
    world.order("hold", with("text", "ticket 4711"), "hold");
    world.order("expire", with("in", "7d"), "expire");
    world.order("reroute", with("to", "relay.example.net:587"), "reroute (held)");
    world.order("reroute", with("normal", true), "reroute back (held)");
    world.order("delete", all, "delete");
    world.order("undelete", all, "undelete");
    world.order("release", all, "release");
    world.rest(recipients);
    world.order("bounce", with("text", "this domain has moved"), "bounce");
}
