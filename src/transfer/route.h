#pragma once
/// @file transfer/route.h  Where a recipient's mail goes next.
#include "base/answer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace imc::transfer {

struct Restrictions;  // transfer/restriction.h
using RestrictionsPtr = std::shared_ptr<const Restrictions>;

struct HostPort {
    std::string host;  ///< name or address, no brackets
    std::uint16_t port = 25;
    friend bool operator==(const HostPort&, const HostPort&) = default;
};

struct ToMaildir {
    std::string folder;  ///< absolute path of the Maildir
    friend bool operator==(const ToMaildir&, const ToMaildir&) = default;
};
struct ToLmtp {
    HostPort server;  ///< or, when `socket` is set, a Unix socket
    std::string socket = {};
    friend bool operator==(const ToLmtp&, const ToLmtp&) = default;
};
struct ToSmartHosts {
    std::vector<HostPort> hosts;  ///< in order of preference
    friend bool operator==(const ToSmartHosts&, const ToSmartHosts&) = default;
};
struct ToMx {
    std::string domain;  ///< A-label form, or an address literal
    std::uint16_t port = 25;
    friend bool operator==(const ToMx&, const ToMx&) = default;
};

using NextHop = std::variant<ToMaildir, ToLmtp, ToSmartHosts, ToMx>;

/// One recipient's way. Recipients with the same key share queue, connection and transaction.
struct Route {
    NextHop hop;
    std::string key;      ///< "maildir:alice", "lmtp:...", "smtp:[relay]:25", "mx:example.net"
    std::string address;  ///< RCPT to use there; a contact's target differs from what was written
    std::string why;      ///< "mailbox cn=alice,...", "smart host of the connector", for explain
    /// The profile's hosts; no: its user and password are not for them.
    bool by_profile = true;
    RestrictionsPtr restrictions = {};  ///< of the recipient's object; null: none
};

/// Several recipients in the place of one: a list, or a mailbox that passes a copy on
/// (altRecipient and deliverAndRedirect). transfer/expansion.h finds out who they are.
struct Expand {
    std::string object;              ///< DN where the walk begins
    std::string address;             ///< that reaches it: for loops, reports and List-Id
    bool list = true;                ///< false: a mailbox that keeps its copy
    std::optional<Route> here = {};  ///< of that mailbox
    RestrictionsPtr restrictions = {};
    std::string why = {};  ///< "distribution list cn=staff,...", for explain
};

struct NoSuchRecipient {
    std::string why;  ///< for the reply and for explain
    /// The directory was asked, and has proved that nobody has the address; else the address says
    /// so itself.
    bool absent = false;
};
struct AmbiguousRecipient {
    std::vector<std::string> objects;  ///< DNs holding the address: event 10000
};
/// The directory cannot say, and the row of the domain takes mail all the same: the queue holds it
/// and asks again. For a client's question only; one about a message that was taken is CannotSay.
struct TakenUnasked {
    Error reason;
    std::string rule;  ///< "routing row ..."
};
struct RelayDenied {
    std::string rule;
};

/// Known, and still no: a disabled mailbox, a row that rejects, a circle, no way out.
struct Refused {
    int code = 550;             ///< as in the reply
    std::string status;         ///< RFC 3463, "5.2.1"
    std::string why;            ///< for the client
    std::string rule = {};      ///< which row or object says so
    EventId event = EventId{};  ///< to be raised, if it is one
    std::string detail = {};    ///< for the event; empty: `why`
    bool by_table = false;      ///< a row of the routing table says so, and may be edited again
};

/// @see smtp/server/recipient_verdict.h for the same answers in the dialogue's words.
using Resolution = std::variant<Route, Expand, NoSuchRecipient, AmbiguousRecipient, CannotSay,
                                TakenUnasked, RelayDenied, Refused>;

}  // namespace imc::transfer
