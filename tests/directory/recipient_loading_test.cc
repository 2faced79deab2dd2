/// Everybody is remembered beforehand: when that counts, and when it does not.
#include "directory/filter.h"
#include "directory/recipient_cache.h"
#include "directory/recipients.h"
#include "directory/smtp_addresses.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

using namespace std::chrono_literals;

Entry person(const std::string& alias, const std::vector<std::string>& addresses,
             const std::string& text = "x")
{
    return {Dn::parse_rfc4514("cn=" + alias + ",o=Org").value(),
            {{"mailNickname", {alias}},
             {"proxyAddresses", addresses},
             {"userPassword", {"secret"}},
             {"description", {text}}}};
}

/// Whose people are read one by one; the test may do something in between.
class Readable final : public Directory {
public:
    explicit Readable(bool local) : local_{local} {}
    std::string description() const override { return "readable"; }
    bool is_local() const override { return local_; }
    Answer<Entry> read(const Dn&, Deadline) override { return ProvenAbsent{}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view text, Deadline,
                                      std::size_t) override
    {
        ++searches;
        const auto filter = Filter::parse(text).value();
        std::vector<Entry> out;
        for (const auto& entry : people)
            if (filter.matches(entry)) out.push_back(entry);
        return out;
    }
    Result<> scan(const Dn&, std::string_view filter, Deadline, const Take& take) override
    {
        EXPECT_EQ(filter, "(proxyAddresses=*)");
        const auto as_it_was = people;
        std::size_t at = 0;
        for (auto entry : as_it_was) {
            if (at++ == 1 && meanwhile) meanwhile();
            if (!take(std::move(entry))) return {};
        }
        if (breaks) return Error{EventId::directory_unreachable, "the wire was cut"};
        return {};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return number; }
    std::uint64_t old_answers() const override { return old; }

    std::vector<Entry> people{
        person("ann", {"SMTP:Ann@a.example", "smtp:a@a.example", "X400:c=NO"}),
        person("bob", {"SMTP:bob@a.example", "smtp:both@a.example"}),
        person("eve", {"SMTP:eve@a.example", "smtp:both@a.example", "smtp:\xc3\xa9@a.example"})};
    std::function<void()> meanwhile;
    int searches = 0;
    std::uint64_t number = 7, old = 0;
    bool breaks = false;

private:
    const bool local_;
};

class Loading : public testing::Test {
protected:
    void use(bool local,
             RecipientCacheSettings settings = {.entries = 1000, .found = 600s, .absent = 600s})
    {
        settings.now = [this] { return now; };
        directory = std::make_shared<Readable>(local);
        cache = std::make_shared<RecipientCache>(directory, std::move(settings), metrics);
        lookup.emplace(directory, Dn{}, 16, cache);
    }
    std::string load()
    {
        const auto done = cache->load(Dn{}, after(20s), [] { return true; });
        return done ? std::to_string(*done) : done.error().to_string();
    }
    /// Names of the holders.
    std::string ask(const std::string& address)
    {
        const auto answer = lookup->by_address(address, after(20s));
        if (std::holds_alternative<ProvenAbsent>(answer)) return "absent";
        std::string out;
        for (const auto& entry : std::get<std::vector<Entry>>(answer)) {
            EXPECT_TRUE(entry.all("userPassword").empty());
            out += std::string{entry.first("mailNickname")} + "=" +
                   std::string{entry.first("description")} + " ";
        }
        return out;
    }

    Deadline now = std::chrono::steady_clock::now();
    metrics::Registry metrics;
    std::shared_ptr<Readable> directory;
    std::shared_ptr<RecipientCache> cache;
    std::optional<RecipientLookup> lookup;
};

TEST_F(Loading, EverybodyIsKnownByEachAddressAndNobodyIsAbsentForIt)
{
    for (const bool local : {false, true}) {
        use(local);
        EXPECT_EQ(load(), "3");
        EXPECT_TRUE(cache->is_loaded());
        EXPECT_EQ(ask("ann@a.example"), "ann=x ");
        EXPECT_EQ(ask("a@a.example"), "ann=x ");
        EXPECT_EQ(ask("both@a.example"), "bob=x eve=x ") << "an address of two is two";
        EXPECT_EQ(directory->searches, 0);
        EXPECT_EQ(ask("nobody@a.example"), "absent");
        EXPECT_EQ(ask("\xc3\xa9@a.example"), "eve=x ");
        EXPECT_EQ(directory->searches, 2) << "these were asked for";
    }
}

TEST_F(Loading, PartOfEverybodyIsNoAnswer)
{
    use(false);
    directory->meanwhile = [&] { EXPECT_EQ(ask("a@a.example"), "ann=x "); };
    directory->breaks = true;
    EXPECT_NE(load().find("the wire was cut"), std::string::npos);
    EXPECT_EQ(directory->searches, 1);
    EXPECT_FALSE(cache->is_loaded());
    EXPECT_EQ(ask("both@a.example"), "bob=x eve=x ");
    EXPECT_EQ(directory->searches, 2);
    EXPECT_EQ(ask("a@a.example"), "ann=x ");
    EXPECT_EQ(directory->searches, 2) << "what was asked for counts";
}

