#include "spool/stopped_spool.h"

#include "spool/crc32c.h"
#include "spool/log_replay.h"
#include "spool/lost_headers.h"
#include "spool/reading.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <utility>

namespace imc::spool {
namespace {

/// Asked of the system's table of locks: whoever wants it at that moment is not kept from it.
bool is_held(const std::string& path, int holder)
{
    struct stat at{};
    if (::stat(path.c_str(), &at) != 0) return false;
    std::array<char, 32> device{};
    (void)std::snprintf(device.data(), device.size(), "%02x:%02x:", major(at.st_dev),
                        minor(at.st_dev));
    // 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF
    std::ifstream table{"/proc/locks"};
    for (std::string line; std::getline(table, line);) {
        std::istringstream words{line};
        std::string number, sort, mode, access, pid, place;
        if (!(words >> number >> sort >> mode >> access >> pid >> place) || sort != "FLOCK")
            continue;
        if (place.substr(place.rfind(':') + 1) != std::to_string(at.st_ino)) continue;
        // Some file systems show another device here than to stat().
        if (place.starts_with(device.data()) || pid == std::to_string(holder)) return true;
    }
    return false;
}

class StoppedSpool final : public Spool {
public:
    StoppedSpool(std::string folder, FileSystem& files, EventLog& events)
        : folder_{std::move(folder)}, files_{files}, events_{events}
    {}

    Result<> read()
    {
        auto found = look();
        if (!found) return found.error();
        const std::atomic<bool> never{false};
        auto replayed = replay_log(*found, files_, nullptr, events_, index_, never);
        if (!replayed) return replayed.error();
        recovered_ = std::move(replayed->messages);
        return {};
    }

    MessageId new_id() override { return {}; }
    Result<std::unique_ptr<TextWriter>> begin_text() override { return refused(); }
    net::awaitable<Result<MessageId>> store(NewMessage) override { co_return refused(); }
    net::awaitable<Result<std::vector<MessageId>>> commit(Commit) override { co_return refused(); }
    net::awaitable<Result<std::vector<MessageId>>> commit_all(std::vector<Commit>) override
    {
        co_return refused();
    }
    void forget_body(MessageId) override {}
    void close() override {}

    Result<Body> body(MessageId id) override
    {
        const auto* const live = index_.find(id.number);
        if (live == nullptr)
            return Error{EventId::spool_no_such_message,
                         "message " + id.to_string() + " is not in the queue"};
        auto octets = live->segment->read(live->body_at(), live->body_octets);
        const auto& path = live->segment->path();
        if (!octets)
            return Error{EventId::spool_write_failed, path + ": " + octets.error().message()};
        if (octets->size() != live->body_octets || crc32c(0, *octets) != live->body_crc)
            return Error{EventId::spool_damaged, path + ": the text of message " + id.to_string() +
                                                     " does not fit its checksum"};
        std::shared_ptr<const OctetsFile> rest;
        if (auto large = live->large()) rest = large_.read(id, std::move(large));
        return Body{std::make_shared<const std::string>(std::move(*octets)), std::move(rest)};
    }

    Result<std::vector<Evidence>> evidence(MessageId id) override
    {
        const auto* const live = index_.find(id.number);
        if (live == nullptr)
            return Error{EventId::spool_no_such_message,
                         "message " + id.to_string() + " is not in the queue"};
        Reading reading{index_};
        {
            const auto lock = index_.lock();
            reading.begin_head(*live);
        }
        const auto octets = reading.octets();
        if (!octets)
            return Error{EventId::spool_write_failed,
                         reading.path() + ": " + octets.error().message()};
        const auto* const later = live->changes();
        return evidence_in(*octets, reading.size(), reading.crc(), later ? *later : Changes{}, id,
                           reading.path());
    }

    std::vector<Recovered> recover(std::size_t most) override
    {
        return recovered_.take(most, index_);
    }

    Health health() const override
    {
        Health health;
        health.accepts = false;
        health.live_messages = index_.size();
        health.segments = segments_.size();
        return health;
    }

private:
    Error refused() const
    {
        return Error{EventId::spool_write_failed, folder_ + " is only looked at"};
    }

    /// Headers, oldest generation first, and how far the youngest goes.
    Result<LogFound> look()
    {
        const auto names = files_.list(folder_);
        if (!names)
            return Error{EventId::spool_write_failed, folder_ + ": " + names.error().message()};
        for (const auto& name : *names) {
            if (!name.ends_with(".seg")) continue;
            const auto path = folder_ + "/" + name;
            auto file = files_.open(path, OpenMode::read);
            if (!file)
                return Error{EventId::spool_write_failed, path + ": " + file.error().message()};
            const auto size = (*file)->size();
            if (!size)
                return Error{EventId::spool_write_failed, path + ": " + size.error().message()};
            auto segment = std::make_unique<Segment>(path, std::move(*file), *size);
            if (auto header = segment->replay([](const Segment::Group&) {}, 0); !header)
                return header.error();
            segments_.push_back(std::move(segment));
        }
        LogFound out;
        const auto lost = find_lost_headers(files_, segments_);
        for (const auto* const segment : lost.mended)
            out.mended.push_back(words_of_mended(*segment));
        out.missing = missing_of(segments_);
        if (out.missing.empty())
            for (const auto* const segment : lost.lost)
                out.missing.push_back(words_of_lost(*segment));
        std::erase_if(segments_, [](const auto& s) { return s->generation() == 0; });
        std::ranges::sort(segments_, {}, [](const auto& s) { return s->generation(); });
        for (const auto& segment : segments_)
            if (segment->before().generation != 0)
                out.acknowledged[segment->before().generation] = segment->before().used;
        for (auto& segment : segments_) {
            out.used.push_back(segment.get());
            if (out.acknowledged.contains(segment->generation())) continue;
            Segment::Gaps gaps;  // told by the second step
            const auto end = segment->walk([](const Segment::Group&) {}, ~std::uint64_t{0}, &gaps);
            if (!end) return end.error();
            if (gaps.ended) out.missing.push_back(words_of_end(*segment, gaps, *end));
            segment->acknowledged(*end);
        }
        return out;
    }

    const std::string folder_;
    FileSystem& files_;
    EventLog& events_;
    std::vector<std::unique_ptr<Segment>> segments_;
    LiveIndex index_{0};
    LowWater space_{files_, events_, folder_, 0};
    LargeTexts large_{files_, events_, space_, folder_};
    FoundMessages recovered_;
};

}  // namespace

std::optional<Error> in_use(const std::string& folder)
{
    const auto path = folder + "/lock";
    const auto holder = FileLock::holder(path);
    if (!is_held(path, holder)) return {};
    return Error{EventId::spool_in_use, "process " + std::to_string(holder) + " holds " + path};
}

Result<std::unique_ptr<Spool>> open_stopped_spool(const std::string& folder, FileSystem& files,
                                                  EventLog& events)
{
    if (auto held = in_use(folder)) return *held;
    auto spool = std::make_unique<StoppedSpool>(folder, files, events);
    if (auto read = spool->read(); !read) return read.error();
    return spool;
}

}  // namespace imc::spool
