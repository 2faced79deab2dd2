#include "app/service/session_ports.h"

#include "base/offload.h"
#include "queue/profiles.h"
#include "transfer/restriction.h"

// Whom a session may send to: what the directory says of a recipient, and what EXPN tells.

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto look_up_time = 20s;
constexpr std::size_t most_members = 100;  // told to who asks EXPN

}  // namespace

/// Where the directory is here and no rule asks for the sender, this frame is the only one.
net::awaitable<smtp::RecipientVerdict> SessionPorts::look_up(std::string address)
{
    transfer::DecisionLine line;
    const auto request = question(address);
    const auto deadline = after(look_up_time);  // the wait for a thread counts
    const auto ask = [this, &request, &line, deadline] {
        return parts_.resolver->resolve(request, deadline, nullptr, &line);
    };
    transfer::Resolution resolution;
    if (asks_elsewhere(address))
        resolution = co_await offload(parts_.background, ask);
    else
        resolution = ask();
    transfer::RestrictionsPtr rules;
    if (const auto* route = std::get_if<transfer::Route>(&resolution)) rules = route->restrictions;
    if (const auto* list = std::get_if<transfer::Expand>(&resolution)) rules = list->restrictions;
    const auto way = limit_of_way(resolution);
    auto verdict = judge(address, std::move(resolution), line);
    auto* const accepted = std::get_if<smtp::verdict::Accepted>(&verdict);
    if (accepted == nullptr) co_return verdict;
    if (accepted->unasked) {
        // Who sends it the directory cannot say, either; whether he may, the queue asks.
        parts_.policy.recipient_takes({});
        accepted->decided = line.take();
        co_return verdict;
    }
    policy::SizeLimit takes;
    if (rules)
        if (auto no = too_large_for(*rules, takes)) co_return std::move(*no);
    if (way.octets != 0 && (takes.octets == 0 || way.octets < takes.octets)) {
        takes = way;
        if (auto no = refused_for_size(takes, "5.3.4")) co_return std::move(*no);
    }
    const bool of_senders = rules && rules->of_senders();
    if (of_senders || (!facts_.account.empty() && !parts_.policy.sender_known())) {
        auto no = co_await refused_for_sender(address, of_senders ? rules.get() : nullptr, line);
        if (no) co_return std::move(*no);
    }
    co_return admitted(std::move(takes), line);
}

/// What goes out is bound by the profile of its domain, as it will be in the queue.
policy::SizeLimit SessionPorts::limit_of_way(const transfer::Resolution& resolution) const
{
    const auto* const route = std::get_if<transfer::Route>(&resolution);
    if (route == nullptr || std::holds_alternative<transfer::ToMaildir>(route->hop) ||
        std::holds_alternative<transfer::ToLmtp>(route->hop))
        return {};
    const auto* const profile =
        config::find_profile(parts_.resolver->config(), queue::domain_of(route->address));
    if (profile == nullptr || profile->message_octets == 0) return {};
    return {profile->message_octets, config::size_rule(*profile)};
}

std::optional<smtp::RecipientVerdict>
SessionPorts::too_large_for(const transfer::Restrictions& rules, policy::SizeLimit& takes)
{
    if (rules.octets != 0)
        takes = {rules.octets, transfer::size_rule("imcMaxReceiveKB", rules.object)};
    auto no = refused_for_size(takes, "5.2.3");
    if (!rules.old) return no;
    if (no) {
        auto doubt = transfer::outdated(rules, takes.rule);
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(doubt);
        return smtp::verdict::CannotSay{std::move(doubt)};
    }
    takes = {};  // once it has come, the queue asks again
    return {};
}

std::optional<smtp::RecipientVerdict> SessionPorts::refused_for_size(const policy::SizeLimit& limit,
                                                                     const char* status) const
{
    const auto declared = parts_.policy.declared_octets();
    const auto no = policy::judge_size(limit, declared);
    if (!no) return {};
    return smtp::verdict::Refused{no->rule, 552, status,
                                  "Message of " + std::to_string(declared) + " octets, at most " +
                                      std::to_string(limit.octets) + " (" + no->rule + ")"};
}

