#pragma once
/// @file admin/check_api.h  The verdict of a start, and mending what it found; while held, too.
///
///     GET  /api/v1/check
///     POST /api/v1/check/fix  {"assertion": ID}, or {} for all
///
/// Events:  41053 (nothing can be mended by itself)
#include "admin/desk.h"
#include "config/assertion.h"

#include <optional>

namespace imc::admin {

/// What only the service's own start can do: lent by app/.
struct CheckParts {
    /// May be that of a check that began after `asked_at`.
    std::function<config::Verdict(std::chrono::steady_clock::time_point asked_at)> verdict;

    struct Mended {
        std::vector<std::string> done;
        std::string undo;         ///< newest first; empty: nothing was changed
        config::Verdict verdict;  ///< afterwards
        std::optional<Error> failure = {};
    };
    /// @param assertion  empty: all that can be
    std::function<Mended(const std::string& assertion)> mend;
};

/// What is about to be mended, in the words of the audit log: of each assertion what was found, and
/// what is done. @param wanted  id of one; empty: all
Change mend_change(const config::Verdict& verdict, const std::string& wanted);

void add_check_api(Desk& desk, CheckParts parts);

/// {"passed":...,"deciding":...,"event":...,"assertions":[...]}
boost::json::object verdict_json(const config::Verdict& verdict);

}  // namespace imc::admin
