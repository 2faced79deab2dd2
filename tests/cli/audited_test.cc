// Who changes something by a command of the host is in the audit log, as who does it over REST.
#include "admin/audit.h"
#include "base/files.h"
#include "cli/run.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <unistd.h>

namespace imc::cli {
namespace {

namespace json = boost::json;

/// Oldest first.
std::vector<json::object> all_lines_of(const Folder& folder)
{
    EventLog events;
    admin::Audit audit{Paths{folder.root()}.audit(), events};
    auto out = audit.read(0, 1000).value();
    std::reverse(out.begin(), out.end());
    return out;
}

/// Without that of the set-up.
std::vector<json::object> lines_of(const Folder& folder)
{
    auto out = all_lines_of(folder);
    std::erase_if(out, [](const json::object& line) { return line.at("action") == "setup"; });
    return out;
}

std::string text_of(const json::value& value) { return json::serialize(value); }

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

/// What the command said behind "Undo: ".
std::string undo_in(const std::string& out)
{
    auto undo = out.substr(out.rfind("Undo: ") + 6);
    undo.pop_back();
    return undo;
}

/// What no right opens, root's neither: a file stands where the folder was to be.
void break_audit_log(const Folder& folder)
{
    std::filesystem::remove_all(Paths{folder.root()}.audit());
    write_file_atomically(real_files(), Paths{folder.root()}.audit(), "no folder").value();
}

std::string registry_of(const Folder& folder)
{
    return read_file(real_files(), Paths{folder.root()}.registry()).value();
}

struct AuditedCommand : testing::Test {
    AuditedCommand() { EXPECT_EQ(set_up(folder).status, 0); }
    Said max_hops(const char* hops)
    {
        return imc(folder, {"reg", "add", "-v", "MaxHops", "-t", "DWORD", "-d", hops, "-f"});
    }
    Folder folder;
};

TEST_F(AuditedCommand, ValueOfTheRegistryIsThereWithWhoFromWhereBeforeAfterAndTheUndoThatWasPrinted)
{
    ASSERT_EQ(max_hops("30").status, 0);
    const auto said = max_hops("40");
    ASSERT_EQ(said.status, 0) << said.err;
    const auto lines = lines_of(folder);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].at("before").is_null()) << text_of(lines[0]);
    const auto& line = lines[1];
    EXPECT_EQ(line.at("who").as_string(), admin::account_of_uid(::geteuid()));
    EXPECT_EQ(line.at("from").as_string(), "command line");
    EXPECT_EQ(line.at("action").as_string(), "registry.put");
    EXPECT_TRUE(has(text_of(line.at("object")), "Parameters\\\\MaxHops")) << text_of(line);
    EXPECT_EQ(line.at("before"), json::value({{"type", "DWORD"}, {"data", "30"}}));
    EXPECT_EQ(line.at("after"), json::value({{"type", "DWORD"}, {"data", "40"}}));
    EXPECT_EQ(line.at("undo").as_string(), undo_in(said.out));
}

TEST_F(AuditedCommand, DeletedImportedAndRestoredValuesAreThereByTheirNames)
{
    ASSERT_EQ(max_hops("30").status, 0);
    ASSERT_EQ(imc(folder, {"reg", "delete", "-v", "MaxHops", "-f"}).status, 0);
    ASSERT_EQ(imc(folder, {"reg", "restore", "latest"}).status, 0);
    const auto file = folder.path() + "/more.reg";
    write_file_atomically(real_files(), file,
                          "Windows Registry Editor Version 5.00\n\n"
                          "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC"
                          "\\Parameters]\n\"MaxHops\"=dword:0000000a\n")
        .value();
    ASSERT_EQ(imc(folder, {"reg", "import", file}).status, 0);
    const auto lines = lines_of(folder);
    ASSERT_EQ(lines.size(), 4U);
    EXPECT_EQ(lines[1].at("action").as_string(), "registry.delete");
    EXPECT_EQ(lines[1].at("before"), json::value({{"type", "DWORD"}, {"data", "30"}}));
    EXPECT_TRUE(lines[1].at("after").is_null());
    EXPECT_EQ(lines[2].at("action").as_string(), "registry.restore");
    EXPECT_TRUE(has(text_of(lines[2].at("after")), "\"data\":\"30\"")) << text_of(lines[2]);
    EXPECT_EQ(lines[3].at("action").as_string(), "registry.import");
    EXPECT_TRUE(has(text_of(lines[3].at("before")), "\"data\":\"30\"")) << text_of(lines[3]);
    EXPECT_TRUE(has(text_of(lines[3].at("after")), "\"data\":\"10\"")) << text_of(lines[3]);
}

