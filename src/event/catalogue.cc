#include "event/catalogue.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

namespace imc {
namespace {

#include "event/catalogue_data.inc"

}  // namespace

std::string_view to_string(EventType type) noexcept
{
    constexpr std::array<std::string_view, 5> names{"Information", "Warning", "Error",
                                                    "Success Audit", "Failure Audit"};
    return names[static_cast<std::size_t>(type)];
}

std::span<const EventInfo> event_catalogue() noexcept { return rows; }

const EventInfo& info(EventId id) noexcept
{
    // Asked for each connection and message: rows stand by number.
    const auto number = static_cast<unsigned>(id);
    for (auto row = std::ranges::lower_bound(rows, number, {}, &EventInfo::number);
         row != std::end(rows) && row->number == number; ++row)
        if (row->kind == EventKind::event) return *row;
    std::abort();
}

}  // namespace imc
