#pragma once
/// @file spool/log_writer.h  The one thread that writes: all commits that wait become one group,
/// synced once; then what is alive in old segments is copied forward when the pool has grown.
///
/// Threads: enqueue() and close() from any.
#include "spool/live_index.h"
#include "spool/segment_pool.h"

#include <condition_variable>
#include <functional>
#include <optional>
#include <thread>

namespace imc::spool {

/// One commit on its way to the disk. Lives in the frame of the coroutine that waits for it.
struct Request {
    std::vector<std::string>
        heads;                 ///< what stands before a body; with none, all records of `changes`
    std::vector<Body> bodies;  ///< per head; null for changes
    std::vector<std::uint32_t> crcs;              ///< of the bodies of `messages`
    std::vector<std::uint32_t> head_crcs;         ///< of what stands before them: Live::head_crc
    std::shared_ptr<const LargePart> large = {};  ///< of the one message of a store
    std::uint64_t octets = 0;
    bool is_store = false;  ///< new mail, which may be refused for want of room
    // What becomes true when it is durable:
    std::vector<std::pair<MessageId, Envelope>> messages;
    std::vector<Commit> changes;
    std::optional<Error> failure;
    bool written = false;        ///< or perhaps: it may be found at the next start though it failed
    std::function<void()> done;  ///< wakes the coroutine on its executor
};

class LogWriter {
public:
    LogWriter(SegmentPool& pool, LiveIndex& index, LargeTexts& large, Trouble& trouble,
              EventLog& events)
        : pool_{pool}, index_{index}, large_{large}, trouble_{trouble}, events_{events}
    {}
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;
    ~LogWriter() { close(); }

    /// @param last_id  the largest id ever given. Changes of messages up to it wait, and no
    /// segment is freed, until loaded()
    void start(std::uint64_t last_id);
    /// The index knows all messages of the log.
    void loaded();
    /// Until what is dead at start has been freed after loaded(), or the writer has ended.
    void wait_until_settled();
    MessageId next_id() { return MessageId{++last_id_}; }
    void enqueue(Request& request);
    /// Writes what waits and ends the thread. What comes later fails with 40150.
    void close();

private:
    void write_all() noexcept;
    bool take_turn();
    bool somebody_waits();
    std::vector<Request*> next_group();
    void write_or_fail(std::vector<Request*>& group) noexcept;
    /// Those that are finished become null.
    void write(std::vector<Request*>& group);
    void put(Segment& segment, std::vector<Request*>& group);
    std::vector<std::uint64_t> apply(Segment& segment, std::uint64_t at,
                                     const std::vector<Request*>& group);
    bool reclaim() noexcept;
    bool reclaim_oldest();
    struct Stored;
    std::optional<Stored> stored_record(Segment& segment, std::uint64_t id, const Live& live);
    bool copy_forward(Segment& oldest);
    Result<Segment*> room_for(std::uint64_t octets, bool for_new_mail)
    {
        return pool_.room_for(octets, for_new_mail, last_id_.load() + 1);
    }

    SegmentPool& pool_;
    LiveIndex& index_;
    LargeTexts& large_;
    Trouble& trouble_;
    EventLog& events_;
    std::atomic<std::uint64_t> last_id_{0};

    std::mutex mutex_;
    /// Large texts of messages that were told to have failed, and whose records may stand in the
    /// log until a younger segment says how far that was acknowledged. The writer's thread only.
    std::vector<std::uint64_t> doubtful_;
    std::condition_variable arrived_;
    std::deque<Request*> waiting_;
    std::deque<Request*> early_;  ///< about messages that are not loaded yet
    std::uint64_t first_new_ = 0;
    enum class Stage : std::uint8_t { loading, loaded, settled };
    Stage stage_ = Stage::loading;
    std::condition_variable settled_;
    bool closing_ = false;
    std::mutex joining_;
    std::thread thread_;
};

}  // namespace imc::spool
