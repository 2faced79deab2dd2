// While the service runs it makes the changes of commands; what it refuses is not done beside it.
#include "cli/through_service.h"

#include "admin/audit_on_pool.h"
#include "admin/directory_api.h"
#include "admin/registry_api.h"
#include "base/files.h"
#include "cli/run.h"
#include "cli/running_service.h"
#include "registry/tree.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

namespace imc::cli {
namespace {

namespace net = boost::asio;

/// Registry and directory of a service that runs under the root.
class Running : RunningService {
public:
    explicit Running(const Folder& folder, bool refuses = false)
        : RunningService{Paths{folder.root()}}
    {
        if (refuses)
            server_.add("PUT", "/api/v1/registry", refuse);
        else
            admin::add_registry_api(desk_);
        admin::add_directory_api(desk_);
        start();
    }

private:
    static net::awaitable<admin::Response> refuse(admin::Request)
    {
        co_return admin::Response::error(
            Error{EventId::change_waits_to_be_kept, "that of ann until noon"}, 409);
    }
};

struct ThroughService : testing::Test {
    ThroughService() { EXPECT_EQ(set_up(folder).status, 0); }

    Said max_hops(const char* hops, std::vector<std::string> more = {})
    {
        std::vector<std::string> words{"reg",   "add", "-v", "MaxHops", "-t",
                                       "DWORD", "-d",  hops, "-f"};
        words.insert(words.end(), more.begin(), more.end());
        return imc(folder, std::move(words));
    }
    std::string registry_text() const
    {
        return read_file(real_files(), Paths{folder.root()}.registry()).value();
    }
    boost::json::object newest() const
    {
        EventLog events;
        return admin::Audit{Paths{folder.root()}.audit(), events}.read(0, 1).value().at(0);
    }
    /// What was noted before it was done; what came of it is another line.
    boost::json::object newest_before() const
    {
        EventLog events;
        for (auto& line : admin::Audit{Paths{folder.root()}.audit(), events}.read(0, 2).value())
            if (!line.contains("of")) return line;
        return {};
    }
    static bool has(const std::string& text, std::string_view part)
    {
        return text.find(part) != std::string::npos;
    }
    std::string socket() const { return Paths{folder.root()}.admin_socket(); }

    Folder folder;
};

TEST_F(ThroughService, ValueIsWrittenByTheServiceThatRunsAndHereWhenNoneDoes)
{
    std::string undo;
    {
        const Running service{folder};
        const auto said = max_hops("30");
        ASSERT_EQ(said.status, 0) << said.err;
        EXPECT_TRUE(said.out.starts_with("Undo: imc reg restore registry-")) << said.out;
        EXPECT_TRUE(has(registry_text(), "\"MaxHops\"=dword:0000001e")) << registry_text();
        const auto line = newest();
        EXPECT_EQ(line.at("action").as_string(), "registry.put");
        EXPECT_EQ(line.at("from").as_string(), "control socket");
        EXPECT_EQ(line.at("who").as_string(), admin::account_of_uid(::geteuid()));
    }
    const auto said = max_hops("40");
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(said.out.starts_with("Undo: imc reg restore registry-")) << said.out;
    EXPECT_EQ(newest().at("from").as_string(), "command line");
    EXPECT_EQ(newest().at("who").as_string(), admin::account_of_uid(::geteuid()))
        << "one person is one spelling";
}

TEST_F(ThroughService, ValuesAreDeletedImportedAndBroughtBackByTheService)
{
    const Running service{folder};
    const auto plain = registry_text();
    ASSERT_EQ(max_hops("30").status, 0);
    ASSERT_EQ(imc(folder, {"reg", "delete", "-v", "MaxHops", "-f"}).status, 0);
    EXPECT_EQ(newest().at("from").as_string(), "control socket");
    EXPECT_FALSE(has(registry_text(), "MaxHops"));
    const auto gone = imc(folder, {"reg", "delete", "-v", "MaxHops", "-f"});
    EXPECT_EQ(gone.status, 1);
    EXPECT_TRUE(has(gone.err, "there is no value MaxHops")) << gone.err;
    ASSERT_EQ(imc(folder, {"reg", "restore", "latest"}).status, 0);
    EXPECT_TRUE(has(registry_text(), "MaxHops"));
    EXPECT_EQ(newest().at("action").as_string(), "registry.restore");
    EXPECT_TRUE(newest().at("undo").is_string()) << "known when the copy was made";
    EXPECT_TRUE(has(boost::json::serialize(newest_before().at("after")), "MaxHops"));
    // As regedit saves it; the service need not be able to read the file.
    const auto file = folder.path() + "/all.reg";
    write_file_atomically(real_files(), file, "\xff\xfe" + imc::registry::utf8_to_utf16le(plain))
        .value();
    ASSERT_EQ(imc(folder, {"reg", "import", file}).status, 0);
    EXPECT_TRUE(has(registry_text(), "MaxHops")) << "what a file does not name stays";
    ASSERT_EQ(imc(folder, {"reg", "restore", file}).status, 0);
    EXPECT_EQ(registry_text(), plain);
    EXPECT_EQ(newest().at("from").as_string(), "control socket");
}

TEST_F(ThroughService, WhatTheServiceRefusesIsSaidAndNotDoneBesideItUnlessItIsAsked)
{
    const Running service{folder, true};
    const auto before = registry_text();
    const auto said = max_hops("30");
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "that of ann until noon")) << said.err;
    EXPECT_TRUE(has(said.err, "imc explain 41054")) << said.err;
    EXPECT_EQ(registry_text(), before);
    const auto direct = max_hops("30", {"--direct"});
    ASSERT_EQ(direct.status, 0) << direct.err;
    EXPECT_TRUE(has(registry_text(), "MaxHops"));
    EXPECT_EQ(newest().at("from").as_string(), "command line");
}

