#pragma once
/// @file directory/password.h  What the directory keeps instead of a password, as userPassword
/// values.
///
///     {ARGON2}$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH         (as OpenLDAP's pw-argon2 has it)
///     {SCRAM-SHA-256}ITERATIONS:SALT$STOREDKEY:SERVERKEY       (authInfo and authValue, RFC 5803)
///
/// Neither gives the password back. A value of another scheme, or a password in the clear, matches
/// nothing here. The parameters stand in docs/decisions/20261125-passwords.md.
///
/// Passwords are given as saslprep() made them.
///
/// Threads: pure functions; hashing takes tens of milliseconds and 19 MiB: never on an I/O thread.
#include "base/base64.h"
#include "base/error.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imc {

inline constexpr std::uint32_t scram_iterations = 100'000;  ///< RFC 7677: at least 4096
inline constexpr std::uint32_t most_scram_iterations = 10'000'000;

/// What a server needs for SCRAM-SHA-256 (RFC 5802 section 3), octets.
struct ScramKeys {
    std::string salt;
    std::uint32_t iterations = 0;
    std::array<std::uint8_t, 32> stored_key{};
    std::array<std::uint8_t, 32> server_key{};
    friend bool operator==(const ScramKeys&, const ScramKeys&) = default;
};

using Digest = std::array<std::uint8_t, 32>;
Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view text);
Digest sha256(std::string_view text);
std::string_view octets(const Digest& digest);

/// Octets nobody can guess. An exception when the system has none.
std::string random_octets(std::size_t count);

/// @param salt  8 octets or more
ScramKeys make_scram_keys(std::string_view password, std::string salt, std::uint32_t iterations);

/// "{SCRAM-SHA-256}...". Reads our form and Dovecot's, which has commas for ':' and '$'.
std::string to_user_password(const ScramKeys& keys);
std::optional<ScramKeys> parse_scram_keys(std::string_view user_password);
std::optional<ScramKeys> find_scram_keys(std::span<const std::string> user_passwords);

/// "{ARGON2}..." with a new salt.
std::string hash_password(std::string_view password);

/// True when one of the values is a hash of `password`. Takes as long when none is.
bool password_matches(std::span<const std::string> user_passwords, std::string_view password);

/// What setting a password writes: a hash and SCRAM keys.
std::vector<std::string> new_user_passwords(std::string_view password);

}  // namespace imc
