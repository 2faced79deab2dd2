#pragma once
/// @file spool/segment.h  One file of the log: its header, its groups, and who lives in it.
#include "base/error.h"
#include "base/files.h"

#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace imc::spool {

inline constexpr std::uint64_t segment_header_octets = 52;
inline constexpr std::uint64_t group_header_octets = 8;

class Segment {
public:
    Segment(std::string path, std::unique_ptr<File> file, std::uint64_t capacity)
        : path_{std::move(path)}, file_{std::move(file)}, capacity_{capacity}
    {}

    /// A file that reads as zeros and has its room, on stable storage, its folder entry too.
    static IoResult<std::unique_ptr<Segment>> create(FileSystem& files, const std::string& folder,
                                                     const std::string& name, std::uint64_t octets);

    const std::string& path() const { return path_; }
    std::uint64_t generation() const { return generation_; }
    std::uint64_t capacity() const { return capacity_; }
    std::uint64_t room() const { return capacity_ > used_ ? capacity_ - used_ : 0; }
    std::uint64_t used() const { return used_; }
    /// A younger one says how far this one, which has not been read, was acknowledged.
    void acknowledged(std::uint64_t used) { used_ = used; }

    /// Begins a new life; the header goes to disk with the first group.
    /// @param next_id  no message of a smaller id will be made any more
    /// @param before  the segment written before this one, and how far it was acknowledged
    struct Before {
        std::uint64_t generation = 0;
        std::uint64_t used = 0;
    };
    void begin(std::uint64_t generation, std::uint64_t next_id, Before before);
    Before before() const { return before_; }
    struct Header {
        std::uint32_t version = 0;
        std::uint64_t generation = 0, next_id = 0;
        Before before = {};
    };
    /// @return nothing: it is none, or does not fit its checksum
    static std::optional<Header> parse_header(std::string_view octets);
    static Header new_header(std::uint64_t generation, std::uint64_t next_id, Before before);
    /// What its groups' checksums begin with.
    static std::uint32_t seed_of(std::uint64_t generation);
    /// As if that stood in the file; mend_header() puts it there.
    void assume(const Header& header);
    IoResult<> mend_header();
    bool has_contents() const { return header_written_; }
    /// What we write now does not belong into it.
    bool of_older_version() const;
    /// As it stands in the file.
    std::string header() const;
    std::uint64_t next_id() const { return next_id_; }

    /// Writes the header alone and syncs it; groups follow.
    IoResult<> write_header();
    /// Writes one group and syncs it. @return where the first octet behind the group's header
    /// stands.
    IoResult<std::uint64_t> append(const std::vector<std::string_view>& records);

    /// From now on append() writes past the system's cache, if the disk can; leave() ends that.
    void write_directly(FileSystem& files);
    void leave();

    IoResult<std::string> read(std::uint64_t offset, std::size_t octets) const;
    /// What can be read of it, a block at a time; zeros stand where the disk gives nothing.
    struct Hole {
        std::uint64_t from, to;  ///< octets of the file
    };
    struct Salvage {
        std::string octets;
        std::string failure;           ///< what the disk said first; empty: nothing is missing
        std::vector<Hole> holes = {};  ///< in order
    };
    Salvage salvage(std::uint64_t offset, std::size_t octets) const;

    struct Group {
        std::uint64_t offset;  ///< of the first record
        std::string_view records;
    };
    /// What the disk does not give while groups are read.
    struct Gaps {
        /// Called for a group of which some is missing. Its checksum cannot be looked at.
        std::function<void(std::uint64_t offset, const Salvage&)> take = {};
        std::string failure = {};  ///< what the disk said first; empty: it gave all
        std::uint64_t octets = 0;  ///< between groups: nobody knows which records they were
        bool ended = false;        ///< nobody knows what stands behind it
    };

    /// Calls `take` for each whole group of the current life. Error 40152 for a version we cannot
    /// read. Reading ends at the end mark, or at a group that does not fit its checksum: used()
    /// tells how far it came.
    /// @param limit  groups that begin at or behind this octet do not count; 0: only the header is
    /// read
    /// @param gaps  if given, what the disk does not give is told there and is no error, but for
    /// the header
    Result<> replay(const std::function<void(const Group&)>& take, std::uint64_t limit,
                    Gaps* gaps = nullptr);

    /// The same, of one whose header was read, while it stands still otherwise.
    /// @return how far it came
    Result<std::uint64_t> walk(const std::function<void(const Group&)>& take, std::uint64_t limit,
                               Gaps* gaps = nullptr) const;

    /// A group with a sound checksum. @param seeds  of generations that it may be of
    /// @param checked  counts octets whose checksum was made: a text may look like groups
    static std::optional<std::string_view> group_at(std::string_view octets, std::size_t at,
                                                    std::span<const std::uint32_t> seeds,
                                                    std::uint64_t& checked);
    static constexpr std::uint64_t most_checked = std::uint64_t{1} << 30U;

    /// Ends a life durably: what the file holds can never be read as contents again.
    IoResult<> forget();

    /// Writes what was read back again and syncs it: after a failed sync the page cache may show
    /// what the disk does not hold, and nothing may be built upon that. Holes are left alone.
    IoResult<> rewrite();

    /// Ids of messages that were written here, in order; some have ended or moved since.
    std::vector<std::uint64_t> ids = {};
    /// What its index will hold (spool/segment_index.h).
    std::string without_bodies = {};
    std::uint64_t live_messages = 0;  ///< those whose newest place is here
    std::uint64_t live_octets = 0;
    std::uint32_t readers = 0;  ///< who read from it now: not used again before they have ended
    bool failed =
        false;  ///< a write or sync failed: never written again, removed when nothing lives here
    bool stays = false;  ///< something alive in it cannot be copied: until that has ended
    /// Something in it could not be read back: set aside for people, never used again. Any thread.
    std::atomic<bool> damaged{false};

private:
    /// Of a place that the disk does not give. @return nothing: no group stands behind it
    std::optional<std::uint64_t> group_behind(std::uint64_t at, std::uint64_t limit) const;
    IoResult<> put(std::uint64_t at, std::vector<std::string_view> pieces);
    void remember_tail(std::uint64_t end, const std::vector<std::string_view>& pieces);

    std::string path_;
    std::unique_ptr<File> file_;
    std::unique_ptr<File> direct_;  ///< while it is active, where the disk can
    std::string tail_;              ///< what stands in the last, partly used block of `direct_`
    std::uint64_t capacity_;
    std::uint64_t generation_ = 0;
    std::uint64_t next_id_ = 0;
    Before before_{};
    std::uint32_t seed_ = 0;
    std::uint64_t used_ = segment_header_octets;
    bool header_written_ = false;
    std::uint32_t version_ = 0;
};

}  // namespace imc::spool
