#include "spool/segment_index.h"

#include "spool/crc32c.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace imc::spool {
namespace {

constexpr std::string_view magic = "IMCINDEX";
constexpr std::uint32_t version = 1;
constexpr std::size_t front_octets = 8 + 4 + 4 + segment_header_octets + 8 + 8;  // before the crc
constexpr std::uint64_t most_waiting_octets = 64 << 20;

std::string path_of(std::string segment)
{
    segment.replace(segment.size() - 3, 3, "idx");
    return segment;
}

std::string front_of(std::string_view header, std::uint64_t used, std::uint64_t octets)
{
    Writer rest;
    rest.u32(version);
    rest.u32(0);
    Writer sizes;
    sizes.u64(used);
    sizes.u64(octets);
    return std::string{magic} + rest.take() + std::string{header} + sizes.take();
}

std::string with_crc(std::string front, std::string_view groups)
{
    Writer crc;
    crc.u32(crc32c(crc32c(0, front), groups));
    return front + crc.take();
}

/// Of a file that begins with what is expected; reads no more of another one.
IoResult<std::string> read_behind(File& file, std::string_view front, std::uint64_t size)
{
    std::string begin(front.size(), '\0');
    const auto got = file.read_at(0, begin);
    if (!got) return got.error();
    if (*got != front.size() || begin != front) return std::string{};
    std::string out(static_cast<std::size_t>(size - front.size()), '\0');
    const auto rest = file.read_at(front.size(), out);
    if (!rest) return rest.error();
    out.resize(*rest);
    return out;
}

}  // namespace

std::optional<SegmentIndex> SegmentIndex::read(FileSystem& files, const Segment& segment,
                                               std::uint64_t used)
{
    if (used > segment.capacity()) return {};
    const auto file = files.open(path_of(segment.path()), OpenMode::read);
    if (!file) return {};
    const auto size = (*file)->size();
    if (!size || *size < front_octets + 4 || *size - front_octets - 4 > used) return {};
    const auto front = front_of(segment.header(), used, *size - front_octets - 4);
    auto octets = read_behind(**file, front, *size);
    if (!octets || octets->size() != *size - front_octets) return {};
    Reader in{*octets};
    if (in.u32() != crc32c(crc32c(0, front), std::string_view{*octets}.substr(4))) return {};
    SegmentIndex out{std::move(*octets)};
    if (!out.find_groups(used)) return {};
    return out;
}

std::optional<SegmentIndex::Owner> SegmentIndex::owner(FileSystem& files, const Segment& segment)
{
    const auto file = files.open(path_of(segment.path()), OpenMode::read);
    if (!file) return {};
    std::string front(front_octets, '\0');
    const auto got = (*file)->read_at(0, front);
    if (!got || *got != front.size() || !front.starts_with(magic)) return {};
    Owner out{front.substr(magic.size() + 8, segment_header_octets), 0};
    Reader in{std::string_view{front}.substr(magic.size() + 8 + segment_header_octets)};
    out.used = in.u64();
    return out;
}

/// @return whether their lengths and those in the segment add up
bool SegmentIndex::find_groups(std::uint64_t used)
{
    auto rest = std::string_view{octets_}.substr(4);
    auto at = segment_header_octets;
    while (!rest.empty()) {
        Reader in{rest};
        const std::uint64_t length = in.u32();
        if (in.failed() || length == 0 || length > used) return false;
        at += group_header_octets;
        rest.remove_prefix(4);
        Records records{rest, at, false};
        while (records.at() < at + length)
            if (!records.next()) return false;
        if (records.at() != at + length) return false;
        groups_.push_back({at, octets_.size() - rest.size(), rest.size() - records.left()});
        rest = rest.substr(rest.size() - records.left());
        at += length;
    }
    return at == used;
}

void SegmentIndex::each(const std::function<void(const IndexedGroup&)>& take) const
{
    for (const auto& group : groups_)
        take({group.at, std::string_view{octets_}.substr(group.begin, group.size)});
}

std::optional<std::string> SegmentIndex::head_at(std::uint64_t at) const
{
    std::optional<std::string> out;
    each([&](const IndexedGroup& group) {
        Records records{group.records, group.at, false};
        while (const auto record = records.next())
            if (record->at == at && record->message)
                out = static_cast<char>(record->kind) + std::string{record->payload};
    });
    return out;
}

void begin_group(std::string& index, std::uint64_t octets)
{
    Writer length;
    length.u32(static_cast<std::uint32_t>(octets));
    index += length.take();
}

bool add_group(std::string& index, std::string_view records)
{
    begin_group(index, records.size());
    Records all{records, 0, true};
    while (const auto record = all.next()) {
        const auto* const front = record->payload.data() - record_front_octets;
        index.append(front, record_front_octets + record->payload.size());
    }
    return all.sound();
}

SegmentIndexes::~SegmentIndexes()
{
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void SegmentIndexes::write(const Segment& segment, std::string groups)
{
    {
        const std::lock_guard lock{mutex_};
        if (waiting_octets_ + groups.size() > most_waiting_octets) return;
    }
    const auto octets = groups.size();
    add({path_of(segment.path()), front_of(segment.header(), segment.used(), octets),
         std::move(groups)});
}

void SegmentIndexes::remove(const Segment& segment) { add({path_of(segment.path()), {}, {}}); }

void SegmentIndexes::sweep(const std::string& folder)
{
    const auto names = files_.list(folder);
    if (!names) return;
    for (const auto& name : *names) {
        if (!name.ends_with(".idx")) continue;
        const auto segment = name.substr(0, name.size() - 3) + "seg";
        if (!std::ranges::binary_search(*names, segment)) add({folder + "/" + name, {}, {}});
    }
}

void SegmentIndexes::add(Job job)
{
    {
        const std::lock_guard lock{mutex_};
        waiting_octets_ += job.groups.size();
        jobs_.push_back(std::move(job));
        if (!thread_.joinable()) begin();
    }
    changed_.notify_all();
}

/// Without a thread the indexes wait, and starts read the segments.
void SegmentIndexes::begin() noexcept
{
    try {
        thread_ = std::thread{[this] { run(); }};
    } catch (...) {  // NOLINT(bugprone-empty-catch): no thread, or no memory for one
    }
}

void SegmentIndexes::run()
{
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        const auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        try {
            (void)files_.remove(job.path);
            if (!job.front.empty()) write_now(job);
        } catch (...) {  // NOLINT(bugprone-empty-catch): without one a start reads the segment
        }
        lock.lock();
        waiting_octets_ -= job.groups.size();
    }
}

void SegmentIndexes::write_now(const Job& job)
{
    auto file = files_.open(job.path, OpenMode::create_new);
    if (!file) return;
    const auto front = with_crc(job.front, job.groups);
    const std::string_view pieces[] = {front, job.groups};
    if (!(*file)->write_at(0, pieces)) (void)files_.remove(job.path);
}

}  // namespace imc::spool
