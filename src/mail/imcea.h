#pragma once
/// @file mail/imcea.h  Addresses of other kinds, wrapped into the local part of one of ours:
/// IMCEAEX-_O=ORG_OU=SITE_CN=RECIPIENTS_CN=ALIAS@ours, IMCEASMTP-user+40example+2Ecom@ours.
///
/// IMCEA, a type in capitals, '-', then the address: letters, digits, '=' and '-' stand for
/// themselves, '_' for '/', "+XX" for the octet XX. Nothing else may occur: what is not exactly
/// this is an ordinary local part, which most likely nobody has (Q264330, Q304897).
///
/// KB:      Q193782 (a flawed one once stopped the service), Q189492, Q162680, Q271575 (letter
/// case) Threads: pure.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imc::mail {

struct Encapsulated {
    std::string type;   ///< in capitals: "EX", "SMTP", "X400"
    std::string value;  ///< UTF-8 without control characters, not empty
    friend bool operator==(const Encapsulated&, const Encapsulated&) = default;
};

enum class Capitals : std::uint8_t {
    strict,  ///< "imceaex-" is an ordinary name
    folded,  ///< a relay of ours may have changed the case
};

/// @param local  unquoted; more than 1024 octets is none
std::optional<Encapsulated> decapsulate(std::string_view local,
                                        Capitals capitals = Capitals::strict);

/// A local part, which decapsulate() reads back.
std::string encapsulate(const Encapsulated& address);

}  // namespace imc::mail
