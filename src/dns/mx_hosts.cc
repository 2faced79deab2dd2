#include "dns/mx_hosts.h"

#include "base/text.h"
#include "dns/address.h"

#include <algorithm>

namespace imc::dns {
namespace {

constexpr std::size_t enough_hosts = 5;
constexpr std::size_t most_names = 20;

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

struct Collected {
    std::vector<MailHost> hosts;
    std::optional<Error> trouble;  ///< a host of which DNS could not say
    std::string own_address;       ///< set: one of the hosts is us
};

class Collector {
public:
    Collector(Resolver& resolver, IsOurselves is_ourselves, Deadline deadline)
        : resolver_{resolver}, is_ourselves_{std::move(is_ourselves)}, deadline_{deadline}
    {}

    net::awaitable<void> add(std::string name, std::uint16_t port, bool secure)
    {
        MailHost host{name, port, {}, secure};
        if (const auto address = parse_address(name)) {
            host.addresses.push_back(*address);
        } else {
            const auto answer = co_await resolver_.addresses(name, deadline_);
            if (const auto* failed = std::get_if<CannotSay>(&answer)) {
                found.trouble = failed->reason;
                co_return;
            }
            const auto* records = std::get_if<Records<std::string>>(&answer);
            if (!records) co_return;
            host.addresses = records->values;
            host.secure = secure && records->secure;
        }
        for (const auto& address : host.addresses)
            if (is_ourselves_ && is_ourselves_(address, port)) found.own_address = address;
        found.hosts.push_back(std::move(host));
    }

    Collected found;

private:
    Resolver& resolver_;
    IsOurselves is_ourselves_;
    Deadline deadline_;
};

}  // namespace

net::awaitable<MailHosts> find_mail_hosts(Resolver& resolver, std::string domain,
                                          std::uint16_t port, IsOurselves is_ourselves,
                                          std::mt19937_64& random, Deadline deadline)
{
    if (domain.starts_with('[')) {
        const auto address = parse_address_literal(domain);
        if (!address) co_return absent("5.1.2", printable(domain) + " is no address literal");
        if (is_ourselves && is_ourselves(*address, port))
            co_return ourselves(domain, *address, port);
        std::vector<MailHost> literal;
        literal.push_back(MailHost{*address, port, {*address}, false});
        co_return literal;
    }

    const auto answer = co_await resolver.mx(domain, deadline);
    if (const auto* failed = std::get_if<CannotSay>(&answer)) co_return unsaid(failed->reason);
    std::vector<Mx> exchanges;
    bool secure = false;
    const auto* records = std::get_if<Records<Mx>>(&answer);
    if (records) {
        exchanges = records->values;
        secure = records->secure;
        if (exchanges.size() == 1 && exchanges.front().host.empty())
            co_return absent("5.1.10", printable(domain) + " takes no mail (null MX)");
        std::erase_if(exchanges, [](const Mx& mx) { return mx.host.empty(); });
    } else {
        exchanges.push_back(Mx{0, domain});
    }

    std::shuffle(exchanges.begin(), exchanges.end(), random);
    std::sort(exchanges.begin(), exchanges.end(),
              [](const Mx& a, const Mx& b) { return a.preference < b.preference; });
    if (exchanges.size() > most_names) exchanges.resize(most_names);

    Collector collector{resolver, is_ourselves, deadline};
    Collected& found = collector.found;
    std::size_t before_group = 0;
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
        const bool new_group = i == 0 || exchanges[i].preference != exchanges[i - 1].preference;
        if (new_group) {
            if (!found.own_address.empty() || found.hosts.size() >= enough_hosts) break;
            before_group = found.hosts.size();
        }
        co_await collector.add(exchanges[i].host, port, secure);
    }
    // Our equals would send the mail back to us, and so would those behind us.
    if (!found.own_address.empty()) found.hosts.resize(before_group);

    if (!found.hosts.empty()) co_return std::move(found.hosts);
    if (!found.own_address.empty()) co_return ourselves(domain, found.own_address, port);
    if (found.trouble) co_return unsaid(*found.trouble);
    if (!records) co_return absent("5.1.2", "no such domain: " + printable(domain));
    co_return absent("5.4.4", "the mail hosts of " + printable(domain) + " have no address");
}

net::awaitable<MailHosts> find_named_hosts(Resolver& resolver, std::vector<NamedHost> list,
                                           IsOurselves is_ourselves, Deadline deadline)
{
    std::string names;
    std::optional<Error> trouble;
    std::vector<MailHost> hosts;
    for (const auto& [host, port] : list) {
        if (!names.empty()) names += ", ";
        names += printable(host);
        Collector collector{resolver, is_ourselves, deadline};
        co_await collector.add(host, port, false);
        if (collector.found.trouble) trouble = collector.found.trouble;
        if (!collector.found.own_address.empty())
            co_return ourselves(host, collector.found.own_address, port);
        for (auto& found : collector.found.hosts)
            hosts.push_back(std::move(found));
    }
    if (!hosts.empty()) co_return std::move(hosts);
    // A smart host without an address is our own mistake: mail waits until it is mended.
    if (trouble) co_return NoMailHost{false, "4.4.3", *trouble};
    co_return NoMailHost{false, "4.4.4",
                         Error{EventId::host_unresolved, "no address for " + names}};
}

}  // namespace imc::dns
