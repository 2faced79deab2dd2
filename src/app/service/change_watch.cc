#include "app/service/change_watch.h"

#include <utility>

namespace imc::app {

void ChangeWatch::saw_registry(std::string mark, Deadline now)
{
    if (std::exchange(registry_, mark) != mark) test_at_ = now + quiet;
}

void ChangeWatch::saw_directory(std::uint64_t mark, Deadline now)
{
    if (std::exchange(directory_, mark) != mark) test_at_ = now + quiet;
}

bool ChangeWatch::due(Deadline now)
{
    if (now < test_at_) return false;
    test_at_ = Deadline::max();
    return true;
}

}  // namespace imc::app
