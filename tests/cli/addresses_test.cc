// `imc dir addresses`: what a site makes of its recipients' names, shown first, done as one change.
#include "base/files.h"
#include "cli/run.h"

#include <gtest/gtest.h>

namespace imc::cli {
namespace {

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

bool tells(const std::string& events, EventId id)
{
    return has(events, "\"id\":" + std::to_string(static_cast<unsigned>(id)) + ",");
}

void add(const Folder& folder, std::vector<std::string> words)
{
    words.insert(words.begin(), {"dir", "add", "mailbox"});
    const auto said = imc(folder, std::move(words));
    ASSERT_EQ(said.status, 0) << said.err;
}

std::string shown(const Folder& folder, const std::string& who)
{
    return imc(folder, {"dir", "show", who}).out;
}

const std::string names = "%g.%s@contoso.example";

struct Site : testing::Test {
    Site()
    {
        EXPECT_EQ(set_up(folder).status, 0);
        add(folder, {"ann", "--given-name", "Ann", "--surname", "Lee"});
        add(folder, {"ann2", "--given-name", "Ann", "--surname", "Lee"});
        add(folder, {"bob", "--address", "boss@contoso.example"});
    }
    const Folder folder;
};

TEST_F(Site, GivesWhoIsAddedWithoutAnAddressTheOneItsFormatMakes)
{
    EXPECT_TRUE(has(shown(folder, "ann"), "proxyAddresses: SMTP:ann@contoso.example"));

    const auto stored = imc(folder, {"dir", "addresses", "--format", names, "--new-only"});
    EXPECT_EQ(stored.status, 0) << stored.err;
    EXPECT_TRUE(has(shown(folder, "ann"), "SMTP:ann@contoso.example")) << "nobody was changed";

    add(folder, {"zoe", "--given-name", "Zoë", "--surname", "Ås"});
    EXPECT_TRUE(has(shown(folder, "zoe"), "SMTP:Zoe.As@contoso.example"));
    add(folder, {"zoe2", "--given-name", "Zoe", "--surname", "As"});
    EXPECT_TRUE(has(shown(folder, "zoe2"), "SMTP:Zoe.As2@contoso.example"));
}

TEST_F(Site, ShowsWhatWouldChangeAndChangesNothing)
{
    const auto said = imc(folder, {"dir", "addresses", "--format", names});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(has(said.out, "ann@contoso.example  ->  Ann.Lee@contoso.example"));
    EXPECT_TRUE(has(said.out, "ann2@contoso.example  ->  Ann.Lee2@contoso.example"));
    EXPECT_TRUE(has(said.out, "boss@contoso.example  ->  bob@contoso.example"));
    EXPECT_TRUE(has(said.out, "Nothing was changed"));
    EXPECT_TRUE(has(shown(folder, "ann"), "SMTP:ann@contoso.example"));
}

// Q291086: events 2043 and 2044 with the counts.
TEST_F(Site, MakesAllAnewKeepsTheOldOnesAndCanBeUndone)
{
    const auto before = shown(folder, "ann2");
    const auto said = imc(folder, {"dir", "addresses", "--format", names, "--apply"});
    ASSERT_EQ(said.status, 0) << said.err;
    const auto ann = shown(folder, "ann2");
    EXPECT_TRUE(has(ann, "proxyAddresses: SMTP:Ann.Lee2@contoso.example")) << ann;
    EXPECT_TRUE(has(ann, "proxyAddresses: smtp:ann2@contoso.example")) << ann;
    EXPECT_TRUE(has(ann, "mail: Ann.Lee2@contoso.example")) << ann;

    const auto events = read_file(real_files(), folder.root() + "/log/events.jsonl").value();
    EXPECT_TRUE(tells(events, EventId::bulk_address_update_started)) << events;
    EXPECT_TRUE(tells(events, EventId::bulk_address_update_done)) << events;
    EXPECT_TRUE(has(events, "4 recipients looked at, 3 changed, 0 failed")) << events;

    const auto again = imc(folder, {"dir", "addresses", "--apply"});
    EXPECT_TRUE(has(again.out, "4 recipients, 0 have another primary address")) << again.out;

    const std::string undo = "Undo: imc dir import ";
    const auto at = said.out.find(undo);
    ASSERT_NE(at, std::string::npos) << said.out;
    const auto file = said.out.substr(
        at + undo.size(), said.out.find_first_of(" \n", at + undo.size()) - at - undo.size());
    EXPECT_EQ(imc(folder, {"dir", "import", file}).status, 0);
    EXPECT_EQ(shown(folder, "ann2"), before);
    EXPECT_TRUE(has(imc(folder, {"dir", "search", "(imcAddressFormat=*)"}).out,
                    "imcAddressFormat: SMTP:%m@contoso.example"));
}

TEST_F(Site, ChangesOnlyThoseThatAreNamed)
{
    const auto said = imc(folder, {"dir", "addresses", "ann2", "--format", names, "--apply"});
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(has(shown(folder, "ann"), "SMTP:ann@contoso.example"));
    EXPECT_TRUE(has(shown(folder, "ann2"), "SMTP:Ann.Lee@contoso.example"));
}

TEST_F(Site, RefusesAFormatThatCannotBeRight)
{
    const auto flawed = imc(folder, {"dir", "addresses", "--format", "%q@contoso.example"});
    EXPECT_EQ(flawed.status, 2);
    EXPECT_TRUE(has(flawed.err, "(column 1)")) << flawed.err;
    const auto foreign = imc(folder, {"dir", "addresses", "--format", "%m@fabrikam.example"});
    EXPECT_EQ(foreign.status, 2);
    EXPECT_TRUE(has(foreign.err, "--add imcSiteDomain=fabrikam.example")) << foreign.err;
}

}  // namespace
}  // namespace imc::cli
