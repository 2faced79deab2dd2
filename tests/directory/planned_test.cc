#include "directory/planned.h"

#include "directory/recorded.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

Entry entry(const std::string& dn, const std::string& description)
{
    return {*Dn::parse_rfc4514(dn), {{"cn", {"x"}}, {"description", {description}}}};
}

std::string found(Directory& directory, const std::string& base, const std::string& filter)
{
    const auto all =
        directory.search(*Dn::parse_rfc4514(base), Scope::one_level, filter, Deadline::max());
    if (!all) return "40012";
    std::string out;
    for (const auto& e : *all)
        out += std::string{e.first("description")} + " ";
    return out;
}

TEST(Planned, AnswersAsIfTheChangeWereMade)
{
    std::shared_ptr<Directory> asked =
        recorded_directory({entry("o=a", "top"), entry("cn=1,o=a", "one"), entry("cn=2,o=a", "two"),
                            entry("cn=3,o=a", "three")},
                           "a test");
    PlannedObjects plan;
    plan.there = {entry("cn=2,o=a", "other"), entry("cn=4,o=a", "four")};
    plan.gone = {*Dn::parse_rfc4514("CN=3,o=a")};
    const auto planned = planned_directory(asked, plan);
    EXPECT_EQ(found(*planned, "o=a", "(cn=*)"), "one other four ");
    // It no longer matches what it was, and is not told from what it was.
    EXPECT_EQ(found(*planned, "o=a", "(description=two)"), "");
    EXPECT_EQ(found(*planned, "o=a", "(description=other)"), "other ");
    EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(
        planned->read(*Dn::parse_rfc4514("cn=3,o=a"), Deadline::max())));
    EXPECT_EQ(std::get<Entry>(planned->read(*Dn::parse_rfc4514("cn=4,o=a"), Deadline::max()))
                  .first("description"),
              "four");
    EXPECT_FALSE(planned->apply({}, Deadline::max()));
    std::string all;
    const auto take = [&](Entry&& e) {
        all += std::string{e.first("description")} + " ";
        return true;
    };
    ASSERT_TRUE(planned->scan(*Dn::parse_rfc4514("o=a"), "(cn=*)", Deadline::max(), take));
    EXPECT_EQ(all, "top one other four ");
}

/// Has nothing, and says so as a server would that lacks changes.
class OldOne final : public Directory {
public:
    std::string description() const override { return "old"; }
    bool is_local() const override { return false; }
    Answer<Entry> read(const Dn&, Deadline) override
    {
        ++answers;
        return entry("o=a", "old");
    }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        return std::vector<Entry>{};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return 1; }
    std::uint64_t old_answers() const override { return answers; }

    std::uint64_t answers = 0;
};

// Or a plan would be judged by a configuration that is no more.
TEST(Planned, ThatWhatItIsMadeUponIsOldIsTold)
{
    const auto old = std::make_shared<OldOne>();
    const auto planned = planned_directory(old, {});
    Recorder recorder{old};
    EXPECT_EQ(planned->old_answers(), 0U);
    (void)planned->read(*Dn::parse_rfc4514("o=a"), Deadline::max());
    EXPECT_EQ(planned->old_answers(), 1U);
    (void)recorder.read(*Dn::parse_rfc4514("o=a"), Deadline::max());
    EXPECT_EQ(recorder.old_answers(), 2U);
}

// What it does not plan it cannot know better than the directory.
TEST(Planned, SilenceOfTheDirectoryStaysSilence)
{
    std::shared_ptr<Directory> asked =
        silent_directory("a test", Error{EventId::directory_unreachable, "down"});
    const auto planned = planned_directory(asked, {{entry("cn=1,o=a", "one")}, {}});
    EXPECT_TRUE(std::holds_alternative<CannotSay>(
        planned->read(*Dn::parse_rfc4514("cn=2,o=a"), Deadline::max())));
    EXPECT_EQ(
        planned->search(*Dn::parse_rfc4514("o=a"), Scope::subtree, "(cn=*)", Deadline::max(), 10)
            .error()
            .event(),
        EventId::directory_unreachable);
}

}  // namespace
}  // namespace imc
