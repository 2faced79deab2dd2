#include "event/explain.h"

#include "base/text.h"
#include "event/diagnostics.h"
#include "event/wrap.h"

namespace imc {
namespace {

void steps(std::string& out, const char* head, const char* verb, std::span<const EventStep> rows)
{
    if (rows.empty()) return;
    out += std::string{"\n"} + head + "\n";
    for (const auto& row : rows) {
        std::string text;
        wrap(text, row.text, 4);
        text[2] = '-';
        out += text;
        if (!row.command.empty())
            out += std::string{"      "} + verb + ": " + std::string{row.command} + "\n";
    }
}

}  // namespace

std::string_view to_string(EventKind kind) noexcept
{
    switch (kind) {
    case EventKind::event: return "event";
    case EventKind::service_error: return "service error";
    case EventKind::tracking: return "message tracking";
    case EventKind::historic: return "historic event";
    }
    return "?";
}

std::vector<const EventInfo*> find_events(std::string_view what)
{
    const auto number = parse_number(what);
    std::vector<const EventInfo*> out;
    for (const auto& event : event_catalogue())
        if (number ? event.number == *number : same_word(event.symbol, what)) out.push_back(&event);
    return out;
}

std::string explain(const EventInfo& event)
{
    std::string out = std::to_string(event.number) + "  " + std::string{event.symbol} + "  (" +
                      std::string{to_string(event.kind)};
    if (event.kind == EventKind::event) out += ", " + std::string{to_string(event.type)};
    if (!event.category.empty()) out += ", " + std::string{event.category};
    out += ")\n\n";
    wrap(out, event.meaning, 2);
    if (event.level > 0)
        out += "\n  Written while " + std::string{event.category} + " is logged at " +
               std::string{name_of_level(event.level)} + " or above: imc events level\n";
    steps(out, "Causes, and how to test each:", "test", event.causes);
    steps(out, "Remedies:", "do", event.remedies);
    if (!event.kb.empty()) out += "\nSources: " + std::string{event.kb} + "\n";
    return out;
}

}  // namespace imc
