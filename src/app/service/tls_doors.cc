#include "app/service/tls_doors.h"

#include "app/start/tls_checks.h"

namespace imc::app {

void TlsDoors::take(const config::Config& config)
{
    auto settings = tls_settings(config);
    if (!certificates_ || certificates_->settings() != settings)
        certificates_ =
            std::make_shared<smtp::TlsCertificates>(std::move(settings), keys_, events_);
    std::map<std::string, std::shared_ptr<const smtp::TlsServer>> next;
    for (const auto& listener : config.listeners) {
        if (listener.tls == config::ListenerTls::none) continue;
        const auto& banner = listener.banner_name.empty() ? config.host_name : listener.banner_name;
        // One that stays as it is keeps its count of failures.
        auto& server = next[listener.to_string()];
        const auto before = servers_.find(listener.to_string());
        if (before != servers_.end() && before->second->banner() == banner &&
            &before->second->certificates() == certificates_.get())
            server = before->second;
        else
            server = std::make_shared<const smtp::TlsServer>(certificates_, listener.to_string(),
                                                             banner);
    }
    // The Administrator's, where it does without TLS on loopback only.
    if (const auto& admin = config.admin.listen;
        admin && !admin->is_loopback() && !certificates_->in_use().empty()) {
        const auto name = admin->to_string();
        if (!next.contains(name))
            next[name] =
                std::make_shared<const smtp::TlsServer>(certificates_, name, config.host_name);
    }
    const std::lock_guard lock{mutex_};
    servers_ = std::move(next);
}

void TlsDoors::refresh()
{
    if (certificates_) certificates_->refresh();
}

std::shared_ptr<const smtp::TlsServer> TlsDoors::server(const std::string& listener) const
{
    const std::lock_guard lock{mutex_};
    const auto found = servers_.find(listener);
    return found == servers_.end() ? nullptr : found->second;
}

}  // namespace imc::app
