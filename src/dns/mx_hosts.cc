#include "dns/mx_hosts.h"

#include "base/text.h"
#include "dns/address.h"
#include "dns/at_once.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

namespace imc::dns {
namespace {

constexpr std::size_t enough_hosts = 10;
constexpr std::size_t most_names = 20;
/// One silent zone must not use up the time of all others.
constexpr std::chrono::seconds patience{10};

using Addresses = Answer<Records<std::string>>;

NoMailHost absent(const std::string& status, std::string why)
{
    return NoMailHost{true, status, Error{EventId::host_unresolved, std::move(why)}};
}

NoMailHost unsaid(Error reason)
{
    if (reason.event() == EventId::dns_alias_loop)
        return NoMailHost{true, "5.4.4", std::move(reason)};
    return NoMailHost{false, "4.4.3", std::move(reason)};
}

NoMailHost ourselves(const std::string& whose, const std::string& address, std::uint16_t port)
{
    return NoMailHost{true, "5.4.6",
                      Error{EventId::routing_loop, printable(whose) +
                                                       " leads to our own listener [" + address +
                                                       "]:" + std::to_string(port)}};
}

net::awaitable<Addresses> addresses_of(Resolver& resolver, std::string name, Deadline deadline)
{
    if (auto address = parse_address(name)) {
        Records<std::string> itself;
        itself.values.push_back(std::move(*address));
        co_return itself;
    }
    auto answer = co_await resolver.addresses(std::move(name), deadline);
    co_return answer;
}

/// Looks up candidates and says what becomes of each.
class Judge {
public:
    Judge(Resolver& resolver, IsOurselves is_ourselves, Deadline deadline)
        : resolver_{resolver}, is_ourselves_{std::move(is_ourselves)}, deadline_{deadline}
    {}

    net::awaitable<void> look_up(std::span<Candidate> group)
    {
        const auto deadline = std::min(deadline_, after(patience));
        std::vector<net::awaitable<Addresses>> questions;
        for (const auto& candidate : group)
            questions.push_back(addresses_of(resolver_, candidate.host.name, deadline));
        const auto answers = co_await at_once(std::move(questions));
        for (std::size_t i = 0; i < group.size(); ++i)
            settle(group[i], answers[i]);
    }

    std::size_t usable = 0;
    std::optional<Error> trouble;  ///< of a host of which DNS could not say
    std::optional<Error> endless;  ///< of a host whose aliases go round
    std::string own_address;       ///< set: one of the hosts is us
    std::uint16_t own_port = 0;

private:
    void settle(Candidate& candidate, const Addresses& answer)
    {
        auto& host = candidate.host;
        if (const auto* failed = std::get_if<CannotSay>(&answer)) {
            const bool loops = failed->reason.event() == EventId::dns_alias_loop;
            candidate.fate = loops ? Fate::no_address : Fate::unsaid;
            candidate.why = failed->reason.detail();
            (loops ? endless : trouble) = failed->reason;
            return;
        }
        const auto* records = std::get_if<Records<std::string>>(&answer);
        if (!records) {
            candidate.fate = Fate::no_address;
            candidate.why = "no A or AAAA record";
            return;
        }
        host.addresses = records->values;
        host.secure = host.secure && records->secure;
        candidate.ttl = records->ttl;
        candidate.aliases = records->aliases;
        for (const auto& address : host.addresses) {
            if (!is_ourselves_ || !is_ourselves_(address, host.port)) continue;
            own_address = address;
            own_port = host.port;
            candidate.fate = Fate::ourselves;
            candidate.why = "our own listener [" + address + "]:" + std::to_string(host.port) +
                            " (RFC 5321 5.1)";
            return;
        }
        ++usable;
    }

