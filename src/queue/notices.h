#pragma once
/// @file queue/notices.h  How many delay notices a sender has had of a recipient. Pure.
///
/// Kept in the spool as evidence "notices.N" of the message (N: the recipient's index), in the
/// commit that stores the notice: so none comes twice, and one that fell due while the service was
/// down comes once it is up again; docs/formats/spool.md.
#include "spool/spool.h"

#include <optional>
#include <utility>

namespace imc::queue {

spool::Evidence notices_evidence(std::uint32_t recipient, std::uint8_t notices);

/// @return the recipient and how many it were; nothing: other evidence, or none of ours
std::optional<std::pair<std::uint32_t, std::uint8_t>> read_notices(const spool::Evidence& evidence);

}  // namespace imc::queue
