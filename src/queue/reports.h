#pragma once
/// @file queue/reports.h  Who is told what became of a message. Pure, but for the count of double
/// bounces.
///
/// The sender gets one report with a part for each recipient that asked for it (RFC 3461 NOTIFY).
/// The administrator gets a copy of failures of the categories chosen, whatever the sender asked
/// for. A report that fails is never reported to its sender, which is nobody: the administrator is
/// told, so many times an hour, and about his own mailbox never.
///
/// Rules:   RFC 3461 4.1, 5.2, 6; RFC 5321 4.5.5; RFC 3834 (no news of progress to programs)
/// KB:      Q238498, Q216161 (a report causes none), Q190708, Q217195, Q159835 (copies by
/// category),
///          Q260741, Q220882 (each recipient has a result of its own), Q143197 (no delay notice for
///          what a program sent)
#include "config/config.h"
#include "mail/automatic.h"
#include "mail/dsn.h"
#include "spool/spool.h"

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace imc::queue {

/// One recipient of whom there is something to tell.
struct Told {
    std::uint32_t recipient;  ///< index in the envelope
    mail::Action action = mail::Action::failed;
    std::string status = {};
    std::string reply = {};
    std::string host = {};
    WallTime retry_until{};   ///< delayed
    WallTime last_attempt{};  ///< {}: nobody was asked, or not now
    mail::Automatic suppressed = mail::Automatic::no;
};

struct ReportOf {
    std::uint32_t recipient;
    std::optional<std::size_t> report;  ///< index in `messages`; nothing: due, and not made
    friend bool operator==(const ReportOf&, const ReportOf&) = default;
};

struct Reports {
    std::vector<spool::NewMessage> messages;  ///< that to the sender first
    std::vector<ReportOf> of;                 ///< in the order of `told`
    bool too_many_double_bounces = false;     ///< the first in this hour that is absorbed
};

/// How many double bounces the administrator was told of in the last hour. Threads: any.
class DoubleBounces {
public:
    enum class Verdict : std::uint8_t { tell, first_beyond, beyond };
    Verdict take(WallTime now, std::uint32_t most_per_hour);

private:
    std::mutex mutex_;
    std::deque<WallTime> told_;
    std::optional<WallTime> beyond_since_;
};

/// Whether it is one of these: of what a commit causes, the others are copies for lists' members.
bool is_report(const spool::Envelope& envelope);

/// @param body            a text that cannot be read is no reason to say nothing
/// @param double_bounces  null: all are absorbed
Reports make_reports(const config::Config& config, const spool::Envelope& envelope,
                     const spool::Body& body, spool::MessageId id, const std::vector<Told>& told,
                     WallTime now, DoubleBounces* double_bounces);

}  // namespace imc::queue
