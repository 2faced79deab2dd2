#pragma once
/// @file tracking/index.h  tracking/index.db: in which part of a day's file a word stands.
///
/// docs/formats/tracking.md. Everything in it is derived from the files: it may be deleted at any
/// time. A file is indexed in segments of 16 MiB, which are written once; a posting names a block
/// of 64 KiB in which some record has the word. Words are hashed, so a block that is named may hold
/// none, and whoever reads it looks.
///
/// Errors:  41080 (SQLite's own words)
/// Threads: one at a time.
#include "base/sqlite.h"
#include "tracking/days.h"

#include <bitset>

namespace imc::tracking {

/// What a word is: the same text as sender and as message id is two words.
enum class WordKind : char { queue_id = 'i', message_id = 'm', address = 'a', domain = 'd' };

class Index {
public:
    static constexpr std::uint64_t segment_octets = 16 << 20;
    static constexpr std::uint64_t block_octets = 64 << 10;
    static constexpr std::size_t blocks = segment_octets / block_octets;
    static constexpr int format = 1;

    using Key = std::uint64_t;  ///< 35 bits
    using Blocks = std::bitset<blocks>;

    /// Letter case of ASCII does not matter but in message ids.
    static Key key_of(WordKind kind, std::string_view word);

    struct Segment {
        std::int64_t number = 0;
        Day day{};
        std::uint64_t begin = 0, end = 0;  ///< in the day's file; both where a line begins
        std::int64_t mark = 0;             ///< of the octets before `end`, see mark_of()
    };

    static std::string path_in(const std::string& folder) { return folder + "/index.db"; }

    /// For a search. Null: there is none.
    static Result<std::unique_ptr<Index>> open_to_read(const std::string& folder);
    /// Made when missing. One that cannot be used is an Error; remove() and open again.
    static Result<std::unique_ptr<Index>> open_to_write(const std::string& folder);
    static void remove(const std::string& folder);

    Result<std::vector<Segment>> segments();  ///< by day and place
    Result<Blocks> find(const Segment& segment, Key key);

    struct Posting {
        Key key;
        std::uint8_t block;
        friend auto operator<=>(const Posting&, const Posting&) = default;
    };
    /// All or nothing, durable or rolled back. @param postings  in any order, with repetitions
    Result<> add(Segment segment, std::vector<Posting> postings);
    Result<> forget(Day day);

private:
    Index(std::string path, sqlite::Handle db) : path_{std::move(path)}, db_{std::move(db)} {}
    static Result<std::unique_ptr<Index>> open(const std::string& folder, int flags);
    Error failed() const;
    Result<> run(const char* sql);
    std::int64_t next_number();

    std::string path_;
    sqlite::Handle db_;
    std::unique_ptr<sqlite::Statement> find_, add_;
};

/// The last octets before `end`: whether the file is still the one that was indexed.
IoResult<std::int64_t> mark_of(File& file, std::uint64_t begin, std::uint64_t end);

}  // namespace imc::tracking
