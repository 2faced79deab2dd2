#include "queue/notices.h"

#include "restarted.h"

namespace imc::queue {
namespace {

TEST(NoticesEvidence, IsReadBackAndThatOfOthersIsNot)
{
    const auto sent = read_notices(notices_evidence(42, 2));
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->first, 42U);
    EXPECT_EQ(sent->second, 2U);
    EXPECT_EQ(read_notices({"notices.0", "99999"})->second, 255U);
    for (const auto& other : std::vector<spool::Evidence>{{"terms.1", "2"},
                                                          {"notices.", "2"},
                                                          {"notices.x", "2"},
                                                          {"notices.99999999999", "2"},
                                                          {"notices.1", ""},
                                                          {"notices.1", "two"}})
        EXPECT_FALSE(read_notices(other)) << other.key << " " << other.text;
}

class Notices : public Restarted<SchedulerWorld> {
protected:
    Notices()
    {
        auto plans = profile("d.example");
        for (auto& plan : plans.retry)
            plan.notice_after = {4h, 12h};
        config_.profiles = {plans};
        internet_.answer = [](const std::string& address) {
            return address.ends_with("@d.example") ? no_answer : delivered;
        };
        restart();
    }
    /// Nothing else is sent in this world.
    std::size_t reports() const
    {
        std::size_t count = 0;
        for (const auto& sent : internet_.sent)
            count += sent.address == "ann@elsewhere.example" ? 1 : 0;
        return count;
    }
};

TEST_F(Notices, SenderIsNotToldOfTheSameDelayAgainAfterARestart)
{
    mail({"bob@d.example"});
    pass(4h + 1min);
    pass(1min);
    ASSERT_EQ(reports(), 1U);
    for (int start = 0; start < 3; ++start) {
        restart();
        pass(30min);
        pass(1min);
        EXPECT_EQ(reports(), 1U) << "start " << start;
    }
    pass(8h);
    pass(1min);
    EXPECT_EQ(reports(), 2U) << "the next step";
    restart();
    pass(30min);
    pass(1min);
    EXPECT_EQ(reports(), 2U);
}

TEST_F(Notices, DelayThatFellDueWhileTheServiceWasDownIsToldOnceItIsUp)
{
    mail({"bob@d.example"});
    pass(3h);
    clock_.pass(2h);
    restart();
    pass(16min);
    pass(1min);
    EXPECT_EQ(reports(), 1U);
    restart();
    pass(16min);
    pass(1min);
    EXPECT_EQ(reports(), 1U);
}

}  // namespace
}  // namespace imc::queue
