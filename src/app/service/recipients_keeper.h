#pragma once
/// @file app/service/recipients_keeper.h  What one generation remembers of recipients, and who
/// keeps it fresh: the directory's word of each change (directory/following.h).
///
/// Events:  40821 (an outage is bridged), 40890 (changes are told of), 40891 (no more)
/// Threads: any; the destructor waits for a thread of its own, some seconds while a server does not
///          answer: not on a thread of connections.
#include "config/people.h"
#include "event/log.h"
#include "metrics/counters.h"

#include <memory>

namespace imc::app {

class RecipientsKeeper {
public:
    /// @param people  with the directory to ask
    RecipientsKeeper(const config::People& people, metrics::Registry& metrics, EventLog& events);
    RecipientsKeeper(const RecipientsKeeper&) = delete;
    RecipientsKeeper& operator=(const RecipientsKeeper&) = delete;
    ~RecipientsKeeper();

    /// Null when nothing could ever be remembered.
    const std::shared_ptr<RecipientCache>& cache() const { return cache_; }

    /// Begins to end, and waits for nothing. What is remembered counts on, by the revision.
    void end();

private:
    std::shared_ptr<RecipientCache> cache_;
    std::unique_ptr<Following> following_;
};

}  // namespace imc::app
