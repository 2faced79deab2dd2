#pragma once
/// @file event/sinks.h  Where records go: a JSON-lines file with rotation, journald, a ring in
/// memory.
///
/// Threads: the log calls one at a time; the ring may be read from any thread.
#include "event/log.h"

#include <deque>
#include <mutex>

namespace imc {

struct FileSinkSettings {
    std::string path;
    std::uint64_t rotate_octets = 50 << 20;  ///< then events.jsonl.1, .2, ...
    unsigned kept = 5;                       ///< rotated files
};

/// One write per record, O_APPEND, mode 0600. A file that was removed or renamed is made again with
/// the next record; a full disk loses records, never the service.
std::unique_ptr<EventSink> file_sink(FileSinkSettings settings);

/// Native fields: MESSAGE, MESSAGE_ID, PRIORITY, IMC_EVENT_ID, IMC_TYPE, IMC_CATEGORY, IMC_<FIELD>.
std::unique_ptr<EventSink> journal_sink(const std::string& socket = "/run/systemd/journal/socket");

/// The MESSAGE_ID of an event: 32 hex digits, the same on every host (share/events -> imc.catalog).
std::string message_id(unsigned event);

class Ring {
public:
    explicit Ring(std::size_t most = 1000) : most_{most} {}
    std::vector<EventRecord> records() const;  ///< oldest first
    /// How many were ever taken: the number of the newest, from 1.
    std::uint64_t taken() const;
    struct News {
        std::uint64_t first = 0;           ///< number of the first of `records`
        std::vector<EventRecord> records;  ///< oldest first; what is gone is left out
    };
    News after(std::uint64_t number) const;
    void take(const EventRecord& record);

private:
    const std::size_t most_;
    mutable std::mutex mutex_;
    std::deque<EventRecord> records_;
    std::uint64_t taken_ = 0;
};
std::unique_ptr<EventSink> ring_sink(std::shared_ptr<Ring> ring);

}  // namespace imc
