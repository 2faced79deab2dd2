#pragma once
/// @file smtp/sasl/mechanism.h  The server's half of a SASL exchange, without network or directory.
///
/// A Mechanism is told what the client sent and says what it needs next: another response, or an
/// answer of whoever knows accounts (app/service/authenticator.cc), who raises the events, counts
/// the failures, and decides. Octets are plain: base64 belongs to the SMTP session.
///
/// Rules:   RFC 4422 (SASL), 4616 (PLAIN), 5802, 7677 and 9266 (SCRAM-SHA-256, tls-exporter), 5929
///          (tls-server-end-point); LOGIN as draft-murchison-sasl-login and Q173656 have it.
///          RFC 4954 section 4: SMTP has no room for data beside 235, so that SCRAM's last word is
///          a challenge which the client answers with nothing.
/// Threads: one owner at a time.
#include "directory/password.h"
#include "smtp/sasl/messages.h"

#include <memory>
#include <variant>
#include <vector>

namespace imc::smtp::sasl {

struct Challenge {
    std::string data;
};
struct CheckPassword {
    std::string user;
    std::string password;
    std::string authorization;  ///< empty: the user himself
};
struct NeedKeys {  ///< then on_keys()
    std::string user;
    std::string authorization;
};
struct CheckCertificate {
    std::string authorization;
};
struct Proved {  ///< the account of NeedKeys is who he says; `data` still goes to him
    std::string data;
};
struct Finished {};  ///< he has heard it
struct Failed {
    std::string reason;  ///< for the log, never for the client
};
struct Malformed {
    std::string what;
};
using Turn = std::variant<Challenge, CheckPassword, NeedKeys, CheckCertificate, Proved, Finished,
                          Failed, Malformed>;

class Mechanism {
public:
    virtual ~Mechanism() = default;
    /// @param response  nothing: the client sent no initial response
    virtual Turn on_response(std::optional<std::string> response) = 0;
    /// @param known  false: there is no such account; the exchange goes on and fails at its end
    virtual Turn on_keys(const ScramKeys& keys, bool known);
};

/// What a TLS connection offers to bind to; empty: nothing.
struct ChannelBindings {
    std::string exporter;   ///< "tls-exporter", 32 octets
    std::string end_point;  ///< "tls-server-end-point"
    bool any() const { return !exporter.empty() || !end_point.empty(); }
};

/// All there are, the strongest first.
inline constexpr std::string_view all_mechanisms[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256",
                                                      "EXTERNAL", "PLAIN", "LOGIN"};

/// @param nonce  printable, from random octets; the tests' own
/// @return  null: no such mechanism
std::unique_ptr<Mechanism> make_mechanism(std::string_view name, const ChannelBindings& bindings,
                                          std::string nonce);

}  // namespace imc::smtp::sasl
