#pragma once
/// @file admin/explained_terms.h  The second half of an explanation: of a recipient that is there,
/// may this sender send to it, is the message too large, and whom does a list reach?
///
/// What RCPT asks (app/service/session_recipients.cc) in its order, and what the queue finds when
/// it expands: by the same code of transfer/, and asked now. What nobody named is told and not
/// judged.
///
/// A list is walked to 10,000 members or for 10 s, and says when that was not all.
///
/// Threads: any; the directory is asked.
#include "admin/caller.h"
#include "admin/explained.h"
#include "policy/size_limits.h"

namespace imc::admin {

/// "no sender" of a question, and the empty sender of a report.
inline constexpr std::string_view report_sender = "<>";

/// Adds to what resolve() has found; a refusal takes its place.
void explain_terms(const Grounds& grounds, const ExplainAsked& asked, Explained& out,
                   Deadline deadline);

/// How fresh the answers of an explanation are.
transfer::Step explained_now(const Grounds& grounds, Deadline deadline);

/// Takes out what tells a help desk of one domain who others are: members, lists within and senders
/// of other domains, and whose names nobody has.
void hide_others(transfer::Evidence& evidence, const Caller& caller);

/// Of SizeLimits, InboundSizeLimit and OutboundSizeLimit the one that decides.
/// @param domain  the recipient's
policy::SizeLimit size_limit_of(const Grounds& grounds, const ExplainAsked& asked,
                                std::string_view domain, bool is_local);

}  // namespace imc::admin
