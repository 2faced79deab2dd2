// How fast the spool takes mail that is held: coroutines that store one message after another.
// Compare with bench_append FOLDER fallocate direct.
//
//   bench_spool_enqueue FOLDER [octets] [coroutines] [messages] [settle]
//
// settle: each message is delivered at once, so that segments are used again.
#include "event/log.h"
#include "spool/log_spool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

using namespace imc;
using namespace imc::spool;

namespace {

double cpu_seconds()
{
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/// What this process sent to the device; the journal's part is not in it.
std::uint64_t written_octets()
{
    std::ifstream in{"/proc/self/io"};
    std::string name;
    std::uint64_t value = 0;
    while (in >> name >> value)
        if (name == "write_bytes:") return value;
    return 0;
}

NewMessage message_of(const std::shared_ptr<const std::string>& text)
{
    NewMessage out;
    out.envelope.sender = "alice@example.org";
    out.envelope.recipients = {{"bob@example.net"}};
    out.envelope.peer = "[192.0.2.1]:4711 (client.example)";
    out.body = text;
    return out;
}

net::awaitable<void> work(Spool& spool, std::shared_ptr<const std::string> text, int& left,
                          bool settle)
{
    while (left-- > 0) {
        const auto id = co_await spool.store(message_of(text));
        if (!id) {
            std::fprintf(stderr, "%s\n", id.error().to_string().c_str());
            std::exit(1);
        }
        if (settle) {
            Commit change{*id};
            change.results.push_back({0, {Outcome::delivered}});
            (void)co_await spool.commit(std::move(change));
        } else {
            spool.forget_body(*id);
        }
    }
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        std::puts("bench_spool_enqueue FOLDER [octets] [coroutines] [messages] [settle]");
        return 2;
    }
    const std::size_t octets = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 4096;
    const int coroutines = argc > 3 ? std::atoi(argv[3]) : 64;
    const int messages = argc > 4 ? std::atoi(argv[4]) : 100'000;
    const bool settle = argc > 5;
    EventLog events;
    auto spool = open_log_spool({argv[1]}, real_files(), events);
    if (!spool) {
        std::fprintf(stderr, "%s\n", spool.error().to_string().c_str());
        return 1;
    }
    net::io_context io{1};
    const auto text = std::make_shared<const std::string>(octets, 'x');
    int left = messages;
    ::sync();
    const auto written = written_octets();
    const auto cpu = cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < coroutines; ++i)
        net::co_spawn(io, work(**spool, text, left, settle), net::detached);
    io.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const auto all = static_cast<double>(messages);
    std::printf(
        "%-5s %6zu octets %5d coroutines %9.0f messages/s %6.0f MB/s %6.1f us CPU/message "
        "%5.2f octets written per octet, %zu segments\n",
        settle ? "flow" : "held", octets, coroutines, all / took.count(),
        all * static_cast<double>(octets) / took.count() / 1e6, (cpu_seconds() - cpu) * 1e6 / all,
        static_cast<double>(written_octets() - written) / (all * static_cast<double>(octets)),
        static_cast<std::size_t>((*spool)->health().segments));
    spool->reset();
    for (const auto& entry : std::filesystem::directory_iterator{argv[1]})
        std::filesystem::remove_all(entry.path());
}
