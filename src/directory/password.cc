#include "directory/password.h"

#include "base/text.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace imc {
namespace {

constexpr std::string_view argon2_scheme = "{ARGON2}";
constexpr std::string_view scram_scheme = "{SCRAM-SHA-256}";

// OWASP's second choice of equal strength; measured 27 ms.
constexpr std::uint32_t argon2_passes = 2;
constexpr std::uint32_t argon2_kib = 19'456;
constexpr std::uint32_t argon2_lanes = 1;
constexpr std::size_t argon2_salt = 16;
constexpr std::size_t argon2_hash = 32;
// Of a value that came by LDIF: its writer must not make us take all memory, or all day.
constexpr std::uint64_t most_argon2_kib = 256 * 1024;
constexpr std::uint64_t most_argon2_passes = 64;
constexpr std::uint64_t most_argon2_lanes = 16;

const unsigned char* bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<Digest> to_digest(std::string_view base64)
{
    const auto plain = base64_decode(base64);
    if (!plain || plain->size() != 32) return {};
    Digest out{};
    std::ranges::copy(*plain, out.begin());
    return out;
}

/// "$argon2id$v=19$m=19456,t=2,p=1$...": bounded before the library believes it.
bool affordable(std::string_view encoded)
{
    const auto parts = split(encoded, '$');
    if (parts.size() != 6 || parts[1] != "argon2id") return false;
    for (const auto parameter : split(parts[3], ',')) {
        if (parameter.size() < 3 || parameter[1] != '=') return false;
        const auto value = parse_number(parameter.substr(2));
        if (!value) return false;
        switch (parameter[0]) {
        case 'm':
            if (*value > most_argon2_kib) return false;
            break;
        case 't':
            if (*value > most_argon2_passes) return false;
            break;
        case 'p':
            if (*value > most_argon2_lanes) return false;
            break;
        default: return false;
        }
    }
    return true;
}

bool argon2_matches(std::string_view encoded, std::string_view password)
{
    const std::string text{encoded};
    const int code = argon2id_verify(text.c_str(), password.data(), password.size());
    if (code == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc{};
    return code == ARGON2_OK;
}

}  // namespace

std::string_view octets(const Digest& digest)
{
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view text)
{
    Digest out{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(text), text.size(),
             out.data(), &size) == nullptr)
        throw std::runtime_error{"HMAC-SHA-256 failed"};
    return out;
}

Digest sha256(std::string_view text)
{
    Digest out{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error{"SHA-256 failed"};
    return out;
}

std::string random_octets(std::size_t count)
{
    std::string out(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error{"no random octets"};
    return out;
}

ScramKeys make_scram_keys(std::string_view password, std::string salt, std::uint32_t iterations)
{
    Digest salted{};
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt),
                          static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                          static_cast<int>(salted.size()), salted.data()) != 1)
        throw std::runtime_error{"PBKDF2 failed"};
    const auto client_key = hmac_sha256(salted, "Client Key");
    ScramKeys keys{std::move(salt), iterations, sha256(octets(client_key)),
                   hmac_sha256(salted, "Server Key")};
    OPENSSL_cleanse(salted.data(), salted.size());
    return keys;
}

std::string to_user_password(const ScramKeys& keys)
{
    return std::string{scram_scheme} + std::to_string(keys.iterations) + ":" +
           base64_encode(keys.salt) + "$" + base64_encode(octets(keys.stored_key)) + ":" +
           base64_encode(octets(keys.server_key));
}

std::optional<ScramKeys> parse_scram_keys(std::string_view value)
{
    if (!starts_with_word(value, scram_scheme)) return {};
    value.remove_prefix(scram_scheme.size());
    std::vector<std::string_view> parts = split(value, ',');
    if (parts.size() == 1) {
        const auto halves = split(value, '$');
        if (halves.size() != 2) return {};
        const auto info = split(halves[0], ':');
        const auto keys = split(halves[1], ':');
        if (info.size() != 2 || keys.size() != 2) return {};
        parts = {info[0], info[1], keys[0], keys[1]};
    }
    if (parts.size() != 4) return {};
    const auto iterations = parse_number(parts[0]);
    auto salt = base64_decode(parts[1]);
    const auto stored = to_digest(parts[2]);
    const auto server = to_digest(parts[3]);
    if (!iterations || *iterations == 0 || *iterations > most_scram_iterations || !salt ||
        salt->empty() || !stored || !server)
        return {};
    return ScramKeys{std::move(*salt), static_cast<std::uint32_t>(*iterations), *stored, *server};
}

std::optional<ScramKeys> find_scram_keys(std::span<const std::string> user_passwords)
{
    for (const auto& value : user_passwords)
        if (auto keys = parse_scram_keys(value)) return keys;
    return {};
}

std::string hash_password(std::string_view password)
{
    const auto salt = random_octets(argon2_salt);
    std::string encoded(argon2_encodedlen(argon2_passes, argon2_kib, argon2_lanes, argon2_salt,
                                          argon2_hash, Argon2_id),
                        '\0');
    const int code = argon2id_hash_encoded(argon2_passes, argon2_kib, argon2_lanes, password.data(),
                                           password.size(), salt.data(), salt.size(), argon2_hash,
                                           encoded.data(), encoded.size());
    if (code == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc{};
    if (code != ARGON2_OK) throw std::runtime_error{argon2_error_message(code)};
    encoded.resize(encoded.find('\0'));
    return std::string{argon2_scheme} + encoded;
}

bool password_matches(std::span<const std::string> user_passwords, std::string_view password)
{
    bool worked = false;
    bool matches = false;
    for (const auto& value : user_passwords) {
        if (!starts_with_word(value, argon2_scheme)) continue;
        const auto encoded = std::string_view{value}.substr(argon2_scheme.size());
        if (!affordable(encoded)) continue;
        worked = true;
        matches = matches || argon2_matches(encoded, password);
    }
    // SCRAM keys alone tell it as well.
    if (!worked)
        for (const auto& value : user_passwords)
            if (const auto keys = parse_scram_keys(value)) {
                worked = true;
                const auto made = make_scram_keys(password, keys->salt, keys->iterations);
                matches = CRYPTO_memcmp(made.stored_key.data(), keys->stored_key.data(), 32) == 0;
                break;
            }
    if (!worked) (void)hash_password(password);  // no answer may come sooner than another
    return matches;
}

std::vector<std::string> new_user_passwords(std::string_view password)
{
    return {hash_password(password),
            to_user_password(make_scram_keys(password, random_octets(16), scram_iterations))};
}

}  // namespace imc
