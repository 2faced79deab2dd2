/// Segments with any contents: a start neither dies nor hangs, and a second one finds the same.
///
/// The first octet says what the rest is: 0, the file as it stands; 1, groups with sound checksums
/// whose records are the rest, for else nothing would ever get past the checksum, and from 128 on a
/// younger segment behind it, so that the second start reads the index that the first has made; 2,
/// the payload of one record, which is read without a spool (much faster).
#include "event/log.h"
#include "kit/faulty_files.h"
#include "spool/encoding.h"
#include "spool/log_spool.h"
#include "spool/segment.h"

#include <cstdlib>
#include <filesystem>
#include <tuple>

using namespace imc;
using namespace imc::spool;

namespace {

constexpr std::uint64_t segment_octets = 4096;

/// For the lock, which is a real file. Removed at the end.
struct Folder {
    Folder()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "imc-fuzz-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

using Found = std::vector<std::tuple<std::uint64_t, std::size_t, std::uint64_t, bool>>;

Found start(kit::FaultyFiles& disk, const std::string& folder, EventLog& events)
{
    Found out;
    const auto spool =
        open_log_spool({folder, segment_octets, 0, 1 << 20, std::chrono::hours{1}}, disk, events);
    if (!spool) return out;
    for (const auto& message : (*spool)->recover()) {
        if (message.states.size() != message.envelope.recipients.size()) __builtin_trap();
        const auto text = (*spool)->body(message.id);
        if (text && text->size() != message.body_octets) __builtin_trap();
        // Of a large one the file may be gone; whatever the log says of it, reading ends.
        for (OctetsReader reader{text ? *text : Body{}}; !reader.at_end();)
            if (!reader.next()) break;
        out.emplace_back(message.id.number, message.states.size(), message.body_octets,
                         text.has_value());
    }
    std::ranges::sort(out);
    return out;
}

/// @return how far it is used
std::uint64_t put_groups(kit::FaultyFiles& disk, const std::string& path, std::string_view octets)
{
    disk.put(path, std::string(segment_octets, '\0'));
    auto file = disk.open(path, OpenMode::write, 0600);
    Segment segment{path, std::move(*file), segment_octets};
    segment.begin(1, 1, {});
    // Two groups, cut at a third.
    const auto cut = octets.size() / 3;
    for (const auto part : {octets.substr(0, cut), octets.substr(cut)})
        if (!part.empty() && part.size() + group_header_octets <= segment.room())
            if (!segment.append({part})) __builtin_trap();
    return segment.used();
}

void put_younger(kit::FaultyFiles& disk, const std::string& path, std::uint64_t used)
{
    disk.put(path, std::string(segment_octets, '\0'));
    auto file = disk.open(path, OpenMode::write, 0600);
    Segment segment{path, std::move(*file), segment_octets};
    segment.begin(2, 1, {1, used});
    if (!segment.write_header()) __builtin_trap();
}

/// What has been read is written back as it was, as far as it is sound.
void read_one(std::string_view payload)
{
    for (const auto kind : {RecordKind::message, RecordKind::moved}) {
        const auto read = read_message(kind, payload);
        const auto places = skim_message(kind, payload);
        const bool fits = places && places->head + places->body_octets == payload.size();
        if (fits != read.has_value()) __builtin_trap();
        if (read) {
            if (places->recipients != read->states.size() || places->id != read->id.number ||
                places->body_crc != read->body_crc || places->large != read->large.has_value() ||
                !read_message_head(kind, payload.substr(0, places->head)))
                __builtin_trap();
            if (read->states.size() != read->envelope.recipients.size()) __builtin_trap();
            const Carried carried{read->states, read->evidence, kind == RecordKind::message};
            const auto head = message_head(read->id, read->envelope, read->body,
                                           read->large ? &*read->large : nullptr, &carried);
            const auto octets = head + std::string{read->body};
            const auto again = read_message(kind, std::string_view{octets}.substr(5));
            if (!again || again->envelope != read->envelope || again->states != read->states ||
                again->evidence != read->evidence)
                __builtin_trap();
        }
    }
    for (std::uint8_t kind = 0; kind < 10; ++kind)
        if (const auto read = read_change(static_cast<RecordKind>(kind), payload)) {
            const auto records = change_records(*read);
            if (records.empty()) continue;  // nothing in it
            const std::string_view all{records};
            const auto again = read_change(static_cast<RecordKind>(all[4]), all.substr(5));
            if (!again || change_records(*again) != records) __builtin_trap();
        }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    static const Folder folder;
    static EventLog events;
    if (size == 0) return 0;
    const std::string_view rest{reinterpret_cast<const char*>(octets) + 1, size - 1};
    if (octets[0] % 3 == 2) {
        read_one(rest);
        return 0;
    }
    kit::FaultyFiles disk{folder.path};
    disk.put(folder.path + "/00000002.seg", std::string(segment_octets, '\0'));  // saves making one
    const auto path = folder.path + "/00000001.seg";
    if (octets[0] % 3 == 1) {
        const auto used = put_groups(disk, path, rest);
        if (octets[0] >= 128) put_younger(disk, folder.path + "/00000003.seg", used);
    } else
        disk.put(path, std::string{rest});
    const auto first = start(disk, folder.path, events);
    if (start(disk, folder.path, events) != first) __builtin_trap();
    return 0;
}
