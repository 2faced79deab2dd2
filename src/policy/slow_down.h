#pragma once
/// @file policy/slow_down.h  Clients that guess recipients are answered more and more slowly.
///
/// Unknown recipients are counted per address (IPv6: per /64, since a host has as many addresses as
/// it likes) over a window that begins with the first. Only the refusals wait, and only a session
/// that asked for an unknown one itself is closed: whoever shares the address (a large provider, a
/// gateway) sends to known recipients undisturbed.
///
/// KB:      Q304897 (harvesting)
/// Threads: any.
#include "base/time.h"
#include "config/policy.h"
#include "policy/refusal.h"

#include <memory>

namespace imc::policy {

class SlowDown {
public:
    explicit SlowDown(std::size_t addresses = 1U << 14U);
    ~SlowDown();

    struct Answer {
        std::chrono::milliseconds delay{0};  ///< of this refusal
        bool begins = false;                 ///< it is the first that waits: worth an event
        Verdict close;                       ///< of the session, at its next command
    };

    /// One more unknown recipient.
    Answer unknown_recipient(const config::PolicySettings& rules, std::string_view address,
                             Deadline now);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imc::policy
