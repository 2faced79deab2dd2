#include "app/service/courier_settings.h"

#include "config/password_file.h"

#include <sys/stat.h>

namespace imc::app {

using config::OutboundTls;

Result<smtp::client::CourierSettings> CourierDesk::settings(const config::Config& config,
                                                            const config::DomainProfile& profile,
                                                            const std::string& route)
{
    smtp::client::CourierSettings out;
    out.route = route;
    out.hosts = &hosts_;
    out.source = {profile.source_address, profile.source_address6};
    if (!profile.hosts.empty()) out.turn = turn(route);
    // The event log knows what of it is written.
    out.log_connections = out.log_attempts = !config.diagnostics.empty();
    auto& dialogue = out.dialogue;
    dialogue.hostname = config.host_name;
    dialogue.tls = profile.tls;
    dialogue.eight_bit = profile.eight_bit;
    dialogue.recipients = profile.recipients_per_transaction;
    dialogue.most_octets = profile.message_octets;
    if (profile.tls != OutboundTls::none) {
        const bool verified =
            profile.tls == OutboundTls::verify || profile.tls == OutboundTls::implicit;
        auto client = tls(config.tls.outbound_ca_file, verified);
        if (!client) return client.error();
        out.tls = std::move(*client);
    }
    if (!profile.auth_user.empty()) {
        auto secret = credentials(profile);
        if (!secret) return secret.error();
        dialogue.credentials = std::move(*secret);
    }
    return out;
}

Result<CourierDesk::Credentials> CourierDesk::credentials(const config::DomainProfile& profile)
{
    const auto& path = profile.auth_password_file;
    const auto unusable = [](std::string why) {
        return Error{EventId::peer_password_unusable, std::move(why)};
    };
    if (path.empty()) return unusable("the profile names a user and no file");
    if (auto flaw = config::password_file_flaw(path); !flaw.empty())
        return unusable(std::move(flaw));
    const auto password = config::read_password(path);
    if (!password) return unusable(password.error().detail());
    auto fresh = std::make_shared<const smtp::sasl::Credentials>(profile.auth_user, *password);
    const std::lock_guard lock{mutex_};
    auto& known = credentials_[path + "\n" + profile.auth_user];
    if (!known || known->password() != fresh->password()) known = std::move(fresh);
    return known;
}

/// An authority's file is read at the first connection that needs it, and when it has changed; what
/// the system's own store holds, once an hour.
Result<CourierDesk::Tls> CourierDesk::tls(const std::string& ca_file, bool verified)
{
    std::string as_it_is;
    if (verified && !ca_file.empty()) {
        struct stat status = {};
        if (::stat(ca_file.c_str(), &status) == 0)
            as_it_is = std::to_string(status.st_ino) + " " + std::to_string(status.st_mtim.tv_sec) +
                       "." + std::to_string(status.st_mtim.tv_nsec);
    }
    const std::lock_guard lock{mutex_};
    auto& entry = tls_[{verified ? ca_file : std::string{}, verified}];
    const auto now = std::chrono::steady_clock::now();
    const bool stale = verified && ca_file.empty() && now >= entry.made + std::chrono::hours{1};
    auto& known = entry.tls;
    if (known && entry.as_it_is == as_it_is && !stale) return known;
    smtp::TlsClientSettings settings;
    settings.verify = verified ? smtp::TlsVerify::required : smtp::TlsVerify::none;
    if (verified) settings.ca_file = ca_file;
    auto made = smtp::TlsClient::make(settings);
    if (!made) return made.error();
    known = std::move(*made);
    entry.as_it_is = std::move(as_it_is);
    entry.made = now;
    return known;
}

CourierDesk::Turn CourierDesk::turn(const std::string& route)
{
    const std::lock_guard lock{mutex_};
    auto& known = turns_[route];
    if (!known) known = std::make_shared<std::atomic<unsigned>>(0);
    return known;
}

}  // namespace imc::app
