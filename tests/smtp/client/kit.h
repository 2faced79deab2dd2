#pragma once
/// @file tests/smtp/client/kit.h  A courier whose hosts are lists of strings.
#include "kit/coroutine.h"
#include "kit/octets.h"
#include "kit/scripted_stream.h"
#include "smtp/client/courier.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>

namespace imc::smtp::client {

using Peers = std::deque<ScriptedPeer>;

inline ScriptedPeer peer(std::vector<std::string> sends,
                         ScriptedPeer::Then then = ScriptedPeer::Then::hangs_up)
{
    return ScriptedPeer{std::move(sends), then};
}

struct FixedHosts final : HostFinder {
    explicit FixedHosts(Hosts h) : hosts{std::move(h)} {}
    net::awaitable<Hosts> find(Deadline) override { co_return hosts; }
    Hosts hosts;
};

/// The nth connection talks to the nth peer; when there is none left, it is refused.
struct ScriptedDialer final : Dialer {
    explicit ScriptedDialer(Peers& p) : peers{p} {}
    net::awaitable<IoResult<Line>> dial(Call call, Deadline) override
    {
        dialled.push_back(call.address);
        calls.push_back(call);
        if (next_peer >= peers.size() || refused.contains(call.address))
            co_return boost::system::error_code{net::error::connection_refused};
        Line line;
        line.stream = std::make_unique<ScriptedStream>(peers[next_peer++]);
        line.address = call.address;
        co_return line;
    }
    Peers& peers;
    std::set<std::string> refused;  ///< addresses where nobody listens; they use up no peer
    std::vector<std::string> dialled;
    std::vector<Call> calls;
    std::size_t next_peer = 0;
};

struct CountingSink final : EventSink {
    explicit CountingSink(std::vector<EventId>& s) : seen{s} {}
    void take(const EventRecord& record) override { seen.push_back(record.id); }
    std::vector<EventId>& seen;
};

inline const std::string hello = "220 mx\r\n";
inline const std::string bare = "250 mx\r\n";
inline const std::string piped = "250-mx\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000\r\n";
inline const std::string ok = "250 2.0.0 ok\r\n";
inline const std::string go = "354 go\r\n";

struct Client : testing::Test {
    std::vector<RecipientOutcome> deliver(std::vector<std::string> recipients,
                                          std::string body = "Subject: x\r\n\r\nhi\r\n",
                                          std::string sender = "s@example.org")
    {
        return deliver(std::move(recipients), kit::octets(std::move(body)), std::move(sender));
    }
    std::vector<RecipientOutcome> deliver(std::vector<std::string> recipients, Octets body,
                                          std::string sender = "s@example.org")
    {
        Transaction t;
        t.sender = std::move(sender);
        t.recipients = std::move(recipients);
        if (body.blocks()) {
            const auto facts = look_at(body);
            t.facts = facts ? *facts : TextFacts{};
        }
        t.body = std::move(body);
        return hand_over(t);
    }
    std::vector<RecipientOutcome> hand_over(const Transaction& t)
    {
        if (!courier) {
            events.add(std::make_unique<CountingSink>(raised));
            settings.route = "mx:example.net";
            settings.dialogue.hostname = "mail.example.org";
            courier = std::make_unique<Courier>(settings, std::make_unique<FixedHosts>(hosts),
                                                dialer, events, outages);
        }
        return kit::run(courier->deliver(t));
    }
    static std::string summary(const std::vector<RecipientOutcome>& outcomes)
    {
        std::string text;
        for (const auto& o : outcomes)
            text += (text.empty() ? "" : " ") + o.status;
        return text;
    }

    Peers peers;
    ScriptedDialer dialer{peers};
    std::vector<EventId> raised;
    EventLog events;
    Outages outages;
    Hosts hosts = std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}},
                                    {"b.example.net", 25, {"192.0.2.2"}}};
    CourierSettings settings;
    std::unique_ptr<Courier> courier;
};

}  // namespace imc::smtp::client
