#include "app/service/link_keeper.h"

#include "kit/coroutine.h"
#include "kit/remember.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace imc::app {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;

const config::LinkHook dial{true, {"/usr/sbin/dial", "up"}, 30s};
const config::LinkHook check{true, {"/usr/sbin/check"}, 30s};
const config::LinkHook hang_up{false, {"/usr/sbin/dial", "down"}, 30s};

class MovedWall final : public WallClock {
public:
    WallTime now() const override { return wall; }
    WallTime wall{std::chrono::milliseconds{1'700'000'000'000}};  // Tuesday 22:13 UTC
};

class Keeper : public testing::Test {
protected:
    Keeper()
    {
        events_.add(std::make_unique<kit::Remember>(raised_));
        config_.link.hooks = {dial, hang_up};
        rows({"on-demand"});
    }
    ~Keeper() override
    {
        keeper_.reset();
        io_.stop();
    }
    void rows(const std::vector<std::string>& rows)
    {
        config_.link.rows = rows;
        config_.link.schedule = config::parse_schedule(rows).value();
    }
    config::ConfigPtr snapshot() const { return std::make_shared<const config::Config>(config_); }
    void begin()
    {
        LinkedQueue queue;
        queue.set_gate = [this](queue::LinkGate gate) { gate_ = std::move(gate); };
        queue.needs = [this] {
            ++turns_;
            if (fails_ > 0 && fails_-- > 0) throw std::runtime_error{"told to fail"};
            return needs_;
        };
        queue.oldest = [this] { return ++scans_, oldest_; };
        const auto steady = [this] { return steady_; };
        const auto run = [this](const config::LinkHook& hook, const std::atomic<bool>&) {
            const std::lock_guard lock{ran_mutex_};
            ran_.push_back(hook.words.back());
            HookResult result;
            result.done = hook.words.back() != broken_;
            if (!result.done) result.why = "exit status 3";
            return result;
        };
        const auto ask_for_mail = [this](const config::ConfigPtr&, bool) { return ask(asked_); };
        keeper_ =
            std::make_unique<LinkKeeper>(LinkKeeperParts{queue, events_, io_.get_executor(),
                                                         ask_for_mail, clock_, steady, run, 1ms},
                                         snapshot());
        keeper_->start();
        turn();
    }
    static net::awaitable<std::vector<admin::EtrnRow>> ask(std::size_t& asked)
    {
        ++asked;
        co_return std::vector<admin::EtrnRow>{};
    }
    bool until(const std::function<bool()>& done)
    {
        const auto deadline = after(10s);
        while (!done() && std::chrono::steady_clock::now() < deadline) {
            io_.restart();
            io_.run_one_for(5ms);
        }
        return done();
    }
    /// Two looks of the keeper at what waits: whatever the first one led to has been done.
    void turn()
    {
        for (int i = 0; i < 2; ++i) {
            const auto before = turns_;
            ASSERT_TRUE(until([&] {
                if (turns_ == before) keeper_->look_at_the_clock();
                return turns_ > before;
            }));
        }
    }
    void pass(std::chrono::seconds time)
    {
        steady_ += time;
        clock_.wall += time;
        turn();
    }
    std::vector<std::string> ran()
    {
        const std::lock_guard lock{ran_mutex_};
        return std::exchange(ran_, {});
    }
    std::size_t times(EventId id) const
    {
        return static_cast<std::size_t>(std::ranges::count(raised_, id, &EventRecord::id));
    }
    admin::LinkState command(net::awaitable<admin::LinkState> what)
    {
        return kit::run(io_, std::move(what));
    }

    using Words = std::vector<std::string>;
    net::io_context io_;
    std::vector<EventRecord> raised_;
    EventLog events_;
    MovedWall clock_;
    std::chrono::steady_clock::time_point steady_{1000h};
    config::Config config_;
    queue::LinkGate gate_;
    queue::Queue::LinkNeeds needs_;
    std::optional<WallTime> oldest_;
    std::size_t turns_ = 0, scans_ = 0, asked_ = 0;
    int fails_ = 0;
    std::mutex ran_mutex_;
    Words ran_;
    std::string broken_;  ///< last word of the hook that fails
    std::unique_ptr<LinkKeeper> keeper_;
};

TEST_F(Keeper, AlwaysWithoutHooksIsOpenFromTheStartAndSaysNothing)
{
    rows({"always"});
    config_.link.hooks.clear();
    begin();
    EXPECT_TRUE(gate_.open);
    EXPECT_TRUE(keeper_->is_open());
    pass(1h);
    EXPECT_TRUE(raised_.empty());
    EXPECT_EQ(keeper_->state().why, "its schedule is always");
}

TEST_F(Keeper, LineThatAnEarlierProcessOpenedIsHungUpOnceAtTheStart)
{
    begin();
    EXPECT_EQ(ran(), Words{"down"});
    EXPECT_FALSE(gate_.open);
    pass(1h);
    EXPECT_EQ(ran(), Words{});
    EXPECT_TRUE(raised_.empty()) << "nobody opened it, and nobody has closed it";
}

TEST_F(Keeper, WindowOpensTheLinkAndItsEndClosesIt)
{
    rows({"daily 23:00-24:00 UTC"});
    begin();
    (void)ran();
    EXPECT_FALSE(gate_.open);
    EXPECT_EQ(gate_.opens_at, WallTime{1'700'002'800'000ms});  // 23:00
    needs_ = {true, 7, 0};
    pass(47min);
    EXPECT_TRUE(gate_.open);
    EXPECT_EQ(ran(), Words{"up"});
    ASSERT_EQ(times(EventId::link_opened), 1U);  // 40660
    needs_ = {};
    pass(30min);
    EXPECT_TRUE(gate_.open) << "as long as the window is";
    pass(30min);
    EXPECT_FALSE(gate_.open);
    EXPECT_EQ(ran(), Words{"down"});
    EXPECT_EQ(times(EventId::link_closed), 1U);  // 40661
}

