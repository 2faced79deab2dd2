// What a large list costs: from the message to the commit that makes all copies durable, and until
// every member has his; peak memory of the process.
//
//     bench_list_expansion FOLDER [MEMBERS...]      10000 50000 100000 200000
//
// The spool is a real one below FOLDER. The directory makes its people up, a thousand names at a
// time as Active Directory gives them, and the hosts answer at once: what is measured is the walk,
// the queue and the disk. Each row is a process of its own, so that its peak is its own.
#include "directory/directory.h"
#include "queue/queue.h"
#include "spool/log_spool.h"
#include "transfer/expansion.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace imc;
using namespace std::chrono_literals;
namespace net = queue::net;

Entry person(const std::string& name)
{
    Entry out{*Dn::parse("cn=" + name + ",cn=Recipients,ou=Oslo,o=Contoso"), {}};
    out.attributes = {{"objectClass", {"imcMailbox"}},
                      {"cn", {name}},
                      {"mailNickname", {name}},
                      {"displayName", {"Person " + name}},
                      {"proxyAddresses", {"SMTP:" + name + "@people.example"}}};
    return out;
}

class Crowd final : public Directory {
public:
    explicit Crowd(std::size_t count) : count_{count} {}
    std::string description() const override { return "a crowd"; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn& dn, Deadline) override
    {
        const auto name = transfer::short_name(dn);
        return name == "everybody" ? everybody() : person(name);
    }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view filter, Deadline,
                                      std::size_t) override
    {
        if (filter.find("everybody@") == filter.npos) return std::vector<Entry>{};
        return std::vector<Entry>{everybody()};
    }
    Answer<ValueRange> values(const Dn&, std::string_view, std::size_t from, Deadline) override
    {
        ValueRange out;
        const auto end = std::min(from + 1000, count_);
        for (auto i = from; i < end; ++i)
            out.values.push_back("cn=m" + std::to_string(i) + ",cn=Recipients,ou=Oslo,o=Contoso");
        if (end < count_) out.next = end;
        return out;
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

private:
    static Entry everybody()
    {
        auto out = person("everybody");
        out.attributes["objectClass"] = {"imcList"};
        out.attributes["proxyAddresses"] = {"SMTP:everybody@contoso.example"};
        out.attributes["member;range=0-0"] = {"cn=m0,cn=Recipients,ou=Oslo,o=Contoso"};
        return out;
    }
    std::size_t count_;
};

struct Hosts final : queue::Couriers {
    struct Host final : queue::Courier {
        net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
        {
            co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
            std::vector<queue::DeliveryResult> out(
                job.recipients.size(), queue::DeliveryResult{queue::Delivery::delivered, "2.0.0",
                                                             "250 ok", "mx[192.0.2.2]:25"});
            co_return out;
        }
        bool reusable() const override { return true; }
        net::awaitable<void> close() override { co_return; }
    };
    std::unique_ptr<queue::Courier> hire(const queue::Place&) override
    {
        return std::make_unique<Host>();
    }
};

std::size_t peak_kib()
{
    std::ifstream in{"/proc/self/status"};
    std::string word;
    std::size_t value = 0;
    while (in >> word)
        if (word == "VmHWM:" && in >> value) return value;
    return 0;
}

net::awaitable<void> send(spool::Spool& spool, queue::Queue& queue)
{
    spool::NewMessage letter;
    letter.envelope.sender = "ann@elsewhere.example";
    letter.envelope.recipients = {{"everybody@contoso.example"}};
    letter.envelope.arrived_at = wall_clock().now();
    letter.body = std::make_shared<const std::string>("Subject: to all\r\n\r\n" +
                                                      std::string(4096, 'x') + "\r\n");
    auto kept = letter;
    const auto id = co_await spool.store(std::move(letter));
    if (!id) std::abort();
    queue.add(*id, std::move(kept.envelope), std::move(kept.body));
}

int measure(const std::string& folder, std::size_t members)
{
    EventLog events;
    auto spool = spool::open_log_spool({folder}, real_files(), events);
    if (!spool) {
        std::fprintf(stderr, "%s\n", spool.error().to_string().c_str());
        return 1;
    }
    net::io_context io{1};
    auto work = net::make_work_guard(io);
    net::thread_pool background{2};
    Hosts hosts;
    auto config = std::make_shared<config::Config>();
    config->host_name = "mail.contoso.example";
    config->local_domains = {"contoso.example"};
    config->organization = *Dn::parse("o=Contoso");
    config->administrator.address = "admin@contoso.example";
    config->retry_after = {1h};
    const auto before = peak_kib();
    double expanded = 0, delivered = 0;
    {
        queue::Queue queue{queue::QueueParts{**spool,
                                             hosts,
                                             events,
                                             {io.get_executor()},
                                             [&](std::function<void()> job) {
                                                 net::post(background, std::move(job));
                                             }},
                           config,
                           std::make_shared<const transfer::RecipientResolver>(
                               config, std::make_shared<Crowd>(members))};
        queue.start({});
        std::thread thread{[&] { io.run(); }};
        const auto start = std::chrono::steady_clock::now();
        const auto so_far = [&] {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        };
        net::co_spawn(io, send(**spool, queue), net::detached);
        for (;; std::this_thread::sleep_for(1ms)) {
            const auto counts = queue.counts();
            if (expanded == 0 && counts.delivered > 0) expanded = so_far();
            if (counts.delivered >= members && counts.recipients == 0) break;
        }
        delivered = so_far();
        (void)queue.drain(after(10s));
        work.reset();
        io.stop();
        thread.join();
        background.join();
    }
    std::printf("%7zu members  expanded %6.2f s  delivered %6.2f s  peak %6.1f MB, %4.0f octets a "
                "member over the %.1f MB before\n",
                members, expanded, delivered, static_cast<double>(peak_kib()) / 1024,
                static_cast<double>(peak_kib() - before) * 1024 / static_cast<double>(members),
                static_cast<double>(before) / 1024);
    std::fflush(stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        std::puts("bench_list_expansion FOLDER [MEMBERS...]");
        return 2;
    }
    std::vector<std::size_t> rows;
    for (int i = 2; i < argc; ++i)
        rows.push_back(std::strtoull(argv[i], nullptr, 10));
    if (rows.empty()) rows = {10'000, 50'000, 100'000, 200'000};
    for (const auto members : rows) {
        const auto folder = std::string{argv[1]} + "/" + std::to_string(members);
        std::filesystem::create_directories(folder);
        const auto child = ::fork();
        if (child == 0) ::_exit(measure(folder, members));
        int status = 0;
        if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) return 1;
        std::filesystem::remove_all(folder);
    }
}
