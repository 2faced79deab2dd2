#include "app/service/hook.h"

#include "base/text.h"
#include "base/time.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace imc::app {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_output = 2000;
constexpr int look_every_ms = 50;

std::string text_of(int error) { return std::generic_category().message(error); }

struct Pipe {
    std::array<int, 2> ends{-1, -1};
    /// Our end alone does not block: programs take EAGAIN for an error.
    Pipe()
    {
        if (::pipe2(ends.data(), O_CLOEXEC) == 0) (void)::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    ~Pipe()
    {
        close_one(0);
        close_one(1);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_one(std::size_t which)
    {
        if (ends.at(which) >= 0) ::close(ends.at(which));
        ends.at(which) = -1;
    }
};

struct Actions {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
    Actions()
    {
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawnattr_init(&attributes);
    }
    ~Actions()
    {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
};

int spawn(const config::LinkHook& hook, int output, pid_t& child)
{
    Actions actions;
    auto& files = actions.files;
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output, 1);
    ::posix_spawn_file_actions_adddup2(&files, output, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
    ::posix_spawn_file_actions_addchdir_np(&files, "/");
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&actions.attributes, &none);
    ::posix_spawnattr_setsigdefault(&actions.attributes, &all);
    ::posix_spawnattr_setpgroup(&actions.attributes, 0);
    ::posix_spawnattr_setflags(&actions.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                        POSIX_SPAWN_SETSIGDEF);
    auto words = hook.words;
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    std::string language = "LANG=C.UTF-8";
    std::string link = hook.opens ? "IMC_LINK=open" : "IMC_LINK=close";
    std::array<char*, 4> environment{path.data(), language.data(), link.data(), nullptr};
    return ::posix_spawn(&child, words.front().c_str(), &files, &actions.attributes,
                         arguments.data(), environment.data());
}

/// Reads what there is; beyond the bound it is thrown away.
void take_output(int from, std::string& into)
{
    std::array<char, 4096> piece;
    for (ssize_t got = 0; (got = ::read(from, piece.data(), piece.size())) > 0;)
        into.append(piece.data(),
                    std::min(static_cast<std::size_t>(got), most_output - into.size()));
}

std::string ending_of(int status)
{
    if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
    return "ended by signal " + std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

}  // namespace

HookResult run_hook(const config::LinkHook& hook, const std::atomic<bool>& stop)
{
    HookResult out;
    const auto& program = hook.words.front();
    if (const auto flaw = config::hook_program_flaw(program)) {  // before each run
        out.why = program + ": " + flaw->found;
        return out;
    }
    Pipe pipe;
    pid_t child = 0;
    if (const int error = spawn(hook, pipe.ends[1], child); error != 0) {
        out.why = program + ": " + text_of(error);
        return out;
    }
    pipe.close_one(1);
    const auto deadline = after(hook.limit);
    std::string output;
    int status = 0;
    for (;;) {
        pollfd ready{pipe.ends[0], POLLIN, 0};
        (void)::poll(&ready, 1, look_every_ms);
        const bool hung_up = (ready.revents & POLLHUP) != 0;
        take_output(pipe.ends[0], output);
        if (::waitpid(child, &status, WNOHANG) == child) break;
        const bool late = std::chrono::steady_clock::now() >= deadline;
        if (late || stop) {
            ::kill(-child, SIGKILL);
            (void)::waitpid(child, &status, 0);
            out.why = late ? "killed after " + std::to_string(hook.limit.count()) + " s"
                           : "killed, since the service ends";
            break;
        }
        // It has closed its output and goes on: no tight loop.
        if (hung_up) (void)::poll(nullptr, 0, look_every_ms);
    }
    take_output(pipe.ends[0], output);
    out.output = printable(trim(output), most_output);
    if (out.why.empty() && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        out.why = ending_of(status);
    out.done = out.why.empty();
    return out;
}

}  // namespace imc::app
