#include "mail/srs.h"

#include "base/text.h"
#include "mail/address.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace imc::mail {
namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648 6
constexpr std::size_t hash_letters = 8;                                    // 40 bits
constexpr int days = 1024;                                                 // two letters
constexpr std::size_t most_local = 64;

bool begins(std::string_view local, std::string_view with) { return starts_with_word(local, with); }

int day_of(WallTime time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
    return static_cast<int>(((day % days) + days) % days);
}

std::string letters_of(int day)
{
    return {alphabet[static_cast<std::size_t>(day / 32)],
            alphabet[static_cast<std::size_t>(day % 32)]};
}

std::optional<int> day_in(std::string_view letters)
{
    if (letters.size() != 2) return {};
    const auto folded = lower(letters);
    const auto high = alphabet.find(folded[0]), low = alphabet.find(folded[1]);
    if (high == alphabet.npos || low == alphabet.npos) return {};
    return static_cast<int>(high * 32 + low);
}

/// What stands before the next '=', which goes too; nothing: there is none, or nothing before it.
std::optional<std::string_view> field(std::string_view& text)
{
    const auto end = text.find('=');
    if (end == text.npos || end == 0) return {};
    const auto out = text.substr(0, end);
    text.remove_prefix(end + 1);
    return out;
}

std::optional<std::string> whole(std::string_view local, std::string_view domain)
{
    const auto name = canonical_domain(domain);
    if (name.empty() || local.empty()) return {};
    Address address;
    address.local = local;
    address.domain = name;
    auto text = address.to_string();
    if (!parse_address(text)) return {};
    return text;
}

}  // namespace

bool Srs::has_form(std::string_view local)
{
    if (local.size() < 5 || (!begins(local, "SRS0") && !begins(local, "SRS1"))) return false;
    return local[4] == '=' || local[4] == '+' || local[4] == '-';
}

std::string Srs::hash(std::string_view text) const
{
    const auto folded = lower(text);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    ::HMAC(::EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(folded.data()), folded.size(), digest.data(),
           &size);
    std::string out;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 5; ++i)
        bits = bits << 8U | digest[i];
    for (std::size_t i = 0; i < hash_letters; ++i)
        out += alphabet[bits >> (5 * (hash_letters - 1 - i)) & 31U];
    return out;
}

bool Srs::fits(std::string_view hash_given, std::string_view text) const
{
    const auto expected = hash(text);
    const auto given = lower(hash_given);
    return given.size() == expected.size() &&
           ::CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

std::optional<std::string> Srs::forward(std::string_view sender, std::string_view domain,
                                        WallTime now) const
{
    const auto from = parse_address(sender);
    if (key_.empty() || !from || from->local.empty() || from->domain.empty() || from->is_literal())
        return {};
    std::string local;
    if (has_form(from->local)) {
        std::string_view rest{from->local};
        rest.remove_prefix(5);
        std::string back = from->domain + "=" + from->local.substr(4);
        if (begins(from->local, "SRS1")) {
            // "HASH=first==...": the one between is left out.
            if (!field(rest)) return {};
            back = rest;
        }
        local = "SRS1=" + hash(back) + "=" + back;
    } else {
        const auto rest = letters_of(day_of(now)) + "=" + from->domain + "=" + from->local;
        local = "SRS0=" + hash(rest) + "=" + rest;
    }
    // What only looks like one of ours has no way back, so it stays as it is.
    if (local.size() > most_local || !reverse(local, now)) return {};
    return whole(local, domain);
}

std::optional<std::string> Srs::reverse(std::string_view local, WallTime now) const
{
    if (key_.empty() || !has_form(local)) return {};
    auto rest = local.substr(5);
    const auto given = field(rest);
    if (!given || !fits(*given, rest)) return {};
    if (begins(local, "SRS1")) {
        const auto domain = field(rest);
        if (!domain || !has_form("SRS0" + std::string{rest})) return {};
        return whole("SRS0" + std::string{rest}, *domain);
    }
    const auto letters = field(rest);
    const auto day = letters ? day_in(*letters) : std::nullopt;
    if (!day) return {};
    const int age = (day_of(now) - *day + days) % days;
    // A clock that is a day behind is none that lies.
    if (age > days_valid && age != days - 1) return {};
    const auto domain = field(rest);
    if (!domain) return {};
    return whole(rest, *domain);
}

}  // namespace imc::mail
