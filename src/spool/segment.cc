#include "spool/segment.h"

#include "spool/crc32c.h"
#include "spool/encoding.h"

#include <algorithm>

namespace imc::spool {
namespace {

constexpr std::string_view magic = "IMCSPOOL";
constexpr std::uint32_t version = 3;
constexpr std::uint32_t oldest_read = 2;
constexpr std::size_t end_mark = 4;  // octets of zeros, where the length of a group would stand

std::string header_of(std::uint32_t of_version, std::uint64_t generation, std::uint64_t next_id,
                      Segment::Before before)
{
    Writer out;
    for (const char c : magic)
        out.u8(static_cast<std::uint8_t>(c));
    out.u32(of_version);
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
        if (auto reserved = (*file)->allocate(octets); !reserved) return reserved;
        if (auto synced = (*file)->sync(); !synced) return synced;
        return files.sync_folder(folder);
    };
    if (auto filled = fill(); !filled) {
        (void)files.remove(path);
        return filled.error();
    }
    return std::make_unique<Segment>(path, std::move(*file), octets);
}

std::uint32_t Segment::seed_of(std::uint64_t generation)
{
    Writer out;
    out.u64(generation);
    return crc32c(0, out.take());
}

void Segment::begin(std::uint64_t generation, std::uint64_t next_id, Before before)
{
    before_ = before;
    generation_ = generation;
    next_id_ = next_id;
    seed_ = seed_of(generation);
    used_ = segment_header_octets;
    header_written_ = false;
    version_ = version;
    tail_.clear();
    without_bodies = {};
    ids = {};
    live_messages = 0;
    live_octets = 0;
    stays = false;
}

bool Segment::of_older_version() const { return version_ < version; }

std::string Segment::header() const { return header_of(version_, generation_, next_id_, before_); }

IoResult<> Segment::write_header()
{
    auto front = header();
    front.append(group_header_octets, '\0');  // what a former life left behind it does not count
    if (auto put = file_->write_at(0, front); !put) return put;
    if (auto synced = file_->sync_data(); !synced) return synced;
    header_written_ = true;
    return {};
}

void Segment::write_directly(FileSystem& files)
{
    // Where the disk cannot, what is written goes through the system's cache: slower, as safe.
    auto direct = files.open_direct(path_);
    if (!direct || capacity_ % (*direct)->alignment() != 0) return;
    direct_ = std::move(*direct);
    tail_.clear();
    if (!header_written_) return;
    const auto begin = used_ - used_ % direct_->alignment();
    auto octets = read(begin, static_cast<std::size_t>(used_ - begin));
    if (octets && octets->size() == used_ - begin)
        tail_ = std::move(*octets);
    else
        direct_.reset();
}

void Segment::leave() { direct_.reset(); }

/// Whole blocks: what stands before it in the first one is written again, as it was.
IoResult<> Segment::put(std::uint64_t at, std::vector<std::string_view> pieces)
{
    if (!direct_) {
        if (auto written = file_->write_at(at, pieces); !written) return written;
        return file_->sync_data();
    }
    const auto block = direct_->alignment();
    pieces.insert(pieces.begin(), tail_);
    std::uint64_t octets = 0;
    for (const auto piece : pieces)
        octets += piece.size();
    const std::string padding(static_cast<std::size_t>((block - octets % block) % block), '\0');
    pieces.push_back(padding);
    if (auto written = direct_->write_at(at - tail_.size(), pieces); !written) return written;
    return direct_->sync_data();
}

/// What the last block, up to `end`, holds once `pieces` stand before that.
void Segment::remember_tail(std::uint64_t end, const std::vector<std::string_view>& pieces)
{
    if (!direct_) return;
    auto wanted = static_cast<std::size_t>(end % direct_->alignment());
    std::string tail;
    for (auto piece = pieces.rbegin(); piece != pieces.rend() && tail.size() < wanted; ++piece)
        tail.insert(0,
                    piece->substr(piece->size() - std::min(piece->size(), wanted - tail.size())));
    if (tail.size() < wanted) tail.insert(0, tail_.substr(tail_.size() - (wanted - tail.size())));
    tail_ = std::move(tail);
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
    if (!header_written_) front = header() + front;
    std::vector<std::string_view> pieces{front};
    pieces.insert(pieces.end(), records.begin(), records.end());
    const auto at = header_written_ ? used_ : 0;
    auto all = pieces;
    const std::string end(end_mark,
                          '\0');  // what a former life left behind this group is not looked at
    if (begin + octets + end.size() <= capacity_) all.push_back(end);
    if (auto put = this->put(at, std::move(all)); !put) return put.error();
    header_written_ = true;
    used_ = begin + octets;
    remember_tail(used_, pieces);
    return begin;
}

IoResult<std::string> Segment::read(std::uint64_t offset, std::size_t octets) const
{
    std::string out(octets, '\0');
    const auto got = file_->read_at(offset, out);
    if (!got) return got.error();
    out.resize(*got);
    return out;
}

Segment::Salvage Segment::salvage(std::uint64_t offset, std::size_t octets) const
{
    constexpr std::uint64_t block = 4096;
    if (auto whole = read(offset, octets); whole && whole->size() == octets)
        return {std::move(*whole), {}, {}};
    Salvage out;
    while (out.octets.size() < octets) {
        const auto at = offset + out.octets.size();
        const auto wanted = static_cast<std::size_t>(
            std::min<std::uint64_t>(block - at % block, octets - out.octets.size()));
        auto piece = read(at, wanted);
        if (!piece || piece->size() < wanted) {
            if (out.failure.empty())
                out.failure = piece ? "the file ends" : piece.error().message();
            out.holes.push_back({at + (piece ? piece->size() : 0), at + wanted});
        }
        if (!piece) piece = std::string{};
        piece->resize(wanted, '\0');
        out.octets += *piece;
    }
    return out;
}

std::optional<Segment::Header> Segment::parse_header(std::string_view octets)
{
    if (octets.size() < segment_header_octets || !octets.starts_with(magic)) return {};
    Reader in{octets.substr(magic.size())};
    Header out;
    out.version = in.u32();
    (void)in.u32();
    out.generation = in.u64();
    out.next_id = in.u64();
    out.before.generation = in.u64();
    out.before.used = in.u64();
    if (in.u32() != crc32c(0, octets.substr(0, segment_header_octets - 4))) return {};
    return out;
}

Segment::Header Segment::new_header(std::uint64_t generation, std::uint64_t next_id, Before before)
{
    return {version, generation, next_id, before};
}

void Segment::assume(const Header& header)
{
    begin(header.generation, header.next_id, header.before);
    version_ = header.version;
    header_written_ = true;
}

IoResult<> Segment::mend_header()
{
    if (auto put = file_->write_at(0, header()); !put) return put;
    return file_->sync_data();
}

Result<> Segment::replay(const std::function<void(const Group&)>& take, std::uint64_t limit,
                         Gaps* gaps)
{
    const auto head = read(0, segment_header_octets);
    if (!head) return Error{EventId::spool_damaged, path_ + ": " + head.error().message()};
    // A file of zeros, or a header torn when the segment's new life began: nothing here counts.
    const auto header = parse_header(*head);
    if (!header) return {};
    const auto found = header->version;
    if (found < oldest_read || found > version)
        return Error{EventId::spool_damaged,
                     path_ + ": format version " + std::to_string(found) + " found, " +
                         std::to_string(oldest_read) + " to " + std::to_string(version) +
                         " expected; " +
                         (found > version ? "a newer imc wrote it"
                                          : "start the imc that reads " + std::to_string(found) +
                                                " and " + std::to_string(found + 1) + " once")};
    assume(*header);
    const auto end = walk(take, limit, gaps);
    if (!end) return end.error();
    used_ = *end;
    return {};
}

std::optional<std::string_view> Segment::group_at(std::string_view octets, std::size_t at,
                                                  std::span<const std::uint32_t> seeds,
                                                  std::uint64_t& checked)
{
    Reader in{octets.substr(at)};
    const auto length = in.u32();
    const auto crc = in.u32();
    const auto record = in.u32();
    const auto kind = in.u8();
    if (in.failed()) return {};
    const auto left = octets.size() - at - group_header_octets;
    if (length > left || length < record_front_octets || record == 0 || record > length - 4 ||
        kind == 0 || kind > static_cast<std::uint8_t>(RecordKind::done))
        return {};
    const auto records = octets.substr(at + group_header_octets, length);
    for (const auto seed : seeds) {
        checked += length;
        if (crc32c(seed, records) == crc) return records;
    }
    return {};
}

std::optional<std::uint64_t> Segment::group_behind(std::uint64_t at, std::uint64_t limit) const
{
    const auto rest = salvage(at, static_cast<std::size_t>(std::min(limit, capacity_) - at));
    std::uint64_t checked = 0;
    auto place =
        rest.holes.empty() ? std::size_t{0} : static_cast<std::size_t>(rest.holes.front().to - at);
    for (; place + group_header_octets < rest.octets.size() && checked <= most_checked; ++place)
        if (group_at(rest.octets, place, {&seed_, 1}, checked)) return at + place;
    return {};
}

Result<std::uint64_t> Segment::walk(const std::function<void(const Group&)>& take,
                                    std::uint64_t limit, Gaps* gaps) const
{
    const auto missing = [gaps](const std::string& why) {
        if (gaps->failure.empty()) gaps->failure = why;
    };
    auto at = segment_header_octets;
    while (at < limit && at + group_header_octets < capacity_) {
        const auto front = read(at, group_header_octets);
        if (!front) {
            if (gaps == nullptr)
                return Error{EventId::spool_damaged, path_ + ": " + front.error().message()};
            missing(front.error().message());
            const auto next = group_behind(at, limit);  // how long this one is nobody knows
            if (!next) {
                gaps->ended = true;
                break;
            }
            gaps->octets += *next - at;
            at = *next;
            continue;
        }
        Reader group{*front};
        const auto length = group.u32();
        const auto crc = group.u32();
        if (length == 0) break;
        if (group.failed() || length > capacity_ - at - group_header_octets) break;
        const auto records = read(at + group_header_octets, length);
        if (!records) {
            if (gaps == nullptr)
                return Error{EventId::spool_damaged, path_ + ": " + records.error().message()};
            const auto rest = salvage(at + group_header_octets, length);
            missing(records.error().message());
            if (gaps->take) gaps->take(at + group_header_octets, rest);
            at += group_header_octets + length;
            continue;
        }
        if (records->size() != length || crc32c(seed_, *records) != crc) break;
        take({at + group_header_octets, *records});
        at += group_header_octets + length;
    }
    return at;
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
    auto [octets, failure, holes] = salvage(0, static_cast<std::size_t>(used_));
    // And what was torn behind it is cut off; not where the disk does not give what is to be
    // changed in part: whatever stands there, a younger segment tells that it does not count.
    if (used_ + end_mark <= capacity_ && read(used_, end_mark)) octets.append(end_mark, '\0');
    holes.push_back({octets.size(), octets.size()});
    std::uint64_t from = 0;
    for (const auto& hole : holes) {
        const auto piece = std::string_view{octets}.substr(from, hole.from - from);
        if (!piece.empty())
            if (auto put = file_->write_at(from, piece); !put) return put;
        from = hole.to;
    }
    return file_->sync_data();
}

}  // namespace imc::spool
