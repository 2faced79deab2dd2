#include "kit/remember.h"
#include "list_world.h"
#include "scheduler_world.h"

namespace imc::queue {
namespace {

/// Hears of messages, and throws of those of one sender.
struct Thrower final : Observer {
    std::function<void()> throws = [] { throw std::runtime_error{"a defect"}; };
    std::string sender = "broken@elsewhere.example";
    bool at_the_end = false;

    void queued(const Seen& seen, std::span<const std::uint32_t>, const transfer::Route&) override
    {
        if (!at_the_end && seen.envelope.sender == sender) throws();
    }
    void settled(const Seen& seen, std::uint32_t, const spool::RecipientState&,
                 const DeliveryResult&, const std::string&) override
    {
        if (at_the_end && seen.envelope.sender == sender) throws();
    }
};

class Broken : public SchedulerWorld {
protected:
    Broken()
    {
        events_.add(std::make_unique<kit::Remember>(raised_));
        observer_ = &thrower_;
        record_again_ = 1ms;
    }
    ~Broken() override
    {
        clock_.broken = false;
        internet_.open();
        queue_.reset();
        io_.restart();
        io_.run_for(50ms);  // nobody tells us of anything any more
    }

    spool::MessageId send_broken(const std::vector<std::string>& recipients)
    {
        auto letter = envelope(recipients);
        letter.sender = thrower_.sender;
        return post(std::move(letter));
    }
    std::size_t raised(EventId id) const
    {
        return static_cast<std::size_t>(std::ranges::count(raised_, id, &EventRecord::id));
    }
    std::string field(EventId id, const std::string& name) const
    {
        for (const auto& record : raised_)
            if (record.id == id)
                for (const auto& [key, value] : record.fields)
                    if (key == name) return value;
        return {};
    }
    bool was_sent_to(const std::string& address) const
    {
        return std::ranges::find(internet_.sent, address, &Internet::Sent::address) !=
               internet_.sent.end();
    }