TEST_F(Loading, WhatALoadingInVainHasLeftIsNoAnswerAfterTheNextOne)
{
    use(false);
    directory->meanwhile = [&] { ++directory->old; };  // a server without the last changes reads
    directory->people.push_back(person("gone", {"SMTP:gone@a.example"}));
    EXPECT_NE(load().find("lacks changes"), std::string::npos);
    directory->meanwhile = {};
    directory->people.pop_back();
    EXPECT_EQ(load(), "3");
    EXPECT_EQ(ask("gone@a.example"), "absent");
    EXPECT_EQ(ask("bob@a.example"), "bob=x ");
    EXPECT_EQ(directory->searches, 1);
}

TEST_F(Loading, StoppedLoadingIsNone)
{
    use(false);
    for (int i = 0; i < 300; ++i)
        directory->people.push_back(
            person("m" + std::to_string(i), {"smtp:m" + std::to_string(i) + "@a.example"}));
    const auto done = cache->load(Dn{}, after(20s), [] { return false; });
    EXPECT_FALSE(done);
    EXPECT_EQ(ask("ann@a.example"), "ann=x ");
    EXPECT_EQ(directory->searches, 1);
}

TEST_F(Loading, WhoeverChangedMeanwhileIsAskedFor)
{
    use(false);
    cache->follows("server");
    directory->meanwhile = [&] {
        directory->people[0] = person("ann", {"SMTP:ann@a.example"}, "new");
        cache->changed({.now = directory->people[0], .leaf = true});
        directory->people[2] = person("eve", {"SMTP:eve@a.example"}, "new");
        cache->changed({.now = directory->people[2], .leaf = true});
    };
    EXPECT_EQ(load(), "3");
    EXPECT_EQ(ask("bob@a.example"), "bob=x ");
    EXPECT_EQ(directory->searches, 0);
    EXPECT_EQ(ask("ann@a.example"), "ann=new ");
    EXPECT_EQ(ask("a@a.example"), "absent");
    EXPECT_EQ(ask("eve@a.example"), "eve=new ");
    EXPECT_EQ(ask("both@a.example"), "bob=x ");
}

TEST_F(Loading, WhatEndsEverythingEndsWhatIsBeingLoaded)
{
    use(false);
    cache->follows("server");
    directory->meanwhile = [&] { cache->everything(); };
    EXPECT_NE(load().find("changed meanwhile"), std::string::npos);
    EXPECT_FALSE(cache->is_loaded());
    directory->meanwhile = {};
    EXPECT_EQ(load(), "3");
    cache->everything();
    EXPECT_FALSE(cache->is_loaded());

    use(true);
    directory->meanwhile = [&] { ++directory->number; };
    EXPECT_NE(load().find("changed meanwhile"), std::string::npos);
    directory->meanwhile = {};
    EXPECT_EQ(load(), "3");
    ++directory->number;
    EXPECT_FALSE(cache->is_loaded());

    use(false);
    directory->meanwhile = [&] { ++directory->old; };
    EXPECT_NE(load().find("lacks changes"), std::string::npos);
}

TEST_F(Loading, WithoutRoomForEverybodyNothingOfItCounts)
{
    use(false, {.entries = 4, .found = 600s});
    const auto said = load();
    EXPECT_TRUE(said.starts_with("40893")) << said;
    EXPECT_NE(said.find("RecipientCacheEntries"), std::string::npos) << said;
    EXPECT_FALSE(cache->is_loaded());
    EXPECT_EQ(ask("both@a.example"), "bob=x eve=x ");
    EXPECT_EQ(directory->searches, 1);
}

// Of two holders one is a list of thousands: the other alone would be the wrong answer.
TEST_F(Loading, AddressOfAnObjectThatIsTooLargeIsAskedFor)
{
    use(false, {.entries = 1000, .found = 600s});
    directory->people.insert(directory->people.begin(),
                             person("huge", {"smtp:bob@a.example"}, std::string(1 << 20, 'x')));
    EXPECT_EQ(load(), "4");
    EXPECT_EQ(ask("ann@a.example"), "ann=x ");
    EXPECT_EQ(directory->searches, 0);
    EXPECT_TRUE(ask("bob@a.example").starts_with("huge="));
    EXPECT_EQ(directory->searches, 1);
}

TEST_F(Loading, WhatWasLoadedAgesAndIsLoadedAgainBefore)
{
    use(false);
    EXPECT_EQ(load(), "3");
    now += 299s;
    EXPECT_TRUE(cache->is_loaded());
    now += 1s;
    EXPECT_FALSE(cache->is_loaded());
    EXPECT_EQ(ask("ann@a.example"), "ann=x ");
    EXPECT_EQ(directory->searches, 0);
    EXPECT_EQ(load(), "3");
    now += 299s;
    EXPECT_EQ(ask("ann@a.example"), "ann=x ");
    EXPECT_EQ(directory->searches, 0);
    now += 301s;
    EXPECT_EQ(ask("ann@a.example"), "ann=x ");
    EXPECT_EQ(directory->searches, 1);
}

TEST(SmtpAddresses, ArePlainAndInLowerCaseOrToldApart)
{
    const auto all = smtp_addresses(
        person("x", {"SMTP:Ann@A.example", "smtp:b@a.example", "X400:c=NO;a= ;", "fax:1"}));
    EXPECT_EQ(all.lower_case, (std::vector<std::string>{"ann@a.example", "b@a.example"}));
    EXPECT_TRUE(all.plain);
    for (const auto* odd :
         {"smtp:\"a b\"@a.example", "smtp:a b@a.example", "smtp:\xc3\xa9@a.example"})
        EXPECT_FALSE(smtp_addresses(person("x", {odd})).plain) << odd;
}

}  // namespace
}  // namespace imc
