#include "smtp/transcript.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace imc::smtp {
namespace {

constexpr std::string_view hidden = "<hidden>";

constexpr std::string_view blanks = " \t";

std::string_view first_word(std::string_view line)
{
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    return line.substr(0, line.find_first_of(blanks));
}

/// "AUTH PLAIN <hidden>": the mechanism is no secret. Blanks where none belong hide nothing less.
std::string without_response(std::string_view auth)
{
    auto at = auth.find_first_not_of(blanks);
    for (int word = 0; word < 2 && at != auth.npos; ++word)
        at = auth.find_first_not_of(blanks, std::min(auth.find_first_of(blanks, at), auth.size()));
    if (at == auth.npos) return std::string{auth};
    return std::string{auth.substr(0, at)} + std::string{hidden};
}

bool is_verb(std::string_view word)
{
    constexpr std::string_view verbs[] = {"EHLO", "HELO", "LHLO", "MAIL",     "RCPT",   "DATA",
                                          "BDAT", "RSET", "NOOP", "QUIT",     "VRFY",   "EXPN",
                                          "HELP", "ETRN", "AUTH", "STARTTLS", "XCLIENT"};
    return std::ranges::any_of(verbs, [&](std::string_view verb) { return same_word(word, verb); });
}

bool is_header_line(std::string_view line)
{
    if (line.empty()) return false;
    const auto colon = line.find(':');
    return line.front() == ' ' || line.front() == '\t' ||
           (colon != line.npos && colon > 0 &&
            std::ranges::all_of(line.substr(0, colon), [](char c) { return c > ' ' && c < 127; }));
}

}  // namespace

Transcript::Transcript(bool with_headers, Take take)
    : take_{std::move(take)}, with_headers_{with_headers}
{}

bool Transcript::Gathered::add(std::string_view& octets)
{
    const auto lf = octets.find('\n');
    const auto part = octets.substr(0, lf == octets.npos ? lf : lf + 1);
    if (lf != octets.npos) {
        ends_crlf = (part.size() > 1 ? part[part.size() - 2] : last) == '\r';
        last = 0;
    } else {
        last = part.back();
    }
    const auto kept = part.substr(0, most_line + 2 - std::min(line.size(), most_line + 2));
    line += kept;
    dropped += part.size() - kept.size();
    octets.remove_prefix(part.size());
    return lf != octets.npos && lf + 1 == part.size();
}

std::string Transcript::Gathered::take()
{
    std::string out = std::exchange(line, {});
    const auto more = std::exchange(dropped, 0);
    while (more == 0 && !out.empty() && (out.back() == '\n' || out.back() == '\r'))
        out.pop_back();
    if (more > 0) out += "... and " + std::to_string(more) + " octets more";
    return out;
}

void Transcript::client(std::string_view octets)
{
    client_octets_ += octets.size();
    take_client(octets);
}

void Transcript::take_client(std::string_view octets)
{
    while (!octets.empty()) {
        switch (mode_) {
        case Mode::opening: open(octets); break;
        case Mode::text: take_text(octets); break;
        case Mode::chunk: take_chunk(octets); break;
        case Mode::held: hold(octets); break;
        case Mode::response:
            if (from_client_.add(octets)) response();
            break;
        case Mode::commands:
            if (from_client_.add(octets)) command();
            break;
        }
    }
}

void Transcript::hold(std::string_view& octets)
{
    const auto kept = octets.substr(0, most_held - std::min(held_.size(), most_held));
    held_ += kept;
    not_told_ += octets.size() - kept.size();
    octets = {};
}

/// A front-end's header (PROXY protocol v1, v2) is no command, and nobody replies to it.
void Transcript::open(std::string_view& octets)
{
    constexpr std::string_view version_1 = "PROXY ", version_2{"\r\n\r\n\0\r\nQUIT\n", 12};
    constexpr std::size_t fixed = 16, longest = fixed + 65'535;
    held_ += octets;
    octets = {};
    const std::string_view all = held_;
    const auto may_be = [&](std::string_view form) {
        return server_octets_ == 0 && all.substr(0, form.size()) == form.substr(0, all.size());
    };
    std::size_t header = 0;
    if (may_be(version_1)) {
        const auto end = all.find('\n');
        if (end == all.npos && all.size() < most_line) return;
        if (all.size() > version_1.size() && end != all.npos) header = end + 1;
    } else if (may_be(version_2)) {
        if (all.size() < fixed) return;
        const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(all[at]); };
        header = fixed + octet(14) * 256U + octet(15);
        if (all.size() < header && all.size() < longest) return;
    }
    mode_ = Mode::commands;
    if (header > 0) {
        note("a PROXY header of " + std::to_string(header) + " octets");
        held_.erase(0, header);
    }
    go_on(Mode::commands);
}

