#include "app/service/dequeue_desk.h"

#include "base/text.h"

#include <algorithm>

namespace imc::app {

namespace net = boost::asio;
using Kind = smtp::DequeueAnswer::Kind;

DequeueDesk::DequeueDesk(config::ConfigPtr config, queue::Queue& queue, EventLog& events,
                         std::function<bool(const smtp::SessionFacts&)> may_sign_in,
                         std::function<bool()> link_is_open)
    : config_{std::move(config)}, queue_{queue}, events_{events},
      may_sign_in_{std::move(may_sign_in)}, link_is_open_{std::move(link_is_open)}
{
    if (!config_->answers_etrn) return;
    for (const auto& profile : config_->profiles) {
        if (!profile.hold_for_etrn || profile.etrn_from.empty()) continue;
        Row row;
        row.profile = &profile;
        std::vector<config::Network> networks;
        for (const auto& text : profile.etrn_from) {
            if (text.starts_with("account:"))
                row.accounts.push_back(text.substr(8));
            else if (text.starts_with("sha256:"))
                row.certificates.push_back(text.substr(7));
            else if (auto network = config::Network::parse(text); network)
                networks.push_back(std::move(*network));
        }
        row.networks = config::NetworkSet{std::move(networks)};
        rows_.push_back(std::move(row));
    }
}

bool DequeueDesk::Row::allows(const smtp::SessionFacts& facts) const
{
    if (networks.find(facts.peer.address) != nullptr) return true;
    if (!facts.account.empty() &&
        std::ranges::find(accounts, lower(facts.account)) != accounts.end())
        return true;
    return facts.tls && !facts.tls->client_fingerprint.empty() &&
           std::ranges::find(certificates, facts.tls->client_fingerprint) != certificates.end();
}

bool DequeueDesk::offered(const smtp::SessionFacts& facts) const
{
    return std::ranges::any_of(rows_, [&](const Row& row) {
        return row.allows(facts) ||
               (!row.accounts.empty() && facts.account.empty() && may_sign_in_(facts));
    });
}

net::awaitable<smtp::DequeueAnswer> DequeueDesk::start(const smtp::SessionFacts& facts,
                                                       std::string node)
{
    const auto domain = std::string_view{node}.substr(node.starts_with('@') ? 1 : 0);
    // What queues of ours are called is nobody's business.
    const auto* profile = node.starts_with('#') ? nullptr : config::find_profile(*config_, domain);
    const auto row = std::ranges::find(rows_, profile, &Row::profile);
    if (profile == nullptr || row == rows_.end() || !row->allows(facts))
        co_return smtp::DequeueAnswer{Kind::not_allowed};
    const bool sends = config_->mode == config::TransferMode::both ||
                       config_->mode == config::TransferMode::outbound;
    if (!sends || !link_is_open_()) co_return smtp::DequeueAnswer{Kind::unable};
    // "@domain" also means domains below it for which others are named.
    const auto may_ask = [&](const config::DomainProfile& of) {
        return std::ranges::any_of(rows_, [&](const Row& one) {
            return one.profile->domain == of.domain && one.profile->subdomains == of.subdomains &&
                   one.allows(facts);
        });
    };
    auto waiting = queue_.release_etrn(node, may_ask);
    // Hosts of a profile are one place for all its domains.
    if (!profile->hosts.empty() && !same_word(profile->domain, domain))
        waiting += queue_.release_etrn(profile->domain, may_ask);
    if (waiting == 0) co_return smtp::DequeueAnswer{Kind::nothing};
    const auto who =
        facts.account.empty() ? facts.peer.address : facts.account + " at " + facts.peer.address;
    events_.raise(EventId::etrn_served,
                  {{"client", who}, {"node", node}, {"waiting", std::to_string(waiting)}});
    co_return smtp::DequeueAnswer{Kind::started, waiting};
}

}  // namespace imc::app
