#include "app/start/tls_checks.h"

#include "config/identity.h"
#include "smtp/tls/client.h"

#include <algorithm>

namespace imc::app {
namespace {

using namespace std::chrono;
using config::Assertion;
using config::Status;

bool needs_tls(const config::ListenerSetting& listener)
{
    return listener.tls == config::ListenerTls::required ||
           listener.tls == config::ListenerTls::implicit;
}

/// The pair of the set-up is ours to make again; any other belongs to somebody who issued it.
void offer(Assertion& a, const config::Config& config, const smtp::CertificateFiles& files,
           const smtp::CertificateVerdict& verdict, const smtp::CertificateFlaw& flaw)
{
    a.fix = flaw.mend;
    const auto folder = config.paths.tls();
    const bool ours = files.certificate == folder + "/imc.crt" && files.key == folder + "/imc.key";
    const bool foreign = verdict.facts && !verdict.facts->self_signed;
    if (!ours || foreign || flaw.found.starts_with("mode ") || config.host_name.empty()) return;
    a.fix = "imc check --fix" + config.paths.option() +
            "  (puts both files aside and makes a self-signed pair for " + config.host_name + ")";
    a.automatic.certificate_for = config.host_name;
}

void judge_expiry(Assertion& a, const config::Config& config, const smtp::CertificateFacts& facts,
                  sys_seconds now)
{
    a.found = facts.subject + ", until " + smtp::date(facts.ends);
    if (facts.ends - now >= config.tls.expiry_warning) return;
    a.event = EventId::tls_certificate_expires;
    a.status = Status::warning;
    a.expected = "a certificate that is valid for " +
                 std::to_string(config.tls.expiry_warning.count()) + " days more";
    a.why = "it ends soon; was the renewal forgotten?";
    a.fix = "renew the certificate; the new files are taken without a restart";
}

void judge(const config::Config& config, const smtp::CertificateFiles& files, sys_seconds now,
           std::vector<Assertion>& out)
{
    const auto verdict = smtp::judge_pair(files, now);
    auto& a = out.emplace_back(
        Assertion{"tls.certificate", EventId::tls_certificate_unusable, Status::passed});
    a.where = files.certificate + " and " + files.key + " (registry value TlsCertificates, " +
              files.name + ")";
    if (!verdict.flaw) return judge_expiry(a, config, *verdict.facts, now);
    a.status = Status::warning;
    a.found = verdict.flaw->file + ": " + verdict.flaw->found;
    a.expected = verdict.flaw->expected;
    const bool promised = std::ranges::any_of(config.listeners, needs_tls);
    a.why = verdict.facts ? "it is shown all the same, and clients that verify will refuse it"
            : promised    ? "it cannot be shown; without another, clients of the listeners that "
                            "require TLS are refused, and the others are served in the clear"
                          : "it cannot be shown; without another, mail comes in the clear";
    offer(a, config, files, verdict, *verdict.flaw);
}

void judge_client_ca(const config::Config& config, std::vector<Assertion>& out)
{
    if (config.tls.client_ca_file.empty()) return;
    const auto loaded =
        smtp::TlsClient::make({smtp::TlsVerify::required, config.tls.client_ca_file});
    auto& a = out.emplace_back(
        Assertion{"tls.client-ca", EventId::tls_certificate_unusable, Status::passed});
    a.where = config.tls.client_ca_file + " (registry value TlsClientCAFile)";
    if (loaded) return;
    a.status = Status::warning;
    a.found = loaded.error().detail();
    a.expected = "certificates of authorities in PEM";
    a.why = "no client certificate can be verified, so none counts";
    a.fix = "imc reg add -v TlsClientCAFile -t SZ -d FILE -f" + config.paths.option();
}

/// Without it nobody can be verified, and the mail of profiles that ask for that waits.
void judge_outbound_ca(const config::Config& config, std::vector<Assertion>& out)
{
    if (config.tls.outbound_ca_file.empty()) return;
    const auto loaded =
        smtp::TlsClient::make({smtp::TlsVerify::required, config.tls.outbound_ca_file});
    auto& a =
        out.emplace_back(Assertion{"tls.outbound-ca", EventId::config_load_failed, Status::passed});
    a.where = config.tls.outbound_ca_file + " (registry value OutboundCAFile)";
    if (loaded) return;
    a.status = Status::failed;
    a.found = loaded.error().detail();
    a.expected = "certificates of authorities in PEM";
    a.why = "no host could be verified, and mail that needs it would wait";
    a.fix = "imc reg add -v OutboundCAFile -t SZ -d FILE -f" + config.paths.option();
}

}  // namespace

smtp::TlsSettings tls_settings(const config::Config& config)
{
    smtp::TlsSettings out;
    for (const auto& row : config.tls.certificates)
        out.certificates.push_back({row.name, row.certificate, row.key});
    out.client_ca_file = config.tls.client_ca_file;
    out.expiry_warning = config.tls.expiry_warning;
    out.handshake_timeout = config.tls.handshake_timeout;
    return out;
}

void judge_admin_listener(const config::Config& config, std::vector<Assertion>& out)
{
    const auto& listen = config.admin.listen;
    if (!listen || listen->is_loopback()) return;
    const auto now = floor<seconds>(wall_clock().now());
    const auto all = tls_settings(config).certificates;
    // One that is flawed but was read is shown all the same.
    const bool some = std::ranges::any_of(all, [&](const smtp::CertificateFiles& files) {
        const auto verdict = smtp::judge_pair(files, now);
        return !verdict.flaw || verdict.facts;
    });
    auto& a = out.emplace_back(
        Assertion{"admin.listener", EventId::admin_listener_without_tls, Status::passed});
    a.where = config.paths.registry() + ", value AdminListen";
    a.found = listen->to_string();
    if (some) return;
    a.status = Status::failed;
    a.found += ", and no certificate that can be shown";
    a.expected = "an address of loopback, or a certificate in TlsCertificates";
    a.why = "passwords and sessions of administrators would cross the network in the clear";
    const auto loopback = "127.0.0.1:" + std::to_string(listen->port);
    a.fix = "imc reg add -v AdminListen -t SZ -d " + loopback + " -f" + config.paths.option();
    a.automatic.registry = {{"AdminListen", "SZ", loopback}};
}

void judge_certificates(const config::Config& config, std::vector<Assertion>& out)
{
    const auto now = floor<seconds>(wall_clock().now());
    for (const auto& files : tls_settings(config).certificates)
        judge(config, files, now, out);
    judge_client_ca(config, out);
    judge_outbound_ca(config, out);
}

}  // namespace imc::app
