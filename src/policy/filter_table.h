#pragma once
/// @file policy/filter_table.h  Senders whose mail is refused, set aside or tagged (TurfTable).
///
/// The closest row decides: the whole address, its domain exactly, the longest domain above it, the
/// local part alone. Letter case never matters. An address that is none is compared as far as its
/// last '@' divides it.
///
/// KB:      Q155683, Q193437, Q247296 (forms), Q193926 (envelope and From are compared), Q285860 (a
///          row that was removed stayed in force)
/// Threads: any once built; counts are atomic.
#include "config/policy.h"

#include <atomic>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace imc::policy {

struct FilterHit {
    const config::FilterRow* row;
    std::string matched;  ///< the address, "<>" when empty
    bool in_header;       ///< of the From field, not of the envelope
};

class FilterTable {
public:
    FilterTable() : FilterTable{{}} {}
    /// @param before  counts of rows that stay are taken over; may be null
    explicit FilterTable(std::vector<config::FilterRow> rows, const FilterTable* before = nullptr);

    /// @param address  without brackets; empty: no sender
    const config::FilterRow* find(std::string_view address) const;

    /// The envelope's sender, then each address of each From field.
    std::optional<FilterHit> judge_sender(std::string_view sender) const;
    std::optional<FilterHit> judge_header(std::string_view header) const;

    /// The hit has decided about a message. @param hit  of this table
    void count(const FilterHit& hit) const;

    bool empty() const { return rows_.empty(); }
    struct Count {
        std::string row;
        std::uint64_t hits;
    };
    std::vector<Count> counts() const;  ///< since the start, in the table's order

private:
    std::vector<config::FilterRow> rows_;
    mutable std::vector<std::atomic<std::uint64_t>> hits_;
    std::unordered_map<std::string, std::size_t> addresses_, locals_, domains_, subtrees_;
    std::optional<std::size_t> empty_sender_;
};

}  // namespace imc::policy
