#include "app/service/mail_counters.h"

#include "app/service/counter_list.h"
#include "base/text.h"
#include "mail/address.h"

#include <algorithm>

namespace imc::app {

namespace net = boost::asio;

namespace {

metrics::Counter& counter(metrics::Registry& metrics, std::string_view name)
{
    return metrics.counter(name, help_of(name));
}

bool is_local(const std::vector<std::string>& domains, std::string_view address)
{
    const auto at = address.rfind('@');
    if (at == address.npos) return true;  // postmaster
    return std::ranges::find(domains, mail::canonical_domain(address.substr(at + 1))) !=
           domains.end();
}

bool is_remote(const transfer::Route& route)
{
    return std::holds_alternative<transfer::ToMx>(route.hop) ||
           std::holds_alternative<transfer::ToSmartHosts>(route.hop);
}

class CountedCourier final : public queue::Courier {
public:
    CountedCourier(std::unique_ptr<queue::Courier> inner, const CountedCouriers::Counters& counters,
                   EventLog& events, bool remote)
        : inner_{std::move(inner)}, counters_{counters}, events_{events}, remote_{remote}
    {}

    net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
    {
        const auto id = job.id;
        const auto octets = job.body.size();
        auto results = co_await inner_->deliver(job);
        const auto taken = std::ranges::count(results, queue::Delivery::delivered,
                                              &queue::DeliveryResult::delivery);
        if (taken == 0) co_return results;
        if (!remote_) {
            counters_.stored.add();
            co_return results;
        }
        counters_.messages.add();
        counters_.octets.add(octets);
        counters_.recipients.add(static_cast<std::uint64_t>(taken));
        const auto converted = std::ranges::find(results, true, &queue::DeliveryResult::converted);
        if (converted != results.end()) {
            counters_.converted.add();
            tell_converted(id, converted->host);
        }
        co_return results;
    }
    bool reusable() const override { return inner_->reusable(); }
    net::awaitable<void> close() override { return inner_->close(); }

private:
    void tell_converted(spool::MessageId id, const std::string& host)
    {
        if (events_.wants(EventId::message_converted))
            events_.raise(EventId::message_converted,
                          {{"message", id.to_string()}, {"host", host}});
    }

    std::unique_ptr<queue::Courier> inner_;
    const CountedCouriers::Counters& counters_;
    EventLog& events_;
    const bool remote_;
};

/// One that is open while it lives.
class CountedStream final : public smtp::Stream {
public:
    CountedStream(std::unique_ptr<smtp::Stream> inner,
                  std::shared_ptr<std::atomic<std::uint64_t>> open)
        : inner_{std::move(inner)}, open_{std::move(open)}
    {
        ++*open_;
    }
    ~CountedStream() override { --*open_; }
    CountedStream(const CountedStream&) = delete;
    CountedStream& operator=(const CountedStream&) = delete;

    net::awaitable<smtp::IoResult<std::size_t>> read_some(std::span<char> into,
                                                          Deadline deadline) override
    {
        return inner_->read_some(into, deadline);
    }
    net::awaitable<smtp::IoResult<std::string_view>> read(std::size_t most,
                                                          Deadline deadline) override
    {
        return inner_->read(most, deadline);
    }
    net::awaitable<smtp::IoResult<>> write(std::string_view octets, Deadline deadline) override
    {
        return inner_->write(octets, deadline);
    }
    net::awaitable<void> close(Deadline deadline) override { return inner_->close(deadline); }
    net::awaitable<smtp::IoResult<smtp::TlsFacts>> accept_tls(const smtp::TlsServer& tls,
                                                              Deadline deadline) override
    {
        return inner_->accept_tls(tls, deadline);
    }
    net::awaitable<smtp::IoResult<smtp::TlsFacts>>
    connect_tls(const smtp::TlsClient& tls, std::string name, Deadline deadline) override
    {
        return inner_->connect_tls(tls, std::move(name), deadline);
    }

private:
    std::unique_ptr<smtp::Stream> inner_;
    std::shared_ptr<std::atomic<std::uint64_t>> open_;
};

class CountedDialer final : public smtp::client::Dialer {
public:
    CountedDialer(std::unique_ptr<smtp::client::Dialer> inner, metrics::Registry& metrics,
                  std::shared_ptr<std::atomic<std::uint64_t>> open)
        : inner_{std::move(inner)}, made_{counter(metrics, "connections_outbound")},
          failed_{counter(metrics, "connections_failed")}, open_{std::move(open)}
    {}

