#pragma once
/// @file admin/exported_message.h  The envelope file of an exported message, both ways:
/// docs/formats/queue-export.md. Pure.
///
/// Reading takes nothing for granted: people edit such files, and what would be ignored might be
/// what keeps the message from being sent.
///
/// Errors: 40402 (names the key, what was found, and what was expected)
#include "base/error.h"
#include "queue/terms.h"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace imc::admin {

struct Exported {
    spool::MessageId id;              ///< that it had
    spool::Envelope envelope;         ///< with those recipients that still wait
    std::vector<queue::Terms> terms;  ///< one per recipient; the route stands in the envelope
    std::uint64_t octets = 0;         ///< of the text
    std::string sha256 = {};          ///< of the text, lower-case hex; empty: not known
    std::size_t deleted = 0;          ///< read: recipients left out, since they had been deleted
};

boost::json::object write_exported(const Exported& message);

/// Recipients that had been deleted are counted and left out.
/// @param now  an expiry before it is refused: the message would be returned at once
Result<Exported> read_exported(const boost::json::object& said, WallTime now);

}  // namespace imc::admin
