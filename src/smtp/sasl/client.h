#pragma once
/// @file smtp/sasl/client.h  The client's half of a SASL exchange, without a network.
///
/// SCRAM-SHA-256 before PLAIN before LOGIN: the first that the server offers, too. With SCRAM the
/// server proves that it knows the password, and one that says yes without that is not believed.
/// Channel binding is not used (gs2 'n').
///
/// Rules:   RFC 4616 (PLAIN), RFC 5802 5 and RFC 7677 (SCRAM), LOGIN as Q173656 has it
/// Threads: one exchange has one owner at a time; Credentials are shared by any.
#include "directory/password.h"

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace imc::smtp::sasl {

/// Whoever holds one shows it to nobody but an exchange.
class Credentials {
public:
    /// Both are brought into the form of RFC 4013 where it has one.
    Credentials(std::string_view user, std::string_view password);
    ~Credentials();
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    const std::string& user() const { return user_; }
    const std::string& password() const { return password_; }

    /// Of RFC 5802 section 3; the last one is remembered, since it takes tens of milliseconds.
    Digest salted(std::string_view salt, std::uint32_t iterations) const;

    /// `text` without what gives the password away, in the clear or in base64.
    std::string redacted(std::string text) const;

private:
    std::string user_, password_;
    mutable std::mutex mutex_;
    mutable std::string salt_;
    mutable std::uint32_t iterations_ = 0;
    mutable Digest salted_{};
};

class Exchange {
public:
    virtual ~Exchange() = default;
    /// What goes with the AUTH command; nothing: the server asks first.
    virtual std::optional<std::string> initial() { return {}; }
    /// The answer to a challenge; nothing: it is none that the mechanism knows, or not the server
    /// we mean, and the exchange is to be cancelled.
    virtual std::optional<std::string> on_challenge(std::string_view challenge) = 0;
    /// Whether a yes of the server may be believed now.
    virtual bool may_succeed() const = 0;
};

/// The best of `offered` (upper case) that we know; empty: none.
std::string choose_mechanism(std::span<const std::string> offered);

/// @param nonce  of SCRAM, printable without comma; empty: a random one
std::unique_ptr<Exchange> make_exchange(std::string_view mechanism,
                                        std::shared_ptr<const Credentials> credentials,
                                        std::string nonce = {});

struct ScramServerFirst {
    std::string nonce;
    std::string salt;
    std::uint32_t iterations = 0;
};
/// "r=,s=,i=". Iterations: 4,096 to 1,000,000; fewer are weak, more would keep us busy.
std::optional<ScramServerFirst> parse_scram_server_first(std::string_view text);

/// The verifier of "v=", 32 octets; nothing: no such message, or "e=".
std::optional<std::string> parse_scram_server_final(std::string_view text);

}  // namespace imc::smtp::sasl
