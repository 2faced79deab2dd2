#pragma once
/// @file admin/registry_api.h  The registry: read, edit, search, copies; while held, too.
///
///     GET    /api/v1/registry?key=            GET /api/v1/registry/keys
///     GET    /api/v1/registry/search?text=    GET /api/v1/registry/export
///     PUT    /api/v1/registry                 {"key","name","type","data"}
///     DELETE /api/v1/registry?key=&name=      POST /api/v1/registry/import {"text"}
///     GET    /api/v1/registry/backups[/{id}]  POST /api/v1/registry/backups[/{id}/restore]
///     POST   /api/v1/registry/restore         {"text"}; of a copy of ours "latest" is an id, too
#include "admin/desk.h"
#include "config/load.h"

namespace imc::admin {

/// The verdict of a start on what is not there yet.
using Judge = std::function<config::Verdict(config::Instead)>;

/// @param judge  of what a dry run would write ("check" in its answer); none: it is not judged
void add_registry_api(Desk& desk, const Judge& judge = {});
void add_registry_copies_api(Desk& desk);  ///< what is below /registry/backups

/// The result of a change of the registry as an answer.
Response registry_answer(const Result<std::string>& undo, const std::string& done,
                         boost::json::object more, const Paths& paths);

struct LineDifference {
    char op;  ///< '+', '-' or ' '
    std::string line;
};
/// From `before` to `after`, with all lines that are the same. Pure.
std::vector<LineDifference> line_differences(std::string_view before, std::string_view after);

}  // namespace imc::admin
