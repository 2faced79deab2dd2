#include "event/backwards.h"

#include "base/files.h"
#include "base/text.h"
#include "event/record_json.h"

#include <algorithm>
#include <utility>

namespace imc {
namespace {

constexpr std::size_t block = 1 << 18;         // octets
constexpr std::size_t longest_line = 4 << 20;  // octets; what is longer is no record
constexpr std::size_t marked = 256;            // octets
/// So many in a row from before `since`: then all are. A clock that was set makes some.
constexpr std::size_t enough_old_ones = 1000;

/// FNV-1a, of the beginning of a line.
std::uint32_t line_mark(std::string_view line)
{
    std::uint32_t out = 2166136261U;
    for (const char c : line.substr(0, marked))
        out = (out ^ static_cast<unsigned char>(c)) * 16777619U;
    return out;
}

struct Line {
    std::string text;
    std::uint64_t at = 0;
};

/// Lines of a file that end before `end`, the last one first.
class LinesBack {
public:
    LinesBack(File& file, std::uint64_t end) : file_{file}, at_{end} {}

    std::optional<Line> next()
    {
        for (;;) {
            const auto lf = held_.rfind('\n');
            if (lf != held_.npos) {
                Line line{held_.substr(lf + 1), at_ + lf + 1};
                held_.resize(lf);
                if (!std::exchange(skips_, false)) return line;
            } else if (at_ == 0) {
                if (std::exchange(skips_, true)) return {};
                return Line{std::exchange(held_, {}), 0};
            } else if (!read_block()) {
                return {};
            }
        }
    }

private:
    bool read_block()
    {
        if (held_.size() > longest_line) {
            held_.clear();
            skips_ = true;
        }
        std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(at_, block)), '\0');
        const auto got = file_.read_at(at_ - piece.size(), piece);
        if (!got || *got != piece.size()) return false;
        at_ -= piece.size();
        held_.insert(0, piece);
        return true;
    }

    File& file_;
    std::uint64_t at_;   ///< where `held_` stands
    std::string held_;   ///< up to the LF that ends its last line
    bool skips_ = true;  ///< what `held_` ends with is no whole line
};

struct Opened {
    std::unique_ptr<File> file;
    std::uint64_t inode = 0;
};

/// The name may be given to another file between the two calls.
std::optional<Opened> open_one(const std::string& path)
{
    for (int attempt = 0; attempt < 10; ++attempt) {
        const auto before = real_files().status(path);
        if (!before) return {};
        auto file = real_files().open(path, OpenMode::read);
        const auto after = real_files().status(path);
        if (file && after && before->inode == after->inode)
            return Opened{std::move(*file), after->inode};
    }
    return {};
}

/// Newest first. One that is renamed meanwhile is met twice, and taken once.
std::vector<Opened> open_all(const std::string& path)
{
    std::vector<Opened> out;
    for (unsigned n = 0; n <= 100; ++n) {
        auto one = open_one(n == 0 ? path : path + "." + std::to_string(n));
        if (!one && n > 0) break;
        if (one && std::ranges::find(out, one->inode, &Opened::inode) == out.end())
            out.push_back(std::move(*one));
    }
    return out;
}

bool stands_there(File& file, const EventPlace& place)
{
    std::string octets(marked, '\0');
    const auto got = file.read_at(place.at, octets);
    if (!got || *got == 0) return false;
    octets.resize(*got);
    return line_mark(std::string_view{octets}.substr(0, octets.find('\n'))) == place.mark;
}

}  // namespace

std::string to_text(const EventPlace& place)
{
    return std::to_string(place.inode) + "-" + std::to_string(place.at) + "-" +
           std::to_string(place.mark);
}

std::optional<EventPlace> parse_event_place(std::string_view text)
{
    const auto words = split(text, '-');
    if (words.size() != 3) return {};
    const auto inode = parse_number(words[0]), at = parse_number(words[1]),
               mark = parse_number(words[2]);
    if (!inode || !at || !mark || *mark > 0xFFFF'FFFFU) return {};
    return EventPlace{*inode, *at, static_cast<std::uint32_t>(*mark)};
}

EventsBack read_events_back(const std::string& path, const EventFilter& filter, std::size_t most,
                            const std::optional<EventPlace>& from)
{
    EventsBack out;
    EventPlace last;
    auto files = open_all(path);
    auto first = files.begin();
    if (from) {
        first = std::ranges::find(files, from->inode, &Opened::inode);
        out.lost = first == files.end() || !stands_there(*first->file, *from);
        if (out.lost) return out;
    }
    std::size_t old_ones = 0;
    for (auto one = first; one != files.end(); ++one) {
        const auto size = one->file->size();
        if (!size) continue;
        LinesBack lines{*one->file, from && one == first ? from->at : *size};
        while (auto line = lines.next()) {
            auto record = parse_json_line(line->text);
            if (!record) continue;
            old_ones = filter.since && record->time < *filter.since ? old_ones + 1 : 0;
            if (old_ones >= enough_old_ones) return out;
            if (!filter.matches(*record)) continue;
            if (out.records.size() == most) {
                out.next = last;
                return out;
            }
            out.records.push_back(std::move(*record));
            last = {one->inode, line->at, line_mark(line->text)};
        }
    }
    return out;
}

}  // namespace imc
