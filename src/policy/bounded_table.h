#pragma once
/// @file policy/bounded_table.h  A table of fixed size: a new key takes the place of the one that
/// was not used for longest. What strangers do can never make it grow.
///
/// Threads: one at a time.
#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace imc::policy {

template <class Key, class Value, class Hash = std::hash<Key>>
class BoundedTable {
public:
    explicit BoundedTable(std::size_t most) : most_{most > 0 ? most : 1} {}

    /// Null when it is not (or no longer) there.
    Value* find(const Key& key)
    {
        const auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        rows_.splice(rows_.begin(), rows_, found->second);
        return &found->second->second;
    }

    /// Made with `fresh` when missing. Valid until the next call.
    Value& at(const Key& key, Value fresh)
    {
        if (auto* value = find(key)) return *value;
        if (rows_.size() >= most_) {
            index_.erase(rows_.back().first);
            rows_.pop_back();
        }
        rows_.emplace_front(key, std::move(fresh));
        index_.emplace(key, rows_.begin());
        return rows_.front().second;
    }

    std::size_t size() const { return rows_.size(); }

private:
    using Rows = std::list<std::pair<Key, Value>>;
    std::size_t most_;
    Rows rows_;  ///< used last in front
    std::unordered_map<Key, typename Rows::iterator, Hash> index_;
};

}  // namespace imc::policy
