#include "queue/reason.h"

#include <algorithm>

namespace imc::queue {
namespace {

struct Words {
    std::string_view name, sentence;
};

constexpr std::array<Words, reasons> words{{
    {"in_delivery", "is being delivered"},
    {"due_later", "waits for its next attempt"},
    {"connecting", "waits for its connection, which is being made"},
    {"site_down", "waits because no host of its site answers; one message tries for all"},
    {"connection_limit", "waits because all connections that it may use are at work"},
    {"rate_limit", "waits because its domain takes only so many messages a minute"},
    {"held", "is held"},
    {"no_route", "waits because nothing says where it goes: not DNS, or no connector carries it"},
    {"directory_cannot_say", "waits because the directory does not say who it is"},
    {"tls_unmet", "waits because its host does not offer the TLS that its domain must have"},
    {"outside_window", "waits because the connector's schedule sends nothing now"},
    {"waiting_for_etrn", "waits until its host asks for its mail (ETRN)"},
    {"spool_unhealthy", "waits because results cannot be recorded (event 40251)"},
    {"disk_low", "waits because the disk is too full to record results (event 40251)"},
    {"paused", "waits because the connector sends nothing in this transfer mode"},
    {"deleted", "is deleted, and purged 24 hours after that unless it is undeleted"},
    {"expansion_limit", "waits because it is a list, and four others find their members first"},
}};

/// Our own words begin with a letter.
bool is_of_a_host(std::string_view reply)
{
    return reply.size() >= 3 &&
           std::ranges::all_of(reply.substr(0, 3), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view name_of(Reason reason) { return words[static_cast<std::size_t>(reason)].name; }

std::string_view explained(Reason reason)
{
    return words[static_cast<std::size_t>(reason)].sentence;
}

std::optional<Reason> reason_named(std::string_view name)
{
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i].name == name) return static_cast<Reason>(i);
    return {};
}

Reason reason_after(std::string_view status, std::string_view reply)
{
    // What a host says of its own DNS, or of us, is neither our DNS nor our policy. That TLS must
    // be begun first (530), where there is none, is the exception.
    if (is_of_a_host(reply))
        return status == "4.7.5" && reply.starts_with("530") ? Reason::tls_unmet
                                                             : Reason::due_later;
    if (status == "4.7.5" || status == "4.7.10") return Reason::tls_unmet;
    if (status == "4.4.3" || status == "4.4.4") return Reason::no_route;
    if (reply.starts_with(silent_directory)) return Reason::directory_cannot_say;
    return Reason::due_later;
}

}  // namespace imc::queue
