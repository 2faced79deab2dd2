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

/// @param address  of the one with this number
Speed speed_of(RecipientLookup& lookup, std::size_t objects, unsigned threads,
               std::chrono::seconds time, std::string (*address_of)(std::size_t))
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
                        lookup.by_address(address_of(i % objects), after(10s))))
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

double seconds_to_load(RecipientCache& cache, const Dn& base, std::size_t people)
{
    const auto began = std::chrono::steady_clock::now();
    const auto loaded = cache.load(base, after(3600s), [] { return true; }).value();
    if (loaded != people) std::abort();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

void measure(const char* what, const std::shared_ptr<Directory>& directory, const Dn& top,
             std::size_t objects, std::chrono::seconds time)
{
    metrics::Registry metrics;
    const auto cache = std::make_shared<RecipientCache>(
        directory, RecipientCacheSettings{.entries = 2 * objects, .found = 3600s}, metrics);
    RecipientLookup asked{directory, top};
    RecipientLookup cached{directory, top, 16, cache};
    std::printf("%-18s %zu recipients loaded in %.2f s\n", what, objects,
                seconds_to_load(*cache, top, objects));
    for (const unsigned threads : {1U, 2U}) {
        const auto every = speed_of(asked, objects, threads, time, address);
        const auto once = speed_of(cached, objects, threads, time, address);
        std::printf("%-18s %u threads  asked %8.0f/s (%6.2f us)   cached %8.0f/s (%5.2f us)\n",
                    what, threads, every.per_second, every.microseconds, once.per_second,
                    once.microseconds);
    }
    std::printf("%-18s %zu octets for each remembered address\n", what,
                cache->octets() / std::max<std::size_t>(cache->size(), 1));
}

std::string company_address(std::size_t i)
{
    return "given.surname" + std::to_string(i) + "@contoso.example";
}

/// Of so many people, as a company's directory has them under our names, made as they are read.
class Company final : public Directory {
public:
    explicit Company(std::size_t people) : people_{people} {}
    std::string description() const override { return "made up"; }
    bool is_local() const override { return false; }
    Answer<Entry> read(const Dn&, Deadline) override { return ProvenAbsent{}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        std::abort();  // everybody is remembered
    }
    Result<> scan(const Dn&, std::string_view, Deadline, const Take& take) override
    {
        for (std::size_t i = 0; i < people_; ++i)
            if (!take(person(i))) break;
        return {};
    }
    Result<> apply(std::span<const Change>, Deadline) override { return {}; }
    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

private:
    static Entry person(std::size_t i)
    {
        const auto number = std::to_string(i);
        static const Dn top = Dn::parse_rfc4514("ou=People,dc=contoso,dc=example").value();
        return {top.child("cn", "Given Surname " + number),
                {{"objectClass", {"top", "imcMailbox"}},
                 {"cn", {"Given Surname " + number}},
                 {"displayName", {"Surname, Given (Department " + std::to_string(i % 200) + ")"}},
                 {"sn", {"Surname"}},
                 {"givenName", {"Given"}},
                 {"mailNickname", {"given.surname" + number}},
                 {"homeMDB", {"maildir"}},
                 {"proxyAddresses", {"SMTP:" + company_address(i)}}},
                "0e5f4c1a-7a50-103f-8b5d-" + std::to_string(100'000'000'000 + i)};
    }

    const std::size_t people_;
};

std::size_t heap_octets()
{
    const auto heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

void remember_many(std::size_t people, std::chrono::seconds time)
{
    const auto heap = heap_octets();
    const auto company = std::make_shared<Company>(people);
    metrics::Registry metrics;
    const auto cache = std::make_shared<RecipientCache>(
        company, RecipientCacheSettings{.entries = people, .found = 86'400s}, metrics);
    const auto took = seconds_to_load(*cache, Dn{}, people);
    std::printf("%zu recipients loaded in %.2f s, %zu octets each (of the heap %zu)\n", people,
                took, cache->octets() / cache->size(), (heap_octets() - heap) / cache->size());
    RecipientLookup lookup{company, Dn{}, 16, cache};
    for (const unsigned threads : {1U, 2U}) {
        const auto speed = speed_of(lookup, people, threads, time, company_address);
        std::printf("of these, %u threads: %.0f look-ups/s (%.2f us)\n", threads, speed.per_second,
                    speed.microseconds);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    const std::size_t objects = argc > 1 ? parse_number(argv[1]).value_or(10'000) : 10'000;
    const std::chrono::seconds time{argc > 2 ? parse_number(argv[2]).value_or(2) : 2};
    remember_many(argc > 3 ? parse_number(argv[3]).value_or(1'000'000) : 1'000'000, time);
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
