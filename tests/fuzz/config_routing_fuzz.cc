/// Any row of the routing table or of an address space: a row or an error, never a crash; and a row
/// that is matched ends.
#include "base/text.h"
#include "config/config.h"

using namespace imc::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    if (const auto space = parse_address_space(text)) {
        const auto again = parse_address_space(space->type + ":" + space->pattern + ";" +
                                               std::to_string(space->cost) + ";" +
                                               std::string{to_string(space->scope)});
        if (!again || again->pattern != space->pattern || again->cost != space->cost)
            __builtin_trap();
        (void)address_space_doubt(*space);
    }
    RoutingTable rows;
    for (const auto line : imc::split(text, '\n'))
        if (auto row = parse_routing_row(line); row && rows.size() < 20)
            rows.push_back(std::move(*row));
    for (const auto& row : rows) {
        const auto* found = find_routing_row(rows, row.domain);
        if (found == nullptr || found->domain != row.domain) __builtin_trap();
        (void)rewriting_circle(rows, row);
    }
    return 0;
}
