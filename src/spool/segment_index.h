#pragma once
/// @file spool/segment_index.h  What stands beside a segment that is full: its records without the
/// bodies, so that a start reads no bodies. docs/formats/spool.md is the grammar.
///
/// It only saves time: written without a sync and behind the writer's back, and believed only when
/// it is whole and of the segment's present life.
///
/// Errors:  none; what cannot be read or written is not there
#include "spool/records.h"
#include "spool/segment.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace imc::spool {

/// One group as an index has it, `records` without the bodies.
struct IndexedGroup {
    std::uint64_t at;  ///< in the segment: of the first record
    std::string_view records;
};

class SegmentIndex {
public:
    /// @param used  how far the segment was acknowledged. @return nothing: there is none that can
    /// be believed
    static std::optional<SegmentIndex> read(FileSystem& files, const Segment& segment,
                                            std::uint64_t used);

    /// Whose it says it is, and how far that was acknowledged; for a segment that does not say so
    /// itself. It is not looked at otherwise: read() does that.
    struct Owner {
        std::string header;
        std::uint64_t used;
    };
    static std::optional<Owner> owner(FileSystem& files, const Segment& segment);

    void each(const std::function<void(const IndexedGroup&)>& take) const;

    /// The head of the message whose payload begins there, with its kind before it.
    std::optional<std::string> head_at(std::uint64_t at) const;

private:
    explicit SegmentIndex(std::string octets) : octets_{std::move(octets)} {}
    bool find_groups(std::uint64_t used);

    std::string octets_;
    struct Group {
        std::uint64_t at;
        std::size_t begin, size;  ///< in octets_
    };
    std::vector<Group> groups_;
};

/// Appends a group to what an index will hold.
/// @return false: a record fits no grammar, so that the segment can have no index
bool add_group(std::string& index, std::string_view records);
/// The same piece by piece: what the group takes in the segment, and then all but the bodies.
void begin_group(std::string& index, std::uint64_t octets);

/// Writes and removes them on a thread of its own, in the order in which it is told.
///
/// Threads: any.
class SegmentIndexes {
public:
    explicit SegmentIndexes(FileSystem& files) : files_{files} {}
    SegmentIndexes(const SegmentIndexes&) = delete;
    SegmentIndexes& operator=(const SegmentIndexes&) = delete;
    ~SegmentIndexes();

    /// Of a segment as it is now, which is not written any more. When too many wait it is left
    /// out.
    void write(const Segment& segment, std::string groups);
    /// The segment is about to have another life, or none.
    void remove(const Segment& segment);
    /// At start: those whose segment is gone.
    void sweep(const std::string& folder);

private:
    struct Job {
        std::string path;
        std::string front;  ///< empty: the file goes
        std::string groups;
    };
    void add(Job job);
    void begin() noexcept;
    void run();
    void write_now(const Job& job);

    FileSystem& files_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    std::uint64_t waiting_octets_ = 0;
    bool stopping_ = false;
    std::thread thread_;  ///< begins with the first job
};

}  // namespace imc::spool
