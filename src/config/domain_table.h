#pragma once
/// @file config/domain_table.h  Rows of domains, of which the closest one is found label by label.
///
/// A row is for exactly its name, or for what lies below it, too (includes_subdomains()); the
/// longest name decides, one for exactly this name before one for those below, "*" last; of several
/// rows for the same, the first. A table that is complete is indexed once: then a look-up takes a
/// binary search for each label of the domain, however many rows there are. Until then, and after
/// any change, it looks at each row.
///
/// Threads: one while it is changed or indexed; then any.
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace imc::config {

template <class Row>
class DomainTable {
public:
    DomainTable() = default;
    DomainTable(std::initializer_list<Row> rows) : rows_{rows} {}
    /// Not by itself: what find() gives would be of a table that is gone.
    explicit DomainTable(std::vector<Row> rows) : rows_{std::move(rows)} {}

    auto begin() const { return rows_.begin(); }
    auto end() const { return rows_.end(); }
    std::size_t size() const { return rows_.size(); }
    bool empty() const { return rows_.empty(); }
    const Row& operator[](std::size_t at) const { return rows_[at]; }
    operator const std::vector<Row>&() const { return rows_; }

    // Whoever holds one of these may change a row.
    auto begin() { return changed().begin(); }
    auto end() { return changed().end(); }
    Row& operator[](std::size_t at) { return changed()[at]; }
    void push_back(Row row) { changed().push_back(std::move(row)); }
    void clear() { changed().clear(); }

    void index()
    {
        order_.resize(rows_.size());
        for (std::size_t i = 0; i < order_.size(); ++i)
            order_[i] = static_cast<std::uint32_t>(i);
        std::ranges::sort(order_, {}, [this](auto at) { return std::pair{name(at), at}; });
    }

    /// @param domain  lower-case A-labels. Null: no row matches. Valid as long as the table
    const Row* find(std::string_view domain) const
    {
        const bool is_indexed = order_.size() == rows_.size();
        const auto closest = [&](std::string_view of, bool itself) {
            return is_indexed ? among(of, itself) : among_all(of, itself);
        };
        for (auto at = domain;;) {
            const bool itself = at.size() == domain.size();
            if (const auto* row = closest(at, itself)) return row;
            const auto dot = at.find('.');
            if (dot == at.npos) return domain == "*" ? nullptr : closest("*", true);
            at.remove_prefix(dot + 1);
        }
    }

private:
    std::vector<Row>& changed()
    {
        order_.clear();
        return rows_;
    }
    std::string_view name(std::uint32_t at) const { return rows_[at].domain; }

    /// @param itself  rows for exactly this name count, and come first
    static bool is_closer(const Row& row, const Row* than, bool itself)
    {
        if (!itself && !includes_subdomains(row)) return false;
        return than == nullptr || (!includes_subdomains(row) && includes_subdomains(*than));
    }
    const Row* among(std::string_view domain, bool itself) const
    {
        const Row* best = nullptr;
        for (const auto at :
             std::ranges::equal_range(order_, domain, {}, [this](auto i) { return name(i); }))
            if (is_closer(rows_[at], best, itself)) best = &rows_[at];
        return best;
    }
    const Row* among_all(std::string_view domain, bool itself) const
    {
        const Row* best = nullptr;
        for (const auto& row : rows_)
            if (row.domain == domain && is_closer(row, best, itself)) best = &row;
        return best;
    }

    std::vector<Row> rows_;
    std::vector<std::uint32_t> order_;  ///< by name; of another size: not indexed
};

}  // namespace imc::config
