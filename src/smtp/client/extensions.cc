#include "smtp/client/extensions.h"

#include "base/text.h"

#include <algorithm>
#include <span>

namespace imc::smtp::client {
namespace {

constexpr std::size_t most_mechanisms = 64;

void read_auth(std::span<const std::string_view> words, PeerExtensions& into)
{
    into.auth_offered = true;
    for (const auto word : words) {
        if (word.empty() || into.auth.size() == most_mechanisms) continue;
        auto name = upper(word);
        if (std::ranges::find(into.auth, name) == into.auth.end())
            into.auth.push_back(std::move(name));
    }
}

/// RFC 9422 3: NAME or NAME=VALUE; what is not known is passed over, as is a zero.
void read_limit(std::string_view word, PeerExtensions& into)
{
    const auto equals = word.find('=');
    if (equals == word.npos) return;
    const auto name = word.substr(0, equals);
    const auto value = parse_number(word.substr(equals + 1)).value_or(0);
    if (same_word(name, "RCPTMAX")) into.most_recipients = value;
    if (same_word(name, "MAILMAX")) into.most_messages = value;
    if (same_word(name, "RCPTDOMAINMAX")) into.most_domains = value;
}

}  // namespace

PeerExtensions read_extensions(const PeerReply& reply)
{
    PeerExtensions out;
    for (std::size_t i = 1; i < reply.lines.size(); ++i) {
        const auto words = split(trim(reply.lines[i]), ' ');
        const auto keyword = words[0];
        const std::span rest{words.begin() + 1, words.end()};
        if (same_word(keyword, "PIPELINING")) out.pipelining = true;
        if (same_word(keyword, "8BITMIME")) out.eight_bit_mime = true;
        if (same_word(keyword, "SMTPUTF8")) out.smtp_utf8 = true;
        if (same_word(keyword, "CHUNKING")) out.chunking = true;
        if (same_word(keyword, "BINARYMIME")) out.binary_mime = true;
        if (same_word(keyword, "DSN")) out.dsn = true;
        if (same_word(keyword, "STARTTLS")) out.start_tls = true;
        if (same_word(keyword, "ETRN")) out.etrn = true;
        if (same_word(keyword, "MT-PRIORITY")) out.mt_priority = true;
        if (same_word(keyword, "SIZE")) {
            out.size = true;
            if (!rest.empty()) out.size_limit = parse_number(rest.front()).value_or(0);
        }
        if (same_word(keyword, "AUTH")) read_auth(rest, out);
        if (starts_with_word(keyword, "AUTH=")) {  // before RFC 2554
            const std::string_view first[] = {keyword.substr(5)};
            read_auth(first, out);
            read_auth(rest, out);
        }
        if (same_word(keyword, "LIMITS"))
            for (const auto word : rest)
                read_limit(word, out);
    }
    return out;
}

}  // namespace imc::smtp::client
