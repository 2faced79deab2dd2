#pragma once
/// @file event/log.h  The event log: numbered records to journald, a JSON-lines file, a ring.
///
/// A record is an id of the catalogue and named fields; its description is the catalogue's
/// template with the fields put in, so that no stranger's text is ever a format. Field values are
/// made printable and cut to 2,000 octets here; secrets must not be given at all.
///
/// Threads: raise() from any thread; it never throws and never blocks on a slow sink for long.
#include "base/error.h"
#include "base/time.h"
#include "event/catalogue.h"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imc {

using EventField = std::pair<std::string, std::string>;

struct EventRecord {
    WallTime time;
    EventId id{};
    std::string source = "MSExchangeIMC";
    EventType type{};
    std::string category;
    std::string description;  ///< the template with the fields put in
    std::vector<EventField> fields;
};

class EventSink {
public:
    virtual ~EventSink() = default;
    virtual void take(const EventRecord& record) = 0;  ///< must not throw
    virtual void flush() {}
};

class EventLog {
public:
    explicit EventLog(const WallClock& clock = wall_clock());
    ~EventLog();
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;

    void add(std::unique_ptr<EventSink> sink);  ///< before the log is shared between threads

    /// Logs one record. Placeholders of the template without a field read "-".
    void raise(EventId id, std::vector<EventField> fields = {}) noexcept;

    /// The whole chain of a failure under its outermost number, as field `detail`.
    void raise(const Error& error, std::vector<EventField> fields = {}) noexcept;

    /// Diagnostics levels by category from now on (event/diagnostics.h); a category without one
    /// has level 0. Events of a higher level are not written.
    void set_levels(std::vector<std::pair<std::string, unsigned>> levels);
    /// Whether raise() of it would write anything: for fields that cost something to make.
    bool wants(EventId id) const noexcept;

    void flush() noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imc
