#pragma once
/// @file directory/hash_index.h  From 64-bit hashes to objects of somebody else: open addressing,
/// 16 octets a place, at most three quarters full. One hash may stand several times.
///
/// Threads: none of its own.
#include <cstdint>
#include <vector>

namespace imc {

template <class T>
class HashIndex {
public:
    /// The first with this hash that `is` it; null: none.
    template <class Is>
    T* find(std::uint64_t hash, Is&& is) const
    {
        if (places_.empty()) return nullptr;
        for (auto at = hash & mask(); places_[at].what != nullptr; at = (at + 1) & mask())
            if (places_[at].hash == hash && is(*places_[at].what)) return places_[at].what;
        return nullptr;
    }

    void add(std::uint64_t hash, T* what)
    {
        if ((used_ + 1) * 4 > places_.size() * 3) grow();
        put({hash, what});
        ++used_;
    }

    /// It is there. What stands behind moves up, so that no gap cuts a way short.
    void remove(std::uint64_t hash, const T* what)
    {
        auto gap = hash & mask();
        while (places_[gap].what != what)
            gap = (gap + 1) & mask();
        for (auto at = (gap + 1) & mask(); places_[at].what != nullptr; at = (at + 1) & mask()) {
            const auto home = places_[at].hash & mask();
            if (((at - home) & mask()) < ((at - gap) & mask())) continue;
            places_[gap] = places_[at];
            gap = at;
        }
        places_[gap] = {};
        --used_;
    }

    std::size_t size() const { return used_; }
    std::size_t octets() const { return places_.size() * sizeof(Place); }

private:
    struct Place {
        std::uint64_t hash = 0;
        T* what = nullptr;
    };

    std::uint64_t mask() const { return places_.size() - 1; }

    void put(const Place& place)
    {
        auto at = place.hash & mask();
        while (places_[at].what != nullptr)
            at = (at + 1) & mask();
        places_[at] = place;
    }

    void grow()
    {
        std::vector<Place> old(places_.empty() ? 8 : places_.size() * 2);
        old.swap(places_);
        for (const auto& place : old)
            if (place.what != nullptr) put(place);
    }

    std::vector<Place> places_;  ///< a power of two of them
    std::size_t used_ = 0;
};

}  // namespace imc
