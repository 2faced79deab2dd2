#include "app/service/mail_rules.h"

#include "mail/address.h"
#include "mail/srs.h"
#include "policy/automatic_mail.h"
#include "spool/working.h"

#include <algorithm>

namespace imc::app {
namespace {

namespace net = boost::asio;

/// Into a mailbox: nobody behind it reports success.
class LastCourier final : public queue::Courier {
public:
    explicit LastCourier(std::unique_ptr<queue::Courier> inner) : inner_{std::move(inner)} {}

    net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
    {
        auto results = co_await inner_->deliver(job);
        for (auto& result : results)
            result.final_delivery = result.delivery == queue::Delivery::delivered;
        co_return results;
    }
    bool reusable() const override { return inner_->reusable(); }
    net::awaitable<void> close() override { return inner_->close(); }

private:
    std::unique_ptr<queue::Courier> inner_;
};

queue::DeliveryResult kept_in(mail::Automatic kind, const std::string& domain)
{
    queue::DeliveryResult out;
    out.delivery = queue::Delivery::failed;
    out.status = "5.7.1";
    out.reply = std::string{mail::to_string(kind)} + " not sent: the policy for " + domain +
                " does not allow it";
    out.suppressed = kind;
    return out;
}

class OutboundCourier final : public queue::Courier {
public:
    OutboundCourier(std::unique_ptr<queue::Courier> inner, config::ConfigPtr config)
        : inner_{std::move(inner)}, config_{std::move(config)}
    {}

    net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
    {
        auto results = judge(job);
        if (results.empty() && !is_passed_on(job)) return inner_->deliver(job);
        results.resize(job.recipients.size());
        return deliver_changed(job, std::move(results));
    }
    bool reusable() const override { return inner_->reusable(); }
    net::awaitable<void> close() override { return inner_->close(); }

private:
    /// @param results  of those whose mail is kept in
    net::awaitable<std::vector<queue::DeliveryResult>>
    deliver_changed(const queue::Job& job, std::vector<queue::DeliveryResult> results)
    {
        std::vector<std::size_t> sent;
        queue::Job rest = job;
        rest.recipients.clear();
        rest.addresses.clear();
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (results[i].suppressed != mail::Automatic::no) continue;
            sent.push_back(i);
            rest.recipients.push_back(job.recipients[i]);
            rest.addresses.push_back(job.addresses[i]);
        }
        if (sent.empty()) co_return results;
        spool::Envelope rewritten;
        if (is_passed_on(rest))
            if (auto sender = mail::Srs{config_->srs_key}.forward(
                    job.envelope->sender, config_->local_domains.front(), wall_clock().now())) {
                rewritten = *job.envelope;
                rewritten.sender = std::move(*sender);
                rest.envelope = &rewritten;
            }
        auto outcomes = co_await inner_->deliver(rest);
        for (std::size_t i = 0; i < sent.size(); ++i)
            results[sent[i]] = std::move(outcomes[i]);
        co_return results;
    }

    bool is_ours(std::string_view address) const
    {
        const auto domain = mail::canonical_domain(
            address.substr(std::min(address.rfind('@') + 1, address.size())));
        return std::ranges::find(config_->local_domains, domain) != config_->local_domains.end();
    }

    /// Whether its sender, who is none of ours, is rewritten.
    bool is_passed_on(const queue::Job& job) const
    {
        if (!config_ || config_->srs_key.empty() || job.envelope->sender.empty()) return false;
        bool passed_on = job.passed_on;
        for (std::size_t i = 0; !passed_on && i < job.recipients.size(); ++i) {
            const auto& named = job.envelope->recipients[job.recipients[i]].address;
            passed_on = named != job.addresses[i] && is_ours(named);
        }
        return passed_on && !is_ours(job.envelope->sender);
    }

    /// @return empty: nothing is kept in
    std::vector<queue::DeliveryResult> judge(const queue::Job& job) const
    {
        std::vector<queue::DeliveryResult> results;
        // Of a header that is longer than what of a large message is in memory, that much.
        if (!config_) return results;
        const spool::WorkingOn at_work{job.working, job.id};
        const auto text = job.body.memory();
        const auto header = text.substr(0, std::min(text.find("\r\n\r\n"), text.size()));
        const auto message = policy::look_at(*config_, header, job.envelope->sender.empty());
        if (message.signs.kind == mail::Automatic::no) return results;
        for (std::size_t i = 0; i < job.addresses.size(); ++i) {
            const auto& address = job.addresses[i];
            const auto domain = mail::canonical_domain(
                std::string_view{address}.substr(std::min(address.rfind('@') + 1, address.size())));
            const auto kind = policy::forbidden(*config_, message, domain);
            if (kind == mail::Automatic::no) continue;
            results.resize(job.addresses.size());
            results[i] = kept_in(kind, domain);
        }
        return results;
    }

    std::unique_ptr<queue::Courier> inner_;
    config::ConfigPtr config_;
};

}  // namespace

std::unique_ptr<queue::Courier> ObedientCouriers::hire(const queue::Place& place)
{
    const auto& route = place.route;
    auto courier = inner_.hire(place);
    const bool remote = std::holds_alternative<transfer::ToMx>(route.hop) ||
                        std::holds_alternative<transfer::ToSmartHosts>(route.hop);
    if (remote) return std::make_unique<OutboundCourier>(std::move(courier), config_());
    return std::make_unique<LastCourier>(std::move(courier));
}

}  // namespace imc::app
