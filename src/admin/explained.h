#pragma once
/// @file admin/explained.h  Who a recipient is, where mail goes, who may relay, and why: for the
/// API and the commands. Nothing is sent, nothing is changed.
///
/// Errors:  40402 (the question cannot be understood), 40300 (DNS cannot be asked)
/// Threads: any; the directory and DNS are asked.
#include "admin/route_hosts.h"
#include "config/domain_profile.h"
#include "transfer/resolver.h"

#include <boost/json/object.hpp>

namespace imc::admin {

struct ExplainAsked {
    std::string recipient;    ///< as in RCPT TO
    std::string sender = {};  ///< "<>": a report; empty: not said, so nobody's right is judged
    std::string peer = {}, local = {}, account = {};
    std::string certificate = {};  ///< SHA-256 fingerprint or subject; of relay()
    std::string role = "mx";
    bool without_dns = false;
    std::optional<std::uint64_t> octets = {};  ///< of the message; nothing: not said
};

/// What answers; nothing while the configuration is not sound.
struct Grounds {
    config::ConfigPtr config;
    transfer::RecipientResolver resolver;
    RecipientCacheSettings remembered = {};  ///< by the service; an explanation remembers nothing
};
std::optional<Grounds> explain_grounds(const Paths& paths, Deadline deadline);

struct Explained {
    std::string address;
    transfer::Evidence evidence = {};
    transfer::Resolution resolution = transfer::NoSuchRecipient{};
    std::optional<dns::Decision> hosts = {};  ///< where a way leads to now, says DNS
    /// Of mail that leaves: who is asked how, and rows that were looked at.
    std::optional<config::DomainProfile> profile = {};

    const transfer::Route* way() const { return std::get_if<transfer::Route>(&resolution); }
};

/// Peer and role. The Error's detail begins with the option: "--peer: ...".
Result<> sound_question(const ExplainAsked& asked);

/// @param with_client  as of a client that asks now, with what RCPT asks of the sender and the
///        size, and who is on a list (explained_terms.h); no: where mail to it would go
Result<Explained> explain_recipient(const Grounds& grounds, const ExplainAsked& asked,
                                    bool with_client, Deadline deadline);

struct ExplainedVerdict {
    std::string word;   ///< "accepted", "refused", "deferred"
    std::string reply;  ///< "550 5.1.1"
    std::string why;
};
ExplainedVerdict verdict(const transfer::Resolution& resolution);
/// "SMTP to the MX of example.net, port 25"
std::string next_hop(const transfer::Route& route);

struct RelayExplained {
    std::string domain;     ///< the one that decides
    bool is_local = false;  ///< delivery, not relaying
    std::string malformed;  ///< why it is no address
    transfer::RelayDecision decision;
    std::vector<transfer::RelayStep> steps;

    bool allowed() const { return malformed.empty() && (is_local || decision.allowed); }
    std::string reply() const;
};
RelayExplained explain_relay(const Grounds& grounds, const ExplainAsked& asked);

boost::json::object explained_json(const Explained& explained);
boost::json::object relay_json(const ExplainAsked& asked, const RelayExplained& found);

}  // namespace imc::admin
