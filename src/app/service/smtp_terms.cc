#include "app/service/smtp_terms.h"

#include "policy/size_limits.h"

namespace imc::app {
namespace {

smtp::TlsTerms tls_terms(config::ListenerTls wanted, bool certificate)
{
    using config::ListenerTls;
    if (wanted == ListenerTls::none) return smtp::TlsTerms::none;
    // Where TLS is a promise it stays one: nobody is served in the clear for want of a certificate.
    if (wanted == ListenerTls::implicit) return smtp::TlsTerms::implicit;
    if (wanted == ListenerTls::required)
        return certificate ? smtp::TlsTerms::required : smtp::TlsTerms::withheld;
    return certificate ? smtp::TlsTerms::optional : smtp::TlsTerms::broken;
}

}  // namespace

smtp::Terms smtp_terms(const config::Config& config, const config::ListenerSetting& listener,
                       bool certificate)
{
    smtp::Terms terms;
    terms.host = listener.banner_name.empty() ? config.host_name : listener.banner_name;
    auto& limits = terms.limits;
    limits.message_octets = policy::offered_size(config, listener.to_string(), listener.role);
    if (limits.message_octets == 0) limits.message_octets = std::uint64_t{1} << 40U;
    limits.recipients = config.max_recipients;
    limits.command_timeout = config.command_timeout;
    const auto& session = config.session;
    limits.text_line_octets = session.text_line_octets;
    limits.header_octets = session.header_octets;
    limits.header_lines = session.header_lines;
    limits.protocol_errors = session.protocol_errors;
    limits.refusals = session.refusals;
    limits.idle_commands = session.idle_commands;
    limits.messages = session.messages;
    limits.tls_timeout = config.tls.handshake_timeout;
    terms.tls = tls_terms(listener.tls, certificate);
    terms.auth_required = listener.role != "mx";
    terms.verify = session.verify && listener.offers("VRFY");
    terms.expand = listener.offers("EXPN") ? session.expand : config::ExpandFor::nobody;
    for (const auto& name : listener.without)
        if (const auto extension = smtp::extension_named(name)) terms.offered.remove(*extension);
    terms.xclient_from = session.xclient_from;
    terms.proxy_from = session.proxy_from;
    return terms;
}

}  // namespace imc::app
