#include "app/service/reception.h"

#include "app/service/smtp_terms.h"
#include "smtp/server/session.h"

namespace imc::app {

namespace net = boost::asio;

namespace {

/// The rules of the organization, then those of an account that has signed in. Nobody else is asked
/// for the second ones, and costs no frame for them.
class Rules final : public smtp::Policy {
public:
    Rules(SessionPolicy& all, SubmissionPolicy& accounts) : all_{all}, accounts_{accounts} {}

    net::awaitable<Verdict> on_connect(const smtp::SessionFacts& facts) override
    {
        return all_.on_connect(facts);
    }
    net::awaitable<Verdict> on_helo(const smtp::SessionFacts& facts) override
    {
        return all_.on_helo(facts);
    }
    net::awaitable<Verdict> on_mail(const smtp::SessionFacts& facts,
                                    const smtp::Envelope& envelope) override
    {
        if (facts.account.empty()) return all_.on_mail(facts, envelope);
        return mail_of_account(facts, envelope);
    }
    net::awaitable<Verdict> on_rcpt(const smtp::SessionFacts& facts, const smtp::Envelope& envelope,
                                    std::string_view recipient) override
    {
        return all_.on_rcpt(facts, envelope, recipient);
    }
    net::awaitable<Verdict> on_header(const smtp::SessionFacts& facts,
                                      const smtp::Envelope& envelope,
                                      std::string_view header) override
    {
        if (facts.account.empty()) return all_.on_header(facts, envelope, header);
        return header_of_account(facts, envelope, header);
    }
    std::string on_refused(const smtp::SessionFacts& facts, const smtp::Envelope& envelope,
                           std::string_view stage, const smtp::Reply& reply,
                           std::string_view rule) override
    {
        return all_.on_refused(facts, envelope, stage, reply, rule);
    }
    std::chrono::milliseconds delay(const smtp::SessionFacts& facts) override
    {
        return all_.delay(facts);
    }

private:
    net::awaitable<Verdict> mail_of_account(const smtp::SessionFacts& facts,
                                            const smtp::Envelope& envelope)
    {
        auto verdict = co_await all_.on_mail(facts, envelope);
        if (!verdict) verdict = co_await accounts_.on_mail(facts, envelope);
        co_return verdict;
    }
    net::awaitable<Verdict> header_of_account(const smtp::SessionFacts& facts,
                                              const smtp::Envelope& envelope,
                                              std::string_view header)
    {
        auto verdict = co_await all_.on_header(facts, envelope, header);
        if (!verdict) verdict = co_await accounts_.on_header(facts, envelope, header);
        co_return verdict;
    }

    SessionPolicy& all_;
    SubmissionPolicy& accounts_;
};

net::awaitable<void> nobody() { co_return; }

}  // namespace

Reception::Reception(ReceptionParts parts,
                     std::shared_ptr<const transfer::RecipientResolver> resolver,
                     const config::People& people, std::shared_ptr<RecipientCache> cache)
    : parts_{parts}, resolver_{std::move(resolver)},
      authenticator_{resolver_->config_ptr(), people, parts.desk},
      submission_{SubmissionRules{resolver_->config_ptr(), people, std::move(cache)}, parts.events,
                  parts.background},
      dequeue_{resolver_->config_ptr(), parts.queue, parts.events,
               [this](const smtp::SessionFacts& facts) {
                   return !authenticator_.mechanisms(facts).empty();
               },
               [&link = parts.link] { return link.is_open(); }}
{
    const auto& config = resolver_->config();
    for (const auto& where : config.listeners)
        offers_[where.to_string()] = {
            std::make_shared<const smtp::Terms>(smtp_terms(config, where, true)),
            std::make_shared<const smtp::Terms>(smtp_terms(config, where, false))};
}

net::awaitable<void> Reception::serve(std::shared_ptr<Reception> self,
                                      const config::ListenerSetting& where,
                                      std::unique_ptr<smtp::Stream> stream, smtp::Peer peer)
{
    auto& parts = self->parts_;
    const auto listener = where.to_string();
    const auto offer = self->offers_.find(listener);
    if (offer == self->offers_.end()) return nobody();  // the listener is being closed
    parts.metrics.counter("connections_inbound", "Connections from clients").add();
    if (parts.events.wants(EventId::client_connected))
        parts.events.raise(EventId::client_connected,
                           {{"peer", "[" + peer.address + "]:" + std::to_string(peer.port)},
                            {"listener", listener}});
    auto tls = parts.tls.server(listener);
    const bool sealed = tls && tls->ready();
    auto dialogue = std::make_unique<smtp::Dialogue>(
        sealed ? offer->second.sealed : offer->second.plain, std::move(peer));
    dialogue->facts().listener = listener;
    dialogue->facts().role = where.role;
    return speak(std::move(self), std::move(stream), std::move(dialogue), std::move(tls));
}

/// An idle client holds this frame: what only begins a session stands in serve().
net::awaitable<void> Reception::speak(std::shared_ptr<Reception> self,
                                      std::unique_ptr<smtp::Stream> stream,
                                      std::unique_ptr<smtp::Dialogue> dialogue,
                                      std::shared_ptr<const smtp::TlsServer> tls)
{
    auto& parts = self->parts_;
    const auto& facts = dialogue->facts();
    SessionPolicy rules{parts.book, self->resolver_};
    Rules policy{rules, self->submission_};
    SessionPorts ports{{self->resolver_, parts.spool, parts.queue, parts.events, parts.budget,
                        parts.background, parts.disk, parts.directory_silent, parts.metrics,
                        parts.sessions, rules, parts.tracker, &parts.archive, &parts.counted},
                       facts,
                       facts.peer.session};
    smtp::Ports all{ports, ports, policy, parts.events};
    all.authenticator = &self->authenticator_;
    all.tls = tls.get();
    all.dequeue = &self->dequeue_;
    co_await smtp::serve(std::move(stream), std::move(dialogue), all);
}

}  // namespace imc::app
