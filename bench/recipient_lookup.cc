/// Look-ups of an address per second, and our own processor time for each, by one thread and by
/// two: in the embedded directory and on a slapd, each asked every time and through the cache. And
/// what it takes to remember a great many recipients.
///
///     cmake --build build/release --target bench_recipient_lookup
///     build/release/bench/bench_recipient_lookup [OBJECTS] [SECONDS] [REMEMBERED]
#include "base/text.h"
#include "directory/embedded.h"
#include "directory/ldap.h"
#include "directory/recipients.h"
#include "kit/slapd.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <malloc.h>
#include <thread>

using namespace imc;
using namespace std::chrono_literals;

namespace {

std::string address(std::size_t i) { return "user" + std::to_string(i) + "@example.org"; }

void fill(Directory& directory, const Dn& top, std::size_t objects)
{
    std::vector<Change> changes{{.kind = Change::Kind::add,
                                 .dn = top,
                                 .attributes = {{"objectClass", {"organizationalUnit"}}}}};
    for (std::size_t i = 0; i < objects; ++i) {
        const auto alias = "user" + std::to_string(i);
        changes.push_back({.kind = Change::Kind::add,
                           .dn = top.child("cn", alias),
                           .attributes = {{"objectClass", {"imcMailbox"}},
                                          {"mailNickname", {alias}},
                                          {"proxyAddresses", {"SMTP:" + address(i)}}}});
    }
    directory.apply(changes, after(600s)).value();
}

struct Speed {
    double per_second;
    double microseconds;  ///< of this process's processor time, for one
};

Speed speed_of(RecipientLookup& lookup, std::size_t objects, unsigned threads,
               std::chrono::seconds time)
{
    std::atomic<std::uint64_t> answers = 0;
    std::atomic<bool> ended = false;
    std::vector<std::thread> askers;
    const auto began = std::chrono::steady_clock::now();
    const auto spent = std::clock();
    for (unsigned t = 0; t < threads; ++t)
        askers.emplace_back([&, t] {
            std::uint64_t own = 0;
            for (std::size_t i = t * 7919; !ended; i += 104'729, ++own)
                if (!std::holds_alternative<std::vector<Entry>>(
                        lookup.by_address(address(i % objects), after(10s))))
                    std::abort();
            answers += own;
        });
    std::this_thread::sleep_for(time);
    ended = true;
    for (auto& asker : askers)
        asker.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const auto each = static_cast<double>(std::clock() - spent) / CLOCKS_PER_SEC * 1e6 /
                      static_cast<double>(answers);
    return {static_cast<double>(answers) / took.count(), each};
}

void measure(const char* what, const std::shared_ptr<Directory>& directory, const Dn& top,
             std::size_t objects, std::chrono::seconds time)
{
    metrics::Registry metrics;
    const auto cache = std::make_shared<RecipientCache>(
        directory, RecipientCacheSettings{.entries = 2 * objects, .found = 3600s}, metrics);
    RecipientLookup asked{directory, top};
    RecipientLookup cached{directory, top, 16, cache};
    for (std::size_t i = 0; i < objects; ++i)
        (void)cached.by_address(address(i), after(10s));
    for (const unsigned threads : {1U, 2U}) {
        const auto every = speed_of(asked, objects, threads, time);
        const auto once = speed_of(cached, objects, threads, time);
        std::printf("%-18s %u threads  asked %8.0f/s (%6.2f us)   cached %8.0f/s (%5.2f us)\n",
                    what, threads, every.per_second, every.microseconds, once.per_second,
                    once.microseconds);
    }
    std::printf("%-18s %zu octets for each remembered address\n", what,
                cache->octets() / std::max<std::size_t>(cache->size(), 1));
}

/// As a company's directory has them, under our names.
Entry ordinary_person(std::size_t i)
{
    const auto number = std::to_string(i);
    const auto alias = "given.surname" + number;
    static const Dn top = Dn::parse_rfc4514("ou=People,dc=contoso,dc=example").value();
    return {top.child("cn", alias),
            {{"objectClass", {"top", "imcMailbox"}},
             {"cn", {"Given Surname " + number}},
             {"displayName", {"Surname, Given (Department " + std::to_string(i % 200) + ")"}},
             {"sn", {"Surname"}},
             {"givenName", {"Given"}},
             {"mailNickname", {alias}},
             {"homeMDB", {"maildir"}},
             {"proxyAddresses", {"SMTP:" + alias + "@contoso.example"}}},
            "0e5f4c1a-7a50-103f-8b5d-" + std::to_string(100'000'000'000 + i)};
}

std::size_t heap_octets()
{
    const auto heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

void remember_many(std::size_t people)
{
    const auto heap = heap_octets();
    RecipientTable table{people};
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < people; ++i) {
        const auto entry = ordinary_person(i);
        const auto address = entry.first("proxyAddresses").substr(5);
        table.add(address, {.load = 1}, table.object(entry),
                  [](const AnswerMark&) { return false; });
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("%zu of %zu recipients remembered in %.2f s, %zu octets each (heap: %zu)\n",
                table.size(), people, took.count(), table.octets() / table.size(),
                (heap_octets() - heap) / table.size());
}

}  // namespace

int main(int argc, char** argv)
{
    const std::size_t objects = argc > 1 ? parse_number(argv[1]).value_or(10'000) : 10'000;
    const std::chrono::seconds time{argc > 2 ? parse_number(argv[2]).value_or(2) : 2};
    remember_many(argc > 3 ? parse_number(argv[3]).value_or(1'000'000) : 1'000'000);
    char name[] = "/tmp/imc-bench-XXXXXX";
    const std::string folder = ::mkdtemp(name);
    {
        const std::shared_ptr<Directory> directory =
            create_embedded(folder + "/directory.db").value();
        const Dn top = *Dn::parse_rfc4514("ou=People");
        fill(*directory, top, objects);
        measure("embedded", directory, top, objects, time);
    }
    std::filesystem::remove_all(folder);

    const kit::Slapd server;
    const std::shared_ptr<Directory> slapd =
        ldap_directory({.urls = {server["url"]},
                        .base = server["suffix"],
                        .bind_dn = server["bind_dn"],
                        .password_file = server.password_file()});
    const Dn ours = *Dn::parse_rfc4514("ou=Ours," + server["suffix"]);
    fill(*slapd, ours, objects);
    measure("slapd, our schema", slapd, ours, objects, time);
}
