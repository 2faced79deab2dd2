#include "admin/route_hosts.h"

#include "base/text.h"
#include "dns/unbound_resolver.h"
#include "smtp/server/own_listener.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <exception>
#include <ostream>
#include <random>

namespace imc::admin {
namespace {

namespace json = boost::json;
namespace net = boost::asio;

dns::Decision run(net::awaitable<dns::Decision> question)
{
    net::io_context io{1};
    dns::Decision out;
    std::exception_ptr defect;
    net::co_spawn(io, std::move(question), [&](std::exception_ptr e, dns::Decision decision) {
        defect = e;
        out = std::move(decision);
    });
    io.run();
    if (defect) std::rethrow_exception(defect);
    return out;
}

std::vector<dns::NamedHost> named(const std::vector<transfer::HostPort>& hosts)
{
    std::vector<dns::NamedHost> out;
    out.reserve(hosts.size());
    for (const auto& host : hosts)
        out.push_back({host.host, host.port});
    return out;
}

std::string_view by(const dns::Decision& decision)
{
    switch (decision.by) {
    case dns::Decision::By::mx: return "MX";
    case dns::Decision::By::implicit_mx: return "implicit MX";
    case dns::Decision::By::literal: return "address literal";
    case dns::Decision::By::list: return "list of hosts";
    }
    return "";
}

/// "; alias of b.example, c.example"
std::string aliases(const std::vector<std::string>& names)
{
    std::string out;
    for (const auto& name : names)
        out += (out.empty() ? "; alias of " : ", ") + printable(name);
    return out;
}

std::string quality(std::chrono::seconds ttl, bool secure)
{
    return "TTL " + std::to_string(ttl.count()) +
           (secure ? " s, DNSSEC-validated" : " s, not DNSSEC-validated");
}

bool is_by_mx(const dns::Decision& decision) { return decision.by == dns::Decision::By::mx; }

std::string name_of(const dns::Candidate& candidate, bool with_preference)
{
    return (with_preference ? std::to_string(candidate.preference) + " " : "") +
           printable(candidate.host.name) + ":" + std::to_string(candidate.host.port);
}

json::array names(const std::vector<std::string>& values)
{
    json::array out;
    for (const auto& value : values)
        out.emplace_back(printable(value));
    return out;
}

}  // namespace

Result<std::optional<dns::Decision>> hosts_now(const config::Config& config,
                                               const transfer::NextHop& hop, Deadline deadline)
{
    const auto* mx = std::get_if<transfer::ToMx>(&hop);
    const auto* smart = std::get_if<transfer::ToSmartHosts>(&hop);
    const auto* lmtp = std::get_if<transfer::ToLmtp>(&hop);
    if (lmtp != nullptr && !lmtp->socket.empty()) lmtp = nullptr;
    if (mx == nullptr && smart == nullptr && lmtp == nullptr) return std::optional<dns::Decision>{};
    auto resolver = dns::unbound_resolver({config.dns_servers});
    if (!resolver) return resolver.error();
    const auto is_ourselves = [&config](const std::string& address, std::uint16_t port) {
        return smtp::is_own_listener(config.listeners, address, port);
    };
    if (mx != nullptr) {
        std::mt19937_64 random{std::random_device{}()};
        return std::optional{run(dns::decide_mail_hosts(**resolver, mx->domain, mx->port,
                                                        is_ourselves, random, deadline))};
    }
    auto list = named(smart != nullptr ? smart->hosts : std::vector{lmtp->server});
    return std::optional{
        run(dns::decide_named_hosts(**resolver, std::move(list), is_ourselves, deadline))};
}

json::object to_json(const dns::Decision& decision)
{
    json::array hosts;
    for (const auto& candidate : decision.candidates) {
        const auto& host = candidate.host;
        hosts.push_back(json::object{{"name", printable(host.name)},
                                     {"port", host.port},
                                     {"preference", candidate.preference},
                                     {"addresses", names(host.addresses)},
                                     {"ttl", candidate.ttl.count()},
                                     {"secure", host.secure},
                                     {"aliases", names(candidate.aliases)},
                                     {"fate", dns::to_string(candidate.fate)},
                                     {"why", printable(candidate.why)}});
    }
    json::object out{{"by", by(decision)},
                     {"ttl", decision.ttl.count()},
                     {"secure", decision.secure},
                     {"aliases", names(decision.aliases)},
                     {"hosts", std::move(hosts)}};
    if (decision.none)
        out["none"] = json::object{{"permanent", decision.none->permanent},
                                   {"status", decision.none->status},
                                   {"why", printable(decision.none->reason.detail())}};
    return out;
}

void print(std::ostream& out, const dns::Decision& decision)
{
    const bool mx = is_by_mx(decision);
    out << "  by       " << by(decision);
    if (mx && !decision.candidates.empty())
        out << ", " << quality(decision.ttl, decision.secure) << aliases(decision.aliases);
    out << '\n';
    std::size_t place = 0;
    for (const auto& candidate : decision.candidates) {
        if (candidate.fate != dns::Fate::tried) continue;
        out << "  " << ++place << ".  " << name_of(candidate, mx);
        for (const auto& address : candidate.host.addresses)
            out << " [" << address << ']';
        if (candidate.ttl.count() > 0) out << ", " << quality(candidate.ttl, candidate.host.secure);
        out << aliases(candidate.aliases) << '\n';
    }
    for (const auto& candidate : decision.candidates)
        if (candidate.fate != dns::Fate::tried)
            out << "  not " << name_of(candidate, mx) << ": " << dns::to_string(candidate.fate)
                << "; " << printable(candidate.why) << '\n';
    if (decision.none)
        out << (decision.none->permanent ? "  returned " : "  waits    ") << "with "
            << decision.none->status << ": " << printable(decision.none->reason.detail()) << '\n';
}

}  // namespace imc::admin
