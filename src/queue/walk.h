#pragma once
/// @file queue/walk.h  Long walks over all that waits.
#include "queue/state.h"

#include <algorithm>

namespace imc::queue {

template <class Each>
void Queue::State::walk(const Selector& selector, spool::MessageId after, Each each) const
{
    if (!selector.ids.empty()) {
        auto ids = selector.ids;
        std::ranges::sort(ids);
        const auto twice = std::ranges::unique(ids);
        ids.erase(twice.begin(), twice.end());
        for (const auto id : ids) {
            const std::lock_guard lock{mutex};
            if (id <= after) continue;
            const auto item = items.find(id.number);
            if (!item) continue;
            if (auto fit = fitting(selector, *item); !fit.empty() && !each(item, std::move(fit)))
                return;
        }
        return;
    }
    constexpr std::size_t recipients_in_one_go = 1000;
    for (auto at = after.number;;) {
        const std::lock_guard lock{mutex};
        auto item = items.after(at);
        for (std::size_t looked = 0; looked < recipients_in_one_go && item;) {
            looked += item->count;
            auto fit = fitting(selector, *item);
            at = item->id.number;
            // The next one first: `each` may be the last that is heard of this one.
            auto next = items.after(at);
            if (!fit.empty() && !each(item, std::move(fit))) return;
            item = std::move(next);
        }
        if (!item) return;
    }
}

}  // namespace imc::queue
