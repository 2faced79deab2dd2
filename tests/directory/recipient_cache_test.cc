/// What a remembered answer is worth, and when it is worth nothing.
#include "directory/recipient_cache.h"

#include "directory/embedded.h"
#include "directory/recipients.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <thread>

namespace imc {
namespace {

using namespace std::chrono_literals;

Entry person(const std::string& alias, const std::string& text = "x")
{
    return {Dn::parse_rfc4514("cn=" + alias + ",o=Org").value(),
            {{"mailNickname", {alias}},
             {"proxyAddresses", {"SMTP:" + alias + "@a.example"}},
             {"userPassword", {"secret"}},
             {"description", {text}}}};
}

/// A directory that says what the test lets it say, and counts.
class Scripted final : public Directory {
public:
    explicit Scripted(bool local) : local_{local} {}

    std::string description() const override { return "scripted"; }
    bool is_local() const override { return local_; }
    Answer<Entry> read(const Dn&, Deadline) override { return ProvenAbsent{}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view filter, Deadline,
                                      std::size_t) override
    {
        std::unique_lock lock{mutex};
        ++searches;
        asked.notify_all();
        open.wait(lock, [&] { return !held; });
        if (silent) return Error{why, "silent"};
        if (behind) ++old;
        std::vector<Entry> out;
        for (const auto& entry : people)
            if (filter.find(entry.first("mailNickname")) != filter.npos) out.push_back(entry);
        return out;
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override
    {
        const std::lock_guard lock{mutex};
        ++looks;
        if (silent) return Error{why, "silent"};
        return number;
    }

    std::uint64_t old_answers() const override { return old; }

    std::mutex mutex;
    std::condition_variable asked, open;
    std::vector<Entry> people{person("ann")};
    std::uint64_t number = 7;
    int searches = 0, looks = 0;
    std::uint64_t old = 0;
    bool silent = false, held = false, behind = false;
    EventId why = EventId::directory_unreachable;

private:
    const bool local_;
};

class CacheTest : public testing::Test {
protected:
    void use(RecipientCacheSettings settings, bool local = false)
    {
        settings.now = [this] { return now; };
        directory = std::make_shared<Scripted>(local);
        cache = std::make_shared<RecipientCache>(directory, std::move(settings), metrics);
        lookup = std::make_unique<RecipientLookup>(directory, Dn{}, 16, cache);
    }

    std::string ask(const std::string& address)
    {
        const auto answer = lookup->by_address(address, after(20s));
        if (const auto* found = std::get_if<std::vector<Entry>>(&answer))
            return "found " + std::string{found->front().first("description")};
        return std::holds_alternative<ProvenAbsent>(answer) ? "absent" : "cannot say";
    }
    std::uint64_t counted(const std::string& name)
    {
        return metrics.counter("recipient_cache_" + name, "").value();
    }

