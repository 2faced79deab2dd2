/// What ends of what is remembered, when the directory tells of its changes.
#include "directory/recipient_cache.h"

#include "directory/mapped.h"
#include "directory/recipients.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

using namespace std::chrono_literals;

Entry person(const std::string& alias, const std::string& id, const std::string& text = "x")
{
    return {Dn::parse_rfc4514("cn=" + alias + ",o=Org").value(),
            {{"mailNickname", {alias}},
             {"proxyAddresses", {"SMTP:" + alias + "@a.example"}},
             {"description", {text}}},
            id};
}

/// A remote directory of some people, whose look-ups and looks at the revision are counted.
class Remote final : public Directory {
public:
    std::string description() const override { return "remote"; }
    bool is_local() const override { return false; }
    Answer<Entry> read(const Dn&, Deadline) override { return ProvenAbsent{}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view text, Deadline,
                                      std::size_t) override
    {
        ++searches;
        if (silent) return Error{EventId::directory_unreachable, "silent"};
        const auto filter = Filter::parse(text).value();
        std::vector<Entry> out;
        for (const auto& entry : people)
            if (filter.matches(entry)) out.push_back(entry);
        if (meanwhile) std::exchange(meanwhile, {})();
        return out;
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override
    {
        ++looks;
        if (silent) return Error{EventId::directory_unreachable, "silent"};
        return number;
    }

    std::vector<Entry> people;
    std::function<void()> meanwhile;  ///< when a question has been answered, and nobody has heard
    int searches = 0, looks = 0;
    std::uint64_t number = 7;
    bool silent = false;
};

class RecipientFollowing : public testing::Test {
protected:
    RecipientFollowing()
    {
        directory->people = {person("ann", "1"), person("bob", "2")};
        cache->on_follows = [this](const std::string&) { ++followed; };
        cache->on_lost = [this](const Error&) { ++lost; };
        EXPECT_EQ(ask("ann"), "x");
        EXPECT_EQ(ask("bob"), "x");
        EXPECT_EQ(ask("eve"), "absent");
    }

    /// Of NAME@a.example.
    std::string ask(const std::string& name)
    {
        const auto answer = lookup.by_address(name + "@a.example", after(20s));
        if (std::holds_alternative<ProvenAbsent>(answer)) return "absent";
        const auto* found = std::get_if<std::vector<Entry>>(&answer);
        return found == nullptr ? "cannot say" : std::string{found->front().first("description")};
    }
    /// How many of these names the directory has to be asked for.
    int asked(const std::vector<std::string>& names)
    {
        const auto before = directory->searches;
        for (const auto& name : names)
            (void)ask(name);
        return directory->searches - before;
    }
    static ObjectChange change(const Entry& entry) { return {.now = entry, .leaf = true}; }

