#include "cli/config/config.h"

#include "admin/audit_on_pool.h"
#include "admin/config_api.h"
#include "admin/server.h"
#include "admin/take_back.h"
#include "base/files.h"
#include "cli/commands.h"
#include "cli/running_service.h"
#include "config/load.h"
#include "config/tree.h"
#include "directory/embedded.h"
#include "directory/ldif.h"
#include "event/record_json.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

const std::string plain_registry =
    "Windows Registry Editor Version 5.00\n\n"
    "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]\n"
    "\"SiteDN\"=\"/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1\"\n"
    "\"CommonName\"=\"Internet Mail Connector (MAIL1)\"\n"
    "\"HomeDSA\"=\"embedded\"\n"
    "\"Hostname\"=\"mail1.contoso.example\"\n";

struct Answer {
    int status = 0;
    std::string out, err;
};

class ConfigCommand : public testing::Test {
protected:
    ConfigCommand()
    {
        write_file_atomically(real_files(), paths_.registry(), plain_registry).value();
        directory_ = *create_embedded(paths_.directory());
        directory_
            ->apply(config::new_organization(
                        {{}, "Contoso", "Oslo", "MAIL1", "contoso.example", "administrator"}),
                    after(10s))
            .value();
        generation(1);
    }
    ~ConfigCommand() override
    {
        directory_.reset();
        std::filesystem::remove_all(root_);
    }

    /// As the service writes one.
    void generation(unsigned number)
    {
        std::string objects;
        for (const auto& entry :
             directory_->search({}, Scope::subtree, "(objectClass=*)", after(10s)).value())
            objects += to_ldif(entry);
        const auto text = boost::json::serialize(
            boost::json::object{{"number", number},
                                {"time", "2026-11-26T12:00:00.000Z"},
                                {"host_name", "mail1.contoso.example"},
                                {"registry", *read_file(real_files(), paths_.registry())},
                                {"directory", objects}});
        make_folders(real_files(), paths_.generations()).value();
        for (const auto& file : {std::to_string(number), std::string{"current"}})
            write_file_atomically(real_files(), paths_.generations() + "/" + file + ".json", text)
                .value();
    }

    Answer run(std::vector<std::string> words, const std::string& input = {})
    {
        std::istringstream in{input};
        std::ostringstream out, err;
        Context context{in, out, err};
        CLI::App app{"imc", "imc"};
        app.require_subcommand(1);
        ConfigJudge judge;
        judge.judge = [](const Paths& paths, config::Instead instead) {
            return config::Verdict{config::load(paths, after(10s), std::move(instead)).assertions};
        };
        add_config(app, context, judge);
        words.insert(words.begin(), "config");
        words.insert(words.end(), {"--root", root_});
        std::reverse(words.begin(), words.end());
        try {
            app.parse(std::move(words));
        } catch (const CLI::ParseError& wrong) {
            return {2, out.str(), wrong.what()};
        }
        return {context.status, out.str(), err.str()};
    }
    /// As the pages apply a change with a time to keep it. @return what undoes it
    std::string apply_to_be_kept()
    {
        const auto done = run({"apply", "-"}, "[registry]\nMaxHops = 30\n");
        EXPECT_EQ(done.status, 0) << done.err;
        auto undo = done.out.substr(done.out.rfind("Undo: ") + 6);
        undo.pop_back();
        admin::write_waiting(paths_, {2,
                                      wall_clock().now() + 600s,
                                      "account=anna",
                                      undo,
                                      admin::steps_of(undo, paths_),
                                      {"[registry] MaxHops: not set -> 30"}})
            .value();
        return undo;
    }
    std::string registry() const { return *read_file(real_files(), paths_.registry()); }

    static std::string new_folder()
    {
        char name[] = "/tmp/imc-config-XXXXXX";
        return ::mkdtemp(name);
    }

    std::string root_ = new_folder();
    Paths paths_{root_};
    std::shared_ptr<Directory> directory_;
};

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

TEST_F(ConfigCommand, ShowAndWhySayWhoSaysIt)
{
    EXPECT_EQ(
        run({"apply", "-"}, "[organization]\nimcTls = verify\n[registry]\nMaxHops = 30\n").status,
        0);
    const auto shown = run({"show", "--set"});
    EXPECT_TRUE(has(shown.out, "The service is stopped; generation 1 of ")) << shown.out;
    EXPECT_TRUE(has(shown.out, "What is stored differs from it in 2 settings: imc config diff"));
    EXPECT_TRUE(has(shown.out, "  imcTls                          verify"));
    EXPECT_FALSE(has(shown.out, "imcEightBit"));
    const auto why = run({"why", "IMCTLS"});
    EXPECT_TRUE(has(why.out, "wins      organization: verify  (o=Contoso)\n")) << why.out;
    EXPECT_TRUE(has(why.out, "shadowed  built-in: may\n"));
    const auto one = run({"show", "maxhops", "--json"});
    EXPECT_TRUE(has(one.out, "\"value\":[\"30\"],\"source\":\"registry\"")) << one.out;
    const auto wrong = run({"why", "MaxHop"});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_TRUE(has(wrong.err, "did you mean MaxHops?")) << wrong.err;
}

