#include "event/log.h"

#include "base/text.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

namespace imc {

struct EventLog::State {
    const WallClock& clock;
    std::mutex mutex;
    std::vector<std::unique_ptr<EventSink>> sinks;
    std::map<std::string, unsigned, std::less<>> levels;
    std::atomic<unsigned> highest{0};

    explicit State(const WallClock& c) : clock{c} {}
    unsigned level_of(std::string_view category)
    {
        const std::lock_guard lock{mutex};
        const auto found = levels.find(category);
        return found == levels.end() ? 0 : found->second;
    }
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

EventLog::EventLog(const WallClock& clock) : state_{std::make_unique<State>(clock)} {}
EventLog::~EventLog() = default;

void EventLog::add(std::unique_ptr<EventSink> sink) { state_->sinks.push_back(std::move(sink)); }

void EventLog::raise(EventId id, std::vector<EventField> fields) noexcept
try {
    if (!wants(id)) return;
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

void EventLog::set_levels(std::vector<std::pair<std::string, unsigned>> levels)
{
    const std::lock_guard lock{state_->mutex};
    state_->levels.clear();
    unsigned highest = 0;
    for (auto& [category, level] : levels) {
        highest = std::max(highest, level);
        state_->levels[std::move(category)] = level;
    }
    state_->highest = highest;
}

bool EventLog::wants(EventId id) const noexcept
{
    const auto& what = info(id);
    if (what.level == 0) return true;
    // Most logs are at None, and whoever asks does so for each connection.
    return what.level <= state_->highest && what.level <= state_->level_of(what.category);
}

void EventLog::flush() noexcept
{
    const std::lock_guard lock{state_->mutex};
    for (const auto& sink : state_->sinks)
        sink->flush();
}

}  // namespace imc
