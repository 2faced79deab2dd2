#pragma once
/// @file spool/crash_counts.h  How many processes have died while they worked on a message: kept as
/// evidence with it, so that the second crash is known to be one.
///
/// Threads: one at a time until count() has returned; then tell() from any.
#include "spool/found_messages.h"
#include "spool/log_writer.h"

#include <map>

namespace imc::spool {

class CrashCounts {
public:
    /// Messages that the last process had at work when it died. @param ids  sorted
    void died_of(std::vector<MessageId> ids) { died_of_ = std::move(ids); }

    /// @return what keeps the counts, for the writer; its `done` is to be set. Null: there is
    /// nothing to keep
    Request* count(const FoundMessages& messages);

    /// Of a message that is handed out: what is counted of it.
    void tell(Recovered& message) const;

private:
    std::vector<MessageId> died_of_;
    std::map<MessageId, Evidence> counted_;
    std::unique_ptr<Request> request_;
};

}  // namespace imc::spool
