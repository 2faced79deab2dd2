#pragma once
/// @file app/service/pickup.h  Mail that local programs drop as files into the pickup folder.
///
/// A file is taken when nobody has it open for writing (the kernel says so by a read lease; where
/// it cannot, the file must not have changed for a while), so best it is written elsewhere and
/// renamed into the folder. Names that begin with '.' or end in ".tmp" are left alone.
///
/// Never sent twice: the file is moved to .claimed/, stored in the spool with its identity (inode,
/// size, time), durably removed or renamed to .claimed/done.NAME, and only then shown to the queue.
/// A crash in between leaves the message alive in the spool, undelivered; the next start finds the
/// file's identity there and removes the file. While it can be neither removed nor renamed, over
/// restarts too, the message stays in the spool and is not delivered: the spool's record is what
/// keeps the file from being sent again, and it lasts as long as the message does.
///
/// A file whose text the service dies of twice goes to badmail: spool/pickup-working holds the
/// inodes of those that are worked on, as spool/working does the ids of messages (spool/working.h).
///
/// KB:      Q250441, Q279320 (a file that still grew), Q221432 (one that could not be removed was
///          sent again and again), Q201314
/// Events:  4164 (a file that cannot be sent: badmail/NAME and NAME.err; one that cannot be
///          removed; a .claimed that is not ours)
/// Threads: settle, start and stop from the main thread.
#include "base/files.h"
#include "config/config.h"
#include "event/log.h"
#include "metrics/counters.h"
#include "queue/queue.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>

namespace imc::app {

struct PickupParts {
    Paths paths;
    spool::Spool& spool;
    EventLog& events;
    metrics::Registry& metrics;
    boost::asio::thread_pool& background;
    std::function<config::ConfigPtr()> config;
    /// Shows a durable message to the queue. The text may be null: the spool could not read it.
    std::function<void(spool::MessageId, spool::Envelope, spool::Body)> queue;
    FileSystem& files = real_files();
};

class Pickup {
public:
    explicit Pickup(PickupParts parts);
    ~Pickup();

    /// Before the queue starts: removes files whose message the spool has already. Of `recovered`
    /// it takes out messages whose file cannot be removed: the queue gets them when it could.
    void settle(std::vector<spool::Recovered>& recovered);

    /// Looks into the folder now and each second from now on. The object outlives the executor's
    /// context.
    void start(boost::asio::any_io_executor executor);
    void stop();

    /// One look; how many files were taken.
    boost::asio::awaitable<std::size_t> look();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::app
