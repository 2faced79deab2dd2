#pragma once
/// @file smtp/client/host_memory.h  What is remembered of hosts from one connection to the next.
///
/// Which did not answer a moment ago (they are tried last), and which were seen under good TLS: one
/// of those gets no mail in the clear unless its profile says so, until it was not seen for 30
/// days. The second outlives a restart: docs/formats/tls-hosts.md.
///
/// Errors:  40622 (the file cannot be read or written).
/// Threads: any.
#include "base/files.h"
#include "event/log.h"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace imc::smtp::client {

class HostMemory {
public:
    static constexpr std::chrono::minutes rest{5};  ///< of a host that did not answer
    static constexpr std::chrono::minutes keeps_helo{60};
    static constexpr std::chrono::days keeps_tls{30};  ///< since TLS was last seen there
    static constexpr std::size_t most_hosts = 100'000;

    explicit HostMemory(const WallClock& clock = wall_clock()) : clock_{clock} {}

    void failed(const std::string& host);
    void worked(const std::string& host);
    bool is_down(const std::string& host) const;

    /// It hung up on EHLO, or did not know it, and took HELO. An hour, not more: whoever can break
    /// one connection must not keep a host without TLS for long.
    void took_helo(const std::string& host);
    bool wants_helo(const std::string& host) const;

    /// @param host  name and port, as in a label: "mx.example.net:25"
    void saw_tls(const std::string& host);
    bool knows_tls(const std::string& host) const;
    /// Of a host whose handshake failed: true once an hour.
    bool says_broken_tls(const std::string& host);

    /// Called, at most once a minute, when what the file holds has changed; it must not block.
    void on_change(std::function<void()> changed);
    Result<> load(FileSystem& files, const std::string& path);
    Result<> save(FileSystem& files, const std::string& path);

    /// The file's text, and back: a line that is none is passed over. @return false: of another
    /// version
    std::string to_text() const;
    bool read(std::string_view text);

private:
    using Day = std::chrono::sys_days;

    Day today() const { return std::chrono::floor<std::chrono::days>(clock_.now()); }

    const WallClock& clock_;
    mutable std::mutex mutex_;
    std::map<std::string, WallTime> down_;
    std::map<std::string, WallTime> helo_;
    std::map<std::string, Day> tls_;
    std::map<std::string, WallTime> broken_;
    std::function<void()> changed_;
    WallTime said_{};
    bool unsaid_ = false;  ///< a change that nobody was told of
};

}  // namespace imc::smtp::client
