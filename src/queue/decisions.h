#pragma once
/// @file queue/decisions.h  By which facts recipients were decided on (transfer/decision.h), kept
/// with their message.
///
/// Evidence "why.NN" of the message, NN: the recipient's index. It comes with the message, as it
/// was accepted; where the queue decides otherwise, or nobody did before, the new line goes with
/// the next result of the message, so that it costs no commit of its own. Of the first 20
/// recipients, so 8,000 octets of a message at most; the tracking log has all of them. What came
/// later than its message the spool holds in memory until that is copied forward, so of all
/// messages no more than QueueParts::later_decisions octets are kept in this way.
///
/// Threads: none of its own; DecidedAnew is called under the queue's mutex.
#include "spool/spool.h"

#include <optional>
#include <unordered_map>

namespace imc::queue {

inline constexpr std::uint32_t decisions_kept = 20;

std::string decision_key(std::uint32_t recipient);
std::optional<std::uint32_t> recipient_of_decision(std::string_view key);  ///< nothing: another's

/// In memory.
std::size_t octets_of(const spool::Evidence& each);

/// Of one recipient: the first, or another one than is kept.
struct DecidedNow {
    std::uint32_t recipient;
    std::uint16_t way;
    bool expands;  ///< he stands for others
    std::string line;
};

/// Lines that are not on the disk yet.
class DecidedAnew {
public:
    /// @param most  octets of all of them; what would be more is not kept
    explicit DecidedAnew(std::size_t most = 16 << 20) : most_{most} {}

    void note(spool::MessageId id, std::uint32_t recipient, std::string line);
    /// Those of a message, to be made durable.
    std::vector<spool::Evidence> take(spool::MessageId id);
    const std::vector<spool::Evidence>* find(spool::MessageId id) const;
    std::size_t octets() const { return octets_; }

private:
    std::unordered_map<std::uint64_t, std::vector<spool::Evidence>> lines_;
    std::size_t octets_ = 0;
    std::size_t most_;
};

}  // namespace imc::queue
