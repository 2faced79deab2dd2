#include "mail/part_scanner.h"

#include "base/text.h"
#include "mail/content_type.h"

#include <algorithm>
#include <utility>

namespace imc::mail {
namespace {

constexpr std::size_t longest_fragment = 8192;
constexpr std::size_t most_of_a_value = 2048;
constexpr std::size_t most_of_a_boundary = 256;  // RFC 2046: 70
constexpr std::size_t most_levels = 100;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view without_line_end(std::string_view line)
{
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// What is behind "name:"; nothing when it is another field.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name)
{
    if (!starts_with_word(line, name)) return {};
    line.remove_prefix(name.size());
    while (!line.empty() && is_blank(line.front()))
        line.remove_prefix(1);
    if (!line.starts_with(':')) return {};
    return line.substr(1);
}

}  // namespace

std::string encoding_name(std::string_view value)
{
    ContentTypeReader reader{value};  // comments and blanks are the same there
    return reader.type();
}

bool PartHead::plain() const
{
    return encoding.empty() || encoding == "7bit" || encoding == "8bit" || encoding == "binary";
}

/// Cut by itself alone, so that nothing depends on the pieces that come.
void PartScanner::feed(std::string_view piece)
{
    while (!piece.empty()) {
        auto part = piece.substr(0, longest_fragment - partial_.size());
        const auto end = part.find('\n');
        part = part.substr(0, end == part.npos ? end : end + 1);
        piece.remove_prefix(part.size());
        partial_ += part;
        const bool ends = end != part.npos;
        if (!ends && partial_.size() < longest_fragment) return;
        fragment(partial_, std::exchange(line_begins_, ends));
        partial_.clear();
    }
}

void PartScanner::end()
{
    if (!partial_.empty()) fragment(partial_, line_begins_);
    partial_.clear();
    leave_part();
    place_ = Place::outside;
}

void PartScanner::fragment(std::string_view octets, bool begins)
{
    if (begins && octets.starts_with("--") && is_boundary(octets)) return;
    switch (place_) {
    case Place::header: header_line(octets, begins); break;
    case Place::text: text_line(octets); break;
    case Place::outside: listener_.frame(octets); break;
    }
}

/// The innermost multipart whose boundary it is; those within it have ended without one.
bool PartScanner::is_boundary(std::string_view octets)
{
    auto line = without_line_end(octets).substr(2);
    while (!line.empty() && is_blank(line.back()))
        line.remove_suffix(1);
    for (auto i = levels_.size(); i-- > 0;) {
        const auto& boundary = levels_[i].boundary;
        const bool next = line == boundary;
        const bool closes = line.size() == boundary.size() + 2 && line.starts_with(boundary) &&
                            line.ends_with("--");
        if (!next && !closes) continue;
        const bool digest = levels_[i].digest;
        const auto held = std::exchange(held_, {});
        leave_part();
        if (!held.empty()) listener_.frame(held);
        listener_.frame(octets);
        levels_.resize(next ? i + 1 : i);
        if (next)
            begin_header(false, digest);
        else
            place_ = Place::outside;
        return true;
    }
    return false;
}

void PartScanner::leave_part()
{
    if (place_ == Place::header) end_header({});
    if (place_ != Place::text) return;
    if (!held_.empty()) listener_.text(std::exchange(held_, {}));
    listener_.text_end();
}

void PartScanner::begin_header(bool of_message, bool in_digest)
{
    place_ = Place::header;
    field_ = Field::other;
    of_message_ = of_message;
    in_digest_ = in_digest;
    seen_type_ = seen_encoding_ = false;
    type_.clear();
    encoding_.clear();
}

void PartScanner::header_line(std::string_view octets, bool begins)
{
    const auto line = without_line_end(octets);
    if (begins && line.empty()) return end_header(octets);
    const auto add = [&](std::string& value, std::string_view more) {
        value += more.substr(0, most_of_a_value - std::min(most_of_a_value, value.size()));
    };
    const bool continued = !begins || is_blank(line.front());
    if (!continued) {
        const auto type = value_of(line, "Content-Type");
        const auto encoding = value_of(line, "Content-Transfer-Encoding");
        field_ = encoding ? Field::encoding : type && !seen_type_ ? Field::type : Field::other;
        if (field_ == Field::type) add(type_, *type);
        if (encoding && !std::exchange(seen_encoding_, true)) add(encoding_, *encoding);
        seen_type_ = seen_type_ || type;
    } else if (field_ == Field::type) {
        add(type_, line);
    } else if (field_ == Field::encoding && encoding_.find_first_not_of(" \t") == encoding_.npos) {
        add(encoding_, line);
    }
    listener_.header(octets, field_ == Field::encoding);
}

PartKind PartScanner::kind_of(const std::string& encoding, std::string& boundary,
                              bool& digest) const
{
    ContentTypeReader reader{type_};
    auto type = seen_type_ ? reader.type() : std::string{in_digest_ ? "message/rfc822" : ""};
    PartHead head;
    head.encoding = encoding;
    if (type.starts_with("multipart/")) {
        digest = type == "multipart/digest";
        boundary = reader.boundary().value_or("");
        while (boundary.ends_with(' '))  // as a line's end is read
            boundary.pop_back();
        const bool opens = !boundary.empty() && boundary.size() <= most_of_a_boundary &&
                           head.plain() && levels_.size() < most_levels;
        const bool closed = type == "multipart/signed" || type == "multipart/encrypted";
        return opens && !closed ? PartKind::composite : PartKind::sealed;
    }
    if (!type.starts_with("message/")) return PartKind::leaf;
    const bool message = type == "message/rfc822" || type == "message/global";
    return message && head.plain() ? PartKind::composite : PartKind::sealed;
}

void PartScanner::end_header(std::string_view line)
{
    PartHead head;
    head.has_type = seen_type_;
    head.of_message = of_message_;
    head.encoding = encoding_name(encoding_);
    std::string boundary;
    bool digest = false;
    head.kind = kind_of(head.encoding, boundary, digest);
    listener_.header_end(head, line);
    if (head.kind != PartKind::composite) {
        place_ = Place::text;
        return;
    }
    if (boundary.empty()) {
        // Without the empty line its message has not begun.
        if (line.empty())
            place_ = Place::outside;
        else
            begin_header(true, false);
        return;
    }
    levels_.push_back({std::move(boundary), digest});
    place_ = Place::outside;
}

void PartScanner::text_line(std::string_view octets)
{
    if (held_ == "\r" && octets == "\n") {  // a line end that the limit of a fragment has cut
        held_ = "\r\n";
        return;
    }
    if (!held_.empty()) listener_.text(std::exchange(held_, {}));
    const auto text =
        octets.ends_with('\n') || octets.ends_with('\r') ? without_line_end(octets) : octets;
    held_ = octets.substr(text.size());
    if (!text.empty()) listener_.text(text);
}

}  // namespace imc::mail