net::awaitable<std::optional<smtp::RecipientVerdict>>
SessionPorts::refused_for_sender(const std::string& address, const transfer::Restrictions* rules,
                                 transfer::DecisionLine& line)
{
    auto& policy = parts_.policy;
    auto found = co_await who_sends(rules);
    if (auto* silent = std::get_if<CannotSay>(&found)) {
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(silent->reason);
        co_return smtp::verdict::CannotSay{std::move(silent->reason)};
    }
    const auto& sender = std::get<transfer::Sender>(found);
    if (auto doubt = rules != nullptr ? transfer::undecided(*rules, sender) : std::nullopt) {
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(*doubt);
        co_return smtp::verdict::CannotSay{std::move(*doubt)};
    }
    // Whoever has not signed in may claim any address: its limits are no others'. By a limit that
    // was nobody is refused.
    if (sender.signed_in && sender.octets != 0 && !sender.old)
        policy.sender_may({sender.octets, transfer::size_rule("imcMaxSendKB", sender.object)});
    else
        policy.sender_may({});
    if (rules == nullptr) co_return std::nullopt;
    if (const auto refusal = transfer::judge(*rules, sender)) {
        policy.restricted(facts_, address, refusal->rule);
        co_return smtp::verdict::Refused{refusal->rule, 550, "5.7.1",
                                         refusal->text + " (" + refusal->rule + ")"};
    }
    line.add("sender", transfer::admitted_by(*rules, sender));
    co_return std::nullopt;
}

smtp::RecipientVerdict SessionPorts::admitted(policy::SizeLimit takes, transfer::DecisionLine& line)
{
    const auto& may = parts_.policy.sender_limit();
    if (auto no = refused_for_size(may, "5.3.4")) return std::move(*no);
    if (takes.octets != 0)
        line.add("size", std::to_string(takes.octets) + " " + takes.rule);
    else if (may.octets != 0)
        line.add("size", std::to_string(may.octets) + " " + may.rule);
    parts_.policy.recipient_takes(std::move(takes));
    return smtp::verdict::Accepted{.decided = line.take()};
}

net::awaitable<std::variant<transfer::Sender, CannotSay>>
SessionPorts::who_sends(const transfer::Restrictions* rules)
{
    const auto deadline = after(look_up_time);  // the wait for a thread counts
    const auto ask = [this, rules, deadline] {
        return parts_.resolver->senders().by_address(parts_.policy.sender(),
                                                     !facts_.account.empty(), deadline, rules);
    };
    if (!parts_.resolver->blocks()) co_return ask();
    auto found = co_await offload(parts_.background, ask);
    co_return found;
}

transfer::Request SessionPorts::question(const std::string& address) const
{
    transfer::Request out;
    out.recipient = address;
    out.from_client = true;
    out.sender = parts_.policy.sender();
    out.client.peer = facts_.peer.address;
    out.client.local = facts_.peer.local_address;
    out.client.account = facts_.account;
    out.client.role = facts_.role;
    if (facts_.tls) {
        out.client.certificate_subject = facts_.tls->client_subject;
        out.client.certificate_fingerprint = facts_.tls->client_fingerprint;
    }
    return out;
}

bool SessionPorts::asks_elsewhere(std::string_view address) const
{
    if (!parts_.resolver->blocks()) return false;
    const auto at = address.rfind('@');
    return at == address.npos || parts_.resolver->is_local_domain(address.substr(at + 1));
}

/// Which directory, and how old its answer is, is told to the journal and not to the client.
smtp::verdict::Unknown SessionPorts::unknown(const transfer::NoSuchRecipient& who,
                                             std::string_view line)
{
    auto facts = who.why;
    if (who.absent) facts += "; asked: " + parts_.resolver->directory()->description();
    if (const auto words = transfer::in_words(transfer::parse_decision(line)); !words.empty())
        facts += "; " + words;
    parts_.policy.is_nobody(std::move(facts));
    if (!who.absent) return {};
    return {"recipient: unknown, the directory proved it absent"};
}

