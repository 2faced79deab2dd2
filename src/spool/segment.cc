#include "spool/segment.h"

#include "spool/crc32c.h"
#include "spool/encoding.h"

namespace imc::spool {
namespace {

constexpr std::string_view magic = "IMCSPOOL";
constexpr std::uint32_t version = 3;
constexpr std::uint32_t oldest_read = 2;

std::uint32_t seed_of(std::uint64_t generation)
{
    Writer out;
    out.u64(generation);
    return crc32c(0, out.take());
}

std::string header_of(std::uint64_t generation, std::uint64_t next_id, Segment::Before before)
{
    Writer out;
    for (const char c : magic)
        out.u8(static_cast<std::uint8_t>(c));
    out.u32(version);
    out.u32(0);
    out.u64(generation);
    out.u64(next_id);
    out.u64(before.generation);
    out.u64(before.used);
    auto octets = out.take();
    Writer crc;
    crc.u32(crc32c(0, octets));
    return octets + crc.take();
}

}  // namespace

IoResult<std::unique_ptr<Segment>> Segment::create(FileSystem& files, const std::string& folder,
                                                   const std::string& name, std::uint64_t octets)
{
    const auto path = folder + "/" + name;
    auto file = files.open(path, OpenMode::create_new);
    if (!file) return file.error();
    const auto fill = [&]() -> IoResult<> {
        const std::string zeros(1 << 20, '\0');
        for (std::uint64_t at = 0; at < octets; at += zeros.size()) {
            const auto piece =
                std::string_view{zeros}.substr(0, static_cast<std::size_t>(octets - at));
            if (auto put = (*file)->write_at(at, piece); !put) return put;
        }
        if (auto synced = (*file)->sync(); !synced) return synced;
        return files.sync_folder(folder);
    };
    if (auto filled = fill(); !filled) {
        (void)files.remove(path);
        return filled.error();
    }
    return std::make_unique<Segment>(path, std::move(*file), octets);
}

void Segment::begin(std::uint64_t generation, std::uint64_t next_id, Before before)
{
    before_ = before;
    generation_ = generation;
    next_id_ = next_id;
    seed_ = seed_of(generation);
    used_ = segment_header_octets;
    header_written_ = false;
    of_older_version_ = false;
    live.clear();
    live_octets = 0;
}

IoResult<> Segment::write_header()
{
    auto front = header_of(generation_, next_id_, before_);
    front.append(group_header_octets, '\0');  // what a former life left behind it does not count
    if (auto put = file_->write_at(0, front); !put) return put;
    if (auto synced = file_->sync_data(); !synced) return synced;
    header_written_ = true;
    return {};
}

IoResult<std::uint64_t> Segment::append(const std::vector<std::string_view>& records)
{
    std::uint32_t crc = seed_;
    std::uint64_t octets = 0;
    for (const auto record : records) {
        crc = crc32c(crc, record);
        octets += record.size();
    }
    Writer head;
    head.u32(static_cast<std::uint32_t>(octets));
    head.u32(crc);
    auto front = head.take();
    const auto begin = used_ + group_header_octets;
    if (!header_written_) front = header_of(generation_, next_id_, before_) + front;
    std::vector<std::string_view> pieces{front};
    pieces.insert(pieces.end(), records.begin(), records.end());
    const std::string end(4, '\0');  // what a former life left behind this group is not looked at
    if (begin + octets + end.size() <= capacity_) pieces.push_back(end);
    if (auto put = file_->write_at(header_written_ ? used_ : 0, pieces); !put) return put.error();
    if (auto synced = file_->sync_data(); !synced) return synced.error();
    header_written_ = true;
    used_ = begin + octets;
    return begin;
}

IoResult<std::string> Segment::read(std::uint64_t offset, std::size_t octets)
{
    std::string out(octets, '\0');
    const auto got = file_->read_at(offset, out);
    if (!got) return got.error();
    out.resize(*got);
    return out;
}

Result<> Segment::replay(const std::function<void(const Group&)>& take, std::uint64_t limit)
{
    const auto head = read(0, segment_header_octets);
    if (!head) return Error{EventId::spool_damaged, path_ + ": " + head.error().message()};
    // A file of zeros, or a header torn when the segment's new life began: nothing here counts.
    if (head->size() < segment_header_octets || !head->starts_with(magic)) return {};
    Reader in{std::string_view{*head}.substr(magic.size())};
    const auto found = in.u32();
    (void)in.u32();
    const auto generation = in.u64();
    const auto next_id = in.u64();
    Before before;
    before.generation = in.u64();
    before.used = in.u64();
    if (in.u32() != crc32c(0, std::string_view{*head}.substr(0, segment_header_octets - 4)))
        return {};
    if (found < oldest_read || found > version)
        return Error{EventId::spool_damaged, path_ + ": format version " + std::to_string(found) +
                                                 " found, " + std::to_string(oldest_read) + " to " +
                                                 std::to_string(version) +
                                                 " expected; a newer imc wrote it"};
    begin(generation, next_id, before);
    of_older_version_ = found < version;
    header_written_ = true;
    while (used_ < limit && room() > group_header_octets) {
        const auto front = read(used_, group_header_octets);
        if (!front) return Error{EventId::spool_damaged, path_ + ": " + front.error().message()};
        Reader group{*front};
        const auto length = group.u32();
        const auto crc = group.u32();
        if (length == 0) return {};
        if (group.failed() || length > room() - group_header_octets) return {};
        const auto records = read(used_ + group_header_octets, length);
        if (!records)
            return Error{EventId::spool_damaged, path_ + ": " + records.error().message()};
        if (records->size() != length || crc32c(seed_, *records) != crc) return {};
        take({used_ + group_header_octets, *records});
        used_ += group_header_octets + length;
    }
    return {};
}

IoResult<> Segment::forget()
{
    const std::string zeros(segment_header_octets + group_header_octets, '\0');
    if (auto put = file_->write_at(0, zeros); !put) return put;
    if (auto synced = file_->sync_data(); !synced) return synced;
    header_written_ = false;
    return {};
}

IoResult<> Segment::rewrite()
{
    auto octets = read(0, static_cast<std::size_t>(used_));
    if (!octets) return octets.error();
    if (used_ + 4 <= capacity_) octets->append(4, '\0');  // and what was torn behind it is cut off
    if (auto put = file_->write_at(0, *octets); !put) return put;
    return file_->sync_data();
}

}  // namespace imc::spool
