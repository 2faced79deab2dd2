#pragma once
/// @file spool/encoding_parts.h  Bits of the records, which encoding.cc writes and decoding.cc
/// reads.
#include "spool/encoding.h"

namespace imc::spool {

/// Of an envelope.
enum Flag : std::uint8_t {
    flag_eight_bit = 1,
    flag_utf8 = 2,
    flag_large = 4,
    flag_terms = 8,    // expiry and hold stand behind the recipients
    flag_routes = 16,  // a route stands behind each recipient
    flag_evidence = 32,
};

/// Of an amendment: what it has.
inline constexpr std::uint8_t amends_sender = 1, amends_priority = 2, amends_expiry = 4,
                              amends_hold = 8;

inline std::uint64_t millis(WallTime time)
{
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

inline WallTime wall(std::uint64_t millis)
{
    return WallTime{std::chrono::milliseconds{static_cast<std::int64_t>(millis)}};
}

}  // namespace imc::spool