smtp::RecipientVerdict SessionPorts::judge(const std::string& address,
                                           transfer::Resolution resolution,
                                           transfer::DecisionLine& line)
{
    if (auto* silent = std::get_if<CannotSay>(&resolution)) {
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(silent->reason);
        return smtp::verdict::CannotSay{std::move(silent->reason)};
    }
    if (auto* taken = std::get_if<transfer::TakenUnasked>(&resolution)) {
        parts_.policy.taken_unasked(facts_, address, taken->rule);
        if (!parts_.directory_silent.exchange(true)) parts_.events.raise(taken->reason);
        return smtp::verdict::Accepted{.unasked = true};
    }
    parts_.directory_silent = false;
    if (std::holds_alternative<transfer::Route>(resolution) ||
        std::holds_alternative<transfer::Expand>(resolution))
        return smtp::verdict::Accepted{};
    if (const auto* several = std::get_if<transfer::AmbiguousRecipient>(&resolution)) {
        tell_several(address, *several);
        return smtp::verdict::Ambiguous{};
    }
    if (const auto* denied = std::get_if<transfer::RelayDenied>(&resolution)) {
        parts_.policy.relay_refused(facts_, address, denied->rule);
        return smtp::verdict::Refused{"relay: " + denied->rule};
    }
    if (auto* refused = std::get_if<transfer::Refused>(&resolution)) {
        if (refused->event != EventId{})
            parts_.events.raise(
                refused->event,
                {{"address", address},
                 {"detail", refused->detail.empty() ? refused->why : refused->detail}});
        return smtp::verdict::Refused{std::move(refused->rule), refused->code,
                                      std::move(refused->status), std::move(refused->why)};
    }
    return unknown(std::get<transfer::NoSuchRecipient>(resolution), line.take());
}

net::awaitable<smtp::ListVerdict> SessionPorts::members(std::string list)
{
    if (!parts_.resolver->blocks())
        co_return judge(list, parts_.resolver->members(list, most_members, after(look_up_time)));
    const auto deadline = after(look_up_time);
    const auto ask = [this, &list, deadline] {
        return parts_.resolver->members(list, most_members, deadline);
    };
    auto expansion = co_await offload(parts_.background, ask);
    co_return judge(list, std::move(expansion));
}

void SessionPorts::tell_several(const std::string& address,
                                const transfer::AmbiguousRecipient& several)
{
    std::string objects;
    for (const auto& object : several.objects)
        objects += (objects.empty() ? "" : "; ") + object;
    parts_.events.raise(EventId::address_not_unique, {{"address", address}, {"objects", objects}});
}

smtp::ListVerdict SessionPorts::judge(const std::string& list, transfer::ListAnswer expansion)
{
    return std::visit(
        Overloaded{
            [](transfer::ListMembers& list) -> smtp::ListVerdict {
                return smtp::verdict::Members{std::move(list.addresses)};
            },
            [](transfer::NotAList&) -> smtp::ListVerdict { return smtp::verdict::NoList{}; },
            [](transfer::TooManyMembers&) -> smtp::ListVerdict { return smtp::verdict::TooMany{}; },
            [this](transfer::NoSuchRecipient& who) -> smtp::ListVerdict {
                return unknown(who, {});
            },
            [this, &list](transfer::AmbiguousRecipient& several) -> smtp::ListVerdict {
                tell_several(list, several);
                return smtp::verdict::Ambiguous{};
            },
            [this](CannotSay& silent) -> smtp::ListVerdict {
                if (!parts_.directory_silent.exchange(true)) parts_.events.raise(silent.reason);
                return smtp::verdict::CannotSay{std::move(silent.reason)};
            },
        },
        expansion);
}

}  // namespace imc::app
