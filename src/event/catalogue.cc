#include "event/catalogue.h"

#include <array>
#include <cstdlib>

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
    for (const auto& row : rows)
        if (row.kind == EventKind::event && row.number == static_cast<unsigned>(id)) return row;
    std::abort();
}

}  // namespace imc
