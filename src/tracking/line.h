#pragma once
/// @file tracking/line.h  Lines of tab-separated fields; docs/formats/tracking.md. Pure.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::tracking {

/// Longest field before escaping; longer ones end in "...".
inline constexpr std::size_t most_field_octets = 2000;
/// Longest line readers look at; longer ones count as broken.
inline constexpr std::size_t most_line_octets = 1 << 18;

/// A stranger's text goes in as it is; what would end a field or a line comes out escaped.
class LineWriter {
public:
    LineWriter() { line_.reserve(usual_octets); }
    LineWriter& add(std::string_view field, std::size_t most = most_field_octets);
    LineWriter& add(std::uint64_t number) { return add(std::to_string(number)); }
    /// With its LF.
    std::string take();

private:
    static constexpr std::size_t usual_octets = 512;
    std::string line_;
    bool first_ = true;
};

/// Fields of a line without its LF, unescaped.
std::vector<std::string> read_fields(std::string_view line);
/// One of them. @param written  as it stands in the line
/// @param room  for one that has escapes; what comes back is of `written` or of it
std::string_view read_field(std::string_view written, std::string& room);

/// Cuts octets that come in pieces into lines. What stands behind the last LF is not there yet.
class LineSplitter {
public:
    using Take = std::function<void(std::string_view line)>;
    /// `take` gets each whole line without its LF.
    void feed(std::string_view octets, const Take& take);
    std::size_t too_long() const { return too_long_; }

private:
    std::string rest_;
    bool skipping_ = false;
    std::size_t too_long_ = 0;
};

}  // namespace imc::tracking
