#pragma once
/// @file smtp/client/delivery.h  One message for one next hop, and what became of each recipient.
///
/// The same shapes as queue/courier.h, which this module may not know; app/ translates.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace imc::smtp::client {

struct Transaction {
    std::string message;                  ///< our id, for events
    std::string sender;                   ///< without <>; empty: a report
    std::vector<std::string> recipients;  ///< RCPT addresses without <>, at least one
    std::shared_ptr<const std::string> body;
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
