#pragma once
/// @file admin/config_api.h  The connector's settings: who says what, plan, apply, keep, go back;
/// while held, too.
///
///     GET  /api/v1/config?tab=&section=
///     POST /api/v1/config/plan      {"changes":{KEY:VALUE}}, or {"text"}: a file of settings
///     POST /api/v1/config/apply     {"changes" or "text","hash","keep_seconds"}
///     GET, POST /api/v1/config/keep {"generation"};  POST /api/v1/config/revert {"generation"}
///     GET  /api/v1/config/history[/{n}];  POST /api/v1/config/rollback {"generation","hash"}
///     POST /api/v1/undo             {"steps": "undo_by" of an answer}
///
/// Events:  41050 to 41052, 41054, 41055
#include "admin/desk.h"
#include "config/assertion.h"
#include "config/generation.h"
#include "config/load.h"
#include "config/plan.h"
#include "event/log.h"

namespace imc::admin {

struct ConfigParts {
    EventLog& events;
    /// The verdict of a start on what is not there yet.
    std::function<config::Verdict(config::Instead)> judge;
    /// As GET /state tells it: "state", "generation", "restart".
    std::function<boost::json::object()> state;
};

using SharedConfigParts = std::shared_ptr<const ConfigParts>;

void add_config_api(Desk& desk, ConfigParts parts);
void add_config_changes_api(Desk& desk, const SharedConfigParts& parts);
void add_keep_api(Desk& desk, const SharedConfigParts& parts);

boost::json::object difference_json(const config::Difference& row);
boost::json::array differences_json(const std::vector<config::Difference>& rows);
/// {"section/name": values or null, ...}: all of `rows` before, or after.
boost::json::object side_json(const std::vector<config::Difference>& rows, bool before);
boost::json::object generation_json(const config::Generation& generation);

constexpr std::chrono::seconds config_patience{60};

}  // namespace imc::admin
