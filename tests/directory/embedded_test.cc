/// What only the embedded engine promises: readers side by side, one file, several processes.
#include "directory/contract.h"

#include "base/files.h"

#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace imc::contract {
namespace {

using Kind = AttributeChange::Kind;

Result<> add(Directory& directory, const std::string& name, Attributes attributes)
{
    const Change change{
        .kind = Change::Kind::add, .dn = dn(name), .attributes = std::move(attributes)};
    return directory.apply(std::span{&change, 1}, soon());
}

/// A filter that takes long to answer "no".
std::string slow_filter()
{
    std::string filter = "(|";
    while (filter.size() < 60'000)
        filter += "(description=*x*y*z*)";
    return filter + ")";
}

// One search through the whole tree must not make every RCPT of the connector wait.
TEST(Embedded, LookUpIsAnsweredWhileAnotherReaderIsBusy)
{
    EmbeddedEngine engine;
    auto& directory = engine.directory();
    ASSERT_TRUE(add(directory, "o=Org", {{"objectClass", {"organization"}}}));
    std::vector<Change> many;
    for (int i = 0; i < 1000; ++i)
        many.push_back({.kind = Change::Kind::add,
                        .dn = dn("cn=c" + std::to_string(i) + ",o=Org"),
                        .attributes = {{"objectClass", {"imcContainer"}},
                                       {"description", {std::string(200, 'x')}}}});
    ASSERT_TRUE(directory.apply(many, soon()));

    std::atomic<bool> ended = false;
    std::string outcome;
    std::thread busy{[&] {
        // Ends at its own deadline, long before it could be done.
        outcome =
            event_of(directory.search(dn("o=Org"), Scope::subtree, slow_filter(), after(500ms)));
        ended = true;
    }};
    auto slowest = std::chrono::steady_clock::duration::zero();
    while (!ended) {
        const auto began = std::chrono::steady_clock::now();
        EXPECT_EQ(outcome_of(directory.read(dn("cn=c7,o=Org"), soon())), "found");
        slowest = std::max(slowest, std::chrono::steady_clock::now() - began);
    }
    busy.join();
    EXPECT_EQ(outcome, unreachable) << "the search was to be given up at its deadline";
    EXPECT_LT(slowest, 1000ms);
}

// A reader sees one state of the directory, never half of a batch.
TEST(Embedded, ReadersSeeWholeBatchesWhileAWriterIsAtWork)
{
    EmbeddedEngine engine;
    auto& directory = engine.directory();
    ASSERT_TRUE(add(directory, "o=Org", {{"objectClass", {"organization"}}}));
    const auto box = [](const std::string& name) { return dn("cn=" + name + ",o=Org"); };
    for (const auto* name : {"a", "b"})
        ASSERT_TRUE(add(directory, "cn=" + std::string{name} + ",o=Org",
                        {{"objectClass", {"imcContainer"}}, {"description", {"0"}}}));
    std::atomic<bool> ended = false;
    std::atomic<int> torn = 0;
    std::atomic<int> failed = 0;
    std::atomic<int> seen = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i)
        readers.emplace_back([&] {
            while (!ended) {
                const auto both = directory.search(dn("o=Org"), Scope::one_level, "(cn=*)", soon());
                if (!both || both->size() != 2)
                    ++failed;
                else if ((*both)[0].first("description") != (*both)[1].first("description"))
                    ++torn;
                ++seen;
            }
        });
    for (int i = 1; i <= 100 || seen < 100; ++i) {
        std::vector<Change> changes;
        for (const auto* name : {"a", "b"})
            changes.push_back({.kind = Change::Kind::modify,
                               .dn = box(name),
                               .changes = {{Kind::replace, "description", {std::to_string(i)}}}});
        ASSERT_TRUE(directory.apply(changes, soon()));
        const auto read = directory.read(box("b"), soon());
        // Whoever made a change sees it at once.
        EXPECT_EQ(std::get<Entry>(read).first("description"), std::to_string(i));
    }
    ended = true;
    for (auto& reader : readers)
        reader.join();
    EXPECT_EQ(torn, 0);
    EXPECT_EQ(failed, 0);
}

// POSIX drops a process's locks on a file when it closes any descriptor of it. Then another process
// took itself for the last user, and removed the log in which our next change was written.
TEST(Embedded, SecondOpeningInTheProcessDoesNotEndTheLocksOfTheFirst)
{
    EmbeddedEngine engine;
    ASSERT_TRUE(add(engine.directory(), "o=One", {{"objectClass", {"organization"}}}));
    ASSERT_TRUE(open_embedded(engine.path()));  // as each test of a new configuration does
    const auto other = "/usr/bin/python3 -c \"import sqlite3; c = sqlite3.connect('" +
                       engine.path() +
                       "'); c.execute('SELECT count(*) FROM entries').fetchall(); c.close()\"";
    ASSERT_EQ(std::system(other.c_str()), 0);
    ASSERT_TRUE(add(engine.directory(), "o=Two", {{"objectClass", {"organization"}}}));
    const auto anew = open_embedded(engine.path());
    ASSERT_TRUE(anew);
    EXPECT_EQ(outcome_of((*anew)->read(dn("o=Two"), soon())), "found");
}

TEST(Embedded, ChangeOfAnotherProcessIsSeenAndAWriterWaitsForItAtMostToItsDeadline)
{
    EmbeddedEngine engine;
    ASSERT_TRUE(add(engine.directory(), "o=Org", {{"objectClass", {"organization"}}}));
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(engine.path().c_str(), &raw), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(raw, "BEGIN IMMEDIATE; UPDATE state SET revision = 77", nullptr, nullptr,
                           nullptr),
              SQLITE_OK);
    const Change change{.kind = Change::Kind::add,
                        .dn = dn("o=Late"),
                        .attributes = {{"objectClass", {"organization"}}}};
    const auto late = engine.directory().apply(std::span{&change, 1}, after(200ms));
    EXPECT_EQ(event_of(late), unreachable);
    EXPECT_NE(late.error().detail().find("another process keeps it locked"), std::string::npos)
        << late.error().detail();
    EXPECT_EQ(outcome_of(engine.directory().read(dn("o=Org"), after(200ms))), "found")
        << "readers never wait for a writer";
    ASSERT_EQ(sqlite3_exec(raw, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(raw);
    EXPECT_EQ(engine.directory().revision(soon()).value(), 77U);
    EXPECT_TRUE(engine.directory().apply(std::span{&change, 1}, soon()));
}

// What is written into a file that nobody will open again is lost without a word.
TEST(Embedded, FileThatWasReplacedOrRemovedMeansCannotSayAndNoChange)
{
    EmbeddedEngine engine;
    ASSERT_TRUE(add(engine.directory(), "o=Org", {{"objectClass", {"organization"}}}));
    std::filesystem::rename(engine.path(), engine.path() + ".away");
    EXPECT_EQ(outcome_of(engine.directory().read(dn("o=Org"), soon())),
              "cannot say: " + unreachable);
    EXPECT_EQ(event_of(engine.directory().search(dn("o=Org"), Scope::base, "(o=*)", soon())),
              unreachable);
    const auto lost = add(engine.directory(), "o=Lost", {{"objectClass", {"organization"}}});
    EXPECT_EQ(event_of(lost), unreachable);
    EXPECT_NE(lost.error().detail().find("removed or replaced"), std::string::npos);
    {
        std::ofstream{engine.path()} << "another file";
    }
    EXPECT_EQ(outcome_of(engine.directory().read(dn("o=Org"), soon())),
              "cannot say: " + unreachable);
    std::filesystem::rename(engine.path() + ".away", engine.path());
    EXPECT_EQ(outcome_of(engine.directory().read(dn("o=Org"), soon())), "found");
}

TEST(Embedded, FlawOfTheFileIsNamedWithItsMend)
{
    char name[] = "/tmp/imc-embedded-XXXXXX";
    const std::string folder = ::mkdtemp(name);
    const auto path = folder + "/directory.db";
    const auto flaw = [&] {
        const auto opened = open_embedded(path);
        return opened ? "none" : opened.error().detail();
    };
    EXPECT_NE(flaw().find("imc setup"), std::string::npos) << flaw();
    {
        std::ofstream{path} << "This is no database, whatever its name may say to whom it may.\n";
    }
    EXPECT_NE(flaw().find("restore it from a backup"), std::string::npos) << flaw();
    EXPECT_EQ(event_of(create_embedded(path)), exists_already);
    {
        std::ofstream{path, std::ios::trunc};
    }
    EXPECT_NE(flaw().find("no directory of imc"), std::string::npos) << flaw();
    std::filesystem::remove(path);
    {
        const auto made = create_embedded(path);
        ASSERT_TRUE(made);
        EXPECT_EQ(real_files().status(path)->mode, 0600U);
    }
    EXPECT_EQ(flaw(), "none");
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace imc::contract
