#pragma once
/// @file app/service/state_board.h  What the service is doing now, for GET /api/v1/state.
///
///     {"state":"held","pid":7,"version":"0.1.0","since":"...","event":4086,
///      "deciding":"identity.organization","generation":3,"listeners":[...],"verdict":{...}}
///
/// state is starting, running, held or stopping; event and deciding are there while held;
/// admin (where the Administrator's pages are) when they are;
/// bridged (a generation's number) while the directory does not answer; loading ("segments=3/40
/// messages=100/2400") while what waited before the start is still read.
///
/// Threads: any.
#include "admin/server.h"
#include "config/assertion.h"

#include <boost/json/object.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace imc::app {

class StateBoard {
public:
    void set(std::string_view state);
    void set(std::string_view key, boost::json::value value);  ///< null takes the key away
    void set(const config::Verdict& verdict);  ///< with event and deciding when it is not ok
    boost::json::object read() const;

    /// "held by event 4086 (identity.organization): ..."; for whoever asked for something else.
    std::string held_text() const;

private:
    mutable std::mutex mutex_;
    boost::json::object facts_;
};

/// @param loading  empty: nothing is; null: it is not known here
void add_state_api(admin::Server& server, std::shared_ptr<const StateBoard> board,
                   std::function<std::string()> loading = nullptr);

}  // namespace imc::app