    net::awaitable<smtp::IoResult<smtp::client::Line>> dial(smtp::client::Call call,
                                                            Deadline deadline) override
    {
        auto line = co_await inner_->dial(std::move(call), deadline);
        if (!line) {
            failed_.add();
            co_return line;
        }
        made_.add();
        line->stream = std::make_unique<CountedStream>(std::move(line->stream), open_);
        co_return line;
    }

private:
    std::unique_ptr<smtp::client::Dialer> inner_;
    metrics::Counter& made_;
    metrics::Counter& failed_;
    std::shared_ptr<std::atomic<std::uint64_t>> open_;
};

}  // namespace

TakenCounters::TakenCounters(metrics::Registry& metrics)
    : messages_{counter(metrics, "inbound_messages")}, octets_{counter(metrics, "inbound_bytes")},
      recipients_{counter(metrics, "inbound_recipients")},
      for_others_{counter(metrics, "outbound_accepted_messages")}
{}

void TakenCounters::count(const std::vector<std::string>& local_domains,
                          const queue::Seen& message) const
{
    const auto& recipients = message.envelope.recipients;
    messages_.add();
    octets_.add(message.octets);
    recipients_.add(recipients.size());
    if (std::ranges::any_of(recipients, [&](const auto& recipient) {
            return !is_local(local_domains, recipient.address);
        }))
        for_others_.add();
}

MailCounters::MailCounters(metrics::Registry& metrics, EventLog& events, queue::Observer& next,
                           std::function<config::ConfigPtr()> config)
    : events_{events}, next_{next}, config_{std::move(config)},
      inbound_routed_{counter(metrics, "inbound_routed_messages")},
      outbound_routed_{counter(metrics, "outbound_routed_messages")},
      on_inbound_{counter(metrics, "reports_on_inbound_mail")},
      on_outbound_{counter(metrics, "reports_on_outbound_mail")},
      loops_{counter(metrics, "loops_detected")},
      conversions_failed_{counter(metrics, "conversions_failed")}
{}

void MailCounters::queued(const queue::Seen& message, std::span<const std::uint32_t> recipients,
                          const transfer::Route& route)
{
    (is_remote(route) ? outbound_routed_ : inbound_routed_).add();
    if (events_.wants(EventId::recipient_routed))
        for (const auto index : recipients)
            events_.raise(EventId::recipient_routed,
                          {{"message", message.id.to_string()},
                           {"recipient", message.envelope.recipients[index].address},
                           {"route", route.key},
                           {"why", route.why}});
    next_.queued(message, recipients, route);
}

void MailCounters::decided(const queue::Seen& message, std::uint32_t recipient,
                           const std::string& line)
{
    next_.decided(message, recipient, line);
}

void MailCounters::settled(const queue::Seen& message, std::uint32_t recipient,
                           const spool::RecipientState& state, const queue::DeliveryResult& result,
                           const std::string& route)
{
    if (state.outcome == spool::Outcome::failed) {
        if (state.last_status == "5.4.6") loops_.add();
        // A peer's words begin with its code.
        const bool our_words =
            result.reply.empty() || result.reply.front() < '0' || result.reply.front() > '9';
        if (our_words && result.status.starts_with("5.6.")) conversions_failed_.add();
    }
    next_.settled(message, recipient, state, result, route);
}

void MailCounters::reported(const queue::Seen& message, std::uint32_t recipient,
                            std::optional<spool::MessageId> report)
{
    if (report && last_report_.exchange(report->number) != report->number) {
        const auto now = config_();
        const auto& address = message.envelope.recipients[recipient].address;
        (!now || is_local(now->local_domains, address) ? on_inbound_ : on_outbound_).add();
    }
    next_.reported(message, recipient, report);
}

void MailCounters::removed(const queue::Seen& message, std::uint32_t recipient)
{
    next_.removed(message, recipient);
}

void MailCounters::administered(const queue::Seen& message, std::uint32_t recipient, bool rerouted,
                                const std::string& words)
{
    next_.administered(message, recipient, rerouted, words);
}

CountedCouriers::Counters::Counters(metrics::Registry& metrics)
    : stored{counter(metrics, "stored_messages")}, messages{counter(metrics, "outbound_messages")},
      octets{counter(metrics, "outbound_bytes")},
      recipients{counter(metrics, "outbound_recipients")},
      converted{counter(metrics, "conversions_succeeded")}
{}

CountedCouriers::CountedCouriers(queue::Couriers& inner, metrics::Registry& metrics,
                                 EventLog& events)
    : inner_{inner}, counters_{metrics}, events_{events}
{}

std::unique_ptr<queue::Courier> CountedCouriers::hire(const queue::Place& place)
{
    return std::make_unique<CountedCourier>(inner_.hire(place), counters_, events_,
                                            is_remote(place.route));
}

CountedLines::CountedLines(metrics::Registry& metrics)
    : metrics_{metrics}, open_{std::make_shared<std::atomic<std::uint64_t>>(0)}
{}

std::unique_ptr<smtp::client::Dialer>
CountedLines::dialer(std::unique_ptr<smtp::client::Dialer> dialer)
{
    return std::make_unique<CountedDialer>(std::move(dialer), metrics_, open_);
}

}  // namespace imc::app
