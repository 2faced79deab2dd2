#pragma once
/// @file tests/queue/administered.h  A queue with deferred mail, and orders of an administrator.
#include "queue/administration.h"

#include "scheduler_world.h"

namespace imc::queue {

class Administered : public SchedulerWorld {
protected:
    Administered()
    {
        internet_.answer = [](const auto&) { return deferred; };
    }

    Done act(Instruction instruction)
    {
        instruction.by = "uid=0";
        auto done = kit::run(io_, Administration{*queue_}.carry_out(std::move(instruction)));
        settle_down();
        EXPECT_TRUE(done) << (done ? "" : done.error().to_string());
        return done ? *done : Done{};
    }
    /// Two domains, a message each and one for both; all have been tried once.
    void deferred_mail()
    {
        a_ = send({"ann@a.example"});
        b_ = send({"bob@b.example"});
        both_ = send({"carol@a.example", "dave@b.example"});
        ASSERT_TRUE(until([&] { return queue_->counts().deferred == 4; }));
        internet_.sent.clear();
    }
    std::size_t recipients(const Selector& selector) const
    {
        std::size_t count = 0;
        for (const auto& row : queue_->list(selector))
            count += row.recipients.size();
        return count;
    }
    std::size_t sent_to(const std::string& domain) const
    {
        std::size_t count = 0;
        for (const auto& sent : internet_.sent)
            count += sent.address.ends_with("@" + domain) ? sent.recipients : 0;
        return count;
    }

    const Selector at_a_{.domain = "a.example"};
    spool::MessageId a_, b_, both_;
};

}  // namespace imc::queue
