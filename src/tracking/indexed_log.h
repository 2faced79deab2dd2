#pragma once
/// @file tracking/indexed_log.h  Reads the message tracking log, with its index where there is one.
///
/// What the index does not cover, or not any more (another file stands there), is read from end to
/// end; so what is found does not depend on the index.
///
/// Threads: one at a time. Blocks on the disk.
#include "tracking/index.h"

#include <map>
#include <memory>
#include <set>

namespace imc::tracking {

/// Where a line begins.
struct Place {
    Day day{};
    std::uint64_t at = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
};

class IndexedLog {
public:
    using Key = Index::Key;
    /// Returns false for a line that is no record.
    using Take = std::function<bool(std::string_view line, const Place& place)>;

    IndexedLog(FileSystem& files, std::string folder);

    /// Lines in the order of the files, at least all those that have a word of each of `groups`: a
    /// group is met by any of its words. None: all lines.
    IoResult<DaysRead> read(std::optional<WallTime> since, std::optional<WallTime> until,
                            const std::vector<std::vector<Key>>& groups, const Take& take);

    std::size_t segments() const;
    /// Why the index was not used where it could have been; empty: it was, or there is none.
    const std::string& trouble() const { return trouble_; }

private:
    IoResult<> read_day(Day day, const std::vector<std::vector<Key>>& groups, const Take& take,
                        DaysRead& read);
    /// Nothing: the index does not say.
    std::optional<Index::Blocks> blocks_of(const Index::Segment& segment,
                                           const std::vector<std::vector<Key>>& groups);

    FileSystem& files_;
    const std::string folder_;
    std::unique_ptr<Index> index_;
    std::map<Day, std::vector<Index::Segment>> segments_;
    std::string trouble_;
};

}  // namespace imc::tracking