TEST_F(AuditedCommand, ObjectsOfTheDirectoryAreThereWithBeforeAfterAndTheUndoThatWasPrinted)
{
    ASSERT_EQ(
        imc(folder, {"dir", "add", "mailbox", "ann", "--given-name", "Ann", "--surname", "Lee"})
            .status,
        0);
    const auto said = imc(folder, {"dir", "modify", "ann", "--replace", "sn=Berg"});
    ASSERT_EQ(said.status, 0) << said.err;
    ASSERT_EQ(imc(folder, {"dir", "delete", "ann"}).status, 0);
    const auto lines = lines_of(folder);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].at("action").as_string(), "directory.add");
    EXPECT_TRUE(has(text_of(lines[0].at("after")), "Lee")) << text_of(lines[0]);
    EXPECT_EQ(lines[1].at("action").as_string(), "directory.modify");
    EXPECT_EQ(text_of(lines[1].at("before")), R"({"sn":["Lee"]})");
    EXPECT_EQ(text_of(lines[1].at("after")), R"({"sn":["Berg"]})");
    EXPECT_EQ(lines[1].at("undo").as_string(), undo_in(said.out));
    EXPECT_EQ(lines[2].at("action").as_string(), "directory.delete");
    EXPECT_TRUE(has(text_of(lines[2].at("before")), "Berg")) << text_of(lines[2]);
    EXPECT_TRUE(lines[2].at("after").is_null());
}

TEST_F(AuditedCommand, PasswordIsNotThereNorWhatIsMadeOfIt)
{
    ASSERT_EQ(imc(folder, {"dir", "add", "mailbox", "ann"}).status, 0);
    const std::string typed = "correct horse\n";
    const auto said = imc(folder, {"dir", "passwd", "ann", "--password-file", "-"}, &typed);
    ASSERT_EQ(said.status, 0) << said.err;
    const auto lines = lines_of(folder);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[1].at("action").as_string(), "directory.password");
    EXPECT_EQ(text_of(lines[1].at("after")), R"json({"userPassword":["(hidden)"]})json");
    const auto all = text_of(lines[1]);
    EXPECT_FALSE(has(all, "horse") || has(all, "argon2") || has(all, "SCRAM")) << all;
    // Whoever deletes the mailbox has them read, too.
    ASSERT_EQ(imc(folder, {"dir", "delete", "ann"}).status, 0);
    const auto gone = text_of(lines_of(folder).back());
    EXPECT_TRUE(has(gone, "(hidden)")) << gone;
    EXPECT_FALSE(has(gone, "argon2") || has(gone, "SCRAM")) << gone;
}

TEST_F(AuditedCommand, WhatCannotBeWrittenDownIsNotDone)
{
    ASSERT_EQ(imc(folder, {"dir", "add", "mailbox", "ann"}).status, 0);
    break_audit_log(folder);
    const auto before = registry_of(folder);
    const auto said = max_hops("30");
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "41020")) << said.err;
    EXPECT_TRUE(has(said.err, "nothing was changed")) << said.err;
    EXPECT_TRUE(has(said.err, "imc check --root ")) << "what mends without it: " << said.err;
    EXPECT_EQ(registry_of(folder), before);
    EXPECT_EQ(imc(folder, {"reg", "restore", "latest"}).status, 1);
    const auto bob = imc(folder, {"dir", "add", "mailbox", "bob"});
    EXPECT_EQ(bob.status, 1);
    EXPECT_TRUE(has(bob.err, "41020")) << bob.err;
    EXPECT_NE(imc(folder, {"dir", "show", "bob"}).status, 0);
    EXPECT_EQ(imc(folder, {"dir", "delete", "ann"}).status, 1);
    EXPECT_EQ(imc(folder, {"dir", "show", "ann"}).status, 0);
    EXPECT_EQ(imc(folder, {"reg", "backup"}).status, 0) << "a copy changes nothing";
}

