#include "cli/commands.h"

#include "admin/client.h"
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
#include <memory>
#include <optional>
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

void status(Context& context);

void start(Context& context)
{
    const Paths paths = context.paths();
    if (running(paths) != 0) {
        context.out << "The service runs already, as process " << running(paths) << ".\n";
        return;
    }
    if (by_systemd(paths)) {
        if (run({"systemctl", "start", "imc.service"}) != 0)
            return context.fail("systemctl start imc.service failed");
        // The unit holds instead of ending, which systemd takes for a start.
        return status(context);
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

enum class Haste : std::uint8_t { normal, drain, now };

void stop(Context& context, Haste haste)
{
    const Paths paths = context.paths();
    const int pid = running(paths);
    if (haste == Haste::normal && by_systemd(paths)) {
        if (run({"systemctl", "stop", "imc.service"}) != 0)
            context.fail("systemctl stop imc.service failed");
        return;
    }
    if (pid == 0) {
        context.out << "The service is not running.\n";
        return;
    }
    if (::kill(pid, haste == Haste::drain ? SIGQUIT : SIGTERM) != 0)
        return context.fail("process " + std::to_string(pid) + ": " + std::strerror(errno));
    const auto stopped = [&] { return running(paths) == 0; };
    // Two signals of one kind are one while the first has not been taken.
    for (int more = 0; haste == Haste::now && more < 20 && !until(stopped, 1s); ++more)
        (void)::kill(pid, SIGTERM);
    const auto limit = haste == Haste::drain ? std::chrono::seconds{3700} : 75s;
    if (!until(stopped, limit))
        return context.fail("process " + std::to_string(pid) + " has not stopped within " +
                            std::to_string(limit.count()) + " seconds");
    context.out << "The service was stopped.\n";
}

/// What the service says of itself; nothing when it does not answer (yet).
std::optional<boost::json::object> state_of(const Paths& paths)
{
    const auto answer =
        admin::call(paths.admin_socket(), "GET", "/api/v1/state", nullptr, after(5s));
    if (!answer) return {};
    boost::system::error_code failure;
    auto value = boost::json::parse(*answer, failure);
    if (failure || !value.is_object()) return {};
    return std::move(value.get_object());
}

std::string why_held(const boost::json::object& state)
{
    const auto* event = state.if_contains("event");
    const auto* deciding = state.if_contains("deciding");
    if (event == nullptr || deciding == nullptr) return {};
    return " by event " + std::to_string(event->to_number<unsigned>()) + " (" +
           std::string{deciding->as_string()} + ")";
}

void status(Context& context)
{
    const Paths paths = context.paths();
    const int pid = running(paths);
    boost::json::object facts;
    if (pid != 0)
        if (auto told = state_of(paths)) facts = std::move(*told);
    const std::string state = pid == 0                  ? "stopped"
                              : facts.contains("state") ? std::string{facts.at("state").as_string()}
                                                        : "starting";
    const bool held = state == "held";
    context.status = pid == 0 ? 1 : held ? 3 : 0;
    if (context.json) {
        facts["state"] = state;
        facts["pid"] = pid;
        context.out << boost::json::serialize(facts) << '\n';
        return;
    }
    if (pid == 0)
        context.out << "The Internet Mail Connector service is stopped.\n";
    else
        context.out << "The Internet Mail Connector service is " << state
                    << (held ? why_held(facts) : std::string{}) << ", process " << pid << ".\n";
    if (facts.contains("bridged"))
        context.out << "The directory does not answer; generation "
                    << facts.at("bridged").to_number<std::uint64_t>()
                    << " stands in, and our own recipients are deferred (451).\n";
    const auto refusal = last_refusal(paths);
    if ((pid == 0 || held) && !refusal.empty())
        context.out << "Its last start was refused: Error 2140, " << refusal;
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
    const auto haste = std::make_shared<Haste>(Haste::normal);
    auto* stops =
        common(service->add_subcommand(
                   "stop", "stop it; what is in flight is finished, within 30 s; what does not "
                           "end 10 s later is left (event 41070)"),
               context);
    auto* drain = stops->add_flag_callback(
        "--drain", [haste] { *haste = Haste::drain; }, "however long what is in flight takes");
    stops
        ->add_flag_callback(
            "--now", [haste] { *haste = Haste::now; },
            "at once; what is in flight stays in the queue, or with its sender")
        ->excludes(drain);
    stops->callback([&context, haste] { stop(context, *haste); });
    verb("restart", "stop, then start", [](Context& c) {
        stop(c, Haste::normal);
        if (c.status == 0) start(c);
    });
    verb("status", "running, held or stopped, and what the last start said", status);
    add_protocol_log(*service, context);
}

}  // namespace imc::cli
