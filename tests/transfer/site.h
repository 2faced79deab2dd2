#pragma once
/// @file tests/transfer/site.h  A directory that is a list, and a site that a test writes in
/// rows.
#include "config/parse.h"
#include "transfer/procedure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace imc::transfer {

class SomePeople final : public People {
public:
    /// @param addresses  the first is the primary one
    Entry& add(const std::string& alias, std::vector<std::string> addresses,
               const std::string& object_class = "imcMailbox")
    {
        Entry entry;
        entry.dn = *Dn::parse("cn=" + alias + ",cn=Recipients,ou=Oslo,o=Contoso");
        entry.attributes["objectClass"] = {object_class};
        entry.attributes["mailNickname"] = {alias};
        for (auto& address : addresses)
            entry.attributes["proxyAddresses"].push_back(
                (entry.attributes["proxyAddresses"].empty() ? "SMTP:" : "smtp:") + address);
        entries.push_back(std::move(entry));
        return entries.back();
    }

    Answer<std::vector<Entry>> by_address(const std::string& address) const override
    {
        return with("proxyAddresses", "smtp:" + address);
    }
    Answer<std::vector<Entry>> by_proxy(const std::string& type,
                                        const std::string& value) const override
    {
        return with("proxyAddresses", type + ":" + value);
    }
    Answer<std::vector<Entry>> by_historic_name(const std::string& name) const override
    {
        return with("legacyExchangeDN", name);
    }
    Answer<Entry> administrator() const override
    {
        ++asked;
        if (silent) return CannotSay{Error{EventId::directory_unreachable, "no answer"}};
        for (const auto& entry : entries)
            if (entry.first("mailNickname") == "admin") return entry;
        return ProvenAbsent{};
    }

    AnswerOrigin origin() const override { return freshness; }

    std::vector<Entry> entries;
    AnswerOrigin freshness;
    bool silent = false;
    mutable unsigned asked = 0;

private:
    Answer<std::vector<Entry>> with(const char* attribute, const std::string& value) const
    {
        ++asked;
        if (silent) return CannotSay{Error{EventId::directory_unreachable, "no answer"}};
        std::vector<Entry> found;
        for (const auto& entry : entries)
            for (const auto& one : entry.all(attribute))
                if (same_word(one, value)) found.push_back(entry);
        if (found.empty()) return ProvenAbsent{};
        return found;
    }
};

/// What an answer comes to, in one line.
inline std::string said(const Resolution& resolution)
{
    return std::visit(
        Overloaded{
            [](const Route& route) { return route.key + " " + route.address; },
            [](const Expand& several) { return "expand " + several.object; },
            [](const NoSuchRecipient&) { return std::string{"550 5.1.1"}; },
            [](const AmbiguousRecipient&) { return std::string{"451 4.1.4"}; },
            [](const CannotSay&) { return std::string{"451 4.3.0"}; },
            [](const TakenUnasked& taken) { return "250 2.0.0 " + taken.rule; },
            [](const RelayDenied& denied) { return "550 5.7.1 relay: " + denied.rule; },
            [](const Refused& no) { return std::to_string(no.code) + " " + no.status; },
        },
        resolution);
}

class Site : public testing::Test {
protected:
    Site()
    {
        config.host_name = "mail.contoso.example";
        config.local_domains = {"contoso.example", "fabrikam.example"};
        config.own_addresses = {"127.0.0.1", "192.0.2.25"};
        config.listeners = {{"0.0.0.0", 25}};
        config.administrator.dn = *Dn::parse("cn=admin,cn=Recipients,ou=Oslo,o=Contoso");
        people.add("admin", {"admin@contoso.example"});
        people.add("alice", {"alice@contoso.example"});
    }

    void rows(const std::vector<std::string>& texts)
    {
        config.routing.clear();
        for (const auto& text : texts) {
            auto row = config::parse_routing_row(text);
            ASSERT_TRUE(row) << text << ": " << row.error().detail();
            config.routing.push_back(std::move(*row));
        }
    }

    config::SiteConnector& connector(const std::string& name,
                                     const std::vector<std::string>& spaces)
    {
        config::SiteConnector out;
        out.name = name;
        out.is_ours = name == "ours";
        if (!out.is_ours) out.hosts = {{name + ".contoso.example", 25}};
        for (const auto& text : spaces)
            out.spaces.push_back(*config::parse_address_space(text));
        config.connectors.push_back(std::move(out));
        return config.connectors.back();
    }

    /// Asked as for a message that was taken, so nothing but the way is in question.
    std::string way(const std::string& address)
    {
        Request request;
        request.recipient = address;
        request.taken = true;
        return said(decide(config, people, request));
    }
    /// Asked for a client. @param account  empty: not signed in
    std::string rcpt(const std::string& address, const std::string& peer = "198.51.100.1",
                     const std::string& account = {})
    {
        Request request;
        request.recipient = address;
        request.from_client = true;
        request.client.peer = peer;
        request.client.account = account;
        evidence.clear();
        return said(decide(config, people, request, &evidence));
    }
    std::string findings(const std::string& step) const
    {
        std::string out;
        for (const auto& one : evidence)
            if (one.step == step) out += (out.empty() ? "" : "\n") + one.finding;
        return out;
    }

    config::Config config;
    SomePeople people;
    Evidence evidence;
};

}  // namespace imc::transfer
