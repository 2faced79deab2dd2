#pragma once
/// @file queue/expand.h  Copies of a message for those whom one of its recipients stands for: a
/// list, or a mailbox that passes a copy on.
///
/// A copy is a message of its own, with up to QueueParts::recipients_of_copy members, a sender as
/// the list wants it, and a few fields in front; docs/decisions/20261126-lists.md. None is sent
/// before all of them, and the result of the list itself, are durable: the parts of a large list
/// are stored as they come, marked as staged, and one commit lifts the marks. What a crash leaves
/// is removed at the next start, and the list is expanded anew: nobody is lost or gets it twice.
///
/// Rules:   RFC 3461 5.2.7 (NOTIFY, ORCPT and ENVID of copies; "expanded" and "delivered")
/// KB:      Q246881 (reports name the member, and the list as the original recipient)
/// Threads: the functions here are pure.
#include "queue/packed_envelope.h"
#include "transfer/expansion.h"

namespace imc::queue {

/// A recipient that stands for several.
struct Order {
    std::uint32_t recipient;
    transfer::Expand what;
};

/// Evidence of a copy: its recipients pass nothing on any more.
inline constexpr std::string_view copy_key = "copy";
/// Evidence of a copy that is not to be sent yet.
inline constexpr std::string_view staged_key = "staged";

struct Copies {
    struct Staged {
        spool::MessageId id;
        PackedEnvelope envelope;
        spool::Body body;  ///< none: it is the spool's to read
        std::uint64_t octets = 0;
        std::vector<spool::Evidence> evidence;
    };
    std::vector<Staged> staged;           ///< durable, and not yet to be sent
    std::vector<spool::NewMessage> last;  ///< stored with the result
    std::uint64_t octets_in_memory = 0;   ///< of the texts of `staged`, at most

    /// May a copy with so many recipients be stored with the result, beside those that are? Of many
    /// lists of one message only the first: what is in memory, and in one commit, is bounded.
    bool has_room(std::size_t recipients, std::uint64_t octets, std::size_t most) const;
};

/// What all copies for one order have in common.
struct CopyPlan {
    const spool::Envelope& original;
    spool::MessageId id;
    const Order& order;
    transfer::ListManners manners;
    WallTime now;

    bool as_list() const  ///< a posting of the list, and no longer the sender's own mail
    {
        return order.what.list && manners.reports_to != transfer::ReportsTo::originator;
    }
};

/// Without recipients.
spool::Envelope copy_envelope(const CopyPlan& plan);
spool::Recipient copy_recipient(const CopyPlan& plan, std::string address);
std::vector<spool::Evidence> copy_evidence(const CopyPlan& plan);
/// What stands in front of the text.
std::string copy_header(const CopyPlan& plan, std::string_view header);

/// Not to be sent, whoever finds it.
void mark_staged(spool::NewMessage& message);
/// Marks of all staged copies lifted, and `last`.
std::vector<spool::Commit> all_at_once(const Copies& copies, spool::Commit last);
/// Of a commit that ends copies that are not to be sent.
std::vector<spool::Commit> all_gone(const std::vector<spool::MessageId>& ids);

/// Takes out those that a crash has left staged.
std::vector<spool::Recovered> take_staged(std::vector<spool::Recovered>& messages);

}  // namespace imc::queue
