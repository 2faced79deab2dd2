#pragma once
/// @file store/maildir.h  Puts messages into Maildirs, each exactly once.
///
/// A message is durable in `new/` before deliver() succeeds: the file is synced, then linked
/// without overwriting anything, then the folder is synced. The file name bears message id and
/// recipient, so a delivery repeated after a crash finds what the first one left, in `new/` or
/// `cur/`. Octets are stored as they came, line ends CRLF included (docs/decisions).
///
/// Names:   <sec>.M<usec>P<pid>Q<n>_<id>-<rcpt>.<host>,S=<size>
/// Errors:  40350; os_code is errno (status_of() translates). What was begun is removed.
/// Threads: any, at once. Calls block on the disk.
#include "base/octets.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace imc::store {

struct MaildirMessage {
    std::string id;               ///< letters and digits: the spool's id
    std::uint32_t recipient = 0;  ///< index in the envelope
    bool repeated = false;        ///< an earlier attempt may have succeeded unseen
};

class MaildirDelivery {
public:
    /// @param host  of this machine, for file names; '/', ':' and controls are escaped.
    explicit MaildirDelivery(std::string host);

    /// @param folder  absolute; it and tmp, new, cur are made (0700) when missing.
    /// @param headers  our lines, each with its CRLF; then `body`.
    /// @return the path of the file, below new/ or wherever an earlier attempt's is now.
    Result<std::string> deliver(const std::string& folder, const MaildirMessage& message,
                                std::string_view headers, const Octets& body);

    /// Removes files in tmp/ not touched for 36 hours. @return how many.
    static std::size_t clean(const std::string& folder);

private:
    std::string host_;
    std::atomic<std::uint64_t> sequence_{0};
};

/// "4.2.2" (quota), "4.3.1" (disk full), else "4.3.0". None is permanent.
std::string_view status_of(const Error& error);

/// "Return-Path: <s>\r\nDelivered-To: r\r\n"; controls in either become "?".
std::string trace_lines(std::string_view sender, std::string_view recipient);

}  // namespace imc::store
