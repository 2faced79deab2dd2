#include "app/service/engine_pools.h"

namespace imc::app {

std::vector<Ending::Pool> EnginePools::all()
{
    std::vector<Ending::Pool> out;
    const auto add = [&out](const char* name, Pool& pool) {
        if (pool) out.push_back({name, &*pool});
    };
    add("work in the background (look-ups, lists)", background);
    add("texts on their way to the spool", disk);
    add("what administrators ask", office);
    add("a walk over the queue", walks);
    add("a check of the configuration", checks);
    return out;
}

void EnginePools::end()
{
    // A check that is at work ends by its own deadline; meanwhile none begins any more.
    if (checks) checks->stop();
    for (auto* pool : {&background, &disk, &office, &walks, &checks})
        if (*pool) {
            (*pool)->stop();
            (*pool)->join();
        }
}

void EnginePools::clear()
{
    for (auto* pool : {&background, &disk, &office, &walks, &checks})
        pool->reset();
}

}  // namespace imc::app
