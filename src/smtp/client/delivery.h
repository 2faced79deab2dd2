#pragma once
/// @file smtp/client/delivery.h  One message for one next hop, and what became of each recipient.
///
/// The same shapes as queue/courier.h, which this module may not know; app/ translates.
#include "base/octets.h"
#include "base/tried_hosts.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace boost::asio {
class thread_pool;
}

namespace imc::smtp::client {

/// What is known of a text before it is sent.
struct TextFacts {
    bool lines_end_crlf = true;  ///< and no CR or LF stands alone
    bool ends_with_line =
        true;  ///< its last line has its CRLF; an empty text has none that lacks it
    bool high_octets = false;
    bool high_in_header = false;
};

/// Reads all of it.
Result<TextFacts> look_at(const Octets& text);

/// RFC 3461, of one recipient.
struct DsnWish {
    std::uint8_t notify = 0;    ///< bits: 1 never, 2 success, 4 failure, 8 delay; 0: not said
    std::string original = {};  ///< ORCPT decoded, "rfc822;a@b"; empty: not said
};

struct Transaction {
    std::string message;                  ///< our id, for events
    std::string sender;                   ///< without <>; empty: a report
    std::vector<std::string> recipients;  ///< RCPT addresses without <>, at least one
    std::vector<DsnWish> wishes = {};     ///< one per recipient, or none at all
    std::string envid = {}, ret = {};     ///< RFC 3461, decoded; "", "FULL" or "HDRS"
    int priority = 0;                     ///< RFC 6710, -9 to 9
    Octets body;
    std::optional<TextFacts> facts = {};  ///< must be given if `body` blocks
    boost::asio::thread_pool* disk =
        nullptr;             ///< reads a body that blocks; outlives the transaction
    bool smtp_utf8 = false;  ///< the message came with SMTPUTF8
    /// What it returns is kept while the text is parsed or converted, never during a wait; empty:
    /// nobody wants to know.
    std::function<std::shared_ptr<const void>()> at_work = {};
    std::shared_ptr<const void> begin_work() const { return at_work ? at_work() : nullptr; }
};

enum class Delivery : std::uint8_t { delivered, deferred, failed };

struct RecipientOutcome {
    Delivery delivery = Delivery::deferred;
    std::string status;          ///< RFC 3463
    std::string reply;           ///< of the peer verbatim (printable), or our own words
    std::string host = {};       ///< "mx.example.net[192.0.2.7]:25"; empty: none was reached
    bool whole_route = false;    ///< no host of the route answers
    std::string tls = {};        ///< "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: in the clear
    std::string remote_id = {};  ///< what the peer calls it
    /// Success was to be reported, and nobody after us will: the peer knows no DSN (RFC
    /// 3461 5.2.2).
    bool relayed_without_dsn = false;
    bool converted = false;  ///< to 7 bits, for a host that takes nothing else
    TriedHosts tried = {};   ///< in vain, of the whole message
};

}  // namespace imc::smtp::client
