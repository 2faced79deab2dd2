#include "queue/notices.h"

#include "base/text.h"

#include <algorithm>
#include <limits>
#include <string_view>

namespace imc::queue {
namespace {

constexpr std::string_view key_begins = "notices.";

}  // namespace

spool::Evidence notices_evidence(std::uint32_t recipient, std::uint8_t notices)
{
    return {std::string{key_begins} + std::to_string(recipient), std::to_string(notices)};
}

std::optional<std::pair<std::uint32_t, std::uint8_t>> read_notices(const spool::Evidence& evidence)
{
    const std::string_view key{evidence.key};
    if (!key.starts_with(key_begins)) return {};
    const auto recipient = parse_number(key.substr(key_begins.size()));
    const auto notices = parse_number(evidence.text);
    if (!recipient || !notices || *recipient > std::numeric_limits<std::uint32_t>::max()) return {};
    return std::pair{static_cast<std::uint32_t>(*recipient),
                     static_cast<std::uint8_t>(std::min<std::uint64_t>(
                         *notices, std::numeric_limits<std::uint8_t>::max()))};
}

}  // namespace imc::queue
