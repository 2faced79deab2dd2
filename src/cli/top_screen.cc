#include "cli/top_screen.h"

#include "base/text.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>

namespace imc::cli {
namespace {

namespace json = boost::json;

const json::value* find(const json::object& in, std::string_view first, std::string_view second)
{
    const auto* outer = in.if_contains(first);
    return outer != nullptr && outer->is_object() ? outer->get_object().if_contains(second)
                                                  : nullptr;
}

std::uint64_t number(const json::value* value)
{
    return value != nullptr && value->is_number() ? value->to_number<std::uint64_t>() : 0;
}

std::uint64_t number(const json::object& in, std::string_view first, std::string_view second)
{
    return number(find(in, first, second));
}

std::string text(const json::object& in, std::string_view name)
{
    const auto* value = in.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()}
                                                  : std::string{};
}

const json::array& list(const json::object& in, std::string_view first,
                        std::string_view second = {})
{
    static const json::array none;
    const auto* value = second.empty() ? in.if_contains(first) : find(in, first, second);
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

/// What grew, of a counter that may have begun anew.
double per_second(const Picture& before, const Picture& now, std::string_view counter)
{
    const auto then = number(before.facts, "counters", counter);
    const auto today = number(now.facts, "counters", counter);
    const std::chrono::duration<double> time = now.at - before.at;
    if (time.count() < 0.001 || today <= then) return 0;
    return static_cast<double>(today - then) / time.count();
}

std::string left(std::string_view what, std::size_t width)
{
    std::string out{what.substr(0, width)};
    out.resize(width, ' ');
    return out;
}

std::string right(const std::string& what, std::size_t width)
{
    return what.size() >= width ? what : std::string(width - what.size(), ' ') + what;
}

std::string one_digit(double value)
{
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), value < 100 ? "%.1f" : "%.0f", value);
    return out.data();
}

struct Flow {
    std::string_view name, counter, minute;
};
constexpr std::array flows{
    Flow{"messages in", "inbound_messages", "in"},
    Flow{"messages out", "outbound_messages", "out"},
    Flow{"stored here", "stored_messages", ""},
    Flow{"recipients delivered", "recipients_delivered", "delivered"},
    Flow{"attempts deferred", "attempts_deferred", "deferred"},
    Flow{"recipients returned", "recipients_failed", ""},
    Flow{"refused", "refused", "refused"},
    Flow{"octets in", "inbound_bytes", ""},
    Flow{"octets out", "outbound_bytes", ""},
};

void add_flows(std::vector<std::string>& out, const Picture& before, const Picture& now)
{
    out.push_back(left("", 24) + right("per second", 12) + right("last minute", 14) +
                  right("since start", 16));
    for (const auto& flow : flows)
        out.push_back(left(flow.name, 24) +
                      right(one_digit(per_second(before, now, flow.counter)), 12) +
                      right(flow.minute.empty()
                                ? ""
                                : std::to_string(number(now.facts, "last_minute", flow.minute)),
                            14) +
                      right(std::to_string(number(now.facts, "counters", flow.counter)), 16));
}

void add_reasons(std::vector<std::string>& out, const json::object& facts)
{
    std::vector<std::pair<std::uint64_t, const json::object*>> rows;
    for (const auto& each : list(facts, "queue", "by_reason"))
        if (each.is_object())
            rows.emplace_back(number(each.get_object().if_contains("recipients")),
                              &each.get_object());
    std::ranges::sort(rows, std::greater<>{},
                      &std::pair<std::uint64_t, const json::object*>::first);
    for (const auto& [recipients, row] : rows)
        out.push_back(left(text(*row, "reason"), 24) + right(std::to_string(recipients), 12) +
                      "  " + text(*row, "explained"));
}

