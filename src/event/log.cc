#include "event/log.h"

#include "base/text.h"

#include <algorithm>
#include <mutex>

namespace imc {

struct EventLog::State {
    const WallClock& clock;
    std::mutex mutex;
    std::vector<std::unique_ptr<EventSink>> sinks;
};

namespace {

constexpr std::size_t most_octets = 2000;

/// "{peer} went away" with the fields put in. What a field says is never looked at again.
std::string filled(std::string_view text, const std::vector<EventField>& fields)
{
    std::string out;
    while (!text.empty()) {
        const auto open = text.find('{');
        const auto close = text.find('}', open == text.npos ? open : open + 1);
        if (open == text.npos || close == text.npos) return out.append(text);
        out += text.substr(0, open);
        const auto name = text.substr(open + 1, close - open - 1);
        const auto field = std::ranges::find(fields, name, &EventField::first);
        out += field == fields.end() || field->second.empty() ? "-" : field->second;
        text.remove_prefix(close + 1);
    }
    return out;
}

}  // namespace

EventLog::EventLog(const WallClock& clock) : state_{new State{clock, {}, {}}} {}
EventLog::~EventLog() = default;

void EventLog::add(std::unique_ptr<EventSink> sink) { state_->sinks.push_back(std::move(sink)); }

void EventLog::raise(EventId id, std::vector<EventField> fields) noexcept
try {
    for (auto& field : fields)
        field.second = printable(field.second, most_octets);
    const auto& what = info(id);
    EventRecord record;
    record.time = state_->clock.now();
    record.id = id;
    record.type = what.type;
    record.category = what.category;
    record.description = filled(what.text, fields);
    record.fields = std::move(fields);
    const std::lock_guard lock{state_->mutex};
    for (const auto& sink : state_->sinks)
        sink->take(record);
} catch (...) {  // NOLINT(bugprone-empty-catch)
    // Out of memory while saying so: the work itself goes on.
}

void EventLog::raise(const Error& error, std::vector<EventField> fields) noexcept
try {
    std::string detail = error.detail();
    if (error.cause() != nullptr) detail += "; because " + error.cause()->to_string();
    fields.emplace_back("detail", std::move(detail));
    raise(error.event(), std::move(fields));
} catch (...) {  // NOLINT(bugprone-empty-catch)
    // As above.
}

void EventLog::flush() noexcept
{
    const std::lock_guard lock{state_->mutex};
    for (const auto& sink : state_->sinks)
        sink->flush();
}

}  // namespace imc
