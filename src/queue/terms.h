#pragma once
/// @file queue/terms.h  What an administrator has ordered for one recipient. Pure.
///
/// Kept in the spool as evidence "terms.N" of the message (N: the recipient's index), but for the
/// route, which is the recipient's own there; docs/formats/spool.md.
#include "spool/spool.h"

#include <optional>
#include <string>
#include <string_view>

namespace imc::queue {

struct Terms {
    WallTime held_until{};     ///< {}: never held; WallTime::max(): until it is released
    WallTime expires{};        ///< {}: as configured
    WallTime deleted{};        ///< when; {}: it is not
    WallTime purge_at{};       ///< in the queue's time, which does not jump; not kept on disk
    std::uint64_t action = 0;  ///< that touched it last
    std::string by = {};       ///< who did that
    bool released = false;     ///< at held_until; a clock that is put back holds nothing again
    std::string text = {};     ///< why, in the administrator's words
    std::string route = {};    ///< "host" or "host:port"; empty: as configured

    bool held(WallTime now) const { return !released && held_until > now; }
    bool is_deleted() const { return deleted != WallTime{}; }
    friend bool operator==(const Terms&, const Terms&) = default;
};

/// A deleted recipient is kept for so long.
inline constexpr std::chrono::hours kept_after_deletion{24};

std::string evidence_key(std::uint32_t recipient);
std::optional<std::uint32_t> recipient_of_key(std::string_view key);  ///< nothing: another's
/// Without the route.
std::string to_evidence(const Terms& terms);
std::optional<Terms> parse_evidence(std::string_view text);

/// When it fails if nothing has come of it. What was held longer than its time-out has all of it
/// again from its release on (deferred mail must not fail the moment it is released).
/// @param timeout  of the recipient's retry plan
WallTime ends(WallTime arrived, std::chrono::milliseconds timeout, const Terms* terms);

}  // namespace imc::queue
