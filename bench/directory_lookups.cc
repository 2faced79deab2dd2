/// Look-ups of an address in the embedded directory, per second: by one thread, and by several.
///
///     cmake --build build/release --target bench_directory_lookups
///     build/release/bench/bench_directory_lookups [OBJECTS] [SECONDS]
#include "base/text.h"
#include "directory/embedded.h"
#include "directory/recipients.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

using namespace imc;
using namespace std::chrono_literals;

namespace {

std::string address(std::size_t i) { return "user" + std::to_string(i) + "@example.org"; }

void fill(Directory& directory, std::size_t objects)
{
    std::vector<Change> changes{{.kind = Change::Kind::add,
                                 .dn = *Dn::parse("o=Org"),
                                 .attributes = {{"objectClass", {"organization"}}}}};
    for (std::size_t i = 0; i < objects; ++i)
        changes.push_back({.kind = Change::Kind::add,
                           .dn = *Dn::parse("cn=user" + std::to_string(i) + ",o=Org"),
                           .attributes = {{"objectClass", {"imcMailbox"}},
                                          {"mailNickname", {"user" + std::to_string(i)}},
                                          {"proxyAddresses", {"SMTP:" + address(i)}}}});
    directory.apply(changes, after(600s)).value();
}

double look_ups_per_second(RecipientLookup& lookup, std::size_t objects, unsigned threads,
                           std::chrono::seconds time)
{
    std::atomic<std::uint64_t> answers = 0;
    std::atomic<bool> ended = false;
    std::vector<std::thread> askers;
    const auto began = std::chrono::steady_clock::now();
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
    return static_cast<double>(answers) / took.count();
}

}  // namespace

int main(int argc, char** argv)
{
    const std::size_t objects = argc > 1 ? parse_number(argv[1]).value_or(10'000) : 10'000;
    const std::chrono::seconds time{argc > 2 ? parse_number(argv[2]).value_or(2) : 2};
    char name[] = "/tmp/imc-bench-XXXXXX";
    const std::string folder = ::mkdtemp(name);
    {
        const std::shared_ptr<Directory> directory =
            create_embedded(folder + "/directory.db").value();
        fill(*directory, objects);
        RecipientLookup lookup{directory, *Dn::parse("o=Org")};
        for (const unsigned threads : {1U, 2U, 4U, 8U})
            std::printf("%u threads  %8.0f look-ups/s\n", threads,
                        look_ups_per_second(lookup, objects, threads, time));
    }
    std::filesystem::remove_all(folder);
}
