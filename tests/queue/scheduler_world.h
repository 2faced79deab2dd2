#pragma once
/// @file tests/queue/scheduler_world.h  A queue whose clocks a test moves, with hosts that do what
/// it says, and domains that lead where it says.
#include "queue/queue.h"

#include "kit/coroutine.h"
#include "kit/memory_spool.h"
#include "kit/nobody_here.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

namespace imc::queue {

using namespace std::chrono_literals;

class MovedClock final : public WallClock {
public:
    WallTime now() const override
    {
        if (broken) throw std::runtime_error{"a defect"};
        return wall;
    }
    bool broken = false;  ///< it throws: what no clock does, but some defect might
    WallTime wall{std::chrono::milliseconds{1'700'000'000'000}};
    std::chrono::steady_clock::time_point steady{std::chrono::hours{1000}};
    void pass(std::chrono::milliseconds time)
    {
        wall += time;
        steady += time;
    }
};

inline const DeliveryResult delivered{Delivery::delivered, "2.0.0", "250 ok", "mx[192.0.2.1]:25"};
inline const DeliveryResult deferred{Delivery::deferred, "4.2.1", "450 later", "mx[192.0.2.1]:25"};
inline const DeliveryResult refused{Delivery::failed, "5.1.1", "550 no", "mx[192.0.2.1]:25"};
inline const DeliveryResult no_answer{Delivery::deferred, "4.4.1", "connecting failed", "", true};

/// Every host there is, and DNS.
struct Internet final : Couriers, Locator {
    struct Sent {
        std::string site, address;
        std::size_t recipients;
    };
    std::function<DeliveryResult(const std::string& address)> answer = [](const auto&) {
        return delivered;
    };
    std::map<std::string, Location> dns;  ///< by domain; without a row: a site of its own
    std::set<std::string> slow_domains;   ///< never answered
    bool signs_in = false;                ///< who was hired last for a.example
    bool slow = false;                    ///< hosts keep the message until open()
    std::vector<Sent> sent;
    spool::WorkingFile* working = nullptr;  ///< of the last job
    std::vector<std::string> asked;
    std::size_t hired = 0, at_work = 0, most_at_work = 0;
    std::vector<std::shared_ptr<net::steady_timer>> waiting;

    void open()
    {
        slow = false;
        for (const auto& timer : waiting)
            timer->cancel();
        waiting.clear();
    }
    net::awaitable<void> wait()
    {
        auto timer = std::make_shared<net::steady_timer>(co_await net::this_coro::executor, 1h);
        waiting.push_back(timer);
        boost::system::error_code woken;
        co_await timer->async_wait(net::redirect_error(net::use_awaitable, woken));
    }

    class Carrier final : public Courier {
    public:
        Carrier(Internet& internet, std::string site) : internet_{internet}, site_{std::move(site)}
        {}
        net::awaitable<std::vector<DeliveryResult>> deliver(const Job& job) override
        {
            ++internet_.at_work;
            internet_.most_at_work = std::max(internet_.most_at_work, internet_.at_work);
            internet_.working = job.working;
            if (internet_.slow) co_await internet_.wait();
            std::vector<DeliveryResult> results;
            internet_.sent.push_back({site_, job.addresses.front(), job.addresses.size()});
            for (const auto& address : job.addresses)
                results.push_back(internet_.answer(address));
            --internet_.at_work;
            co_return results;
        }
        bool reusable() const override { return true; }
        net::awaitable<void> close() override { co_return; }

    private:
        Internet& internet_;
        std::string site_;
    };
    std::unique_ptr<Courier> hire(const Place& place) override
    {
        ++hired;
        if (place.profile->domain == "a.example") signs_in = !place.profile->auth_user.empty();
        return std::make_unique<Carrier>(*this, place.hosts.empty() ? place.route.key
                                                                    : place.hosts.front().name);
    }
    net::awaitable<Location> locate(transfer::Route route, Deadline) override
    {
        const auto domain = std::get<transfer::ToMx>(route.hop).domain;
        asked.push_back(domain);
        if (slow_domains.contains(domain)) co_await wait();
        const auto found = dns.find(domain);
        if (found != dns.end()) co_return found->second;
        co_return Located{"mx." + domain, {{"mx." + domain, 25, {"192.0.2.1"}}}};
    }
};

class SchedulerWorld : public testing::Test {
protected:
    SchedulerWorld()
    {
        config_.host_name = "mail.contoso.example";
        config_.local_domains = {"contoso.example"};
        config_.retry_after = {900s};
    }
    ~SchedulerWorld() override
    {
        internet_.open();
        queue_.reset();
        io_.restart();
        io_.run_for(100ms);
    }

