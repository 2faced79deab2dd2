#include "mail/mime_depth.h"

#include "base/text.h"
#include "mail/content_type.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace imc::mail {
namespace {

constexpr std::size_t most_of_a_field = 2048;    // a Content-Type, unfolded; the rest is cut off
constexpr std::size_t most_of_a_boundary = 256;  // RFC 2046: 70

std::uint32_t hash_of(std::string_view text)
{
    std::uint32_t hash = 2166136261U;  // FNV-1a
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

/// Lines that cannot matter are passed over without being gathered.
void MimeDepth::look(std::string_view piece)
{
    while (looking_ && !piece.empty()) {
        const auto* const end =
            static_cast<const char*>(std::memchr(piece.data(), '\n', piece.size()));
        const auto octets =
            end == nullptr ? piece.size() : static_cast<std::size_t>(end - piece.data());
        const auto part = piece.substr(0, octets);
        piece.remove_prefix(end == nullptr ? octets : octets + 1);
        if (!skipping_) {
            const auto most = place_ == Place::header ? most_of_a_field : most_of_a_boundary + 8;
            if (end != nullptr && partial_.empty()) {
                line(part.substr(0, most));
                continue;
            }
            partial_ += part.substr(0, most - std::min(most, partial_.size()));
            const auto front = std::string_view{partial_}.substr(0, 2);
            skipping_ = place_ == Place::text && !std::string_view{"--"}.starts_with(front);
            if (skipping_) partial_.clear();
        }
        if (end == nullptr) return;
        if (!std::exchange(skipping_, false)) line(partial_);
        partial_.clear();
    }
}

void MimeDepth::line(std::string_view line)
{
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("--") && is_boundary(line.substr(2))) return;
    if (place_ == Place::header) header_line(line);
}

/// The innermost multipart whose boundary it is; those within it have ended without one.
bool MimeDepth::is_boundary(std::string_view line)
{
    if (levels_.empty()) return false;
    while (!line.empty() && is_blank(line.back()))
        line.remove_suffix(1);
    if (line.size() > most_of_a_boundary + 2) return false;
    const auto opens = hash_of(line);
    const bool may_close = line.ends_with("--");
    const auto name = may_close ? line.substr(0, line.size() - 2) : std::string_view{};
    const auto closes = may_close ? hash_of(name) : 0;
    for (auto i = levels_.size(); i-- > 0;) {
        const auto& level = levels_[i];
        const bool next = level.hash == opens && level.boundary == line;
        if (!next && !(may_close && level.hash == closes && level.boundary == name)) continue;
        depth_ = level.depth;
        if (next) {
            begin_part(level.digest);
            levels_.erase(levels_.begin() + static_cast<std::ptrdiff_t>(i) + 1, levels_.end());
        } else {
            levels_.erase(levels_.begin() + static_cast<std::ptrdiff_t>(i), levels_.end());
            place_ = Place::text;
            looking_ = !levels_.empty();
        }
        return true;
    }
    return false;
}

void MimeDepth::begin_part(bool of_digest)
{
    place_ = Place::header;
    preset_ = of_digest ? Type::message : Type::other;
    seen_type_ = in_type_ = false;
    type_.clear();
}

void MimeDepth::header_line(std::string_view line)
{
    if (line.empty()) return end_of_header();
    if (is_blank(line.front())) {
        if (in_type_)
            type_ += line.substr(0, most_of_a_field - std::min(most_of_a_field, type_.size()));
        return;
    }
    in_type_ = false;
    constexpr std::string_view name = "Content-Type";
    if (seen_type_ || !starts_with_word(line, name)) return;
    auto rest = line.substr(name.size());
    while (!rest.empty() && is_blank(rest.front()))
        rest.remove_prefix(1);
    if (!rest.starts_with(':')) return;
    seen_type_ = in_type_ = true;
    type_ = rest.substr(1);
}

void MimeDepth::end_of_header()
{
    auto type = preset_;
    ContentTypeReader reader{type_};
    if (seen_type_) {
        const auto name = reader.type();
        type = name == "multipart/digest"                             ? Type::digest
               : name.starts_with("multipart/")                       ? Type::multipart
               : name == "message/rfc822" || name == "message/global" ? Type::message
                                                                      : Type::other;
    }
    if (type == Type::message) {
        if (enter()) begin_part(false);
        return;
    }
    place_ = Place::text;
    if (type == Type::multipart || type == Type::digest) {
        auto boundary = reader.boundary();
        while (boundary && boundary->ends_with(' '))  // as a line's end is read
            boundary->pop_back();
        // One without a boundary has no parts that anybody could find.
        if (boundary && !boundary->empty() && boundary->size() <= most_of_a_boundary) {
            if (!enter()) return;
            const auto hash = hash_of(*boundary);
            levels_.push_back({std::move(*boundary), hash, depth_, type == Type::digest});
        }
    }
    looking_ = !levels_.empty();
}

/// One level deeper; false when that is too deep to go on.
bool MimeDepth::enter()
{
    deepest_ = std::max(deepest_, ++depth_);
    looking_ = !over_limit();
    if (!looking_) {
        levels_ = {};
        partial_ = {};
        type_ = {};
    }
    return looking_;
}

}  // namespace imc::mail
