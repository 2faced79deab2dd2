#pragma once
/// @file queue/calendar.h  What is looked at when: a list for each quarter of a second. Putting in,
/// moving and taking out cost the same whether ten or a million wait. Pure.
#include "base/time.h"

#include <boost/intrusive/list.hpp>

#include <map>
#include <optional>

namespace imc::queue {

struct Dated : boost::intrusive::list_base_hook<> {
    WallTime date{};  ///< of Calendar, while is_linked()
};

/// @tparam T  a Dated; stays where it is while it stands in the calendar
template <class T>
class Calendar {
public:
    static constexpr std::chrono::milliseconds grain{250};  ///< so much later at most

    Calendar() = default;
    Calendar(const Calendar&) = delete;
    Calendar& operator=(const Calendar&) = delete;

    void put(T& thing, WallTime when)
    {
        remove(thing);
        thing.date = when;
        slots_[slot(when)].push_back(thing);
    }

    void remove(T& thing)
    {
        if (!static_cast<Dated&>(thing).is_linked()) return;
        const auto found = slots_.find(slot(thing.date));
        found->second.erase(List::s_iterator_to(thing));
        if (found->second.empty()) slots_.erase(found);
    }

    /// When take() gives something.
    std::optional<WallTime> next() const
    {
        if (slots_.empty()) return {};
        return slots_.begin()->first;
    }

    /// Takes out one whose date has come.
    T* take(WallTime now)
    {
        if (slots_.empty() || slots_.begin()->first > now) return nullptr;
        T& thing = slots_.begin()->second.front();
        remove(thing);
        return &thing;
    }

    void clear()
    {
        for (auto& [when, list] : slots_)
            list.clear();
        slots_.clear();
    }

private:
    using List =
        boost::intrusive::list<T, boost::intrusive::base_hook<boost::intrusive::list_base_hook<>>,
                               boost::intrusive::constant_time_size<false>>;
    static WallTime slot(WallTime when)
    {
        const auto since = when.time_since_epoch();
        return WallTime{(since + grain - WallTime::duration{1}) / grain * grain};
    }
    std::map<WallTime, List> slots_;
};

}  // namespace imc::queue
