#include "dns/unbound_resolver.h"

#include "base/text.h"
#include "dns/rdata.h"
#include "dns/unbound_engine.h"

#include <boost/asio/this_coro.hpp>

#include <unbound.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace imc::dns {
namespace {

constexpr int type_a = 1, type_cname = 5, type_ptr = 12, type_mx = 15, type_txt = 16,
              type_aaaa = 28;
constexpr int rcode_nxdomain = 3;
constexpr std::size_t most_aliases = 10;

template <class T, class Read>
Answer<Records<T>> interpret(const Raw& raw, std::string_view name, const Read& read)
{
    const auto cannot_say = [&](const std::string& why) {
        return CannotSay{no_answer(printable(name) + ": " + printable(why))};
    };
    if (raw.failure != 0)
        return cannot_say(raw.why_bogus.empty() ? ::ub_strerror(raw.failure) : raw.why_bogus);
    if (raw.bogus) return cannot_say("DNSSEC validation failed: " + raw.why_bogus);
    if (raw.rcode == 2) return cannot_say("SERVFAIL");
    if (raw.rcode != rcode_ok && raw.rcode != rcode_nxdomain)
        return cannot_say("response code " + std::to_string(raw.rcode));
    if (raw.aliases.size() > most_aliases)
        return CannotSay{Error{EventId::dns_alias_loop, printable(name) +
                                                            ": more than 10 aliases, the last to " +
                                                            printable(raw.aliases.back())}};
    Records<T> records;
    records.secure = raw.secure;
    records.aliases = raw.aliases;
    records.ttl = std::chrono::seconds{std::max(raw.ttl, 0)};
    for (const auto& rdata : raw.data)
        if (auto value = read(rdata)) records.values.push_back(std::move(*value));
    if (!records.values.empty()) return records;
    if (!raw.data.empty()) return cannot_say("records that cannot be read");
    return ProvenAbsent{};
}

/// Some forwarders leave out the SOA record that makes an empty answer a no (RFC 2308 2.2), and it
/// is missing in what libunbound leaves of a lie or of a referral, too. Of such a name the next
/// thing is asked, as of one without MX; but with nothing left to ask, mail waits.
bool says_no(const Raw& raw)
{
    return raw.failure == 0 && (raw.rcode == rcode_nxdomain || raw.soa);
}

class UnboundResolver final : public Resolver {
public:
    explicit UnboundResolver(bool prefer_ipv6) : prefer_ipv6_{prefer_ipv6} {}

    Result<> start(const ResolverSettings& settings) { return engine_.start(settings); }

    net::awaitable<Answer<Records<Mx>>> mx(std::string domain, Deadline deadline) override
    {
        return one<Mx>(std::move(domain), type_mx, &read_mx, deadline);
    }

    net::awaitable<Answer<Records<std::string>>> txt(std::string name, Deadline deadline) override
    {
        return one<std::string>(std::move(name), type_txt, &read_txt, deadline);
    }

    net::awaitable<Answer<Records<std::string>>> ptr(std::string address,
                                                     Deadline deadline) override
    {
        return one<std::string>(reverse_name(address).value_or(""), type_ptr, &read_name, deadline);
    }