    Resolver& resolver_;
    IsOurselves is_ourselves_;
    Deadline deadline_;
};

void drop(Candidate& candidate, Fate fate, const char* why)
{
    candidate.fate = fate;
    candidate.why = why;
}

Decision by_literal(const std::string& domain, std::uint16_t port, const IsOurselves& is_ourselves)
{
    Decision out;
    out.by = Decision::By::literal;
    const auto address = parse_address_literal(domain);
    if (!address) {
        out.none = absent("5.1.2", printable(domain) + " is no address literal");
        return out;
    }
    Candidate literal{{*address, port, {*address}, false}};
    if (is_ourselves && is_ourselves(*address, port)) {
        drop(literal, Fate::ourselves, "our own listener");
        out.none = ourselves(domain, *address, port);
    }
    out.candidates.push_back(std::move(literal));
    return out;
}

/// The names to ask about, best first, equals in random order.
std::vector<Candidate> in_order(std::vector<Mx> exchanges, std::uint16_t port, bool secure,
                                std::mt19937_64& random)
{
    std::erase_if(exchanges, [](const Mx& mx) { return mx.host.empty(); });
    std::shuffle(exchanges.begin(), exchanges.end(), random);
    std::ranges::sort(exchanges, {}, &Mx::preference);
    std::vector<Candidate> out;
    out.reserve(exchanges.size());
    for (auto& mx : exchanges)
        out.push_back({{std::move(mx.host), port, {}, secure}, mx.preference});
    return out;
}

net::awaitable<void> judge_groups(Judge& judge, std::vector<Candidate>& candidates)
{
    for (std::size_t begin = 0; begin < candidates.size();) {
        const auto preference = candidates[begin].preference;
        auto end = begin;
        while (end < candidates.size() && candidates[end].preference == preference)
            ++end;
        const std::span group{candidates.data() + begin, end - begin};
        begin = end;
        if (!judge.own_address.empty()) {
            for (auto& candidate : group)
                drop(candidate, Fate::behind_us, "not better than ourselves (RFC 5321 5.1)");
            continue;
        }
        const auto before = static_cast<std::size_t>(group.data() - candidates.data());
        const auto asked = judge.usable >= enough_hosts || before >= most_names
                               ? 0
                               : std::min(group.size(), most_names - before);
        for (auto& candidate : group.subspan(asked))
            drop(candidate, Fate::not_needed, "those before it are enough");
        if (asked == 0) continue;
        const auto unsaid_before = judge.trouble;
        co_await judge.look_up(group.first(asked));
        if (judge.own_address.empty()) continue;
        // Our equals would send the mail back to us. What DNS does not say of them does not matter.
        judge.trouble = unsaid_before;
        for (auto& candidate : group) {
            if (candidate.fate == Fate::tried) --judge.usable;
            if (candidate.fate != Fate::ourselves)
                drop(candidate, Fate::behind_us, "not better than ourselves (RFC 5321 5.1)");
        }
    }
}

}  // namespace

std::string_view to_string(Fate fate)
{
    switch (fate) {
    case Fate::tried: return "tried";
    case Fate::ourselves: return "ourselves";
    case Fate::behind_us: return "behind us";
    case Fate::no_address: return "no address";
    case Fate::unsaid: return "DNS cannot say";
    case Fate::not_needed: return "not needed";
    }
    return "";
}

std::chrono::seconds Decision::holds() const
{
    std::chrono::seconds shortest = std::chrono::hours{24};
    if (by == By::literal) return shortest;
    if (by == By::mx) shortest = std::min(shortest, ttl);
    for (const auto& candidate : candidates)
        if (candidate.fate == Fate::tried) shortest = std::min(shortest, candidate.ttl);
    return shortest;
}

MailHosts Decision::hosts() const
{
    if (none) return *none;
    std::vector<MailHost> out;
    for (const auto& candidate : candidates)
        if (candidate.fate == Fate::tried) out.push_back(candidate.host);
    return out;
}

std::string Decision::site() const
{
    std::map<std::uint16_t, std::set<std::string>> tiers;
    for (const auto& one : candidates)
        if (one.fate == Fate::tried)
            tiers[one.preference].insert(one.host.name + ":" + std::to_string(one.host.port));
    std::string out;
    for (const auto& [preference, names] : tiers) {
        if (!out.empty()) out += ',';
        for (const auto& name : names)
            out += (name == *names.begin() ? "" : "|") + name;
    }
    return out;
}

net::awaitable<Decision> decide_mail_hosts(Resolver& resolver, std::string domain,
                                           std::uint16_t port, IsOurselves is_ourselves,
                                           std::mt19937_64& random, Deadline deadline)
{
    if (domain.starts_with('[')) co_return by_literal(domain, port, is_ourselves);

    Decision out;
    const auto answer = co_await resolver.mx(domain, deadline);
    if (const auto* failed = std::get_if<CannotSay>(&answer)) {
        out.none = unsaid(failed->reason);
        co_return out;
    }
    std::vector<Mx> exchanges;
    if (const auto* records = std::get_if<Records<Mx>>(&answer)) {
        exchanges = records->values;
        out.secure = records->secure;
        out.ttl = records->ttl;
        out.aliases = records->aliases;
        if (std::ranges::all_of(exchanges, [](const Mx& mx) { return mx.host.empty(); })) {
            out.none = absent("5.1.10", "556 5.1.10 " + printable(domain) +
                                            " takes no mail (null MX, RFC 7505)");
            co_return out;
        }
    } else {
        out.by = Decision::By::implicit_mx;
        exchanges.push_back(Mx{0, domain});
    }
    out.candidates = in_order(std::move(exchanges), port, out.secure, random);

    Judge judge{resolver, std::move(is_ourselves), deadline};
    co_await judge_groups(judge, out.candidates);
    if (judge.usable > 0) co_return out;
    // A better host of which DNS says nothing now may take the mail later, even if we are next.
    if (judge.trouble)
        out.none = unsaid(*judge.trouble);
    else if (!judge.own_address.empty())
        out.none = ourselves(domain, judge.own_address, judge.own_port);
    else if (judge.endless)
        out.none = unsaid(*judge.endless);
    else if (out.by == Decision::By::implicit_mx)
        out.none = absent("5.1.2", "no such domain, or it has neither mail host nor address: " +
                                       printable(domain));
    else if (std::ranges::any_of(out.candidates, [](const Candidate& candidate) {
                 return candidate.fate == Fate::not_needed;
             }))  // not all were asked
        out.none = NoMailHost{false, "4.4.4",
                              Error{EventId::host_unresolved,
                                    "the first " + std::to_string(most_names) + " mail hosts of " +
                                        printable(domain) + " have no address"}};
    else
        out.none = absent("5.4.4", "the mail hosts of " + printable(domain) + " have no address");
    co_return out;
}

net::awaitable<MailHosts> find_mail_hosts(Resolver& resolver, std::string domain,
                                          std::uint16_t port, IsOurselves is_ourselves,
                                          std::mt19937_64& random, Deadline deadline)
{
    const auto decision = co_await decide_mail_hosts(resolver, std::move(domain), port,
                                                     std::move(is_ourselves), random, deadline);
    co_return decision.hosts();
}

net::awaitable<Decision> decide_named_hosts(Resolver& resolver, std::vector<NamedHost> list,
                                            IsOurselves is_ourselves, Deadline deadline)
{
    Decision out;
    out.by = Decision::By::list;
    std::string names;
    for (auto& [host, port] : list) {
        names += (names.empty() ? "" : ", ") + printable(host);
        out.candidates.push_back({{std::move(host), port, {}, true}});
    }
    Judge judge{resolver, std::move(is_ourselves), deadline};
    co_await judge.look_up(out.candidates);
    if (judge.usable > 0) co_return out;
    // A smart host without an address is our own mistake: mail waits until it is mended.
    if (judge.trouble)
        out.none = NoMailHost{false, "4.4.3", *judge.trouble};
    else if (!judge.own_address.empty())
        out.none = ourselves(names, judge.own_address, judge.own_port);
    else
        out.none =
            NoMailHost{false, "4.4.4", Error{EventId::host_unresolved, "no address for " + names}};
    co_return out;
}

net::awaitable<MailHosts> find_named_hosts(Resolver& resolver, std::vector<NamedHost> list,
                                           IsOurselves is_ourselves, Deadline deadline)
{
    const auto decision =
        co_await decide_named_hosts(resolver, std::move(list), std::move(is_ourselves), deadline);
    co_return decision.hosts();
}

}  // namespace imc::dns
