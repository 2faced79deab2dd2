#pragma once
/// @file event/catalogue.h  What each number means. The rows come from share/events/*.yaml.
#include "base/event_id.h"

#include <span>
#include <string_view>

namespace imc {

/// The `type` of a record: how severe it is, or how an audited attempt went.
enum class EventType : std::uint8_t { information, warning, error, success_audit, failure_audit };
std::string_view to_string(EventType type) noexcept;

/// `event`: imc raises it. The others are only explained.
enum class EventKind : std::uint8_t { event, service_error, tracking, historic };
std::string_view to_string(EventKind kind) noexcept;

/// A cause with the command that tests it, or a remedy with the command that does it.
struct EventStep {
    std::string_view text;
    std::string_view command;
};

struct EventInfo {
    unsigned number;
    EventKind kind;
    EventType type;
    std::string_view category;
    std::string_view symbol;   ///< stable spelling for logs, metrics and `imc explain`
    std::string_view text;     ///< template with {field}
    std::string_view meaning;  ///< a paragraph for an administrator
    std::span<const EventStep> causes;
    std::span<const EventStep> remedies;
    std::string_view kb;
    unsigned level;  ///< of its category's diagnostics at which it is written; 0: always
};

std::span<const EventInfo> event_catalogue() noexcept;

/// The row of kind `event`. Every EventId has one.
const EventInfo& info(EventId id) noexcept;

}  // namespace imc
