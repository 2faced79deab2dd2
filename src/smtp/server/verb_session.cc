/// Verbs about the session: EHLO, HELO, STARTTLS, XCLIENT, RSET, NOOP, HELP, QUIT and those that
/// are not for strangers.
#include "base/text.h"
#include "mail/address.h"
#include "smtp/server/dialogue.h"
#include "smtp/server/ports.h"
#include "smtp/server/xclient.h"

#include <algorithm>

namespace imc::smtp {

Step Dialogue::on_ehlo(std::string_view client) { return on_hello(client, true); }
Step Dialogue::on_helo(std::string_view client) { return on_hello(client, false); }

Step Dialogue::on_hello(std::string_view client, bool extended)
{
    if (client.empty()) return protocol_error(501, "5.5.4", "Give your host name");
    if (client.size() > 255)
        return protocol_error(501, "5.5.4", "Host name of more than 255 octets");
    // A second EHLO is no error, RFC 5321 4.1.4 (Q297269).
    forget_transaction(State::connected);
    facts_.helo = std::string{client};
    facts_.extended = extended_ = extended;
    return ask(Next::ask_helo);
}

void Dialogue::offer_mechanisms(std::vector<std::string> mechanisms)
{
    mechanisms_.clear();
    if (!offers(Extension::auth)) return;
    for (const auto& mechanism : mechanisms)
        mechanisms_ += (mechanisms_.empty() ? "" : " ") + mechanism;
}

/// The host's name alone: an echo of what the client calls itself helps nobody (Q326322).
Step Dialogue::hello()
{
    state_ = State::greeted;
    std::string text = terms_->host;
    if (!extended_) return reply(250, "", std::move(text));
    const auto offer = [&](Extension extension, std::string_view more = {}) {
        if (!offers(extension)) return;
        text.append("\n").append(keyword(extension));
        if (!more.empty()) text.append(" ").append(more);
    };
    offer(Extension::pipelining);
    offer(Extension::size, std::to_string(limits().message_octets));
    offer(Extension::eight_bit_mime);
    offer(Extension::smtp_utf8);
    offer(Extension::chunking);
    if (offers(Extension::chunking)) offer(Extension::binary_mime);
    offer(Extension::dsn);
    offer(Extension::enhanced_status_codes);
    if (tls_helps()) offer(Extension::start_tls);
    if (!mechanisms_.empty()) offer(Extension::auth, mechanisms_);
    offer(Extension::limits, "MAILMAX=" + std::to_string(limits().messages) +
                                 " RCPTMAX=" + std::to_string(limits().recipients));
    offer(Extension::mt_priority);
    if (expands()) text.append("\nEXPN");  // RFC 5321 3.5.2
    if (dequeues_) offer(Extension::etrn);
    if (trusted_) offer(Extension::xclient, "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT");
    offer(Extension::help);
    return reply(250, "", std::move(text));
}

Step Dialogue::on_starttls(std::string_view)
{
    if (facts_.tls) return protocol_error(503, "5.5.1", "TLS is in use already");
    if (terms_->tls == TlsTerms::broken || terms_->tls == TlsTerms::withheld)
        return reply(454, "4.7.0", "TLS not available; try again later");
    if (terms_->tls == TlsTerms::none || !offers(Extension::start_tls))
        return protocol_error(502, "5.5.1", "Not supported");
    return reply(220, "2.0.0", "Begin TLS", Next::start_tls);
}

/// RFC 3207 4.2: nothing said before holds now.
Step Dialogue::on_tls(TlsFacts proved)
{
    forget_transaction(State::connected);
    facts_.tls = std::move(proved);
    facts_.helo.clear();
    facts_.extended = false;
    facts_.account.clear();
    facts_.mechanism.clear();
    mechanisms_.clear();
    return Step{std::nullopt, Next::read_command};
}

Step Dialogue::on_xclient(std::string_view argument)
{
    if (!trusted_ || !offers(Extension::xclient))
        return protocol_error(550, "5.7.0", "Not for you");
    if (in_transaction()) return protocol_error(503, "5.5.1", "Not inside a transaction");
    std::string flaw;
    auto said = parse_xclient(argument, flaw);
    if (!said) return protocol_error(501, "5.5.4", std::move(flaw));
    if (facts_.proxy.empty()) facts_.proxy = facts_.peer.address;
    if (said->address) {
        facts_.peer.address = *said->address;
        facts_.peer_name.clear();
        facts_.peer.port = 0;
    }
    // The certificate is the front-end's, and proves nothing of the client behind it.
    if (facts_.tls) {
        facts_.tls->client_subject.clear();
        facts_.tls->client_fingerprint.clear();
    }
    if (said->name) facts_.peer_name = *said->name;
    if (said->port) facts_.peer.port = *said->port;
    if (said->local_address) facts_.peer.local_address = *said->local_address;
    if (said->local_port) facts_.peer.local_port = *said->local_port;
    forget_transaction(State::connected);
    facts_.helo = said->helo.value_or("");
    facts_.extended = said->extended.value_or(false);
    facts_.account = said->login.value_or("");
    facts_.mechanism = facts_.account.empty() ? "" : "XCLIENT";
    stage_ = "connect";
    return ask(Next::ask_connect);
}

Step Dialogue::on_rset(std::string_view)
{
    if (state_ != State::connected) forget_transaction(State::greeted);
    return reply(250, "2.0.0", "Ok");
}

Step Dialogue::on_noop(std::string_view) { return reply(250, "2.0.0", "Ok"); }

Step Dialogue::on_etrn(std::string_view argument)
{
    if (!dequeues_) return reply(502, "5.5.1", "Not supported");  // Q258292
    if (in_transaction()) return protocol_error(503, "5.5.1", "Not inside a transaction");
    auto name = argument;
    if (name.starts_with('@') || name.starts_with('#')) name.remove_prefix(1);
    // A name of more than 255 octets once ended the service (Q199771).
    const auto domain = mail::canonical_domain(name);
    if (domain.empty())
        return protocol_error(501, "5.5.4", "Node: a domain, @domain or #queue is expected");
    envelope_.pending = (name.size() < argument.size() ? argument.substr(0, 1) : "");
    envelope_.pending += domain;
    return Step{std::nullopt, Next::start_dequeue};
}

Step Dialogue::on_dequeue(const DequeueAnswer& answer)
{
    using Kind = DequeueAnswer::Kind;
    const auto node = printable(std::exchange(envelope_.pending, {}), 255);
    switch (answer.kind) {
    case Kind::started:
        if (!answer.waiting) return reply(250, "2.0.0", "Queuing for node " + node + " started");
        return reply(253, "2.0.0",
                     std::to_string(*answer.waiting) + " pending messages for node " + node +
                         " started");
    case Kind::nothing: return reply(251, "2.0.0", "No messages waiting for node " + node);
    case Kind::not_allowed:
        rule_ = "etrn";
        return reply(459, "4.7.1", "Node " + node + " not allowed");
    case Kind::unable: break;
    }
    return reply(458, "4.3.0", "Unable to queue messages for node " + node);
}

Step Dialogue::on_help(std::string_view)
{
    std::string text = "As in RFC 5321:";
    for (const auto& verb : verbs()) {
        if (verb.name == "XCLIENT" || (verb.name == "ETRN" && !dequeues_)) continue;
        if (verb.name == "EXPN" && !expands()) continue;
        if (verb.name == "BDAT" && !offers(Extension::chunking)) continue;
        if (verb.name == "STARTTLS" && terms_->tls != TlsTerms::optional &&
            terms_->tls != TlsTerms::required)
            continue;
        if (verb.name == "AUTH" && mechanisms_.empty()) continue;
        text.append(" ").append(verb.name);
    }
    return reply(214, "2.0.0", std::move(text));
}

Step Dialogue::on_quit(std::string_view) { return reply(221, "2.0.0", "Bye", Next::close); }

}  // namespace imc::smtp
