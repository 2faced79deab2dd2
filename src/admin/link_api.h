#pragma once
/// @file admin/link_api.h  The link to other hosts, as commands see it.
///
///     GET  /api/v1/link          state
///     POST /api/v1/link/open     {"minutes": n}, or {}: until nothing waits; answers the state
///     POST /api/v1/link/close    answers the state
///     POST /api/v1/link/etrn     {"dry_run": true}: what would be sent; JSON Lines
///
/// Threads: handlers run on the server's executor; the desk's functions are called there.
#include "admin/server.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <vector>

namespace imc::admin {

struct LinkState {
    bool open = true;
    std::string why;   ///< it is so
    WallTime since{};  ///< 0: since the start
    std::optional<WallTime> opens_at = {};
    std::string opens_when = {};
    std::vector<std::string> schedule = {};  ///< rows; none: always
    std::size_t waiting = 0;                 ///< recipients that wait for it
    std::optional<WallTime> oldest = {};     ///< arrival, where the schedule asks for it
    std::string failure = {};  ///< of the last attempt to open it; empty: it went well
};

/// What one host was, or would be, asked for one node, and what it said.
struct EtrnRow {
    std::string host;  ///< "mail.example.org:25"
    std::string node;
    std::string outcome = {};  ///< "started", "nothing", ...; empty: it would be sent
    std::string reply = {};    ///< or why nobody could be asked
};

class LinkDesk {
public:
    virtual ~LinkDesk() = default;
    virtual LinkState state() = 0;
    /// Returns when it is open, or could not be opened.
    virtual boost::asio::awaitable<LinkState> open(std::optional<std::chrono::minutes> length) = 0;
    virtual boost::asio::awaitable<LinkState> close() = 0;
    virtual boost::asio::awaitable<std::vector<EtrnRow>> etrn(bool dry_run) = 0;
};

void add_link_api(Server& server, LinkDesk& desk);

}  // namespace imc::admin
