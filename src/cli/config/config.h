#pragma once
/// @file cli/config/config.h  `imc config`: settings in force, their generations, and changes as
/// one.
#include "cli/command.h"
#include "config/generation.h"
#include "config/plan.h"

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
