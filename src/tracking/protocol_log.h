#pragma once
/// @file tracking/protocol_log.h  Conversations with other hosts, in log/protocol/YYYYMMDD.log.
///
/// docs/formats/protocol-log.md. A conversation is looked for when it begins; one that had begun
/// when the log was switched on is not in it. Lines are only put into memory; nobody waits for the
/// disk. What is over the day's size is not written: 40723 says so once.
///
/// Events:  2004 when it is switched on; 40723; 3016 and 40720 when the disk is in trouble.
/// Threads: any.
#include "tracking/daily_log.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc::tracking {

struct ProtocolLogTerms {
    /// Historic levels (Q154505).
    enum class Level : std::uint8_t { none = 0, minimum = 1, medium = 3, maximum = 5 };
    Level level = Level::none;  ///< facts of connections; and commands; and header sections
    /// Which peer, by address and (outbound) host name; empty: each.
    std::function<bool(const std::string& address, std::string_view host)> wanted = {};
    std::uint64_t octets_per_day = 256ULL << 20;

    /// For a while, beside that: the higher level counts, and what is going on ends with it.
    struct Temporary {
        Level level = Level::none;
        std::function<bool(const std::string& address, std::string_view host)> wanted = {};
        std::chrono::steady_clock::time_point until{};
    };
    std::optional<Temporary> temporary = {};
};

class ProtocolLog {
public:
    enum class Way : std::uint8_t { in, out };
    enum class Mark : char { client = 'C', server = 'S', note = '*' };

    ProtocolLog(std::string folder, unsigned kept_days, FileSystem& files, EventLog& events,
                const WallClock& clock = wall_clock());
    ~ProtocolLog();

    void set(ProtocolLogTerms terms);

    /// One conversation. Outlived by the log.
    class Conversation {
    public:
        Conversation(ProtocolLog& log, ProtocolLogTerms::Level level, std::string name, Way way,
                     std::string peer);
        ProtocolLogTerms::Level level() const;  ///< now
        /// The level is this one until then.
        void raise_until(ProtocolLogTerms::Level level, std::chrono::steady_clock::time_point then);
        void line(Mark mark, std::string_view text);

    private:
        ProtocolLog& log_;
        ProtocolLogTerms::Level level_, raised_ = ProtocolLogTerms::Level::none;
        std::chrono::steady_clock::time_point until_{};
        std::string name_, peer_;
        Way way_;
    };

    /// @param host  name of an outbound host; else empty
    /// @return null: not wanted
    std::unique_ptr<Conversation> begin(Way way, const std::string& address, std::uint16_t port,
                                        std::string_view host);

    /// Returns when what was said before is written, or could not be.
    void flush() { log_.flush(); }

private:
    void append(std::string_view line, WallTime now);

    const std::string folder_;
    FileSystem& files_;
    EventLog& events_;
    const WallClock& clock_;
    std::atomic<bool> on_ = false;       ///< for somebody
    std::atomic<bool> lasting_ = false;  ///< not for a while only
    std::mutex mutex_;
    std::shared_ptr<const ProtocolLogTerms> terms_;
    Day day_{};
    std::uint64_t day_octets_ = 0;
    bool full_ = false;
    std::atomic<std::uint64_t> next_;
    DailyLog log_;
};

}  // namespace imc::tracking