/// What was held is known now.
void Transcript::go_on(Mode mode)
{
    mode_ = mode;
    const auto held = std::exchange(held_, {});
    if (const auto lost = std::exchange(not_told_, 0); lost > 0)
        note(std::to_string(lost) + " octets of the client are not told");
    take_client(held);
}

void Transcript::command()
{
    const auto line = from_client_.take();
    const auto verb = first_word(line);
    ++expected_;
    signs_in_ = same_word(verb, "AUTH");
    if (careful_ && !is_verb(verb)) return take_(Voice::client, hidden);
    take_(Voice::client, signs_in_ ? without_response(line) : line);
    careful_ = careful_ || signs_in_ || same_word(verb, "DATA");
    if (signs_in_ || same_word(verb, "DATA")) {
        mode_ = Mode::held;
    } else if (same_word(verb, "BDAT")) {
        const auto size = std::string_view{line}.substr(line.find(verb) + verb.size());
        const auto from = size.find_first_not_of(blanks);
        if (from == size.npos) return;
        std::uint64_t octets = 0;
        const auto read = std::from_chars(size.data() + from, size.data() + size.size(), octets);
        if (read.ec != std::errc{} || octets == 0) return;
        mode_ = Mode::chunk;
        chunk_left_ = octets;
    }
}

/// To a 334.
void Transcript::response()
{
    const auto line = from_client_.take();
    ++expected_;
    take_(Voice::client, line == "*" ? std::string_view{line} : hidden);
    mode_ = Mode::held;
}

void Transcript::server(std::string_view octets)
{
    server_octets_ += octets.size();
    while (!octets.empty())
        if (from_server_.add(octets)) reply();
}

void Transcript::reply()
{
    const auto line = from_server_.take();
    const bool last = line.size() < 4 || line[3] != '-';
    if (last && expected_ > 0) --expected_;
    const bool decides = mode_ == Mode::held && last && expected_ == 0;
    const bool asks = mode_ == Mode::held && signs_in_ && line.starts_with("334");
    take_(Voice::server, asks && line.size() > 4 ? "334 " + std::string{hidden} : line);
    if (!decides) return;
    if (asks) return go_on(Mode::response);
    if (signs_in_ || !line.starts_with("354")) {
        not_told_ += held_.size();
        held_.clear();
        return go_on(Mode::commands);
    }
    text_octets_ = 0;
    after_crlf_ = true;
    in_header_ = with_headers_;
    go_on(Mode::text);
}

/// Ends with a line that is one dot; no line end but CRLF counts.
void Transcript::take_text(std::string_view& octets)
{
    const auto before = octets.size();
    const bool whole = from_client_.add(octets);
    text_octets_ += before - octets.size();
    if (!whole) return;
    const bool ends = after_crlf_ && from_client_.line == ".\r\n" && from_client_.dropped == 0;
    after_crlf_ = from_client_.ends_crlf;
    const auto line = from_client_.take();
    if (ends) {
        text_octets_ -= 3;
        mode_ = Mode::commands;
        ++expected_;
        return take_(Voice::note, "a text of " + std::to_string(text_octets_) + " octets");
    }
    if (!is_header_line(line)) in_header_ = false;
    if (in_header_) take_(Voice::client, line);
}

void Transcript::take_chunk(std::string_view& octets)
{
    const auto mine = std::min<std::uint64_t>(chunk_left_, octets.size());
    octets.remove_prefix(mine);
    chunk_left_ -= mine;
    if (chunk_left_ == 0) mode_ = Mode::commands;
}

void Transcript::restart()
{
    from_client_ = {};
    from_server_ = {};
    held_.clear();
    not_told_ = 0;
    careful_ = signs_in_ = false;
    mode_ = Mode::commands;
    expected_ = server_octets_ == 0 ? 1 : 0;  // TLS from the beginning: the greeting is to come
}

}  // namespace imc::smtp
