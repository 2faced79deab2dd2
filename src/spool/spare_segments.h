#pragma once
/// @file spool/spare_segments.h  Segments that hold nothing, made ahead by a thread of their own,
/// so that the writer does not wait for one while mail comes.
///
/// At rest there is one, kept for results on a full disk, and another once the active segment is
/// half full. The faster segments are filled, the more are kept; what has not been needed for a
/// while is removed.
///
/// Threads: any.
#include "spool/segment.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace imc::spool {

class SpareSegments {
public:
    SpareSegments(FileSystem& files, std::string folder, std::uint64_t segment_octets,
                  std::chrono::milliseconds idle)
        : files_{files}, folder_{std::move(folder)}, usual_{segment_octets}, idle_{idle}
    {}
    SpareSegments(const SpareSegments&) = delete;
    SpareSegments& operator=(const SpareSegments&) = delete;
    ~SpareSegments() { stop(); }

    /// Names of files go on behind it.
    void found(std::uint64_t file) { last_file_ = std::max(last_file_, file); }
    std::size_t size() const;

    /// One of `octets` or, with `left` of the usual size remaining, a spare one; null: there are
    /// too few. Waits for one that is being made.
    std::unique_ptr<Segment> take(std::size_t left);
    IoResult<std::unique_ptr<Segment>> make(std::uint64_t octets);
    /// Keeps it, unless there are enough. @return whether it was kept
    bool give(std::unique_ptr<Segment>& segment);
    bool wants_more() const;

    /// So many shall be there, soon.
    void want(std::size_t count);
    void stop();

private:
    std::unique_ptr<Segment> try_to_make() noexcept;
    void run();

    FileSystem& files_;
    const std::string folder_;
    const std::uint64_t usual_;
    const std::chrono::milliseconds idle_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<Segment>> spare_;  ///< oldest life first
    std::size_t wanted_ = 1;
    bool making_ = false;
    bool stopping_ = false;
    std::chrono::steady_clock::time_point not_before_{};  ///< after one could not be made
    std::uint64_t last_file_ = 0;
    std::thread thread_;  ///< begins with the first want() of more than are there
};

}  // namespace imc::spool