void add_sites(std::vector<std::string>& out, const json::object& facts)
{
    const auto& rows = list(facts, "sites");
    if (rows.empty()) return;
    out.emplace_back();
    out.push_back(left("site", 40) + right("waiting", 9) + right("connected", 11) +
                  right("sending", 9));
    for (const auto& each : rows) {
        if (!each.is_object()) continue;
        const auto& row = each.get_object();
        const auto host = text(row, "host");
        const auto* down = row.if_contains("down");
        out.push_back(left(printable(host.empty() ? text(row, "route") : host), 40) +
                      right(std::to_string(number(row.if_contains("waiting"))), 9) +
                      right(std::to_string(number(row.if_contains("connections"))), 11) +
                      right(std::to_string(number(row.if_contains("sending"))), 9) +
                      (down != nullptr && down->is_bool() && down->get_bool()
                           ? "  down: " + printable(text(row, "reply"))
                           : std::string{}));
    }
}

std::string event_line(const json::object& event)
{
    return text(event, "time") + "  " + std::to_string(number(event.if_contains("id"))) + "  " +
           text(event, "type") + "  " + printable(text(event, "description"), 2000);
}

/// UTF-8 is not cut within a character.
std::string cut(const std::string& line, std::size_t columns)
{
    std::size_t characters = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if ((static_cast<unsigned char>(line[i]) & 0xc0U) == 0x80U) continue;
        if (characters++ == columns) return line.substr(0, i);
    }
    return line;
}

}  // namespace

std::vector<std::string> top_screen(const Picture& before, const Picture& now, std::size_t columns,
                                    std::size_t rows)
{
    const auto& facts = now.facts;
    std::vector<std::string> out;
    const auto connector = text(facts, "connector");
    out.push_back("imc " + text(facts, "version") + "  " + printable(connector) +
                  (connector.empty() ? "" : "  ") + text(facts, "state") + " since " +
                  text(facts, "since") + "  now " + text(facts, "time"));
    out.emplace_back();
    add_flows(out, before, now);
    out.emplace_back();
    const auto queue = [&](std::string_view name) {
        return std::to_string(number(facts, "queue", name));
    };
    out.push_back(
        "queue: " + queue("messages") + " messages, " + queue("recipients") + " recipients, " +
        queue("in_delivery") + " in delivery, " + queue("deferred") + " deferred; sessions " +
        std::to_string(number(facts, "counters", "sessions_inbound")) + ", connections out " +
        std::to_string(number(facts, "counters", "sessions_outbound")));
    add_reasons(out, facts);
    add_sites(out, facts);
    const auto& events = list(facts, "events");
    if (!events.empty() && rows > out.size() + 2) {
        out.emplace_back();
        out.emplace_back("last events");
        const auto room = std::min(rows - out.size(), events.size());
        for (auto i = events.size() - room; i < events.size(); ++i)
            if (events[i].is_object()) out.push_back(event_line(events[i].get_object()));
    }
    if (out.size() > rows) out.resize(rows);
    for (auto& line : out)
        line = cut(line, columns);
    return out;
}

std::string top_line(const Picture& before, const Picture& now)
{
    const auto flow = [&](std::string_view name, std::string_view counter) {
        return std::string{name} + " " + std::to_string(number(now.facts, "counters", counter)) +
               " (" + one_digit(per_second(before, now, counter)) + "/s)  ";
    };
    std::string out = text(now.facts, "time") + "  " + flow("in", "inbound_messages") +
                      flow("out", "outbound_messages") + flow("stored", "stored_messages") +
                      flow("refused", "refused") + "queue " +
                      std::to_string(number(now.facts, "queue", "recipients"));
    std::string reasons;
    for (const auto& each : list(now.facts, "queue", "by_reason"))
        if (each.is_object())
            reasons += (reasons.empty() ? "" : ", ") + text(each.get_object(), "reason") + " " +
                       std::to_string(number(each.get_object().if_contains("recipients")));
    return reasons.empty() ? out : out + " (" + reasons + ")";
}

}  // namespace imc::cli
