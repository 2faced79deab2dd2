#pragma once
/// @file tracking/record.h  One line of the message tracking log; docs/formats/tracking.md. Pure.
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imc::tracking {

/// Numbers of share/events/tracking.yaml.
enum class What : std::uint16_t {
    expanded = 26,
    queued_outbound = 1010,
    transferred_outbound = 1011,
    received = 1012,
    transferred_to_store = 1013,
    rerouted = 1014,
    report_received = 1015,
    report_transferred = 1016,
    report_made = 1017,
    report_absorbed = 1018,
    queued_local = 40730,
    deferred = 40731,
    failed = 40732,
    removed = 40733,
    suppressed = 40734,
    administered = 40735,
    decided = 40736,
};
/// "transferred to another host"; of a number we do not know, the number.
std::string to_string(What what);

struct Record {
    std::string id;  ///< queue id
    What what{};
    WallTime time{};
    std::string gateway = {};
    std::string partner = {};
    std::string remote_id = {};
    std::string sender = {};  ///< empty: a report
    int priority = 0;         ///< 1 urgent, -1 non-urgent
    std::uint64_t octets = 0;
    std::uint64_t seconds = 0;  ///< since the message was taken
    std::string report_id = {};
    std::uint64_t recipients = 0;
    std::string recipient = {};
    std::optional<bool> delivered = {};
    std::string message_id = {};
    std::string status = {};
    std::string text = {};
    std::string helo = {};
    std::string tls = {};
    std::string account = {};
    std::string route = {};
    friend bool operator==(const Record&, const Record&) = default;
};

std::string write_record(const Record& record);  ///< with its LF
std::optional<Record> parse_record(std::string_view line);

/// First line of a file, without "# ".
std::string_view tracking_title();

}  // namespace imc::tracking
