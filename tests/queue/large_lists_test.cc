/// Lists of any size: what is on the way at one time is bounded.
#include "list_world.h"

#include "directory/value_range.h"

namespace imc::queue {
namespace {

/// cn=everybody has members that are made up when they are asked for; they are told in ranges.
class Crowd final : public Directory {
public:
    static constexpr std::size_t range = 1000;

    explicit Crowd(std::size_t count) : count_{count} {}
    std::string description() const override { return "a crowd"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn& dn, Deadline) override
    {
        const auto name = transfer::short_name(dn);
        if (name == "everybody") return everybody();
        ++read_;
        return transfer::person(name, name + "@a.example");
    }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view filter, Deadline,
                                      std::size_t) override
    {
        if (filter.find("everybody@") == filter.npos) return std::vector<Entry>{};
        return std::vector<Entry>{everybody()};
    }
    Answer<ValueRange> values(const Dn&, std::string_view, std::size_t from, Deadline) override
    {
        most_named = std::max(most_named, from - read_ + range);
        ValueRange out;
        const auto end = std::min(from + range, count_);
        for (auto i = from; i < end; ++i)
            out.values.push_back(transfer::name_of("m" + std::to_string(i)));
        if (end < count_) out.next = end;
        return out;
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

    std::size_t most_named = 0;  ///< and not yet asked for

private:
    Entry everybody() const
    {
        auto out = transfer::list_of("everybody", {});
        out.attributes[ranged("member")] = {transfer::name_of("m0")};
        return out;
    }
    static std::string ranged(const std::string& name) { return name + ";range=0-0"; }

    std::size_t count_, read_ = 0;
};

/// Passes everything on, and notes how much came at once.
class Watched final : public spool::Spool {
public:
    explicit Watched(std::unique_ptr<spool::Spool> under, std::size_t& most)
        : under_{std::move(under)}, most_{most}
    {}
    spool::WorkingFile* working() override { return under_->working(); }
    spool::MessageId new_id() override { return under_->new_id(); }
    Result<std::unique_ptr<spool::TextWriter>> begin_text() override
    {
        return under_->begin_text();
    }
    net::awaitable<Result<spool::MessageId>> store(spool::NewMessage message) override
    {
        note(message.envelope.recipients.size());
        return under_->store(std::move(message));
    }
    net::awaitable<Result<std::vector<spool::MessageId>>> commit(spool::Commit change) override
    {
        note(recipients_of(change));
        return under_->commit(std::move(change));
    }
    net::awaitable<Result<std::vector<spool::MessageId>>>
    commit_all(std::vector<spool::Commit> changes) override
    {
        std::size_t all = 0;
        for (const auto& change : changes)
            all += recipients_of(change);
        note(all);
        return under_->commit_all(std::move(changes));
    }
    Result<spool::Body> body(spool::MessageId id) override { return under_->body(id); }
    Result<std::vector<spool::Evidence>> evidence(spool::MessageId id) override
    {
        return under_->evidence(id);
    }
    void forget_body(spool::MessageId id) override { under_->forget_body(id); }
    std::vector<spool::Recovered> recover(std::size_t most) override
    {
        return under_->recover(most);
    }
    spool::Health health() const override { return under_->health(); }
    void close() override { under_->close(); }

private:
    static std::size_t recipients_of(const spool::Commit& change)
    {
        std::size_t all = 0;
        for (const auto& message : change.caused)
            all += message.envelope.recipients.size();
        return all;
    }
    void note(std::size_t recipients) { most_ = std::max(most_, recipients); }

    std::unique_ptr<spool::Spool> under_;
    std::size_t& most_;
};

class LargeLists : public ListWorld {
protected:
    LargeLists()
    {
        through_ = [this](std::unique_ptr<spool::Spool> under) -> std::unique_ptr<spool::Spool> {
            return std::make_unique<Watched>(std::move(under), most_at_once_);
        };
    }
    std::size_t most_at_once_ = 0;  ///< recipients in one write
};

TEST_F(LargeLists, HundredThousandMembersStreamIntoTheQueueInPortions)
{
    constexpr std::size_t members = 100'000;
    const std::string everybody = "everybody@contoso.example";
    const auto crowd = std::make_shared<Crowd>(members);
    instead_ = crowd;
    stepwise_ = true;
    start();
    send({everybody});
    settle_down();
    for (int steps = 0; !queue_->list({.recipient = everybody}).empty(); ++steps) {
        ASSERT_LT(steps, 1000);
        ASSERT_TRUE(step());
    }
    EXPECT_EQ(waiting(), members);
    EXPECT_EQ(most_at_once_, 5000U);
    EXPECT_LE(crowd->most_named, 2 * Crowd::range) << "one range is read when the last is done";
}

// Each fits beside the result; all of them do not.
TEST_F(LargeLists, ManyListsOfOneMessageAreNoLargeCommit)
{
    portion_ = 4;
    std::vector<std::string> addresses, names = crowd(60);
    for (std::size_t i = 0; i < 20; ++i) {
        list("l" + std::to_string(i), {names[3 * i], names[3 * i + 1], names[3 * i + 2]});
        addresses.push_back("l" + std::to_string(i) + "@contoso.example");
    }
    start();
    send(addresses);
    most_at_once_ = 0;
    settle_down();
    EXPECT_EQ(taken_.size(), 60U);
    EXPECT_EQ(waiting(), 0U);
    EXPECT_LE(most_at_once_, 4U);
}

TEST_F(LargeLists, CrashAmongManyListsLosesAndDoublesNobody)
{
    portion_ = 4;
    const auto names = crowd(9);
    for (std::size_t i = 0; i < 3; ++i)
        list("l" + std::to_string(i), {names[3 * i], names[3 * i + 1], names[3 * i + 2]});
    for (int steps = 0;; ++steps) {
        store_ = spool::make_memory_store();
        taken_.clear();
        stepwise_ = true;
        start();
        send({"l0@contoso.example", "l1@contoso.example", "l2@contoso.example"});
        bool more = true;
        for (int i = 0; more && i < steps; ++i)
            more = step();
        crash();
        stepwise_ = false;
        start();
        settle_down();
        EXPECT_EQ(taken_.size(), 9U) << "crash after " << steps << " steps";
        EXPECT_EQ(waiting(), 0U) << steps;
        crash();
        if (!more) break;
        ASSERT_LT(steps, 60);
    }
}

// Whom the list that waits would have reached is reached by the next one.
TEST_F(LargeLists, ListThatIsTooLargeHidesNobodyFromTheOthers)
{
    portion_ = 2;
    config_.lists.members = 3;
    const auto names = crowd(5);
    list("large", names);
    list("small", {names[0], names[1]});
    start();
    send({"large@contoso.example", "small@contoso.example"});
    settle_down();
    EXPECT_NE(taken_by("m0@a.example"), nullptr);
    EXPECT_NE(taken_by("m1@a.example"), nullptr);
    EXPECT_EQ(taken_by("m4@a.example"), nullptr);
    EXPECT_EQ(raised(EventId::list_too_large), 1U);
}

}  // namespace
}  // namespace imc::queue