TEST_F(ConfigCommand, AChangeWithWhichTheServiceWouldNotStartIsRefusedAndNothingIsDone)
{
    const auto said = run({"apply", "-"}, "[registry]\nMaxHops = 30\nSiteDN = "
                                          "/o=Contosa/ou=Oslo/cn=Configuration/cn=Servers/"
                                          "cn=MAIL1\n[connector]\nimcTls = verify\n");
    EXPECT_EQ(said.status, 3);
    EXPECT_TRUE(has(said.err, "event 4086, identity.organization")) << said.err;
    EXPECT_EQ(registry(), plain_registry);
    EXPECT_TRUE(has(run({"diff"}).out, "Nothing differs."));
}

TEST_F(ConfigCommand, APlanAndADryRunChangeNothing)
{
    for (const auto& words : {std::vector<std::string>{"plan", "-"}, {"apply", "--dry-run", "-"}}) {
        const auto said = run(words, "[registry]\nDnsServers = 192.0.2.1\n");
        EXPECT_EQ(said.status, 0) << said.err;
        EXPECT_TRUE(has(said.out, "[registry] DnsServers: not set -> 192.0.2.1\n"));
        EXPECT_TRUE(has(said.out, "In force only after a restart: DnsServers\n"));
        EXPECT_EQ(registry(), plain_registry);
    }
}

TEST_F(ConfigCommand, WhatIsExportedIsWhatIsThere)
{
    const auto text = run({"export"}).out;
    const auto said = run({"apply", "-"}, text);
    EXPECT_TRUE(has(said.out, "Nothing is to be changed")) << said.out << said.err << text;
}

TEST_F(ConfigCommand, ARollbackAsksFirstAndGoesBackWhole)
{
    ASSERT_EQ(run({"apply", "-"}, "[registry]\nMaxHops = 30\n[connector]\nimcTls = verify\n"
                                  "[domain example.net]\nimcTls = none\n")
                  .status,
              0);
    generation(2);
    EXPECT_TRUE(has(run({"diff", "1", "2"}).out, "[connector] imcTls: not set -> verify\n"));
    const auto asked = run({"rollback", "1"});
    EXPECT_EQ(asked.status, 2);
    EXPECT_TRUE(has(asked.err, "--yes"));
    EXPECT_NE(registry(), plain_registry);
    const auto said = run({"rollback", "1", "--yes"});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(has(said.out, "[domain example.net] removed: ")) << said.out;
    EXPECT_TRUE(has(said.out, "\nUndo: imc dir import ")) << said.out;
    EXPECT_EQ(registry(), plain_registry);
    EXPECT_TRUE(has(run({"diff", "1"}).out, "Nothing differs."));
    const auto missing = run({"rollback", "9", "--yes"});
    EXPECT_EQ(missing.status, 1);
    EXPECT_TRUE(has(missing.err, "40841")) << missing.err;
}

TEST_F(ConfigCommand, StatusSaysWhichChangeWaitsWhoseItIsAndUntilWhen)
{
    EXPECT_FALSE(has(run({"status"}).out, "waits to be kept"));
    apply_to_be_kept();
    const auto until = to_rfc3339(admin::read_waiting(paths_)->revert_at);
    for (const char* verb : {"status", "show"}) {
        const auto said = run({verb}).out;
        EXPECT_TRUE(has(said, "generation 2, made by account=anna, is taken back at " + until))
            << said;
        EXPECT_TRUE(has(said, "imc config keep --revert --root ")) << said;
        EXPECT_TRUE(has(said, "MaxHops: not set -> 30")) << said;
    }
    const auto one = boost::json::parse(run({"status", "--json"}).out).as_object();
    EXPECT_EQ(one.at("waits_to_be_kept").as_object().at("who"), "account=anna");
    std::string silent = registry();
    silent.replace(silent.find("\"embedded\""), 10, "\"ldap://127.0.0.1:1\"");
    write_file_atomically(real_files(), paths_.registry(), silent).value();
    const auto blind = run({"status"});
    EXPECT_EQ(blind.status, 1);
    EXPECT_TRUE(has(blind.out, "imc config keep --revert")) << "it may be why nobody answers";
}

