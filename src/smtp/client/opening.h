#pragma once
/// @file smtp/client/opening.h  From the greeting to the first message: EHLO or HELO, STARTTLS,
/// AUTH.
///
/// What a peer offered in the clear is forgotten under TLS; what it said behind its answer to
/// STARTTLS is never read as if it had come under TLS (the driver refuses it). A name and password
/// go out under TLS only, or where the wire is this machine's own.
///
/// Rules:   RFC 5321 4.1.1.1, RFC 3207 4 (4.2: EHLO again), RFC 4954 4, RFC 8314 3.3 (TLS first)
/// KB:      Q245787 (HELO after a refused EHLO), Q197142 (a peer that hangs up on EHLO), Q241892
///          (a refused HELO is our fault), Q195201 (mechanisms that we cannot use: mail waits)
/// Threads: one owner at a time.
#include "smtp/client/extensions.h"
#include "smtp/client/step.h"
#include "smtp/tls_facts.h"

#include <optional>

namespace imc::smtp::client {

class Opening {
public:
    /// @param settings  outlives this object.
    explicit Opening(const DialogueSettings& settings) : settings_{settings} {}

    Step open();
    Step on_reply(const PeerReply& reply);
    Step on_tls(const TlsFacts& facts);
    Step on_failure(Failure why, std::string_view detail);

    Phase phase() const { return phase_; }
    bool wants_helo() const { return wants_helo_; }
    const PeerExtensions& extensions() const { return extensions_; }
    const std::optional<TlsFacts>& tls() const { return tls_; }

    Setback setback() const { return setback_; }
    const std::string& refusal() const { return refusal_; }  ///< what was said, or went wrong
    const std::string& status() const { return status_; }    ///< RFC 3463, 4.y.z

private:
    Step greet(bool helo);
    Step on_greeted(const PeerReply& reply);
    Step on_hello(const PeerReply& reply);
    Step after_hello();
    Step on_starttls(const PeerReply& reply);
    Step sign_in();
    Step begin_auth();
    Step on_auth(const PeerReply& reply);
    Step on_challenge(const PeerReply& reply);
    Step say(Phase phase, std::string line);
    Step fail(Setback setback, std::string status, std::string refusal);

    const DialogueSettings& settings_;
    Phase phase_ = Phase::greeting;
    bool esmtp_ = false;  ///< it answered EHLO
    bool wants_helo_ = false;
    bool cancelled_ = false;
    PeerExtensions extensions_;
    std::optional<TlsFacts> tls_;
    std::string mechanism_;
    std::unique_ptr<sasl::Exchange> exchange_;
    Setback setback_ = Setback::none;
    std::string refusal_, status_;
};

}  // namespace imc::smtp::client