    net::awaitable<Answer<Records<std::string>>> addresses(std::string host,
                                                           Deadline deadline) override
    {
        using Found = Records<std::string>;
        const auto name = absolute_name(host);
        if (!name) co_return ProvenAbsent{};
        const auto executor = co_await net::this_coro::executor;
        Waiting v6{engine_, engine_.begin(*name, type_aaaa, executor)};
        Waiting v4{engine_, engine_.begin(*name, type_a, executor)};
        const Raw raw6 = co_await v6.answer(deadline);
        const Raw raw4 = co_await v4.answer(deadline);
        auto first = interpret<std::string>(raw6, *name, &read_aaaa);
        auto second = interpret<std::string>(raw4, *name, &read_a);
        if (!prefer_ipv6_) std::swap(first, second);
        auto* const a = std::get_if<Found>(&first);
        auto* const b = std::get_if<Found>(&second);
        if (a && b) {
            a->values.insert(a->values.end(), b->values.begin(), b->values.end());
            a->secure = a->secure && b->secure;
            a->ttl = std::min(a->ttl, b->ttl);
            if (a->aliases.empty()) a->aliases = std::move(b->aliases);
            co_return std::move(first);
        }
        if (a) co_return std::move(first);
        if (b) co_return std::move(second);
        auto* unsaid = std::get_if<CannotSay>(&first);
        if (!unsaid) unsaid = std::get_if<CannotSay>(&second);
        if (!unsaid && says_no(raw6) && says_no(raw4)) co_return ProvenAbsent{};
        if (!unsaid)
            co_return CannotSay{
                no_answer(printable(*name) + ": answers with neither a record nor a no")};
        Error reason = co_await explain(*name, unsaid->reason, deadline);
        co_return CannotSay{std::move(reason)};
    }

private:
    template <class T>
    net::awaitable<Answer<Records<T>>>
    one(std::string asked, int type, std::optional<T> (*read)(std::string_view), Deadline deadline)
    {
        const auto name = absolute_name(asked);
        if (!name) co_return ProvenAbsent{};
        const auto executor = co_await net::this_coro::executor;
        Waiting waiting{engine_, engine_.begin(*name, type, executor)};
        const Raw raw = co_await waiting.answer(deadline);
        auto answer = interpret<T>(raw, *name, read);
        const auto* unsaid = std::get_if<CannotSay>(&answer);
        if (!unsaid) co_return answer;
        Error reason = co_await explain(*name, unsaid->reason, deadline);
        co_return CannotSay{std::move(reason)};
    }

    /// SERVFAIL is also what libunbound says of aliases that go round. That is no outage.
    net::awaitable<Error> explain(std::string name, Error reason, Deadline deadline)
    {
        if (!reason.detail().ends_with("SERVFAIL")) co_return reason;
        const auto executor = co_await net::this_coro::executor;
        std::vector<std::string> seen{name};
        while (seen.size() <= most_aliases + 1) {
            Waiting waiting{engine_, engine_.begin(seen.back(), type_cname, executor)};
            const Raw raw = co_await waiting.answer(deadline);
            if (raw.failure != 0 || raw.data.empty()) co_return reason;
            const auto alias = read_name(raw.data.front());
            const auto next = absolute_name(alias.value_or(""));
            if (!next) co_return reason;
            if (std::find(seen.begin(), seen.end(), *next) != seen.end()) break;
            seen.push_back(*next);
        }
        co_return Error{EventId::dns_alias_loop,
                        printable(name) + ": aliases lead to " + printable(seen.back())};
    }

    bool prefer_ipv6_;
    Engine engine_;
};

}  // namespace

Result<std::vector<Server>> choose_servers(const ResolverSettings& settings)
{
    std::vector<Server> chosen;
    if (settings.servers.size() == 1 && same_word(settings.servers.front(), "root")) return chosen;
    for (const auto& text : settings.servers) {
        const auto server = parse_server(text);
        if (!server)
            return no_answer("DnsServers: '" + printable(text) + "' is not an address with port");
        chosen.push_back(*server);
    }
    if (!chosen.empty()) return chosen;

    std::ifstream file{settings.resolv_conf};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::vector<std::string> bad;
    chosen = parse_resolv_conf(text, &bad);
    if (!chosen.empty()) return chosen;
    return no_answer(settings.resolv_conf + " names no usable server" +
                     (bad.empty() ? std::string{} : ": " + bad.front()));
}

Result<std::unique_ptr<Resolver>> unbound_resolver(const ResolverSettings& settings)
{
    auto resolver = std::make_unique<UnboundResolver>(settings.prefer_ipv6);
    if (auto started = resolver->start(settings); !started) return started.error();
    return std::unique_ptr<Resolver>{std::move(resolver)};
}

}  // namespace imc::dns