    Thrower thrower_;
    std::vector<EventRecord> raised_;
};

TEST_F(Broken, MessageOnWhichRoutingThrowsWaitsWithAReasonAndOthersGo)
{
    open();
    const auto id = send_broken({"bob@a.example"});
    send({"carol@b.example"});
    settle_down();
    EXPECT_EQ(raised(EventId::message_waits_after_defect), 1U);
    EXPECT_EQ(field(EventId::message_waits_after_defect, "message"), id.to_string());
    EXPECT_EQ(field(EventId::message_waits_after_defect, "detail"), "a defect");
    EXPECT_EQ(row("bob@a.example").state.last_reply, "internal error: a defect");
    EXPECT_FALSE(was_sent_to("bob@a.example"));
    EXPECT_TRUE(was_sent_to("carol@b.example"));
}

TEST_F(Broken, MessageOnWhichRoutingThrewIsTriedAgainInFiveMinutes)
{
    open();
    send_broken({"bob@a.example"});
    settle_down();
    pass(4min);
    EXPECT_EQ(raised(EventId::message_waits_after_defect), 1U) << "not yet";
    pass(2min);
    EXPECT_EQ(raised(EventId::message_waits_after_defect), 2U) << "it throws again";
    thrower_.throws = [] {};
    pass(6min);
    EXPECT_TRUE(was_sent_to("bob@a.example"));
    EXPECT_EQ(queue_->counts().recipients, 0U);
}

// Asio ends the process when a handler of a thread_pool throws.
TEST_F(Broken, WorkInTheBackgroundDoesNotThrow)
{
    std::deque<std::function<void()>> works;
    background_ = [&works](std::function<void()> work) { works.push_back(std::move(work)); };
    open();
    std::vector<std::string> many;
    for (int i = 0; i < 1000; ++i)
        many.push_back("m" + std::to_string(i) + "@a.example");
    const auto id = send_broken(many);
    settle_down();
    ASSERT_EQ(works.size(), 1U);
    EXPECT_NO_THROW(works.front()());
    EXPECT_EQ(field(EventId::message_waits_after_defect, "message"), id.to_string());
    EXPECT_EQ(queue_->counts().deferred, 1000U);
}

TEST_F(Broken, BackgroundThatTakesNoWorkLetsTheMessageWait)
{
    background_ = [](const std::function<void()>&) { throw std::bad_alloc{}; };
    open();
    std::vector<std::string> many(1000, "bob@a.example");
    EXPECT_NO_THROW(send(many));
    settle_down();
    EXPECT_EQ(raised(EventId::message_waits_after_defect), 1U);
    EXPECT_EQ(queue_->counts().deferred, 1000U);
}

TEST_F(Broken, MemoryThatIsOutAndWhatIsNoExceptionCountAsWell)
{
    open();
    thrower_.throws = [] { throw std::bad_alloc{}; };
    send_broken({"bob@a.example"});
    thrower_.throws = [] { throw 42; };
    send_broken({"carol@a.example"});
    settle_down();
    EXPECT_EQ(raised(EventId::message_waits_after_defect), 2U);
    EXPECT_EQ(queue_->counts().deferred, 2U);
}

// 4037: what nobody could be told of is done all the same.
TEST_F(Broken, ResultIsKnownThoughTellingOfItThrows)
{
    thrower_.at_the_end = true;
    open();
    send_broken({"bob@a.example"});
    settle_down();
    EXPECT_TRUE(was_sent_to("bob@a.example"));
    EXPECT_EQ(raised(EventId::exception_handled), 1U);
    EXPECT_EQ(queue_->counts().recipients, 0U);
    EXPECT_TRUE(queue_->drain(after(10s))) << "nothing is in flight any more";
}

// Delivered is delivered: it must not be sent again since the disk's side threw.
TEST_F(Broken, ResultWhoseRecordingThrowsIsRecordedLaterAndNotSentAgain)
{
    open();
    spool_.break_commits(2);
    const auto id = send({"bob@a.example"});
    EXPECT_TRUE(until([&] { return queue_->counts().recipients == 0; }));
    EXPECT_EQ(internet_.sent.size(), 1U);
    EXPECT_EQ(raised(EventId::message_waits_after_defect), 1U) << "said once, tried twice";
    EXPECT_EQ(field(EventId::message_waits_after_defect, "message"), id.to_string());
    EXPECT_TRUE(queue_->drain(after(10s)));
}

TEST_F(Broken, CourierIsFreeAgainWhenTheTextOfAMessageThrows)
{
    spool::NewMessage message;
    message.envelope = envelope({"bob@a.example"});
    message.body = std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n");
    spool::Recovered found;
    found.envelope = message.envelope;
    found.states.resize(1);
    found.id = *kit::run(io_, spool_.store(std::move(message)));
    std::vector<spool::Recovered> all;
    all.push_back(std::move(found));
    spool_.break_bodies(true);
    open(std::move(all));
    pass(1s);
    EXPECT_EQ(raised(EventId::message_waits_after_defect), 1U);
    EXPECT_EQ(queue_->counts().in_delivery, 0U);
    EXPECT_TRUE(row("bob@a.example").state.last_reply.starts_with("internal error: a defect"));
    spool_.break_bodies(false);
    pass(70min);  // of its report nothing could be read, either: settle_after_defect()
    EXPECT_TRUE(was_sent_to("bob@a.example"));
}

TEST_F(Broken, TimetableThatThrowsGoesOn)
{
    open();
    internet_.answer = [](const auto&) { return deferred; };
    send({"bob@a.example"});
    settle_down();
    clock_.broken = true;
    EXPECT_NO_THROW(queue_->look_at_the_clock());
    clock_.broken = false;
    EXPECT_GE(raised(EventId::exception_handled), 1U);
    internet_.answer = [](const auto&) { return delivered; };
    pass(20min);
    EXPECT_EQ(queue_->counts().recipients, 0U);
}

TEST_F(Broken, MessageThatCannotBeTakenIsDurableAndSaysSo)
{
    open();
    clock_.broken = true;
    spool::MessageId id;
    EXPECT_NO_THROW(id = send({"bob@a.example"})) << "whoever brought it is told 250";
    EXPECT_EQ(field(EventId::message_waits_after_defect, "message"), id.to_string());
    EXPECT_TRUE(spool_.holds(id));
}

/// Says of its health what nobody expects.
class OddSpool final : public spool::Spool {
public:
    OddSpool(std::unique_ptr<spool::Spool> under, const bool& broken)
        : under_{std::move(under)}, broken_{broken}
    {}
    spool::MessageId new_id() override { return under_->new_id(); }
    Result<std::unique_ptr<spool::TextWriter>> begin_text() override
    {
        return under_->begin_text();
    }
    net::awaitable<Result<spool::MessageId>> store(spool::NewMessage message) override
    {
        return under_->store(std::move(message));
    }
    net::awaitable<Result<std::vector<spool::MessageId>>> commit(spool::Commit change) override
    {
        return under_->commit(std::move(change));
    }
    net::awaitable<Result<std::vector<spool::MessageId>>>
    commit_all(std::vector<spool::Commit> changes) override
    {
        return under_->commit_all(std::move(changes));
    }
    Result<spool::Body> body(spool::MessageId id) override { return under_->body(id); }
    void forget_body(spool::MessageId id) override { under_->forget_body(id); }
    std::vector<spool::Recovered> recover(std::size_t most) override
    {
        return under_->recover(most);
    }
    spool::Health health() const override
    {
        if (broken_) throw 42;
        return under_->health();
    }
    void close() override { under_->close(); }

private:
    std::unique_ptr<spool::Spool> under_;
    const bool& broken_;
};

class BrokenList : public ListWorld {
protected:
    BrokenList()
    {
        through_ = [this](std::unique_ptr<spool::Spool> under) -> std::unique_ptr<spool::Spool> {
            return std::make_unique<OddSpool>(std::move(under), broken_);
        };
    }
    bool broken_ = true;
};

// The walk is in the background: whoever waits for it is woken, and hears what it threw.
TEST_F(BrokenList, ListWhoseWalkThrowsWaitsAndTheNextOneIsExpanded)
{
    list("staff", crowd(2));
    stepwise_ = true;
    start();
    const auto id = send({"staff@contoso.example"});
    EXPECT_NO_THROW(while (step()){});
    EXPECT_EQ(field(EventId::message_waits_after_defect, "message"), id.to_string());
    EXPECT_EQ(reached(), "");
    EXPECT_EQ(waiting(), 1U);
    broken_ = false;
    for (int i = 0; i < 5; ++i)  // more than there are places: none was lost
        send({"staff@contoso.example"});
    while (step()) {
    }
    EXPECT_EQ(taken_.size(), 10U);
    pass(6min);
    while (step()) {
    }
    EXPECT_EQ(taken_.size(), 12U) << "and so is the first";
    EXPECT_TRUE(queue_->drain(after(10s)));
}

}  // namespace
}  // namespace imc::queue
