// What finding one address in the message tracking log costs: makes RECORDS of it, indexes them,
// searches with the index and without.
//
//     bench_tracking_index [RECORDS [FOLDER]]
//
// Three records a message, each recipient in 30 messages or so, over ten days. FOLDER is made and
// removed.
#include "base/files.h"
#include "tracking/indexed_log.h"
#include "tracking/indexer.h"
#include "tracking/search.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

namespace {

using namespace imc;
using namespace imc::tracking;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begun)
{
    return std::chrono::duration<double>(Steady::now() - begun).count();
}

const auto first_day = std::chrono::sys_days{std::chrono::year{2026} / 11 / 1};
constexpr unsigned days = 10;

struct Clock final : WallClock {
    WallTime now() const override { return WallTime{first_day + std::chrono::days{days + 2}}; }
};

std::string address(std::uint64_t number)
{
    return "person" + std::to_string(number) + "@domain" + std::to_string(number % 1000) +
           ".example";
}

void make(const std::string& folder, std::uint64_t records)
{
    std::mt19937_64 random{1};
    const auto messages = records / 3;
    const auto people = std::max<std::uint64_t>(messages / 30, 1);
    std::uint64_t id = 1;
    for (unsigned day = 0; day < days; ++day) {
        const auto begins = first_day + std::chrono::days{day};
        std::ofstream out{folder + "/" + file_of(begins), std::ios::binary};
        out << "# " << tracking_title() << '\n';
        for (std::uint64_t i = 0; i < messages / days; ++i, ++id) {
            auto text = std::to_string(id);
            text.insert(0, 13 - text.size(), '0');
            Record r{text, What::received,
                     WallTime{begins} +
                         std::chrono::milliseconds{i * 86'400'000 * days / messages}};
            r.gateway = "mail1.contoso.example";
            r.sender = address(random() % people);
            r.recipient = "user" + std::to_string(random() % people) + "@contoso.example";
            r.octets = 4711;
            r.recipients = 1;
            r.partner = "[192.0.2.1]:40000";
            r.message_id = "<" + text + "." + std::to_string(random()) + "@mx.example>";
            r.helo = "mx.example.net";
            r.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
            out << write_record(r);
            r.what = What::queued_local;
            r.partner.clear(), r.message_id.clear(), r.helo.clear(), r.tls.clear();
            r.route = "maildir:user";
            out << write_record(r);
            r.what = What::transferred_to_store;
            r.delivered = true;
            r.status = "2.0.0";
            r.text = "stored";
            out << write_record(r);
        }
    }
}

std::uint64_t octets_of(const std::string& folder, const std::string& extension)
{
    std::uint64_t out = 0;
    for (const auto& file : std::filesystem::directory_iterator{folder})
        if (file.path().extension() == extension) out += file.file_size();
    return out;
}

void search(const std::string& folder, const char* how, const StoryFilter& filter)
{
    const auto begun = Steady::now();
    const auto found = find_stories(real_files(), folder, filter);
    std::printf("%-34s %8.3f s  %zu records\n", how, seconds_since(begun),
                found ? found->records.size() : 0);
}

}  // namespace

int main(int argc, char** argv)
{
    const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
    const std::string folder = argc > 2 ? argv[2] : "/tmp/imc-bench-tracking";
    std::filesystem::create_directories(folder);
    auto begun = Steady::now();
    make(folder, records);
    std::printf("%-34s %8.1f s  %llu octets\n", "made", seconds_since(begun),
                static_cast<unsigned long long>(octets_of(folder, ".log")));

    StoryFilter one;
    one.recipient = "user7@contoso.example";
    search(folder, "one recipient, the files read", one);

    EventLog events;
    Clock clock;
    Indexer indexer{folder, events, clock};
    begun = Steady::now();
    while (indexer.step() == Indexer::Did::some) {
    }
    const auto took = seconds_since(begun);
    std::printf("%-34s %8.1f s  %llu octets, %.0f records a second\n", "indexed", took,
                static_cast<unsigned long long>(octets_of(folder, ".db")),
                static_cast<double>(indexer.records()) / took);
    search(folder, "one recipient", one);
    search(folder, "again", one);
    StoryFilter id;
    id.id = "0000000000042";
    search(folder, "one queue id", id);
    StoryFilter sender;
    sender.sender = address(11);
    search(folder, "one sender", sender);
    StoryFilter nobody;
    nobody.recipient = "nobody@nowhere.example";
    search(folder, "an address that is not there", nobody);
    std::filesystem::remove_all(folder);
}
