#pragma once
/// @file tracking/archive.h  Copies of messages that come in or go out, each with its envelope.
///
/// docs/formats/archive.md. A copy is on stable storage when keep() returns it: before the client
/// hears 250, or before the result of an outbound transaction is recorded. When the archive is over
/// its quota, its disk is low or fails, mail goes on without copies, unless the terms say that it
/// stops; either is an event when it begins.
///
/// Events:  41090 (full), 41091 (copies again, and how many are missing), 41092 (a fault); 41095
/// for
///          each copy when its category is logged at Maximum
/// Errors:  41090, 41092, when mail is to stop
/// Threads: any; keep() blocks on the disk.
#include "base/files.h"
#include "base/octets.h"
#include "event/log.h"
#include "tracking/archived.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace imc::tracking {

struct ArchiveTerms {
    bool inbound = false, outbound = false;
    std::uint64_t quota_octets = 0;      ///< 0: no bound
    std::uint64_t low_water_octets = 0;  ///< free octets of its disk below which it is full
    bool stops_mail = false;             ///< what cannot be copied is not taken, and not sent
};

class Archive {
public:
    Archive(std::string folder, FileSystem& files, EventLog& events,
            const WallClock& clock = wall_clock());
    ~Archive();
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;

    void set(const ArchiveTerms& terms);
    bool wants(Direction direction) const;
    /// Whether a copy could be kept, as far as can be said beforehand; only an Error when mail is
    /// to stop. For what cannot be taken back once it is sent.
    Result<> may_send();

    struct Kept {
        std::string name;  ///< "in/20261127/0000000000007.1"; empty: there is no copy
    };
    /// Whether the message can still be refused when there is no copy.
    enum class Taken : std::uint8_t { not_yet, already };
    /// @param archived  name and octets are filled in here
    Result<Kept> keep(Archived archived, const Octets& text, Taken taken = Taken::not_yet);
    /// The inbound copy of a message, if it is still here: of the day when it arrived, or the next.
    /// @return its name
    std::optional<std::string> find_inbound(const std::string& id, const std::string& sender,
                                            WallTime arrived_at) const;
    /// The message was not taken after all.
    void discard(const Kept& kept);

    std::uint64_t octets() const { return octets_; }
    /// Counts what is there, as its own thread does every ten minutes and after set().
    void survey();

private:
    /// Nobody else gets the same name until give_back().
    IoResult<std::string> take_name(const std::string& day, const std::string& id);
    void give_back(const std::string& name);
    IoResult<std::string> write(Archived& archived, const Octets& text);
    IoResult<> make_day(const std::string& folder);
    IoResult<> write_text(const std::string& path, const Octets& text);
    bool takes_files();
    /// @return why there is no room; empty: there is
    std::string no_room(const ArchiveTerms& terms, std::uint64_t octets);
    Result<Kept> not_kept(EventId why, const std::string& detail, bool stops, bool lost);
    void works_again();
    ArchiveTerms terms() const;
    void run();

    const std::string folder_;
    FileSystem& files_;
    EventLog& events_;
    const WallClock& clock_;
    mutable std::mutex mutex_;
    ArchiveTerms terms_;
    std::optional<EventId> trouble_;  ///< told
    std::uint64_t lost_ = 0;          ///< copies, since then
    std::set<std::string> in_work_;   ///< names
    std::set<std::string> days_;      ///< folders whose own names are on stable storage
    std::atomic<std::uint64_t> octets_{0};
    std::atomic<bool> on_{false};
    std::condition_variable ended_;
    bool end_ = false, look_now_ = false;
    std::thread thread_;
};

}  // namespace imc::tracking
