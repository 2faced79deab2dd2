#include "app/service/stopping.h"

#include <systemd/sd-daemon.h>

#include <optional>
#include <utility>

namespace imc::app {

using namespace std::chrono_literals;

namespace {

constexpr auto now_stop = 1500ms;  // for what cannot be waited for any more

std::string told_of_rest(std::size_t left)
{
    if (left == 0) return {};
    return left == 1 ? "; 1 message waits for the next start"
                     : "; " + std::to_string(left) + " messages wait for the next start";
}

}  // namespace

void tell_systemd(const std::string& state) { (void)sd_notify(0, state.c_str()); }

void stop_orderly(const StopParts& parts, int signal)
{
    auto& [engine, signals, events, console] = parts;
    tell_systemd("STOPPING=1");
    bool drains = signal == SIGQUIT;
    auto deadline = drains ? Deadline::max() : after(normal_stop);
    std::optional<LastResort> last_resort;
    const std::string how = signal == SIGINT ? "asked from the terminal" : "asked by a signal";
    const auto stopped = [&](bool whole, std::size_t left = 0) {
        events.raise(EventId::service_stopped,
                     {{"detail", how + (last_resort ? ", hurried by another" : "") +
                                     (whole ? ", everything in flight was finished"
                                            : ", what was in flight is in the queue") +
                                     told_of_rest(left)}});
        events.flush();
    };
    if (console != nullptr)
        console->step("stopping: sessions and deliveries in flight are finished");
    const bool whole = engine.stop([&] {
        const bool again = is_stop(signals.wait(0ms));
        if (drains) tell_systemd("EXTEND_TIMEOUT_USEC=45000000");
        if (again && !std::exchange(drains, false)) {
            deadline = std::chrono::steady_clock::now();
            if (!last_resort) last_resort.emplace(now_stop, [&] { stopped(false); });
        } else if (again) {
            deadline = after(normal_stop);
        }
        return deadline;
    });
    // Of a connector that is stopped for good nobody else would tell (Q285090).
    stopped(whole, engine.left());
    if (console != nullptr)
        console->step(whole ? "everything in flight was finished"
                            : "what was in flight is in the queue");
}

}  // namespace imc::app
