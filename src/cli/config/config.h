#pragma once
/// @file cli/config/config.h  `imc config`: settings in force, their generations, and changes as
/// one.
#include "cli/command.h"
#include "config/generation.h"
#include "config/plan.h"

#include <boost/json/object.hpp>

namespace imc::cli {

/// What only the service's own start can do: lent by app/.
struct ConfigJudge {
    /// Goes on as the service's user, so that what is judged and written is as it is for it.
    std::function<Result<>()> become_service = [] { return Result<>{}; };
    /// The verdict of a start on what is not there yet.
    std::function<config::Verdict(const Paths&, config::Instead)> judge;
};

struct ConfigWords {
    std::vector<std::string> names;
    std::string domain, file;
    std::vector<std::uint64_t> generations;
    bool only_set = false, dry_run = false, yes = false, revert = false;
};

constexpr std::chrono::seconds config_patience{60};
constexpr const char* nothing_to_change = "Nothing is to be changed, so there is nothing to undo.";

// ---- show.cc
void config_show(Context& context, const ConfigWords& words);
void config_status(Context& context, const ConfigWords& words);
void config_why(Context& context, const ConfigWords& words);
// ---- history.cc
void config_history(Context& context, const ConfigWords& words);
void config_diff(Context& context, const ConfigWords& words);
// ---- change.cc
void config_export(Context& context, const ConfigWords& words);
void config_apply(Context& context, const ConfigWords& words, const ConfigJudge& judge);
void config_rollback(Context& context, const ConfigWords& words, const ConfigJudge& judge);
// ---- by_service.cc
struct ConfigOrder {
    std::string what;          ///< "apply" or "rollback", the last word of the path
    boost::json::object body;  ///< of the request
    bool asks = false;         ///< on a terminal, before anything is changed
};
/// Shows, has it judged, and unless it is a dry run has it made, by the service that runs.
/// @return false: none does, or --direct was given; nothing was done or said
bool config_by_service(Context& context, const ConfigWords& words, const ConfigOrder& order);
// ---- keep.cc
void config_keep(Context& context, const ConfigWords& words, const ConfigJudge& judge);
/// The change that waits to be kept, as lines for people; nothing when none does.
void say_what_waits(Context& context);

void show(Context& context, const std::vector<config::Difference>& rows);

/// The service's generation and what waits for a restart; nothing when it does not run.
struct InForce {
    std::uint64_t generation = 0;
    bool held = false;
    std::vector<std::string> waiting;
};
std::optional<InForce> in_force(const Paths& paths);

}  // namespace imc::cli
