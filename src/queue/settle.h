#pragma once
/// @file queue/settle.h  From what a courier brought back to what is recorded. Pure.
///
/// Rules:   RFC 5321 4.5.4.1 (retries), 4.5.5 (a report never causes a report), RFC 3461 5.2
/// (NOTIFY=NEVER) KB:      Q140934 (each failure is reported at once), Q260741 (each recipient has
/// a result of its own)
#include "config/config.h"
#include "queue/courier.h"

#include <optional>
#include <random>

namespace imc::queue {

struct Settled {
    spool::Commit commit;              ///< results, and the report they cause
    std::vector<std::uint32_t> again;  ///< recipients to be tried again, at their next_attempt
    std::vector<std::uint32_t> failed;
    bool unreported = false;  ///< somebody failed, and there is nobody to tell
};

/// When to try again and when to give up stands in the profile of each recipient's domain.
/// @param states  of `recipients`, in order, as known before
/// @param age  of the message; without: what the wall clock says
Settled settle(const config::Config& config, const spool::Envelope& envelope,
               const spool::Body& body, spool::MessageId id,
               const std::vector<spool::RecipientState>& states,
               const std::vector<std::uint32_t>& recipients,
               const std::vector<DeliveryResult>& results, WallTime now, std::mt19937_64& random,
               std::optional<std::chrono::milliseconds> age = {});

/// Nothing has failed yet, but the sender is told that these wait. Not to <>, nor to who asked for
/// no such notice (NOTIFY without DELAY).
/// @param states  as known; they stay  @param words  what was heard last
Settled delay_notice(const config::Config& config, const spool::Envelope& envelope,
                     const spool::Body& body, spool::MessageId id,
                     const std::vector<spool::RecipientState>& states,
                     const std::vector<std::uint32_t>& recipients,
                     const std::vector<DeliveryResult>& words, WallTime now);

/// When settle() threw: what was delivered stays so, the rest waits an hour for its next attempt.
/// No report is made.
Settled settle_after_defect(spool::MessageId id, const std::vector<spool::RecipientState>& states,
                            const std::vector<std::uint32_t>& recipients,
                            const std::vector<DeliveryResult>& results, WallTime now,
                            const std::string& defect);

/// The n-th wait (from 1), `dice` (0.9 to 1.1) times as long. Nothing: no retries are configured.
std::optional<std::chrono::milliseconds> retry_wait(const std::vector<std::chrono::seconds>& after,
                                                    std::uint32_t attempts, double dice);

}  // namespace imc::queue
