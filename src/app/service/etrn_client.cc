#include "app/service/couriers.h"
#include "base/text.h"
#include "smtp/client/etrn.h"

// Hosts that keep our mail are asked for it, as imcEtrn says.

namespace imc::app {

namespace net = boost::asio;
using smtp::client::EtrnOutcome;

net::awaitable<std::vector<admin::EtrnRow>> AllCouriers::ask_for_mail(config::ConfigPtr config,
                                                                      bool dry_run)
{
    std::vector<admin::EtrnRow> rows;
    for (const auto& job : config->link.etrn) {
        const auto host = config::host_and_port(job.host);
        if (dry_run) {
            for (const auto& node : job.nodes)
                rows.push_back({host, node});
            continue;
        }
        const auto key = "etrn " + host;
        smtp::client::EtrnTalk talk;
        auto settings = desk_.settings(*config, config::profile_for(*config, job.host.name), key);
        if (settings) {
            settings->is_ourselves = is_ourselves_;
            auto finder = finder_of({transfer::HostPort{job.host.name, job.host.port}});
            talk = co_await smtp::client::ask_for_mail(std::move(*settings), std::move(finder),
                                                       *dialer_, job.nodes);
        } else {
            talk.trouble = settings.error().to_string();
        }
        if (!talk.tls_trouble.empty())
            events_.raise(EventId::outbound_tls_failed,
                          {{"host", host}, {"route", key}, {"detail", talk.tls_trouble}});
        for (const auto& answer : talk.answers) {
            rows.push_back(
                {host, answer.node, std::string{to_string(answer.outcome)}, answer.reply});
            const auto node_key = key + " " + answer.node;
            if (!is_refusal(answer.outcome))
                outages_.ends(node_key);
            else if (outages_.begins(node_key, EventId::etrn_refused))
                events_.raise(EventId::etrn_refused,
                              {{"host", host}, {"node", answer.node}, {"detail", answer.reply}});
        }
        if (talk.trouble.empty()) {
            outages_.ends(key);
            continue;
        }
        for (std::size_t i = talk.answers.size(); i < job.nodes.size(); ++i)
            rows.push_back({host, job.nodes[i], "failed", talk.trouble});
        if (outages_.begins(key, EventId::etrn_host_failed))
            events_.raise(EventId::etrn_host_failed, {{"host", host}, {"detail", talk.trouble}});
    }
    co_return rows;
}

}  // namespace imc::app
