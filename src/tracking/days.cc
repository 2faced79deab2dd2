#include "tracking/days.h"

#include "base/text.h"
#include "tracking/line.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace imc::tracking {

std::string file_of(Day day)
{
    const std::chrono::year_month_day date{day};
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%04d%02u%02u.log", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return name.data();
}

std::optional<Day> day_of_file(std::string_view name)
{
    if (name.size() != 12 || !name.ends_with(".log")) return {};
    const auto number = parse_number(name.substr(0, 8));
    if (!number) return {};
    const auto n = static_cast<unsigned>(*number);
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(n / 10000)},
                                           std::chrono::month{n / 100 % 100},
                                           std::chrono::day{n % 100}};
    if (!date.ok()) return {};
    return Day{date};
}

namespace {

IoResult<> read_lines(FileSystem& files, const std::string& path,
                      const std::function<bool(std::string_view line)>& take, DaysRead& read)
{
    const auto file = files.open(path, OpenMode::read);
    if (!file && file.error().value() == ENOENT) return {};  // its days were over just now
    if (!file) return file.error();
    read.any_file = true;
    LineSplitter splitter;
    std::string piece(1 << 18, '\0');
    for (std::uint64_t at = 0;;) {
        const auto got = (*file)->read_at(at, piece);
        if (!got) return got.error();
        if (*got == 0) break;
        at += *got;
        splitter.feed(std::string_view{piece}.substr(0, *got), [&](std::string_view line) {
            if (line.empty() || line.front() == '#') return;
            if (!take(line)) ++read.broken_lines;
        });
    }
    read.broken_lines += splitter.too_long();
    return {};
}

}  // namespace

IoResult<DaysRead> read_days(FileSystem& files, const std::string& folder,
                             std::optional<WallTime> since, std::optional<WallTime> until,
                             const std::function<bool(std::string_view line)>& take)
{
    DaysRead read;
    const auto names = files.list(folder);
    if (!names && names.error().value() == ENOENT) return read;
    if (!names) return names.error();
    for (const auto& name : *names) {
        const auto day = day_of_file(name);
        if (!day || (since && *day < day_of(*since)) || (until && *day > day_of(*until))) continue;
        if (const auto done = read_lines(files, folder + "/" + name, take, read); !done)
            return done.error();
    }
    return read;
}

IoResult<> read_range(File& file, std::uint64_t from, std::uint64_t to,
                      const std::function<bool(std::string_view line, std::uint64_t at)>& take,
                      DaysRead& read)
{
    constexpr std::uint64_t most_piece = 1 << 18, usual_line = 4096;
    if (from >= to) return {};
    // From the octet before it on: that tells whether a line begins at `from`.
    std::uint64_t begin = from > 0 ? from - 1 : 0;
    bool skipping = from > 0;
    std::string held;  // what stands at `begin`
    // `to` may be the end of all numbers.
    const auto length = to - begin < most_piece ? to - begin + usual_line : most_piece;
    std::string piece(std::min(most_piece, length), '\0');
    for (auto at = begin;;) {
        const auto got = file.read_at(at, piece);
        if (!got) return got.error();
        if (*got == 0) return {};
        at += *got;
        held.append(piece, 0, *got);
        std::size_t done = 0;
        for (auto end = held.find('\n'); end != held.npos; end = held.find('\n', done)) {
            const auto line_at = begin + done;
            if (!skipping && line_at >= to) return {};
            const auto line = std::string_view{held}.substr(done, end - done);
            done = end + 1;
            if (std::exchange(skipping, false) || line.empty() || line.front() == '#') continue;
            if (line.size() > most_line_octets || !take(line, line_at)) ++read.broken_lines;
        }
        held.erase(0, done);
        begin += done;
        if (!skipping && begin >= to) return {};
        if (held.size() > most_line_octets) {
            if (!std::exchange(skipping, true)) ++read.broken_lines;
            begin += held.size();
            held.clear();
        }
    }
}

IoResult<std::vector<Day>> list_days(FileSystem& files, const std::string& folder)
{
    std::vector<Day> out;
    const auto names = files.list(folder);
    if (!names && names.error().value() == ENOENT) return out;
    if (!names) return names.error();
    for (const auto& name : *names)
        if (const auto day = day_of_file(name)) out.push_back(*day);
    std::ranges::sort(out);
    return out;
}

}  // namespace imc::tracking
