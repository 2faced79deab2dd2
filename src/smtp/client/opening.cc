#include "smtp/client/opening.h"

#include "base/text.h"
#include "smtp/client/reply_meaning.h"

#include <algorithm>

namespace imc::smtp::client {
namespace {

bool is_unknown_command(int code)
{
    return code == 500 || code == 501 || code == 502 || code == 504 || code == 550;
}

std::string list_of(const std::vector<std::string>& names)
{
    std::string out;
    for (const auto& name : names)
        out += (out.empty() ? "" : " ") + printable(name, 40);
    return out.empty() ? "nothing" : out;
}

}  // namespace

Step Opening::open()
{
    if (settings_.tls != OutboundTls::implicit) return {};
    phase_ = Phase::handshake;
    return {{}, Next::start_tls};
}

Step Opening::say(Phase phase, std::string line)
{
    phase_ = phase;
    return {std::move(line) + "\r\n", Next::read_reply};
}

Step Opening::fail(Setback setback, std::string status, std::string refusal)
{
    setback_ = setback;
    status_ = std::move(status);
    // Hosts echo what they do not understand.
    refusal_ = settings_.credentials ? settings_.credentials->redacted(std::move(refusal))
                                     : std::move(refusal);
    return {{}, Next::give_up};
}

Step Opening::greet(bool helo)
{
    const char* verb = settings_.protocol == Protocol::lmtp ? "LHLO " : helo ? "HELO " : "EHLO ";
    return say(helo ? Phase::helo : Phase::ehlo, verb + settings_.hostname);
}

Step Opening::on_reply(const PeerReply& reply)
{
    if (reply.code == 421 && phase_ != Phase::greeting)
        return fail(Setback::none, status_of(reply, phase_), reply.text());
    switch (phase_) {
    case Phase::greeting: return on_greeted(reply);
    case Phase::ehlo:
    case Phase::helo: return on_hello(reply);
    case Phase::starttls: return on_starttls(reply);
    case Phase::auth: return on_auth(reply);
    default: return fail(Setback::none, "4.5.0", "unexpected reply: " + reply.text());
    }
}

Step Opening::on_greeted(const PeerReply& reply)
{
    if (reply.code != 220) return fail(Setback::none, "4.3.2", reply.text());
    return greet(settings_.helo_only && settings_.protocol == Protocol::smtp);
}

Step Opening::on_hello(const PeerReply& reply)
{
    if (reply.positive()) {
        esmtp_ = phase_ == Phase::ehlo;
        extensions_ = esmtp_ ? read_extensions(reply) : PeerExtensions{};
        return after_hello();
    }
    const bool may_fall_back =
        phase_ == Phase::ehlo && settings_.protocol == Protocol::smtp && !tls_;
    if (may_fall_back && is_unknown_command(reply.code)) {
        wants_helo_ = true;
        return greet(true);
    }
    const bool ours = reply.permanent() && !tls_;
    return fail(ours ? Setback::name_refused : Setback::none, "4.5.0", reply.text());
}

Step Opening::after_hello()
{
    if (tls_ || settings_.tls == OutboundTls::none) return sign_in();
    if (extensions_.start_tls) return say(Phase::starttls, "STARTTLS");
    if (settings_.tls == OutboundTls::may && !settings_.seen_with_tls) return sign_in();
    return fail(Setback::tls_unmet, "4.7.5",
                settings_.tls == OutboundTls::may
                    ? "STARTTLS is not offered any more, and mail went under TLS before"
                    : "STARTTLS is not offered, and mail may leave under TLS only");
}

Step Opening::on_starttls(const PeerReply& reply)
{
    if (reply.code == 220) {
        phase_ = Phase::handshake;
        return {{}, Next::start_tls};
    }
    if (settings_.tls == OutboundTls::may && !settings_.seen_with_tls) return sign_in();
    return fail(Setback::tls_unmet, "4.7.5", "STARTTLS was answered by " + reply.text());
}

Step Opening::on_tls(const TlsFacts& facts)
{
    tls_ = facts;
    extensions_ = {};
    if (settings_.tls != OutboundTls::implicit) return greet(false);
    phase_ = Phase::greeting;
    return {};
}

Step Opening::sign_in()
{
    if (!settings_.credentials) return {{}, Next::idle};
    if (!tls_ && !settings_.secrets_in_clear)
        return fail(Setback::tls_unmet, "4.7.5",
                    "the connection is not under TLS, and a password is not sent in the clear");
    return begin_auth();
}

Step Opening::begin_auth()
{
    mechanism_ = sasl::choose_mechanism(extensions_.auth);
    exchange_ = sasl::make_exchange(mechanism_, settings_.credentials, settings_.nonce);
    if (!exchange_)
        return fail(Setback::auth_unusable, "4.7.4",
                    (extensions_.auth_offered ? "AUTH offers " + list_of(extensions_.auth)
                                              : std::string{"AUTH is not offered"}) +
                        "; SCRAM-SHA-256, PLAIN or LOGIN expected");
    std::string line = "AUTH " + mechanism_;
    if (const auto first = exchange_->initial())
        line += first->empty() ? " =" : " " + base64_encode(*first);
    return say(Phase::auth, std::move(line));
}

Step Opening::on_auth(const PeerReply& reply)
{
    if (reply.code == 334 && !cancelled_) return on_challenge(reply);
    const auto words = settings_.credentials->redacted(reply.text());
    if (cancelled_)
        return fail(Setback::auth_refused, "4.7.0",
                    mechanism_ + ": the host does not prove that it knows the password");
    if (reply.positive()) {
        if (exchange_->may_succeed()) return {{}, Next::idle};
        return fail(Setback::auth_refused, "4.7.0",
                    mechanism_ + ": the host says yes without proving that it knows the password");
    }
    // Offered, and yet unknown there: the next best, if any.
    if (reply.code == 504) {
        std::erase(extensions_.auth, mechanism_);
        if (!sasl::choose_mechanism(extensions_.auth).empty()) return begin_auth();
        return fail(Setback::auth_unusable, "4.7.4", words);
    }
    // 5yz says that we are not known, not that the message is bad: it waits.
    return fail(Setback::auth_refused, reply.code == 535 ? "4.7.8" : "4.7.0", words);
}

Step Opening::on_challenge(const PeerReply& reply)
{
    const auto text = reply.lines.size() == 1 ? trim(reply.lines.front()) : std::string_view{};
    const auto challenge = base64_decode(text);
    const bool login = mechanism_ == "LOGIN";  // whatever it asks, in whatever form
    const auto answer =
        challenge || login ? exchange_->on_challenge(challenge.value_or("")) : std::nullopt;
    if (answer) return say(Phase::auth, base64_encode(*answer));
    cancelled_ = true;
    return say(Phase::auth, "*");
}

Step Opening::on_failure(Failure why, std::string_view detail)
{
    // Q197142: a peer that drops the line on EHLO may know HELO. Under TLS it knows EHLO.
    const bool hangs_up = phase_ == Phase::ehlo && why == Failure::gone && !tls_;
    // HELO has neither TLS nor AUTH.
    const bool helo_will_do = settings_.protocol == Protocol::smtp && !settings_.credentials &&
                              (settings_.tls == OutboundTls::none ||
                               (settings_.tls == OutboundTls::may && !settings_.seen_with_tls));
    if (hangs_up && helo_will_do) {
        wants_helo_ = true;
        return {{}, Next::reconnect};
    }
    if (why == Failure::tls || phase_ == Phase::handshake)
        return fail(Setback::tls_failed, "4.7.5",
                    "TLS handshake failed: " + printable(detail, 300));
    const std::string what = why == Failure::timed_out ? "timed out"
                             : why == Failure::gone    ? "connection lost"
                                                       : "no SMTP: " + printable(detail, 300);
    return fail(Setback::none, why == Failure::malformed ? "4.5.0" : "4.4.2",
                what + " while " + std::string{to_string(phase_)});
}

}  // namespace imc::smtp::client
