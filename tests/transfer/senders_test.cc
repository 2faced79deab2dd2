/// What is remembered of senders lets them in, and refuses nobody who may send by now.
#include "transfer/senders.h"

#include "people.h"

#include <gtest/gtest.h>

namespace imc::transfer {
namespace {

using namespace std::chrono_literals;

/// Is changed by a test. A server is not asked for its revision, a local one is.
class Changing final : public Directory {
public:
    Changing(std::vector<Entry> known, bool local) : entries_{std::move(known)}, local_{local} {}
    std::string description() const override { return "changing"; }
    bool is_local() const override { return local_; }
    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        ++asked;
        return now()->read(dn, deadline);
    }
    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override
    {
        ++asked;
        return now()->search(base, scope, filter, deadline, limit);
    }
    Result<> understands(const Dn&, std::string_view, Deadline) override { return {}; }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override
    {
        if (local_) return revision_;
        return Error{EventId::directory_unreachable, "a question over the network"};
    }

    Entry& change(const std::string& name)
    {
        ++revision_;
        for (auto& entry : entries_)
            if (same(entry.dn, dn_of(name))) return entry;
        return entries_.emplace_back(list_of(name, {}));
    }

    int asked = 0;

private:
    std::unique_ptr<Directory> now() const { return recorded_directory(entries_, "people"); }
    std::vector<Entry> entries_;
    const bool local_;
    std::uint64_t revision_ = 1;
};

/// Lists of a directory of one kind or the other, and who may send by them.
class RestrictingAsItIs : public testing::TestWithParam<bool> {
protected:
    std::string refused(const std::string& sender, bool signed_in = false)
    {
        const auto rules = restrictions_of(object_);
        const auto who = senders_.by_address(sender, signed_in, after(10s), rules.get());
        const auto refusal = judge(*rules, std::get<Sender>(who));
        return refusal ? refusal->rule.substr(0, refusal->rule.find(' ')) : std::string{};
    }

    std::shared_ptr<Changing> people_ = std::make_shared<Changing>(
        std::vector{person("alice"), person("bob"), list_of("sales", {"bob"}),
                    list_of("all", {"sales"})},
        GetParam());
    Senders senders_{people_, *Dn::parse("o=Contoso")};
    Entry object_ = [] {
        auto boss = person("boss");
        boss.attributes["authOrig"] = {name_of("all")};
        return boss;
    }();
};
INSTANTIATE_TEST_SUITE_P(OfAServerAndALocalOne, RestrictingAsItIs, testing::Bool());

TEST_P(RestrictingAsItIs, WhoIsPutOnTheListThatMaySendMaySendAtOnce)
{
    EXPECT_EQ(refused("alice@contoso.example"), "authOrig");
    people_->change("sales").attributes["member"].push_back(name_of("alice"));
    EXPECT_EQ(refused("alice@contoso.example"), "");
}

TEST_P(RestrictingAsItIs, WhoIsTakenOffTheListThatMayNotSendMaySendAtOnce)
{
    object_.attributes = {{"unauthOrig", {name_of("all")}}};
    EXPECT_EQ(refused("bob@contoso.example"), "unauthOrig");
    people_->change("sales").attributes.erase("member");
    EXPECT_EQ(refused("bob@contoso.example"), "");
}

TEST_P(RestrictingAsItIs, SearchOfAListIsAskedAnewBeforeARefusal)
{
    EXPECT_EQ(refused("alice@contoso.example"), "authOrig");
    people_->change("all").attributes["imcMemberURL"] = {"ldap:///o=Contoso??sub?(uid=alice)"};
    EXPECT_EQ(refused("alice@contoso.example"), "");
}

TEST_P(RestrictingAsItIs, LargerMessagesMayBeSentOnceTheLimitIsRaised)
{
    const auto limit = [&] {
        const auto who = senders_.by_address("bob@contoso.example", true, after(10s));
        return std::get<Sender>(who).octets;
    };
    people_->change("bob").attributes["imcMaxSendKB"] = {"1"};
    EXPECT_EQ(limit(), 1024U);
    people_->change("bob").attributes["imcMaxSendKB"] = {"2"};
    EXPECT_EQ(limit(), 2048U);
}

TEST_P(RestrictingAsItIs, WhoIsLetInIsNotAskedForAgain)
{
    EXPECT_EQ(refused("bob@contoso.example"), "");
    const auto asked = people_->asked;
    EXPECT_EQ(refused("bob@contoso.example"), "");
    EXPECT_EQ(people_->asked, asked);
}

// Of a local directory the revision is at hand: nothing that has changed is remembered.
TEST_P(RestrictingAsItIs, WhoWasTakenOffIsLetInForAMinuteByAServerOnly)
{
    EXPECT_EQ(refused("bob@contoso.example"), "");
    people_->change("sales").attributes.erase("member");
    EXPECT_EQ(refused("bob@contoso.example"), GetParam() ? "authOrig" : "");
    const auto now = senders_.as_of_now("bob@contoso.example", false, after(10s));
    EXPECT_FALSE(std::get<Sender>(now).names.contains(dn_of("all").normalized()))
        << "whose rules are not known yet is not remembered";
}

}  // namespace
}  // namespace imc::transfer