    Deadline now = std::chrono::steady_clock::now();
    metrics::Registry metrics;
    std::shared_ptr<Remote> directory = std::make_shared<Remote>();
    std::shared_ptr<RecipientCache> cache = std::make_shared<RecipientCache>(
        directory,
        RecipientCacheSettings{
            .found = 600s, .absent = 600s, .stale = 600s, .now = [this] { return now; }},
        metrics);
    RecipientLookup lookup{directory, Dn{}, 16, cache};
    int followed = 0, lost = 0;
};

TEST_F(RecipientFollowing, WhatWasRememberedBeforeIsAskedAnew)
{
    cache->follows("server");
    EXPECT_EQ(followed, 1);
    EXPECT_EQ(asked({"ann", "bob", "eve"}), 3);
    EXPECT_EQ(asked({"ann", "bob", "eve"}), 0);
}

TEST_F(RecipientFollowing, RevisionIsNotAskedWhileTheDirectoryIsHeard)
{
    cache->follows("server");
    (void)asked({"ann", "bob", "eve"});
    const auto looks = directory->looks;
    directory->number = 99;  // something changed elsewhere, or is told soon
    for (int i = 0; i < 10; ++i) {
        now += 3s;
        cache->hears();
        EXPECT_EQ(asked({"ann", "bob", "eve"}), 0);
    }
    EXPECT_EQ(directory->looks, looks);
}

TEST_F(RecipientFollowing, ChangeEndsWhatItConcernsAndNothingElse)
{
    cache->follows("server");
    (void)asked({"ann", "bob", "eve"});
    directory->people[0] = person("ann", "1", "new");
    cache->changed(change(directory->people[0]));
    EXPECT_EQ(ask("ann"), "new");
    EXPECT_EQ(asked({"ann", "bob", "eve"}), 0);

    // Ann is called Eve now, in every respect.
    directory->people[0] = person("Eve", "1", "renamed");
    cache->changed(change(directory->people[0]));
    EXPECT_EQ(ask("ann"), "absent");
    EXPECT_EQ(ask("eve"), "renamed");
    EXPECT_EQ(asked({"bob"}), 0);

    directory->people.erase(directory->people.begin());
    cache->changed(
        {.now = {Dn::parse_rfc4514("cn=Eve,o=Org").value(), {}, "1"}, .gone = true, .leaf = true});
    EXPECT_EQ(ask("eve"), "absent");
    EXPECT_EQ(asked({"ann", "bob", "eve"}), 0);
}

TEST_F(RecipientFollowing, SecondHolderOfAnAddressEndsTheAnswerOfOne)
{
    cache->follows("server");
    (void)asked({"ann", "bob", "eve"});
    auto other = person("other", "3");
    other.attributes["proxyAddresses"] = {"X400:c=NO;a= ;p=Org", "smtp:BOB@A.example"};
    directory->people.push_back(other);
    cache->changed(change(other));
    const auto answer = lookup.by_address("bob@a.example", after(20s));
    EXPECT_EQ(std::get<std::vector<Entry>>(answer).size(), 2U);
    EXPECT_EQ(asked({"ann", "bob", "eve"}), 0);
}

TEST_F(RecipientFollowing, WhatCannotBeJudgedEndsEverything)
{
    const auto odd = [](const std::string& address) {
        auto entry = person("odd", "9");
        entry.attributes["proxyAddresses"] = {"smtp:" + address};
        return entry;
    };
    cache->follows("server");
    const std::function<void()> doubts[] = {
        [&] { cache->everything(); },
        // A container: the names of all below it may be others now.
        [&] { cache->changed({.now = person("ou", "8")}); },
        [&] { cache->changed(change(odd("\"a  b\"@a.example"))); },
        [&] { cache->changed(change(odd("\xc3\x89va@a.example"))); },
    };
    for (const auto& doubt : doubts) {
        (void)asked({"ann", "bob", "eve"});
        doubt();
        EXPECT_EQ(asked({"ann", "bob", "eve"}), 3);
    }
}

// The answer left the server before the change, and comes after it.
TEST_F(RecipientFollowing, AnswerFromBeforeAChangeIsNotRememberedAfterIt)
{
    cache->follows("server");
    directory->meanwhile = [&] {
        directory->people[0] = person("ann", "1", "new");
        cache->changed(change(directory->people[0]));
    };
    EXPECT_EQ(ask("ann"), "x") << "who asked before has the answer from before";
    EXPECT_EQ(ask("ann"), "new");
    EXPECT_EQ(metrics.counter("recipient_cache_late", "").value(), 1U);

    directory->meanwhile = [&] {
        directory->people.push_back(person("eve", "3"));
        cache->changed(change(directory->people.back()));
    };
    EXPECT_EQ(ask("eve"), "absent");
    EXPECT_EQ(ask("eve"), "x");
}

TEST_F(RecipientFollowing, LostConnectionEndsEverythingAndTheRevisionIsAskedAgain)
{
    cache->follows("server");
    (void)asked({"ann", "bob", "eve"});
    const auto looks = directory->looks;
    directory->people[0] = person("ann", "1", "new");  // and nobody tells
    cache->lost(Error{EventId::directory_unreachable, "gone"});
    EXPECT_EQ(lost, 1);
    EXPECT_EQ(ask("ann"), "new");
    EXPECT_EQ(directory->looks, looks + 1);
    directory->people[0] = person("ann", "1", "newer");
    ++directory->number;
    now += 2s;
    EXPECT_EQ(ask("ann"), "newer");
    EXPECT_EQ(asked({"ann"}), 0);
    cache->lost(std::nullopt);
    EXPECT_EQ(lost, 1) << "what we have ended ourselves is no event";
}

// A connection that is dead and does not say so: no FIN, no RST.
TEST_F(RecipientFollowing, SilenceForTooLongEndsEverythingUntilTheDirectoryIsHeardAgain)
{
    cache->follows("server");
    (void)asked({"ann", "bob", "eve"});
    now += 3s;
    EXPECT_EQ(asked({"ann", "bob", "eve"}), 0);
    directory->people[0] = person("ann", "1", "new");
    now += 1s;
    EXPECT_EQ(ask("ann"), "new");
    const auto looks = directory->looks;
    cache->hears();
    EXPECT_EQ(asked({"ann", "bob", "eve"}), 3);
    EXPECT_EQ(directory->looks, looks);
}

TEST_F(RecipientFollowing, OutageIsBridgedByWhatHasNotChanged)
{
    cache->follows("server");
    (void)asked({"ann", "bob", "eve"});
    cache->changed(
        {.now = {Dn::parse_rfc4514("cn=ann,o=Org").value(), {}, "1"}, .gone = true, .leaf = true});
    directory->silent = true;
    cache->lost(Error{EventId::directory_unreachable, "gone"});
    EXPECT_EQ(ask("ann"), "cannot say") << "whoever left is not believed to be there";
    EXPECT_EQ(ask("bob"), "x");
    EXPECT_EQ(ask("eve"), "cannot say");
}

}  // namespace
}  // namespace imc
