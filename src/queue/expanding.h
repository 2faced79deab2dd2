#pragma once
/// @file queue/expanding.h  Orders to expand one message, at work: what expanding.cc, which brings
/// them to one commit, and list_walk.cc, which walks a list, have in common. Not for others.
///
/// Threads: one at a time; the walk blocks, and is in the background.
#include "queue/state.h"

namespace imc::queue {

/// All orders of one message, on their way to one commit.
struct Queue::State::Expanding {
    ItemPtr item;
    std::vector<Order> orders;
    EnvelopePtr envelope;
    std::shared_ptr<const transfer::RecipientResolver> with;
    config::ConfigPtr config = {};

    std::shared_ptr<transfer::SeenMembers> seen = {};  ///< of all orders
    std::uint32_t looked_at = 0;  ///< of the recipients: who is addressed himself

    // Of the order that is being walked.
    std::unique_ptr<transfer::Expansion> walk = {};
    std::optional<CopyPlan> plan = {};
    spool::Body text = {};  ///< of the message
    spool::Body body = {};  ///< of its copies
    std::optional<DeliveryResult> failure = {};
    std::vector<std::string> members = {};
    bool last = false;
    std::vector<spool::MessageId> stored = {};
    std::size_t copies = 0;
};

}  // namespace imc::queue
