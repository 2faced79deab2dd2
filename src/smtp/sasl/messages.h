#pragma once
/// @file smtp/sasl/messages.h  What clients send in SASL mechanisms, read as strangers' octets are.
///
/// Rules:   RFC 4616 2 (PLAIN), RFC 5802 5, 7 and RFC 7677 (SCRAM), RFC 4422 appendix A (EXTERNAL).
///          Names are returned as sent; saslprep() is for whoever compares them.
/// Errors:  nothing, when the text is not what the mechanism says.
/// Threads: pure functions.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imc::smtp::sasl {

inline constexpr std::size_t most_name_octets = 1024;  ///< of user, authorization id, password
inline constexpr std::size_t most_nonce_octets = 512;  ///< ours is appended to it

struct PlainMessage {
    std::string authorization;  ///< empty: the user himself
    std::string user;           ///< never empty
    std::string password;       ///< never empty
};
/// [authzid] NUL authcid NUL passwd
std::optional<PlainMessage> parse_plain(std::string_view octets);

/// The client's word on channel binding (RFC 5802 6).
enum class Binding : std::uint8_t {
    none,         ///< 'n': it cannot
    not_offered,  ///< 'y': it can, and believes we cannot
    required,     ///< 'p=': see binding_type
};

struct ScramFirst {
    std::string header;  ///< gs2-header as sent, with its last comma
    Binding binding = Binding::none;
    std::string binding_type;   ///< "tls-exporter", of required
    std::string authorization;  ///< "=2C" and "=3D" read
    std::string user;
    std::string nonce;  ///< printable ASCII without comma
    std::string bare;   ///< client-first-message-bare as sent
};
std::optional<ScramFirst> parse_scram_first(std::string_view text);

struct ScramFinal {
    std::string binding;  ///< cbind-input, decoded
    std::string nonce;
    std::string proof;          ///< 32 octets
    std::string without_proof;  ///< as sent
};
std::optional<ScramFinal> parse_scram_final(std::string_view text);

/// authzid of EXTERNAL: UTF-8 without NUL; may be empty.
std::optional<std::string> parse_external(std::string_view octets);

}  // namespace imc::smtp::sasl
