#include "smtp/client/etrn.h"

#include "base/text.h"

namespace imc::smtp::client {

EtrnOutcome etrn_outcome(const PeerReply& reply)
{
    switch (reply.code) {
    case 251: return EtrnOutcome::nothing;
    case 459: return EtrnOutcome::not_allowed;
    case 500:
    case 502: return EtrnOutcome::not_supported;
    case 501: return EtrnOutcome::malformed;
    default: break;
    }
    if (reply.positive()) return EtrnOutcome::started;
    return reply.permanent() ? EtrnOutcome::not_allowed : EtrnOutcome::unable;
}

std::string_view to_string(EtrnOutcome outcome)
{
    switch (outcome) {
    case EtrnOutcome::started: return "started";
    case EtrnOutcome::nothing: return "nothing";
    case EtrnOutcome::unable: return "unable";
    case EtrnOutcome::not_allowed: return "not-allowed";
    case EtrnOutcome::malformed: return "malformed";
    case EtrnOutcome::not_supported: return "not-supported";
    }
    return "?";
}

bool is_refusal(EtrnOutcome outcome)
{
    return outcome != EtrnOutcome::started && outcome != EtrnOutcome::nothing;
}

namespace {

struct Opened {
    std::unique_ptr<Session> session;  ///< null: it came to nothing
    std::string trouble;
    bool tls_failed = false;
};

net::awaitable<Opened> open(const CourierSettings& settings, Dialer& dialer, const Host& host,
                            std::string address, bool in_the_clear)
{
    Opened out;
    Call call;
    call.address = address;
    call.port = host.port;
    call.source = settings.source;
    call.name = host.name;
    auto line = co_await dialer.dial(call, after(settings.limits.connect));
    if (!line) {
        out.trouble = address + ": connecting failed: " + line.error().message();
        co_return out;
    }
    auto dialogue = settings.dialogue;
    const auto key = host.name + ":" + std::to_string(host.port);
    dialogue.seen_with_tls = settings.hosts != nullptr && settings.hosts->knows_tls(key);
    if (in_the_clear) {
        dialogue.tls = OutboundTls::none;
        dialogue.tls_has_failed = true;
    }
    const bool here = address.starts_with("127.") || address == "::1";
    dialogue.secrets_in_clear = settings.dialogue.tls == OutboundTls::none && here;
    auto session = std::make_unique<Session>(std::move(line->stream), std::move(dialogue),
                                             settings.limits, SessionTls{settings.tls, host.name});
    const Next next = co_await session->open();
    if (next == Next::idle) {
        out.session = std::move(session);
        co_return out;
    }
    const auto& opening = session->dialogue().opening();
    out.tls_failed = opening.setback() == Setback::tls_failed;
    out.trouble = address + ": " +
                  (opening.wants_helo() ? "it does not know EHLO" : printable(opening.refusal()));
    co_await session->quit();
    co_return out;
}

net::awaitable<EtrnTalk> talk(std::unique_ptr<Session> session, std::vector<std::string> nodes)
{
    EtrnTalk out;
    const auto& dialogue = session->dialogue();
    if (!dialogue.opening().extensions().etrn) {
        for (auto& node : nodes)
            out.answers.push_back(
                {std::move(node), EtrnOutcome::not_supported, "the host does not offer ETRN"});
        nodes.clear();
    }
    for (auto& node : nodes) {
        if (!dialogue.usable()) {
            out.trouble = "the connection is closed: " + dialogue.refusal();
            break;
        }
        const auto reply = co_await session->ask(node);
        if (!reply) {
            out.trouble = dialogue.refusal();
            break;
        }
        out.answers.push_back({std::move(node), etrn_outcome(*reply), reply->text()});
    }
    co_await session->quit();
    co_return out;
}

}  // namespace

net::awaitable<EtrnTalk> ask_for_mail(CourierSettings settings, std::unique_ptr<HostFinder> finder,
                                      Dialer& dialer, std::vector<std::string> nodes)
{
    EtrnTalk out;
    Hosts found = co_await finder->find(after(settings.look_up));
    if (const auto* none = std::get_if<NoHost>(&found)) {
        out.trouble = printable(none->reason.detail());
        co_return out;
    }
    out.trouble = "it has no address but ours";
    for (const auto& host : *std::get_if<std::vector<Host>>(&found))
        for (const auto& address : host.addresses) {
            if (settings.is_ourselves && settings.is_ourselves(address, host.port)) continue;
            const auto key = host.name + ":" + std::to_string(host.port);
            const bool may_be_clear =
                settings.dialogue.tls == OutboundTls::may && !settings.dialogue.credentials &&
                (settings.hosts == nullptr || !settings.hosts->knows_tls(key));
            auto opened = co_await open(settings, dialer, host, address, false);
            std::string tls_trouble;
            if (!opened.session && opened.tls_failed && may_be_clear) {
                if (settings.hosts == nullptr || settings.hosts->says_broken_tls(key))
                    tls_trouble = std::move(opened.trouble);
                opened = co_await open(settings, dialer, host, address, true);
            }
            if (opened.session) {
                if (settings.hosts != nullptr && opened.session->dialogue().opening().tls())
                    settings.hosts->saw_tls(key);
                auto done = co_await talk(std::move(opened.session), std::move(nodes));
                done.tls_trouble = std::move(tls_trouble);
                co_return done;
            }
            out.trouble = std::move(opened.trouble);
        }
    co_return out;
}

}  // namespace imc::smtp::client