TEST_F(ThroughService, ServiceThatDoesNotAnswerMayHaveMadeTheChangeAndThatIsSaid)
{
    net::io_context io;
    net::local::stream_protocol::acceptor acceptor{io, {socket()}};
    std::thread dying{[&] {
        auto client = acceptor.accept();
        net::streambuf heard;
        net::read_until(client, heard, "\r\n\r\n");
    }};
    const auto before = registry_text();
    const auto said = max_hops("30");
    dying.join();
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "whether the change was made is not known")) << said.err;
    EXPECT_TRUE(has(said.err, std::to_string(static_cast<unsigned>(EventId::service_answer_lost))))
        << said.err;
    EXPECT_EQ(registry_text(), before) << "it is not done a second time";
}

// Another kind of socket: whatever it is, somebody has it.
TEST_F(ThroughService, ServiceThatCannotBeAskedIsNotGonePast)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = socket();
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int other = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    ASSERT_EQ(::bind(other, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto before = registry_text();
    const auto said = max_hops("30");
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, std::to_string(static_cast<unsigned>(EventId::service_unreachable))))
        << said.err;
    EXPECT_EQ(registry_text(), before);
    EXPECT_EQ(max_hops("30", {"--direct"}).status, 0);
    ::close(other);
}

TEST_F(ThroughService, SocketOfADeadServiceIsNobodyAndTheChangeIsMadeHere)
{
    {
        net::io_context io;
        const net::local::stream_protocol::acceptor left_behind{io, {socket()}};
    }
    ASSERT_TRUE(real_files().status(socket())) << "the file stays";
    const auto said = max_hops("30");
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_EQ(newest().at("from").as_string(), "command line");
}

TEST_F(ThroughService, ObjectsOfTheDirectoryAreChangedByTheServiceWithTheSameLines)
{
    const Running service{folder};
    const auto added =
        imc(folder, {"dir", "add", "mailbox", "ann", "--given-name", "Ann", "--surname", "Lee"});
    ASSERT_EQ(added.status, 0) << added.err;
    const std::string dn = "cn=ann,cn=Recipients,ou=Oslo,o=Contoso";
    EXPECT_TRUE(has(added.out, "added    " + dn + "\nUndo: imc dir import ")) << added.out;
    auto line = newest();
    EXPECT_EQ(line.at("from").as_string(), "control socket");
    EXPECT_EQ(line.at("action").as_string(), "directory.add");
    EXPECT_EQ(line.at("object").as_string(), dn);
    EXPECT_TRUE(has(boost::json::serialize(line.at("after")), "Lee"));
    const auto changed = imc(folder, {"dir", "modify", "ann", "--replace", "sn=Berg"});
    ASSERT_EQ(changed.status, 0) << changed.err;
    line = newest();
    EXPECT_EQ(line.at("action").as_string(), "directory.modify");
    EXPECT_EQ(boost::json::serialize(line.at("before")), R"({"sn":["Lee"]})");
    EXPECT_EQ(boost::json::serialize(line.at("after")), R"({"sn":["Berg"]})");
    EXPECT_TRUE(has(changed.out, std::string{line.at("undo").as_string()})) << changed.out;
    ASSERT_EQ(imc(folder, {"dir", "rename", "ann", "cn=anna"}).status, 0);
    EXPECT_EQ(newest().at("action").as_string(), "directory.rename");
    ASSERT_EQ(imc(folder, {"dir", "delete", "ann"}).status, 0);
    EXPECT_EQ(newest().at("action").as_string(), "directory.delete");
    EXPECT_NE(imc(folder, {"dir", "show", "ann"}).status, 0);
}

TEST_F(ThroughService, PasswordGoesThroughTheServiceAndStaysOutOfTheAuditLog)
{
    const Running service{folder};
    ASSERT_EQ(imc(folder, {"dir", "add", "mailbox", "ann"}).status, 0);
    const std::string typed = "correct horse\n";
    const auto said = imc(folder, {"dir", "passwd", "ann", "--password-file", "-"}, &typed);
    ASSERT_EQ(said.status, 0) << said.err;
    const auto line = newest();
    EXPECT_EQ(line.at("action").as_string(), "directory.password");
    EXPECT_EQ(line.at("from").as_string(), "control socket");
    const auto all = boost::json::serialize(line);
    EXPECT_TRUE(has(all, "(hidden)")) << all;
    EXPECT_FALSE(has(all, "argon2") || has(all, "SCRAM")) << all;
    // Nor does its loss go unsaid.
    const auto again = imc(folder, {"dir", "passwd", "ann", "--disable"});
    ASSERT_EQ(again.status, 0) << again.err;
    EXPECT_TRUE(has(again.out, "kept nowhere, not to be undone: the former userPassword"))
        << again.out;
}

TEST_F(ThroughService, ObjectThatIsNotThereIsSaidInTheSameWordsAsWithoutTheService)
{
    const std::vector<std::string> words{"dir", "delete", "cn=nobody,o=Contoso"};
    const auto without = imc(folder, words);
    const Running service{folder};
    const auto with = imc(folder, words);
    EXPECT_EQ(with.status, without.status);
    EXPECT_EQ(with.err, without.err);
}

}  // namespace
}  // namespace imc::cli
