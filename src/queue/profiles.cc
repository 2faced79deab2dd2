#include "queue/profiles.h"

#include "base/text.h"

namespace imc::queue {

std::string terms_of(const config::DomainProfile& p)
{
    std::string out;
    for (const auto& text :
         {p.auth_user, p.auth_password_file, p.source_address, p.source_address6})
        out += text + '\n';
    for (const std::uint64_t number :
         {static_cast<std::uint64_t>(p.tls), std::uint64_t{p.connections},
          std::uint64_t{p.messages_per_connection}, std::uint64_t{p.recipients_per_transaction},
          std::uint64_t{p.messages_per_minute}, p.message_octets,
          static_cast<std::uint64_t>(p.eight_bit)})
        out += std::to_string(number) + ' ';
    return out;
}

void Profiles::use(config::ConfigPtr config)
{
    config_ = std::move(config);
    known_.clear();
    distinct_.clear();
    config::DomainProfile stores;
    stores.connections = config_->outbound_connections_per_host;
    stores.messages_per_connection = config_->messages_per_connection;
    stores.recipients_per_transaction = config_->max_recipients;
    stores.retry = config::profile_for(*config_, "*").retry;
    stores_ = std::make_shared<const config::DomainProfile>(std::move(stores));
}

ProfilePtr Profiles::of(std::string_view domain)
{
    auto key = lower(domain);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    constexpr std::size_t most = 100'000;
    if (known_.size() >= most) known_.clear();
    auto profile = config::profile_for(*config_, key);
    auto& shared = distinct_[profile.domain];
    if (!shared || !(*shared == profile))
        shared = std::make_shared<const config::DomainProfile>(std::move(profile));
    return known_.emplace(std::move(key), shared).first->second;
}

std::string domain_of(std::string_view address)
{
    const auto at = address.rfind('@');
    return at == std::string_view::npos ? std::string{} : lower(address.substr(at + 1));
}

}  // namespace imc::queue