TEST_F(Keeper, FailingHookKeepsItClosedHangsUpAndIsTriedAgainAfterFiveMinutes)
{
    config_.link.hooks = {dial, check, hang_up};
    rows({"always"});
    broken_ = "/usr/sbin/check";
    begin();
    EXPECT_EQ(ran(), (Words{"up", "/usr/sbin/check", "down"})) << "what the first one opened";
    EXPECT_FALSE(gate_.open);
    EXPECT_EQ(times(EventId::link_hook_failed), 1U);  // 40662
    EXPECT_EQ(times(EventId::link_opened), 0U);
    EXPECT_EQ(keeper_->state().failure, "/usr/sbin/check: exit status 3");
    pass(4min);
    EXPECT_EQ(ran(), Words{});
    broken_.clear();
    pass(2min);
    EXPECT_EQ(ran(), (Words{"up", "/usr/sbin/check"}));
    EXPECT_TRUE(gate_.open);
    EXPECT_EQ(keeper_->state().failure, "");
}

TEST_F(Keeper, FailingCloseHookIsSaidAndTheOthersRun)
{
    config_.link.hooks = {dial, {false, {"/usr/sbin/log"}, 30s}, hang_up};
    begin();
    (void)ran();
    EXPECT_TRUE(command(keeper_->open({})).open);
    broken_ = "/usr/sbin/log";
    EXPECT_FALSE(command(keeper_->close()).open);
    EXPECT_EQ(ran(), (Words{"up", "/usr/sbin/log", "down"}));
    EXPECT_EQ(times(EventId::link_hook_failed), 1U);
    EXPECT_EQ(times(EventId::link_closed), 1U);
}

TEST_F(Keeper, WhatIsBeingSentEndsBeforeTheLineIsHungUp)
{
    begin();
    ASSERT_TRUE(command(keeper_->open(10min)).open);
    (void)ran();
    needs_.sending = 1;
    steady_ += 11min;
    clock_.wall += 11min;
    keeper_->look_at_the_clock();
    ASSERT_TRUE(until([&] { return !gate_.open; })) << "nothing new is sent";
    EXPECT_FALSE(keeper_->is_open());
    const auto looks = turns_;
    ASSERT_TRUE(until([&] { return turns_ > looks + 3; }));
    EXPECT_EQ(ran(), Words{});
    EXPECT_EQ(times(EventId::link_closed), 0U);
    needs_.sending = 0;
    ASSERT_TRUE(until([&] { return times(EventId::link_closed) == 1; }));
    EXPECT_EQ(ran(), Words{"down"});
}

TEST_F(Keeper, WhatIsBeingSentHasAMinute)
{
    begin();
    ASSERT_TRUE(command(keeper_->open(10min)).open);
    needs_.sending = 1;
    steady_ += 11min;
    keeper_->look_at_the_clock();
    ASSERT_TRUE(until([&] { return !gate_.open; }));
    EXPECT_EQ(times(EventId::link_closed), 0U);
    steady_ += 61s;
    EXPECT_TRUE(until([&] { return times(EventId::link_closed) == 1; }));
}

TEST_F(Keeper, MailThatHasWaitedOpensItAndTheOldestIsLookedForOnceAMinute)
{
    rows({"queued 15"});
    begin();
    (void)ran();
    EXPECT_EQ(scans_, 0U) << "nothing waits";
    needs_ = {false, 1, 0};
    oldest_ = clock_.wall;
    turn();
    EXPECT_EQ(scans_, 1U);
    pass(10s);
    pass(10s);
    EXPECT_EQ(scans_, 1U);
    pass(41s);
    EXPECT_EQ(scans_, 2U);
    EXPECT_EQ(gate_.opens_at, WallTime{1'700'000'900'000ms});
    pass(14min);
    EXPECT_TRUE(gate_.open);
    EXPECT_EQ(keeper_->state().why, "mail has waited for 15 minutes");
    needs_ = {};
    pass(61s);
    EXPECT_FALSE(gate_.open) << "nothing has waited for a minute";
}

TEST_F(Keeper, HostsAreAskedForOurMailWhenItOpensAndThenAsOftenAsConfigured)
{
    config_.link.etrn = {config::parse_etrn_job("mail.isp.example;contoso.example").value()};
    config_.link.etrn_every = 30min;
    begin();
    EXPECT_EQ(asked_, 0U);
    (void)command(keeper_->open(4h));
    turn();
    EXPECT_EQ(asked_, 1U);
    pass(29min);
    EXPECT_EQ(asked_, 1U);
    pass(2min);
    EXPECT_EQ(asked_, 2U);
    (void)command(keeper_->close());
    pass(2h);
    EXPECT_EQ(asked_, 2U);
}

TEST_F(Keeper, NewConfigurationIsTakenAtTheNextTurn)
{
    begin();
    EXPECT_FALSE(gate_.open);
    rows({"always"});
    keeper_->set(snapshot());
    EXPECT_FALSE(gate_.open);
    turn();
    EXPECT_TRUE(gate_.open);
    EXPECT_EQ(keeper_->state().schedule, Words{"always"});
}

TEST_F(Keeper, DefectOfOneTurnIsSaidAndTheNextGoesOn)
{
    rows({"always"});
    begin();
    ASSERT_TRUE(gate_.open);
    fails_ = 1;
    turn();
    EXPECT_EQ(times(EventId::exception_handled), 1U);
    (void)command(keeper_->close());
    EXPECT_FALSE(gate_.open);
}

}  // namespace
}  // namespace imc::app
