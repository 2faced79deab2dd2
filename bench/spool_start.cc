// A start with many messages: how long until the spool accepts, until all is handed over, and what
// memory a message costs.
//
//   bench_spool_start FOLDER [messages] [octets] [cold]
//
// The second process is this one again, so that its memory is that of a start alone; it takes
// portions as the service does. What was written may be in the system's cache; cold (as root): it
// is not.
#include "event/log.h"
#include "spool/log_spool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace imc;
using namespace imc::spool;

namespace {

using Seconds = std::chrono::duration<double>;

std::size_t resident_now()
{
    std::ifstream in{"/proc/self/statm"};
    std::size_t all = 0;
    std::size_t resident = 0;
    in >> all >> resident;
    return resident * 4096;
}

std::size_t resident_octets()
{
    ::malloc_trim(0);
    return resident_now();
}

/// By system calls, whether or not the device was asked.
double megabytes_read()
{
    std::ifstream in{"/proc/self/io"};
    std::string name;
    std::uint64_t value = 0;
    while (in >> name >> value)
        if (name == "rchar:") break;
    return static_cast<double>(value) / 1e6;
}

NewMessage message_of(const std::shared_ptr<const std::string>& text, int number)
{
    NewMessage out;
    out.envelope.sender = "sender" + std::to_string(number) + "@example.org";
    out.envelope.recipients = {{"recipient" + std::to_string(number) + "@example.net"}};
    out.envelope.peer = "[192.0.2.1]:4711 (client.example)";
    out.body = text;
    return out;
}

/// Stores, and fails its first attempt, as a host that does not answer makes it.
net::awaitable<void> work(Spool& spool, std::shared_ptr<const std::string> text, int& left)
{
    while (left > 0) {
        const auto id = co_await spool.store(message_of(text, left--));
        if (!id) std::exit(1);
        spool.forget_body(*id);
        RecipientState state;
        state.attempts = 1;
        state.last_status = "4.4.1";
        state.last_reply = "connection refused";
        state.last_host = "mx.example.net[192.0.2.7]:25";
        Commit change{*id};
        change.results.push_back({0, std::move(state)});
        (void)co_await spool.commit(std::move(change));
    }
}

std::unique_ptr<Spool> open(const char* folder, EventLog& events)
{
    auto spool = open_log_spool({folder}, real_files(), events);
    if (spool) return std::move(*spool);
    std::fprintf(stderr, "%s\n", spool.error().to_string().c_str());
    std::exit(1);
}

void fill(const char* folder, int messages, std::size_t octets)
{
    EventLog events;
    const auto spool = open(folder, events);
    net::io_context io{1};
    const auto text = std::make_shared<const std::string>(octets, 'x');
    int left = messages;
    const auto before = resident_octets();
    for (int i = 0; i < 2000; ++i)
        net::co_spawn(io, work(*spool, text, left), net::detached);
    const auto begin = std::chrono::steady_clock::now();
    io.run();
    const Seconds took = std::chrono::steady_clock::now() - begin;
    std::printf(
        "%d messages of %zu octets stored and deferred in %.1f s; %.0f octets of memory each; "
        "%zu segments\n",
        messages, octets, took.count(), static_cast<double>(resident_octets() - before) / messages,
        static_cast<std::size_t>(spool->health().segments));
}

void start(const char* folder)
{
    EventLog events;
    const auto before = resident_octets();
    const auto begin = std::chrono::steady_clock::now();
    const auto spool = open(folder, events);
    const Seconds opened = std::chrono::steady_clock::now() - begin;
    net::io_context io{1};
    int one = 1;
    net::co_spawn(io, work(*spool, std::make_shared<const std::string>("x"), one), net::detached);
    io.run();
    const Seconds accepts = std::chrono::steady_clock::now() - begin;
    auto messages = spool->recover(1);
    const Seconds loaded = std::chrono::steady_clock::now() - begin;
    const auto at_load = resident_now();
    double count = 1;
    for (messages = spool->recover(20'000); !messages.empty(); messages = spool->recover(20'000))
        count += static_cast<double>(messages.size());
    const Seconds all = std::chrono::steady_clock::now() - begin;
    const auto each = [&](std::size_t octets) {
        return static_cast<double>(octets - before) / count;
    };
    const auto after = each(resident_now());
    std::printf("start: open %.2f s, first message accepted %.2f s, loaded %.2f s, %.0f messages "
                "handed over %.2f s; %.1f MB read; octets of memory for each: loaded %.0f, handed "
                "over %.0f, with the heap trimmed %.0f\n",
                opened.count(), accepts.count(), loaded.count(), count, all.count(),
                megabytes_read(), each(at_load), after, each(resident_octets()));
    // As an administrator would.
    std::vector<Commit> changes;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        changes.push_back({MessageId{i + 1}});
        changes.back().amendment.hold = Hold{WallTime::max(), "held by an administrator"};
    }
    const auto held = std::chrono::steady_clock::now();
    net::co_spawn(io, spool->commit_all(std::move(changes)), net::detached);
    io.restart();
    io.run();
    std::printf("100,000 held: %.2f s\n", Seconds{std::chrono::steady_clock::now() - held}.count());
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        std::puts("bench_spool_start FOLDER [messages] [octets] [cold]");
        return 2;
    }
    const int messages = argc > 2 ? std::atoi(argv[2]) : 1'000'000;
    const std::size_t octets = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 200;
    for (const bool filling : {true, false}) {
        const auto child = ::fork();
        if (child == 0) {
            if (filling)
                fill(argv[1], messages, octets);
            else
                start(argv[1]);
            std::fflush(stdout);
            std::_Exit(0);
        }
        int status = 0;
        (void)::waitpid(child, &status, 0);
        if (!filling || argc < 5) continue;
        ::sync();
        std::ofstream drop{"/proc/sys/vm/drop_caches"};
        if (!(drop << "3" << std::flush)) std::puts("the cache cannot be dropped: not cold");
    }
    for (const auto& entry : std::filesystem::directory_iterator{argv[1]})
        std::filesystem::remove_all(entry.path());
}