    Deadline now = std::chrono::steady_clock::now();
    metrics::Registry metrics;
    std::shared_ptr<Scripted> directory;
    std::shared_ptr<RecipientCache> cache;
    std::unique_ptr<RecipientLookup> lookup;
};

// start-with-huge-directory (Q185996)
TEST_F(CacheTest, AnswerIsAskedForOnceWhileItCounts)
{
    use({.found = 60s, .absent = 10s});
    EXPECT_EQ(directory->searches, 0) << "nobody is read before somebody asks";
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(ask("ann@a.example"), "found x");
        EXPECT_EQ(ask("bob@a.example"), "absent");
    }
    EXPECT_EQ(directory->searches, 2);
    EXPECT_EQ(counted("hits"), 2U);
    EXPECT_EQ(counted("absent_hits"), 2U);
    EXPECT_EQ(counted("misses"), 2U);
}

TEST_F(CacheTest, WhoAsksMayHearHowFreshTheAnswerIs)
{
    use({.found = 60s, .stale = 3600s, .look_every = 10s});
    AnswerOrigin origin;
    (void)lookup->by_address("ann@a.example", after(20s), &origin);
    EXPECT_EQ(origin.revision, 7U);
    EXPECT_FALSE(origin.age) << "just asked";
    now += 5s;
    (void)lookup->by_address("ann@a.example", after(20s), &origin);
    EXPECT_EQ(origin.revision, 7U);
    EXPECT_EQ(origin.age, 5s);
    now += 100s;
    directory->silent = true;
    EXPECT_TRUE(std::holds_alternative<std::vector<Entry>>(
        lookup->by_address("ann@a.example", after(20s), &origin)));
    EXPECT_EQ(origin.age, 105s) << "bridged";
}

TEST_F(CacheTest, FoundAndAbsentAgeEachInItsTime)
{
    use({.found = 60s, .absent = 10s});
    (void)ask("ann@a.example");
    (void)ask("bob@a.example");
    now += 10s;
    EXPECT_EQ(ask("bob@a.example"), "absent");
    EXPECT_EQ(directory->searches, 3) << "absent is too old";
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(directory->searches, 3);
    EXPECT_EQ(counted("age_milliseconds"), 10'000U);
    now += 50s;
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(directory->searches, 4) << "found is too old";
}

TEST_F(CacheTest, WithoutTimesEachQuestionIsAsked)
{
    use({.stale = 60s});
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(directory->searches, 3);
    EXPECT_FALSE(RecipientCache::is_useful({}, false));
    EXPECT_TRUE(RecipientCache::is_useful({}, true));
    EXPECT_FALSE(RecipientCache::is_useful({.entries = 0, .found = 60s}, true));
}

TEST_F(CacheTest, ChangeOfARemoteDirectoryCountsWithinTheTimeOfOneLook)
{
    use({.found = 600s, .absent = 600s});
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(ask("bob@a.example"), "absent");
    directory->people = {person("bob", "new")};
    ++directory->number;
    EXPECT_EQ(ask("bob@a.example"), "absent") << "nobody has looked yet";
    now += 2s;
    EXPECT_EQ(ask("bob@a.example"), "found new");
    EXPECT_EQ(ask("ann@a.example"), "absent");
}

TEST_F(CacheTest, ChangeOfALocalDirectoryCountsAtOnce)
{
    use({}, true);
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(ask("bob@a.example"), "absent");
    now += 3600s;
    EXPECT_EQ(ask("bob@a.example"), "absent");
    EXPECT_EQ(directory->searches, 2) << "nothing has changed";
    directory->people = {person("bob", "new")};
    ++directory->number;
    EXPECT_EQ(ask("bob@a.example"), "found new");
    EXPECT_EQ(ask("ann@a.example"), "absent");
}

// Silence must never become "no such user", and never be remembered as anything.
TEST_F(CacheTest, SilenceIsNeitherRememberedNorBridgedUnlessItIsAllowed)
{
    use({.found = 600s, .absent = 600s});
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(ask("bob@a.example"), "absent");
    directory->silent = true;
    now += 2s;
    EXPECT_EQ(ask("ann@a.example"), "cannot say");
    EXPECT_EQ(ask("bob@a.example"), "cannot say");
    EXPECT_EQ(ask("eve@a.example"), "cannot say");
    directory->silent = false;
    now += 2s;
    EXPECT_EQ(ask("eve@a.example"), "absent");
    EXPECT_EQ(ask("ann@a.example"), "found x");
}

TEST_F(CacheTest, WhatWasFoundBridgesAnOutageForItsTimeAndWhatWasAbsentNever)
{
    use({.found = 60s, .absent = 600s, .stale = 100s});
    int told = 0;
    cache->on_bridged = [&](std::string_view address, std::chrono::seconds age, const Error&) {
        EXPECT_EQ(address, "ann@a.example");
        EXPECT_EQ(age, 70s);
        ++told;
    };
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(ask("bob@a.example"), "absent");
    directory->silent = true;
    now += 70s;
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(ask("bob@a.example"), "cannot say");
    now += 30s;
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(told, 1) << "an outage is told once";
    EXPECT_EQ(counted("bridged"), 2U);
    now += 1s;
    EXPECT_EQ(ask("ann@a.example"), "cannot say");
}

// What a replica still has was perhaps changed: whoever asks next asks a server again.
// new-contact-replication-lag (Q230498)
TEST_F(CacheTest, AnswerOfAServerThatIsBehindServesOnceAndIsNotRemembered)
{
    use({.found = 600s, .absent = 600s});
    EXPECT_EQ(ask("bob@a.example"), "absent");
    directory->behind = true;
    EXPECT_EQ(ask("ann@a.example"), "found x");
    EXPECT_EQ(counted("old"), 1U);
    directory->people = {person("ann", "new")};
    directory->behind = false;
    EXPECT_EQ(ask("ann@a.example"), "found new");
    EXPECT_EQ(ask("ann@a.example"), "found new");
    EXPECT_EQ(directory->searches, 3) << "and what is not old is remembered";
}

TEST_F(CacheTest, DirectoryThatAnswersAndRefusesIsNoOutage)
{
    use({.found = 60s, .stale = 600s});
    EXPECT_EQ(ask("ann@a.example"), "found x");
    directory->silent = true;
    directory->why = EventId::directory_refused;
    now += 70s;
    EXPECT_EQ(ask("ann@a.example"), "cannot say");
}

TEST_F(CacheTest, EqualQuestionsAtOneTimeAreAskedOnce)
{
    use({.found = 60s});
    EXPECT_EQ(ask("bob@a.example"), "absent");  // the directory's revision is known now
    directory->held = true;
    std::vector<std::thread> clients;
    std::vector<std::string> heard(8);
    for (auto& answer : heard)
        clients.emplace_back([&] { answer = ask("ann@a.example"); });
    {
        std::unique_lock lock{directory->mutex};
        directory->asked.wait(lock, [&] { return directory->searches > 1; });
    }
    while (counted("misses") < heard.size() + 1)
        std::this_thread::yield();
    {
        const std::lock_guard lock{directory->mutex};
        directory->held = false;
    }
    directory->open.notify_all();
    for (auto& client : clients)
        client.join();
    EXPECT_EQ(heard, std::vector<std::string>(8, "found x"));
    EXPECT_EQ(directory->searches, 2);
}

TEST_F(CacheTest, WhoWaitsForAnEqualQuestionWaitsNoLongerThanHeMay)
{
    use({.found = 60s});
    directory->held = true;
    std::thread first{[&] { EXPECT_EQ(ask("ann@a.example"), "found x"); }};
    {
        std::unique_lock lock{directory->mutex};
        directory->asked.wait(lock, [&] { return directory->searches > 0; });
    }
    const auto answer = lookup->by_address("ann@a.example", after(1ms));
    EXPECT_TRUE(std::holds_alternative<CannotSay>(answer));
    {
        const std::lock_guard lock{directory->mutex};
        directory->held = false;
    }
    directory->open.notify_all();
    first.join();
}

TEST_F(CacheTest, MemoryIsBoundedByNumberAndByOctets)
{
    use({.entries = 1000, .found = 600s, .absent = 600s});
    for (int i = 0; i < 5000; ++i)
        (void)ask("nobody" + std::to_string(i) + "@a.example");
    EXPECT_LE(cache->size(), 1000U);
    EXPECT_GE(cache->size(), 500U);
    EXPECT_GE(counted("evicted"), 4000U);

    directory->people = {person("big", std::string(1500, 'x'))};
    for (int i = 0; i < 5000; ++i)
        (void)ask("big" + std::to_string(i) + "@a.example");
    EXPECT_LE(cache->octets(), 1000U * 2048);
    directory->people = {person("huge", std::string(1 << 20, 'x'))};
    const auto before = cache->octets();
    (void)ask("huge@a.example");
    EXPECT_LE(cache->octets(), before);
}

TEST_F(CacheTest, AskedForLongestAgoGoesFirst)
{
    use({.entries = 3, .found = 600s, .absent = 600s});
    for (const char* name : {"ann@a", "b@a", "c@a", "ann@a", "d@a", "ann@a", "b@a"})
        (void)ask(name);
    EXPECT_EQ(directory->searches, 5) << "ann was used again, b was not";
}

TEST_F(CacheTest, SecretsAreNotKept)
{
    use({.found = 600s});
    for (int i = 0; i < 2; ++i) {
        const auto answer = lookup->by_address("ann@a.example", after(20s));
        EXPECT_TRUE(std::get<std::vector<Entry>>(answer).front().all("userPassword").empty());
    }
}

// A change in the file of the embedded directory, by whomever, counts for the next look-up.
TEST(RecipientCacheOfEmbedded, ChangeByAnotherProcessCountsAtOnce)
{
    char name[] = "/tmp/imc-cache-XXXXXX";
    const std::string folder = ::mkdtemp(name);
    const std::shared_ptr<Directory> ours = create_embedded(folder + "/directory.db").value();
    const auto theirs = open_embedded(folder + "/directory.db").value();
    const Dn top = Dn::parse_rfc4514("o=Org").value();
    const Change organization{
        .kind = Change::Kind::add, .dn = top, .attributes = {{"objectClass", {"organization"}}}};
    theirs->apply({&organization, 1}, after(20s)).value();
    metrics::Registry metrics;
    RecipientLookup lookup{
        ours, top, 16, std::make_shared<RecipientCache>(ours, RecipientCacheSettings{}, metrics)};
    for (int i = 0; i < 20; ++i) {
        const auto alias = "m" + std::to_string(i);
        EXPECT_TRUE(std::holds_alternative<ProvenAbsent>(
            lookup.by_address(alias + "@a.example", after(20s))));
        const Change add{.kind = Change::Kind::add,
                         .dn = top.child("cn", alias),
                         .attributes = {{"objectClass", {"imcMailbox"}},
                                        {"mailNickname", {alias}},
                                        {"proxyAddresses", {"SMTP:" + alias + "@a.example"}}}};
        theirs->apply({&add, 1}, after(20s)).value();
        EXPECT_TRUE(std::holds_alternative<std::vector<Entry>>(
            lookup.by_address(alias + "@a.example", after(20s))));
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace imc
