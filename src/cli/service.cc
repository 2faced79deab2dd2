#include "cli/commands.h"

#include "base/files.h"
#include "base/text.h"
#include "base/time.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <ostream>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

/// The process that holds run/imc.pid, 0 when none.
int running(const Paths& paths)
{
    if (!real_files().status(paths.pid())) return 0;
    const auto lock = FileLock::try_lock(paths.pid());
    return lock || lock.error().value() != EWOULDBLOCK ? 0 : FileLock::holder(paths.pid());
}

bool by_systemd(const Paths& paths)
{
    return paths.is_installed() && real_files().status("/run/systemd/system") &&
           (real_files().status("/lib/systemd/system/imc.service") ||
            real_files().status("/etc/systemd/system/imc.service"));
}

std::string host_name()
{
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "this host";
}

/// Runs a program with its output where ours goes. @return its exit status, -1 when it could not
/// run.
int run(std::vector<std::string> words)
{
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    if (::posix_spawnp(&pid, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0)
        return -1;
    int status = 0;
    while (::waitpid(pid, &status, 0) == -1 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

template <class Test>
bool until(Test test, std::chrono::seconds limit)
{
    for (const auto deadline = after(limit); std::chrono::steady_clock::now() < deadline;) {
        if (test()) return true;
        std::this_thread::sleep_for(50ms);
    }
    return test();
}

/// What the last start said, when it was refused.
std::string last_refusal(const Paths& paths)
{
    const auto content = read_file(real_files(), paths.last_start());
    boost::system::error_code failure;
    const auto value = content ? boost::json::parse(*content, failure) : boost::json::value{};
    if (!content || failure || !value.is_object() || value.at("verdict").at("ok").as_bool())
        return {};
    std::string out =
        "event " + std::to_string(value.at("verdict").at("event").to_number<unsigned>()) + "\n";
    for (const auto& a : value.at("verdict").at("assertions").as_array()) {
        if (a.at("status") != "failed") continue;
        const auto text = [&](const char* key) { return std::string{a.at(key).as_string()}; };
        out += "  " + text("id") + ": found " + text("found") + "\n    expected " +
               text("expected") + "\n    fix      " + text("fix") + "\n";
    }
    return out;
}

void start(Context& context)
{
    const Paths paths = context.paths();
    if (running(paths) != 0) {
        context.out << "The service runs already, as process " << running(paths) << ".\n";
        return;
    }
    if (by_systemd(paths)) {
        if (run({"systemctl", "start", "imc.service"}) != 0)
            context.fail("systemctl start imc.service failed");
        return;
    }
    std::array<char, 4096> self{};
    if (::readlink("/proc/self/exe", self.data(), self.size() - 1) <= 0)
        return context.fail("/proc/self/exe cannot be read");
    (void)make_folders(real_files(), paths.log());
    const auto log = paths.log() + "/serve.out";
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    std::string root = "--root=" + paths.root();
    std::string word = "serve";
    std::array<char*, 4> arguments{self.data(), word.data(),
                                   paths.is_installed() ? nullptr : root.data(), nullptr};
    pid_t pid = 0;
    const int failure =
        ::posix_spawn(&pid, self.data(), &files, &attributes, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
    if (failure != 0)
        return context.fail("the service could not be started: " +
                            std::string{std::strerror(failure)});
    int status = 0;
    bool ended = false;
    const bool up = until(
        [&] {
            ended = ::waitpid(pid, &status, WNOHANG) == pid;
            return ended || real_files().status(paths.admin_socket()).has_value();
        },
        60s);
    if (up && !ended) {
        context.out << "The Internet Mail Connector service was started, as process " << pid
                    << ".\n";
        return;
    }
    const auto said = read_file(real_files(), log);
    context.out.flush();
    context.err << "Could not start the Internet Mail Connector service on " << host_name()
                << ". Error 2140\n"
                << (said ? *said : std::string{}) << std::flush;
    context.status = ended && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void stop(Context& context)
{
    const Paths paths = context.paths();
    if (by_systemd(paths)) {
        if (run({"systemctl", "stop", "imc.service"}) != 0)
            context.fail("systemctl stop imc.service failed");
        return;
    }
    const int pid = running(paths);
    if (pid == 0) {
        context.out << "The service is not running.\n";
        return;
    }
    if (::kill(pid, SIGTERM) != 0)
        return context.fail("process " + std::to_string(pid) + ": " + std::strerror(errno));
    if (!until([&] { return running(paths) == 0; }, 60s))
        return context.fail("process " + std::to_string(pid) +
                            " has not stopped within 60 seconds");
    context.out << "The service was stopped.\n";
}

void status(Context& context)
{
    const Paths paths = context.paths();
    const int pid = running(paths);
    const bool answers = real_files().status(paths.admin_socket()).has_value();
    const std::string state = pid == 0 ? "stopped" : answers ? "running" : "held";
    if (context.json)
        context.out << boost::json::serialize(boost::json::object{{"state", state}, {"pid", pid}})
                    << '\n';
    else if (pid == 0)
        context.out << "The Internet Mail Connector service is stopped.\n";
    else
        context.out << "The Internet Mail Connector service is " << state << ", process " << pid
                    << ".\n";
    const auto refusal = last_refusal(paths);
    if (pid == 0 || !answers) {
        if (!refusal.empty() && !context.json)
            context.out << "Its last start was refused: Error 2140, " << refusal;
        context.status = pid == 0 ? 1 : 3;
    }
}

}  // namespace

void add_service(CLI::App& imc, Context& context)
{
    auto* service = common(
        imc.add_subcommand("service",
                           "start, stop, restart, status: through systemd where the unit exists"),
        context);
    service->require_subcommand(1);
    const auto verb = [&](const char* name, const char* help, auto action) {
        auto* command = common(service->add_subcommand(name, help), context);
        command->callback([&context, action] { action(context); });
    };
    verb("start", "start the service; a refusal is printed with its verdict", start);
    verb("stop", "stop it; what is in flight is finished", stop);
    verb("restart", "stop, then start", [](Context& c) {
        stop(c);
        if (c.status == 0) start(c);
    });
    verb("status", "running, held or stopped, and what the last start said", status);
}

}  // namespace imc::cli
