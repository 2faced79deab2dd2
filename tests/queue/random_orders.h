#pragma once
/// @file tests/queue/random_orders.h  What an administrator may order at any moment, by a die.
#include "queue/administration.h"

#include <random>

namespace imc::queue {

inline constexpr std::string_view other_host = "elsewhere.example:2525";

/// @param letters  so many senders "sN@senders.example" there are
inline Selector random_selector(std::mt19937_64& random, std::uint64_t letters)
{
    switch (random() % 6) {
    case 0:
    case 1: return {.domain = "d" + std::to_string(random() % 4) + ".example"};
    case 2: return {.all = true};
    case 3: return {.all = true, .reason = Reason::held};
    default:
        return {.sender = "s" + std::to_string(1 + random() % (letters + 1)) + "@senders.example"};
    }
}

inline Instruction random_order(std::mt19937_64& random, std::uint64_t letters, WallTime now)
{
    using namespace std::chrono_literals;
    Instruction out;
    out.selector = random_selector(random, letters);
    out.by = "uid=0";
    const auto hours = std::chrono::hours{random() % 40};
    switch (random() % 12) {
    case 0:
    case 1:
    case 2:
        out.verb = Verb::hold;
        out.until = random() % 2 == 0 ? WallTime::max() : now + hours;
        out.text = "order " + std::to_string(random() % 1000);
        break;
    case 3:
    case 4: out.verb = Verb::release; break;
    case 5:
        out.verb = Verb::reroute;
        if (random() % 3 != 0) out.route = other_host;
        break;
    case 6:
        out.verb = Verb::expire;
        if (random() % 3 != 0) out.until = now + hours;
        break;
    case 7:
        out.verb = Verb::bounce;
        out.text = "not wanted";
        break;
    case 8:
    case 9:
        out.verb = Verb::remove;
        out.at_once = random() % 4 == 0;
        break;
    case 10: out.verb = Verb::undelete; break;
    default: out.verb = Verb::retry; break;
    }
    return out;
}

}  // namespace imc::queue
