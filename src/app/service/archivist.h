#pragma once
/// @file app/service/archivist.h  Joins what passes to the archive of copies (tracking/archive.h).
///
/// Threads: any; keeping a copy waits for the disk.
#include "config/config.h"
#include "queue/copy_keeper.h"
#include "queue/courier.h"
#include "spool/spool.h"
#include "tracking/archive.h"

#include <boost/asio/thread_pool.hpp>

#include <functional>

namespace imc::app {

tracking::ArchiveTerms archive_terms(const config::Config& config);

/// Of a message that is being taken: durable before anybody hears so. Blocks.
/// @return an empty name: no copy is wanted of it, or mail goes on without; Error: it must not be
/// taken
Result<tracking::Archive::Kept>
keep_inbound(tracking::Archive& archive, const config::Config& config, spool::MessageId id,
             const spool::Envelope& envelope, const spool::Body& body,
             tracking::Archive::Taken taken = tracking::Archive::Taken::not_yet);

/// Copies of what comes into the queue without a client, by the rule of keep_inbound().
class InboundCopies final : public queue::CopyKeeper {
public:
    InboundCopies(tracking::Archive& archive, std::function<config::ConfigPtr()> config)
        : archive_{archive}, config_{std::move(config)}
    {}
    /// Before anything is kept: ids come from there. Outlives this.
    void use(spool::Spool& spool) { spool_ = &spool; }

    bool wants() const override { return archive_.wants(tracking::Direction::in); }
    Result<> keep(spool::NewMessage& message, std::optional<Before> before) override;
    void keep_report(spool::NewMessage& report) override;
    void discard(const spool::NewMessage& message) override;

private:
    Result<> keep(spool::NewMessage& message, tracking::Archive::Taken taken);

    tracking::Archive& archive_;
    std::function<config::ConfigPtr()> config_;  ///< the one in force now
    spool::Spool* spool_ = nullptr;
};

/// Couriers that keep a copy of what another host has taken, before its result is recorded.
class ArchivingCouriers final : public queue::Couriers {
public:
    ArchivingCouriers(queue::Couriers& inner, tracking::Archive& archive,
                      boost::asio::thread_pool& disk)
        : inner_{inner}, archive_{archive}, disk_{disk}
    {}
    std::unique_ptr<queue::Courier> hire(const queue::Place& place) override;

private:
    queue::Couriers& inner_;
    tracking::Archive& archive_;
    boost::asio::thread_pool& disk_;
};

}  // namespace imc::app
