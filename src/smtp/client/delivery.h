#pragma once
/// @file smtp/client/delivery.h  One message for one next hop, and what became of each recipient.
///
/// The same shapes as queue/courier.h, which this module may not know; app/ translates.
#include "base/octets.h"

#include <cstdint>
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
    bool high_octets = false;
    bool high_in_header = false;
};

/// Reads all of it.
Result<TextFacts> look_at(const Octets& text);

struct Transaction {
    std::string message;                  ///< our id, for events
    std::string sender;                   ///< without <>; empty: a report
    std::vector<std::string> recipients;  ///< RCPT addresses without <>, at least one
    Octets body;
    std::optional<TextFacts> facts = {};  ///< must be given if `body` blocks
    boost::asio::thread_pool* disk =
        nullptr;             ///< reads a body that blocks; outlives the transaction
    bool smtp_utf8 = false;  ///< the message came with SMTPUTF8
};

enum class Delivery : std::uint8_t { delivered, deferred, failed };

struct RecipientOutcome {
    Delivery delivery = Delivery::deferred;
    std::string status;          ///< RFC 3463
    std::string reply;           ///< of the peer verbatim (printable), or our own words
    std::string host = {};       ///< "mx.example.net[192.0.2.7]:25"; empty: none was reached
    bool whole_route = false;    ///< no host of the route answers
    std::string tls = {};        ///< empty: in the clear
    std::string remote_id = {};  ///< what the peer calls it
};

}  // namespace imc::smtp::client