TEST_F(AuditedCommand, SetUpIsThereWithWhatItWasAboutAndAReinstallWithItsUndo)
{
    const auto first = all_lines_of(folder);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].at("action").as_string(), "setup");
    EXPECT_EQ(first[0].at("from").as_string(), "command line");
    EXPECT_EQ(first[0].at("who").as_string(), admin::account_of_uid(::geteuid()));
    EXPECT_EQ(first[0].at("object").as_string(),
              "/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1");
    EXPECT_TRUE(has(text_of(first[0].at("after")), "contoso.example")) << text_of(first[0]);
    ASSERT_EQ(imc(folder, {"setup", "--reinstall", "--org", "Fabrikam"}).status, 0);
    EXPECT_TRUE(lines_of(folder).empty()) << "without --yes it only shows";
    const auto said = imc(folder, {"setup", "--reinstall", "--org", "Fabrikam", "--yes"});
    ASSERT_EQ(said.status, 0) << said.err;
    const auto lines = lines_of(folder);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].at("action").as_string(), "setup.reinstall");
    EXPECT_TRUE(has(text_of(lines[0].at("before")), "/o=Contoso/")) << text_of(lines[0]);
    EXPECT_TRUE(has(text_of(lines[0].at("after")), "/o=Fabrikam/")) << text_of(lines[0]);
    EXPECT_EQ(lines[0].at("undo").as_string(), undo_in(said.out));
}

TEST_F(AuditedCommand, ReinstallThatCannotBeWrittenDownIsNotDone)
{
    break_audit_log(folder);
    const auto before = registry_of(folder);
    const auto said = imc(folder, {"setup", "--reinstall", "--org", "Fabrikam", "--yes"});
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "41020")) << said.err;
    EXPECT_EQ(registry_of(folder), before);
    EXPECT_EQ(imc(folder, {"dir", "show", "o=Contoso"}).status, 0) << "nor is the directory";
}

// As before the first start, or after somebody has cleared /var/log.
TEST_F(AuditedCommand, FolderThatWasNeverMadeIsMadeAndStopsNoChange)
{
    std::filesystem::remove_all(Paths{folder.root()}.log());
    const auto said = max_hops("30");
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_EQ(lines_of(folder).size(), 1U);
}

TEST_F(AuditedCommand, WhatFailsAfterItWasAnnouncedIsSaidToHaveComeToNothing)
{
    ASSERT_EQ(imc(folder, {"dir", "delete", "cn=nobody,o=Contoso"}).status, 1);
    const auto lines = lines_of(folder);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].at("action").as_string(), "directory.delete");
    EXPECT_EQ(lines[1].at("action").as_string(), "came-to-nothing");
    EXPECT_EQ(lines[1].at("of").as_int64(), lines[0].at("number").as_int64());
}

TEST_F(AuditedCommand, WhatOnlyShowsOrIsRefusedAsWrongLeavesNoLine)
{
    (void)imc(folder, {"reg", "query"});
    (void)imc(folder, {"reg", "delete", "-v", "NoSuchValue", "-f"});
    (void)imc(folder, {"dir", "addresses", "--format", "%g.%s@contoso.example"});
    (void)imc(folder, {"dir", "delete", "nobody"});
    EXPECT_TRUE(lines_of(folder).empty());
}

TEST_F(AuditedCommand, NewAddressesForAllAreOneLine)
{
    ASSERT_EQ(
        imc(folder, {"dir", "add", "mailbox", "ann", "--given-name", "Ann", "--surname", "Lee"})
            .status,
        0);
    const auto said =
        imc(folder, {"dir", "addresses", "--format", "%g.%s@contoso.example", "--apply"});
    const auto lines = lines_of(folder);
    ASSERT_EQ(lines.size(), 2U) << said.err;
    EXPECT_EQ(lines[1].at("action").as_string(), "directory.addresses");
    EXPECT_TRUE(has(text_of(lines[1].at("after")), "Ann.Lee@contoso.example")) << text_of(lines[1]);
    EXPECT_EQ(lines[1].at("undo").as_string(), undo_in(said.out));
}

}  // namespace
}  // namespace imc::cli
