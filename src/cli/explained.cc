#include "cli/explained.h"

#include "cli/route_hosts.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <ostream>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::string next_hop(const transfer::Route& route)
{
    return std::visit(
        Overloaded{
            [](const transfer::ToMaildir& to) { return "Maildir " + to.folder; },
            [](const transfer::ToLmtp& to) {
                return "LMTP " + (to.socket.empty()
                                      ? to.server.host + ":" + std::to_string(to.server.port)
                                      : to.socket);
            },
            [](const transfer::ToSmartHosts& to) {
                std::string out = "SMTP to";
                for (const auto& host : to.hosts)
                    out += " " + host.host + ":" + std::to_string(host.port);
                return out;
            },
            [](const transfer::ToMx& to) {
                return "SMTP to the MX of " + to.domain + ", port " + std::to_string(to.port);
            },
        },
        route.hop);
}

struct Verdict {
    std::string word;   ///< "accepted", "refused", "deferred"
    std::string reply;  ///< "550 5.1.1"
    std::string why;
};

Verdict verdict(const transfer::Resolution& resolution)
{
    return std::visit(
        Overloaded{
            [](const transfer::Route& route) {
                return Verdict{"accepted", "250 2.1.5", route.why};
            },
            [](const transfer::Expand& list) { return Verdict{"accepted", "250 2.1.5", list.why}; },
            [](const transfer::NoSuchRecipient& none) {
                return Verdict{"refused", "550 5.1.1", none.why};
            },
            [](const transfer::AmbiguousRecipient& several) {
                std::string holders = "held by more than one object (event 10000)";
                for (const auto& object : several.objects)
                    holders += "\n  " + object;
                return Verdict{"deferred", "451 4.1.4", holders};
            },
            [](const CannotSay& silent) {
                return Verdict{"deferred", "451 4.3.0",
                               "the directory cannot say: " + silent.reason.to_string()};
            },
            [](const transfer::TakenUnasked& taken) {
                return Verdict{"accepted", "250 2.0.0",
                               "held in the queue, by " + taken.rule +
                                   ": the directory cannot say: " + taken.reason.to_string()};
            },
            [](const transfer::RelayDenied& denied) {
                return Verdict{"refused", "550 5.7.1", "relay: " + denied.rule};
            },
            [](const transfer::Refused& refused) {
                return Verdict{refused.code < 500 ? "deferred" : "refused",
                               std::to_string(refused.code) + " " + refused.status, refused.why};
            },
        },
        resolution);
}

json::array to_json(const transfer::Evidence& evidence)
{
    json::array out;
    for (const auto& step : evidence) {
        json::object one{{"step", step.step}, {"finding", step.finding}, {"decides", step.decides}};
        for (const auto& [name, value] : step.facts)
            one[name] = value;
        out.push_back(std::move(one));
    }
    return out;
}

void print(std::ostream& out, const transfer::Evidence& evidence)
{
    for (const auto& step : evidence) {
        out << (step.decides ? "  * " : "    ") << step.step << ": ";
        for (const char c : step.finding) {
            out << c;
            if (c == '\n') out << "      ";
        }
        out << '\n';
    }
}

}  // namespace

void show(Context& context, const config::Config& config, const Explained& explained,
          const transfer::Resolution& resolution)
{
    const auto found = verdict(resolution);
    const auto* route = std::get_if<transfer::Route>(&resolution);
    std::optional<dns::Decision> hosts;
    if (route != nullptr && !explained.without_dns) {
        auto decision = hosts_now(config, route->hop, after(60s));
        if (!decision) return context.fail(decision.error());
        hosts = std::move(*decision);
    }
    if (found.word != "accepted" || (hosts && hosts->none)) context.status = 1;
    if (context.json) {
        json::object out{{"address", explained.address},
                         {"verdict", found.word},
                         {"reply", found.reply},
                         {"why", found.why}};
        if (route != nullptr) {
            out["next_hop"] = next_hop(*route);
            out["as"] = route->address;
        }
        for (const auto& [name, value] : explained.more)
            out[name] = value;
        if (hosts) out["hosts"] = cli::to_json(*hosts);
        out["steps"] = to_json(explained.evidence);
        context.out << json::serialize(out) << '\n';
        return;
    }
    print(context.out, explained.evidence);
    if (route == nullptr) {
        context.out << explained.address << ": " << found.word << " with " << found.reply << "; "
                    << found.why << '\n';
        return;
    }
    context.out << explained.address << ": " << route->why << "\n  goes to  " << next_hop(*route)
                << "\n  as       " << route->address << '\n';
    if (hosts) cli::print(context.out, *hosts);
}

}  // namespace imc::cli
