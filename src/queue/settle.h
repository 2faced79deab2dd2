#pragma once
/// @file queue/settle.h  From what a courier brought back to what is recorded. Pure.
///
/// Rules:   RFC 5321 4.5.4.1 (retries), 4.5.5 (a report never causes a report)
/// KB:      Q140934 (each failure is reported at once), Q260741 (each recipient has
/// a result of its own)
#include "config/config.h"
#include "queue/courier.h"
#include "queue/reports.h"

#include <optional>
#include <random>

namespace imc::queue {

struct Settled {
    spool::Commit commit;              ///< results, and the reports they cause
    std::vector<std::uint32_t> again;  ///< recipients to be tried again, at their next_attempt
    std::vector<std::uint32_t> failed;
    std::vector<ReportOf> reports;         ///< their `report` is an index in commit.caused
    bool unreported = false;               ///< somebody failed, and nobody is told
    bool too_many_double_bounces = false;  ///< 40253 is due
};

/// When to try again and when to give up stands in the profile of each recipient's domain.
/// @param states  of `recipients`, in order, as known before
/// @param age  of the message; without: what the wall clock says
/// @param left  of `recipients`: how long until it fails; nothing, or empty: as its plan says
Settled settle(const config::Config& config, const spool::Envelope& envelope,
               const spool::Body& body, spool::MessageId id,
               const std::vector<spool::RecipientState>& states,
               const std::vector<std::uint32_t>& recipients,
               const std::vector<DeliveryResult>& results, WallTime now, std::mt19937_64& random,
               DoubleBounces* double_bounces = nullptr,
               std::optional<std::chrono::milliseconds> age = {},
               const std::vector<std::optional<std::chrono::milliseconds>>& left = {});

/// Nothing has failed yet, but the sender is told that these wait. Not to <>, nor to who asked for
/// no such notice (NOTIFY without DELAY).
/// @param states  as known; they stay  @param words  what was heard last
Settled delay_notice(const config::Config& config, const spool::Envelope& envelope,
                     const spool::Body& body, spool::MessageId id,
                     const std::vector<spool::RecipientState>& states,
                     const std::vector<std::uint32_t>& recipients,
                     const std::vector<DeliveryResult>& words, WallTime now,
                     const std::vector<std::optional<std::chrono::milliseconds>>& left = {});

/// What there is to tell of a recipient that was delivered or has failed; nothing: nobody waits for
/// news of it. `state` is what is known now.
std::optional<Told> news_of(std::uint32_t recipient, const spool::RecipientState& state,
                            const DeliveryResult& result);

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
