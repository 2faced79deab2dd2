#pragma once
/// @file app/service/recipients_keeper.h  What one generation remembers of recipients, and what
/// keeps it fresh: the directory's word of each change (directory/following.h), and a thread that
/// reads everybody beforehand (RecipientCachePreload).
///
/// A loading that was in vain is tried again, later each time; one that went well, when it counts
/// no more, but not before ten times as long as it took.
///
/// Events:  40821 (an outage is bridged), 40890 (changes are told of), 40891 (no more), 40892
///          (everybody was read), 40893 (not everybody)
/// Threads: any; the destructor waits for threads of its own, some seconds while a server does not
///          answer: not on a thread of connections.
#include "config/people.h"
#include "event/log.h"
#include "metrics/counters.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace imc::app {

class RecipientsKeeper {
public:
    /// @param people  with the directory to ask
    /// @param base  below which they are
    RecipientsKeeper(const config::People& people, Dn base, metrics::Registry& metrics,
                     EventLog& events);
    RecipientsKeeper(const RecipientsKeeper&) = delete;
    RecipientsKeeper& operator=(const RecipientsKeeper&) = delete;
    ~RecipientsKeeper();

    /// Null when nothing could ever be remembered.
    const std::shared_ptr<RecipientCache>& cache() const { return cache_; }

    /// Begins to end, and waits for nothing. What is remembered counts on, by the revision.
    void end();

private:
    void load_again_and_again();
    bool load();
    bool still_counts() const;
    bool ending() const;
    void wait(std::chrono::milliseconds time);

    const Dn base_;
    EventLog& events_;
    std::shared_ptr<RecipientCache> cache_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    bool ending_ = false;
    bool in_vain_ = false;  ///< the last loading; of its thread
    std::unique_ptr<Following> following_;
    std::thread loader_;
};

}  // namespace imc::app
