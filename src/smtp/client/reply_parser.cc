#include "smtp/client/reply_parser.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace imc::smtp::client {
namespace {

constexpr std::size_t longest_line = 2048;
constexpr std::size_t most_lines = 128;
constexpr std::size_t longest_text = 1000;

bool digit(char c) { return c >= '0' && c <= '9'; }

/// "5.1.1 rest" gives "5.1.1"; else empty.
std::string enhanced_status(std::string_view text, char leading)
{
    const auto word = text.substr(0, text.find(' '));
    const auto parts = split(word, '.');
    if (parts.size() != 3 || parts[0].size() != 1 || parts[0][0] != leading) return {};
    for (const auto part : parts)
        if (part.empty() || part.size() > 3 || !std::all_of(part.begin(), part.end(), digit))
            return {};
    return std::string{word};
}

}  // namespace

std::string PeerReply::text() const
{
    std::string all = std::to_string(code);
    for (const auto& part : lines) {
        if (part.empty()) continue;
        all += ' ';
        all += part;
    }
    return printable(all, longest_text);
}

std::size_t ReplyParser::take(std::string_view octets)
{
    std::size_t taken = 0;
    while (taken < octets.size() && state_ == State::needs_more) {
        const auto rest = octets.substr(taken);
        const auto end = rest.find('\n');
        const auto piece = rest.substr(0, end);
        if (partial_.size() + piece.size() > longest_line) {
            complaint_ = "reply line of more than " + std::to_string(longest_line) + " octets";
            state_ = State::malformed;
            return octets.size();
        }
        partial_ += piece;
        taken += piece.size();
        if (end == rest.npos) break;
        ++taken;
        if (partial_.ends_with('\r')) partial_.pop_back();
        line(std::exchange(partial_, {}));
    }
    return taken;
}

void ReplyParser::line(std::string_view text)
{
    const bool coded = text.size() >= 3 && text[0] >= '2' && text[0] <= '5' && digit(text[1]) &&
                       digit(text[2]) && (text.size() == 3 || text[3] == ' ' || text[3] == '-');
    const int code = coded ? (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0') : 0;
    if (!coded || text.find('\0') != text.npos || (reply_.code != 0 && reply_.code != code) ||
        reply_.lines.size() == most_lines) {
        complaint_ = "'" + printable(text, 200) + "' is no reply";
        state_ = State::malformed;
        return;
    }
    const bool last = text.size() == 3 || text[3] == ' ';
    const auto words = text.substr(std::min<std::size_t>(4, text.size()));
    if (reply_.code == 0) reply_.enhanced = enhanced_status(words, text[0]);
    reply_.code = code;
    reply_.lines.emplace_back(words);
    if (last) state_ = State::complete;
}

PeerReply ReplyParser::reply()
{
    state_ = State::needs_more;
    return std::exchange(reply_, {});
}

}  // namespace imc::smtp::client