    config::ConfigPtr snapshot() const { return std::make_shared<const config::Config>(config_); }
    void open(std::vector<spool::Recovered> found = {}) { open(spool_, std::move(found)); }
    void open(spool::Spool& spool, std::vector<spool::Recovered> found)
    {
        const auto config = snapshot();
        QueueParts parts{spool, internet_, events_, {io_.get_executor()}, background_, clock_};
        parts.idle_courier = 1ms;
        parts.locator = &internet_;
        parts.observer = observer_;
        parts.record_again = record_again_;
        parts.copies = copies_to_;
        parts.steady = [this] { return clock_.steady; };
        if (later_decisions_) parts.later_decisions = *later_decisions_;
        queue_ = std::make_unique<Queue>(std::move(parts), config,
                                         std::make_shared<transfer::RecipientResolver>(
                                             config, std::make_shared<kit::NobodyHere>()));
        queue_->start(std::move(found));
    }
    void reconfigure()
    {
        const auto config = snapshot();
        queue_->set_config(config, std::make_shared<transfer::RecipientResolver>(
                                       config, std::make_shared<kit::NobodyHere>()));
    }

    config::DomainProfile profile(const std::string& domain) const
    {
        auto out = config::profile_for(config_, domain);
        out.domain = domain;
        return out;
    }

    spool::Envelope envelope(const std::vector<std::string>& recipients) const
    {
        spool::Envelope out;
        out.sender = "ann@elsewhere.example";
        for (const auto& each : recipients)
            out.recipients.push_back({each});
        out.arrived_at = clock_.wall;
        return out;
    }
    spool::MessageId send(const std::vector<std::string>& recipients)
    {
        return post(envelope(recipients));
    }
    spool::MessageId post(spool::Envelope letter)
    {
        spool::NewMessage message;
        message.envelope = std::move(letter);
        message.body = std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n");
        auto kept = message;
        const auto id = *kit::run(io_, spool_.store(std::move(message)));
        queue_->add(id, std::move(kept.envelope), std::move(kept.body));
        return id;
    }

    /// Runs what there is to run until `done`, ten seconds at most.
    bool until(const std::function<bool()>& done)
    {
        const auto deadline = after(60s);
        while (!done() && std::chrono::steady_clock::now() < deadline) {
            io_.restart();
            io_.run_one_for(10ms);
        }
        return done();
    }
    /// Everything that can go on without time has gone on.
    void settle_down()
    {
        io_.restart();
        while (io_.run_one_for(5ms) > 0) {
        }
    }
    void pass(std::chrono::milliseconds time)
    {
        clock_.pass(time);
        queue_->look_at_the_clock();
        settle_down();
    }

    RecipientRow row(const std::string& address) const
    {
        const auto rows = queue_->list({.recipient = address});
        EXPECT_EQ(rows.size(), 1U) << address;
        return rows.empty() ? RecipientRow{} : rows.front().recipients.front();
    }
    Reason reason(const std::string& address) const { return row(address).reason; }

    net::io_context io_;
    kit::MemorySpool spool_;
    Internet internet_;
    EventLog events_;
    MovedClock clock_;
    config::Config config_;
    CopyKeeper* copies_to_ = nullptr;             ///< of QueueParts
    std::optional<std::size_t> later_decisions_;  ///< of QueueParts
    std::chrono::milliseconds record_again_{1000};
    Observer* observer_ = nullptr;  ///< likewise
    std::function<void(std::function<void()>)> background_ = [](const std::function<void()>& work) {
        work();
    };
    std::unique_ptr<Queue> queue_;
};

}  // namespace imc::queue
