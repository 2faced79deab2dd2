/// Lists of a server that sends a thousand values at a time, as Active Directory does.
#include "directory/value_range.h"
#include "people.h"
#include "transfer/expansion.h"

#include <gtest/gtest.h>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

/// cn=all, whose members m0, m1, ... exist; it sends `at_once` of them.
class InRanges final : public Directory {
public:
    InRanges(std::size_t members, std::size_t most) : count{members}, at_once{most} {}

    std::string description() const override { return "in ranges"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn& dn, Deadline) override
    {
        if (!same(dn, dn_of("all"))) return person(short_name(dn));
        auto all = list_of("all", {}, "group");
        all.attributes["member"] = {};
        all.attributes["uSNChanged"] = {std::to_string(changes)};
        const auto name = "member;range=0-" + std::to_string(at_once - 1);
        all.attributes[name] = names(0, at_once);
        return all;
    }
    Answer<ValueRange> values(const Dn& dn, std::string_view attribute, std::size_t from,
                              Deadline) override
    {
        EXPECT_TRUE(same(dn, dn_of("all")));
        EXPECT_EQ(attribute, "member");
        asked.push_back(from);
        if (asked.size() == silent_at)
            return CannotSay{Error{EventId::directory_unreachable, "asleep"}};
        if (asked.size() == gone_at) return ProvenAbsent{};
        if (asked.size() == changed_at) ++changes;
        ValueRange out;
        out.mark = std::to_string(changes);
        const bool last = !endless && from + at_once >= count;
        out.values = names(from, last ? count - from : at_once);
        if (!last) out.next = repeats ? from : from + at_once;
        return out;
    }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        return std::vector<Entry>{};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

    std::size_t count, at_once;
    std::size_t silent_at = 0, changed_at = 0, gone_at = 0;
    bool endless = false, repeats = false;
    int changes = 1;
    std::vector<std::size_t> asked;

private:
    std::vector<std::string> names(std::size_t from, std::size_t most) const
    {
        std::vector<std::string> out;
        for (std::size_t i = from; i < from + most; ++i)
            out.push_back(name_of("m" + std::to_string(endless ? i % 3 : i)));
        return out;
    }
};

class ListRanges : public testing::Test {
protected:
    /// How many are reached, or why nobody is.
    std::string reached(std::size_t portion = 7)
    {
        Expansion walk{
            people, *Dn::parse("o=Contoso"), limits, {}, std::make_shared<SeenMembers>()};
        if (const auto silent = walk.open(dn_of("all"))) return silent->reason.detail();
        std::size_t count = 0;
        for (;;) {
            auto step = walk.next(portion, after(60s));
            if (const auto* silent = std::get_if<CannotSay>(&step)) return silent->reason.detail();
            if (const auto* large = std::get_if<Expansion::TooLarge>(&step)) return large->why;
            const auto& part = std::get<Expansion::Portion>(step);
            count += part.addresses.size();
            if (part.last) return std::to_string(count);
        }
    }

    std::shared_ptr<InRanges> people = std::make_shared<InRanges>(103, 10);
    ExpansionLimits limits;
};

TEST_F(ListRanges, ListIsReadToItsEnd)
{
    EXPECT_EQ(reached(), "103");
    EXPECT_EQ(people->asked, (std::vector<std::size_t>{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}));
}

// 100,000 names would be in memory at once if it were read before it is walked.
TEST_F(ListRanges, NextRangeIsAskedForWhenTheLastIsUsedUp)
{
    Expansion walk{people, *Dn::parse("o=Contoso"), limits, {}, std::make_shared<SeenMembers>()};
    ASSERT_FALSE(walk.open(dn_of("all")));
    (void)walk.next(10, after(60s));
    EXPECT_TRUE(people->asked.empty());
    (void)walk.next(1, after(60s));
    EXPECT_EQ(people->asked.size(), 1U);
}

TEST_F(ListRanges, SilenceInTheMiddleIsNeverAPart)
{
    people->silent_at = 5;
    EXPECT_EQ(reached(), "asleep");
}

// Who left the first range for the second, or it for the first, is on neither.
TEST_F(ListRanges, ListThatChangesMeanwhileIsReadAgainLater)
{
    people->changed_at = 3;
    EXPECT_NE(reached().find("changed while"), std::string::npos);
    people = std::make_shared<InRanges>(103, 10);
    people->gone_at = 3;
    EXPECT_NE(reached().find("changed while"), std::string::npos);
}

TEST_F(ListRanges, ServerThatAlwaysHasMoreIsGivenUp)
{
    people->repeats = true;
    EXPECT_NE(reached().find("again and again"), std::string::npos);
    people = std::make_shared<InRanges>(103, 10);
    people->endless = true;
    limits.members = 50;
    EXPECT_EQ(reached(), "all names more than 500 objects");
}

TEST_F(ListRanges, LimitOfMembersHoldsAcrossRanges)
{
    limits.members = 102;
    EXPECT_EQ(reached(), "it has more than 102 members (ListMembers)");
    limits.members = 103;
    people->asked.clear();
    EXPECT_EQ(reached(), "103");
}

// A rule of which half came would let everybody write, or nobody.
TEST(PartOfARule, IsNoRule)
{
    auto board = list_of("board", {"alice"}, "group");
    board.attributes["authOrig"] = {};
    board.attributes["authOrig;range=0-0"] = {name_of("alice")};
    Expansion walk{std::make_shared<Tired>(std::vector{board, person("alice")}),
                   *Dn::parse("o=Contoso"),
                   {},
                   {},
                   std::make_shared<SeenMembers>()};
    ASSERT_FALSE(walk.open(dn_of("board")));
    const auto step = walk.next(10, after(60s));
    ASSERT_TRUE(std::holds_alternative<CannotSay>(step));
    EXPECT_NE(std::get<CannotSay>(step).reason.detail().find("authOrig"), std::string::npos);
}

}  // namespace
}  // namespace imc::transfer
