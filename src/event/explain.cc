#include "event/explain.h"

#include "base/text.h"

#include <array>

namespace imc {
namespace {

constexpr std::size_t width = 96;

/// Wraps at spaces; every line begins with `indent`.
void wrap(std::string& out, std::string_view text, std::size_t indent)
{
    std::string line;
    const auto flush = [&] {
        if (!line.empty()) out += std::string(indent, ' ') + line + "\n";
        line.clear();
    };
    for (const auto word : split(text, ' ')) {
        if (!line.empty() && indent + line.size() + 1 + word.size() > width) flush();
        line += (line.empty() ? "" : " ") + std::string{word};
    }
    flush();
}

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

std::string_view kind_text(EventKind kind)
{
    switch (kind) {
    case EventKind::event: return "event";
    case EventKind::service_error: return "service error";
    case EventKind::tracking: return "message tracking";
    case EventKind::historic: return "historic event";
    }
    return "?";
}

struct StatusCode {
    std::string_view code;
    std::string_view text;
};

constexpr StatusCode codes[] = {
    {"2.0.0", "Done."},
    {"2.1.0", "The sender address is accepted."},
    {"2.1.5", "The recipient is accepted: it was found in the directory, or the client may relay."},
    {"4.1.4", "The address belongs to more than one object (event 10000); mail waits until one of "
              "them is changed."},
    {"4.3.0", "The directory or the spool could not be asked now (events 40001, 40150). The sender "
              "tries again; nothing was refused for good."},
    {"4.3.1", "The spool's disk is almost full (event 3018). The sender tries again."},
    {"4.3.2",
     "The service is stopping, held, or at its limit of connections. The sender tries again."},
    {"4.4.1", "The other host does not answer or cannot be reached."},
    {"4.4.2", "The connection broke, or was silent for too long."},
    {"4.4.3", "DNS could not be asked. This never means that the name does not exist."},
    {"4.5.3", "Too many recipients for one message; the rest go in another copy."},
    {"5.1.1", "The directory was asked and has no such recipient."},
    {"5.1.2", "The domain does not exist, or has no mail host."},
    {"5.1.3", "The address cannot be read."},
    {"5.1.7", "The sender's address cannot be read."},
    {"5.1.10", "The domain says that it takes no mail (null MX, RFC 7505)."},
    {"5.3.4", "The message is larger than this connector or the next host takes."},
    {"5.4.4", "The host's name leads nowhere, or in circles."},
    {"5.4.6",
     "The message goes round in circles (event 4098), or the next host is this connector itself."},
    {"5.4.7", "The message waited as long as it may (48 hours unless set) and is returned."},
    {"5.5.1", "A command out of order, or one that is not supported."},
    {"5.5.2", "A command that cannot be read, or a line that is too long."},
    {"5.5.4", "A parameter that cannot be read or is not supported."},
    {"5.6.11", "A lone CR or LF in the message; lines end with CRLF (message smuggling)."},
    {"5.7.1", "Refused by policy: this client may not send to other domains (RelayAllowList), or a "
              "rule refuses it."},
};

}  // namespace

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
                      std::string{kind_text(event.kind)};
    if (event.kind == EventKind::event) out += ", " + std::string{to_string(event.type)};
    if (!event.category.empty()) out += ", " + std::string{event.category};
    out += ")\n\n";
    wrap(out, event.meaning, 2);
    steps(out, "Causes, and how to test each:", "test", event.causes);
    steps(out, "Remedies:", "do", event.remedies);
    if (!event.kb.empty()) out += "\nSources: " + std::string{event.kb} + "\n";
    return out;
}

std::string explain_status(std::string_view code)
{
    for (const auto& row : codes)
        if (row.code == code) {
            std::string out = std::string{code} + "  (status code, RFC 3463)\n\n";
            wrap(out, row.text, 2);
            return out;
        }
    return {};
}

}  // namespace imc