TEST_F(ConfigCommand, WhatIsKeptWhileNoServiceRunsStaysWhenItStarts)
{
    const auto undo = apply_to_be_kept();
    const auto changed = registry();
    EXPECT_EQ(run({"keep", "--dry-run"}).status, 0);
    ASSERT_TRUE(admin::read_waiting(paths_)) << "a dry run keeps nothing";
    const auto said = run({"keep"});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(has(said.out, "generation 2 is kept\nUndo: " + undo)) << said.out;
    EXPECT_FALSE(admin::read_waiting(paths_));
    EXPECT_EQ(registry(), changed);
    const auto again = run({"keep"});
    EXPECT_EQ(again.status, 1);
    EXPECT_TRUE(has(again.err, "no change waits to be kept")) << again.err;
}

TEST_F(ConfigCommand, KeepRevertTakesTheChangeBackNowAndItIsInTheAuditLog)
{
    apply_to_be_kept();
    ASSERT_NE(registry(), plain_registry);
    const auto said = run({"keep", "--revert"});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_TRUE(has(said.out, "generation 2 is taken back\nUndo: imc reg restore ")) << said.out;
    EXPECT_EQ(registry(), plain_registry);
    EXPECT_FALSE(admin::read_waiting(paths_));
    std::string noted;
    for (const auto& file : std::filesystem::directory_iterator{paths_.audit()})
        noted += *read_file(real_files(), file.path());
    EXPECT_TRUE(has(noted, "\"config.revert\"")) << noted;
}

TEST_F(ConfigCommand, KeepAsksTheServiceThatRunsForTheChangeThatWasSeen)
{
    apply_to_be_kept();
    boost::asio::io_context io{1};
    auto work = boost::asio::make_work_guard(io);
    std::filesystem::create_directories(paths_.run());
    admin::Server server{paths_.admin_socket(), io.get_executor()};
    server.add("GET", "/api/v1/config/keep",
               [](admin::Request) -> boost::asio::awaitable<admin::Response> {
                   co_return admin::Response::json(
                       boost::json::object{{"generation", 7}, {"diff", boost::json::array{}}});
               });
    std::string asked;
    server.add("POST", "/api/v1/config/keep",
               [&](admin::Request request) -> boost::asio::awaitable<admin::Response> {
                   asked = boost::json::serialize(request.body);
                   co_return admin::Response::error(
                       Error{EventId::config_moved_on, "generation 7 does not wait to be kept"},
                       409);
               });
    server.start().value();
    std::thread thread{[&] { io.run(); }};
    const auto said = run({"keep"});
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "generation 7 does not wait to be kept")) << said.err;
    EXPECT_EQ(asked, R"({"generation":7})");
    EXPECT_TRUE(admin::read_waiting(paths_)) << "what the service refused is not done beside it";
    server.stop();
    work.reset();
    io.stop();
    thread.join();
}

/// The configuration's part of a service that runs under the root.
class ConfigService : RunningService {
public:
    explicit ConfigService(const Paths& paths) : RunningService{paths}
    {
        admin::add_config_api(
            desk_, {events_,
                    [paths](config::Instead instead) {
                        return config::Verdict{
                            config::load(paths, after(10s), std::move(instead)).assertions};
                    },
                    [] { return boost::json::object{{"state", "running"}}; }});
        start();
    }
};

// The same lines, whoever plans, judges and makes it.
TEST_F(ConfigCommand, WhatTheServiceThatRunsAppliesIsShownAsWithoutIt)
{
    const std::string wanted = "[registry]\nMaxHops = 30\nAuthWorkers = 3\n"
                               "[connector]\nimcTls = verify\n";
    const auto without = run({"plan", "-"}, wanted);
    const auto json_without = run({"plan", "-", "--json"}, wanted);
    const auto refused_without = run({"apply", "-"}, "[connector]\nimcTransferMode = sideways\n");
    const ConfigService service{paths_};
    const auto with = run({"plan", "-"}, wanted);
    EXPECT_EQ(with.status, 0) << with.err;
    EXPECT_EQ(with.out, without.out);
    EXPECT_EQ(run({"plan", "-", "--json"}, wanted).out, json_without.out);
    const auto refused = run({"apply", "-"}, "[connector]\nimcTransferMode = sideways\n");
    EXPECT_EQ(refused.status, 3);
    EXPECT_EQ(refused.out, refused_without.out);
    EXPECT_EQ(refused.err, refused_without.err);
    EXPECT_EQ(registry(), plain_registry);
    const auto done = run({"apply", "-"}, wanted);
    ASSERT_EQ(done.status, 0) << done.err;
    EXPECT_TRUE(has(done.out, "Changed; the service takes it within seconds")) << done.out;
    EXPECT_TRUE(has(done.out, "\nUndo: imc ")) << done.out;
    EXPECT_TRUE(has(registry(), "MaxHops"));
    EventLog events;
    const auto line = admin::Audit{paths_.audit(), events}.read(0, 1).value().at(0);
    EXPECT_EQ(line.at("action").as_string(), "config.apply");
    EXPECT_EQ(line.at("from").as_string(), "control socket");
    const auto again = run({"apply", "-"}, wanted);
    EXPECT_TRUE(has(again.out, "Nothing is to be changed")) << again.out << again.err;
    const auto asked = run({"rollback", "1"});
    EXPECT_EQ(asked.status, 2);
    EXPECT_TRUE(has(asked.err, "--yes")) << asked.err;
    ASSERT_EQ(run({"rollback", "1", "--yes"}).status, 0);
    EXPECT_EQ(registry(), plain_registry);
}

