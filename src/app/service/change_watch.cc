#include "app/service/change_watch.h"

#include <algorithm>
#include <utility>

namespace imc::app {

void ChangeWatch::changed(Deadline now)
{
    if (test_at_ == Deadline::max()) began_at_ = now;
    test_at_ = std::min(now + quiet, began_at_ + longest);
}

void ChangeWatch::saw_registry(std::string mark, Deadline now)
{
    if (std::exchange(registry_, mark) != mark) changed(now);
}

bool ChangeWatch::due(Deadline now, const Look& look)
{
    if (now >= look_at_ || now >= test_at_) {
        look_at_ = now + look_every;
        const auto mark = look();
        if (mark && std::exchange(directory_, *mark) != *mark) changed(now);
    }
    if (now < test_at_) return false;
    test_at_ = Deadline::max();
    return true;
}

void ChangeWatch::unjudged(Deadline now)
{
    began_at_ = now;
    test_at_ = now + ask_again;
}

}  // namespace imc::app