TEST_F(ConfigCommand, ChangeThatWaitsToBeKeptRefusesAnotherThroughTheServiceAndNotPastIt)
{
    apply_to_be_kept();
    const ConfigService service{paths_};
    const auto before = registry();
    const auto said = run({"apply", "-"}, "[registry]\nMaxHops = 40\n");
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "41054") && has(said.err, "account=anna")) << said.err;
    EXPECT_EQ(registry(), before);
    EXPECT_EQ(run({"apply", "-", "--direct"}, "[registry]\nMaxHops = 40\n").status, 0);
    EXPECT_NE(registry(), before);
}

TEST_F(ConfigCommand, AProfileIsShownWithWhatItInherits)
{
    ASSERT_EQ(run({"apply", "-"}, "[connector]\nimcEightBit = refuse\n[domain example.net]\n"
                                  "imcTls = none\n")
                  .status,
              0);
    const auto all = run({"show"}).out;
    const auto own = all.find("[domain example.net]");
    ASSERT_NE(own, std::string::npos) << all;
    EXPECT_EQ(all.find("imcEightBit", own), std::string::npos) << "of all profiles what they say";
    const auto one = run({"show", "--domain", "example.net"}).out;
    EXPECT_TRUE(has(one, "imcEightBit")) << one;
    EXPECT_TRUE(has(one, "connector")) << one;
    const auto why = run({"why", "imcEightBit", "--domain", "sub.example.net"}).out;
    EXPECT_TRUE(has(why, "wins      connector: refuse")) << why;
    EXPECT_NE(run({"show", "--domain", "a b"}).status, 0);
    EXPECT_NE(run({"show", "imcSchedule", "--domain", "example.net"}).status, 0);
}

TEST_F(ConfigCommand, AFileThatIsWrongIsNamedWithItsLine)
{
    const auto said = run({"apply", "-"}, "[registry]\nMaxHop = 30\n");
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "40840")) << said.err;
    EXPECT_TRUE(has(said.err, "line 2: [registry] has no setting \"MaxHop\""));
}

// Two directories, and one list of changes: which is meant?
TEST_F(ConfigCommand, AnotherDirectoryAndItsObjectsAreNotChangedTogether)
{
    const auto said = run({"apply", "-"}, "[registry]\nHomeDSA = ldap://192.0.2.1\n[connector]\n"
                                          "imcTls = verify\n");
    EXPECT_EQ(said.status, 3);
    EXPECT_TRUE(has(said.err, "which directory is meant")) << said.err;
    EXPECT_EQ(registry(), plain_registry);
}

TEST_F(ConfigCommand, WhatIsAppliedIsInTheAuditLogAndIsNotDoneWithoutIt)
{
    ASSERT_EQ(run({"apply", "-"}, "[registry]\nMaxHops = 30\n").status, 0);
    EXPECT_EQ(run({"plan", "-"}, "[registry]\nMaxHops = 40\n").status, 0);
    EventLog events;
    const auto lines = *admin::Audit{paths_.audit(), events}.read(0, 10);
    ASSERT_EQ(lines.size(), 1U) << "a plan changes nothing";
    EXPECT_EQ(lines[0].at("action").as_string(), "config.apply");
    EXPECT_EQ(lines[0].at("from").as_string(), "command line");
    EXPECT_EQ(boost::json::serialize(lines[0].at("after")), R"({"registry/MaxHops":["30"]})");
    const auto before = registry();
    std::filesystem::remove_all(paths_.audit());
    write_file_atomically(real_files(), paths_.audit(), "no folder").value();
    const auto said = run({"apply", "-"}, "[registry]\nMaxHops = 50\n");
    EXPECT_EQ(said.status, 1);
    EXPECT_TRUE(has(said.err, "41020")) << said.err;
    EXPECT_EQ(registry(), before);
}

}  // namespace
}  // namespace imc::cli
