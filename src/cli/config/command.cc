#include "cli/config/config.h"

#include "cli/commands.h"

#include <memory>

namespace imc::cli {

void add_config(CLI::App& imc, Context& context, const ConfigJudge& judge)
{
    auto w = std::make_shared<ConfigWords>();
    auto* all =
        common(imc.add_subcommand("config", "settings in force and who says so: show, status, why, "
                                            "history, diff, rollback, plan, apply, keep, export"),
               context);
    all->require_subcommand(1);
    const auto verb = [&](const char* name, const char* help, auto action) {
        auto* command = common(all->add_subcommand(name, help), context);
        command->callback([&context, w, action] { action(context, *w); });
        return command;
    };
    const auto change = [&](const char* name, const char* help, auto action) {
        auto* command = changing(all->add_subcommand(name, help), context);
        command->callback([&context, w, action] { action(context, *w); });
        return command;
    };
    const auto domain = [&](CLI::App* command) {
        command
            ->add_option("--domain", w->domain,
                         "of the profile of this domain, with what it inherits")
            ->type_name("DOMAIN");
    };
    auto* s =
        verb("show", "every setting: value, who says so, when a change takes effect", config_show);
    s->add_option("NAME", w->names, "only these");
    s->add_flag("--set", w->only_set, "only what somebody has set");
    domain(s);
    verb("status", "what is in force, what is stored, and which change waits to be kept",
         config_status);
    auto* y = verb("why", "one setting: all that say something of it, and who wins", config_why);
    y->add_option("NAME", w->names, "as in imc config show")->required()->expected(1);
    domain(y);
    verb("history", "the generations that are kept: number, time, who, what", config_history);
    verb("diff",
         "what differs: what runs and what is stored, or generation A and B (or what is "
         "stored)",
         config_diff)
        ->add_option("GENERATION", w->generations, "A, or A and B")
        ->expected(0, 2);
    auto* r =
        change("rollback", "bring registry and directory back to a generation, as one change",
               [judge](Context& c, const ConfigWords& words) { config_rollback(c, words, judge); });
    r->add_option("GENERATION", w->generations, "its number")->required()->expected(1);
    r->add_flag("--dry-run", w->dry_run, "show and check only");
    r->add_flag("--yes", w->yes, "do not ask");
    const char* const file = "a file of settings ('-': standard input)";
    change("plan", "what a file of settings would change, and whether a start would pass",
           [judge](Context& c, ConfigWords words) {
               words.dry_run = true;
               config_apply(c, words, judge);
           })
        ->add_option("FILE", w->file, file)
        ->required();
    auto* a =
        change("apply", "make it so, as one change: checked first, all or nothing",
               [judge](Context& c, const ConfigWords& words) { config_apply(c, words, judge); });
    a->add_option("FILE", w->file, file)->required();
    a->add_flag("--dry-run", w->dry_run, "show and check only");
    auto* k =
        change("keep", "keep the change that would be taken back when its time is over",
               [judge](Context& c, const ConfigWords& words) { config_keep(c, words, judge); });
    k->add_flag("--revert", w->revert, "take it back now instead");
    k->add_flag("--dry-run", w->dry_run, "only say what would be done");
    verb("export", "what is set now, as a file of settings", config_export)
        ->add_option("FILE", w->file, "'-' or nothing: standard output");
    all->footer("A change is checked before it is made: one with which the service would not start "
                "is refused (exit status 3).\n"
                "A change that the pages or a program made with a time to keep it is taken back "
                "unless it is kept.\n"
                "What is changed prints the command that undoes it. While the service runs it "
                "judges and makes the change; a service that refuses, or does not answer, is an "
                "error. --direct goes past it.\n"
                "  imc config show --set\n"
                "  imc config why imcRetryHours\n"
                "  imc config history\n"
                "  imc config keep\n"
                "  imc config rollback 7 --dry-run\n"
                "  imc config export settings.txt\n"
                "  imc config apply settings.txt --dry-run");
}

}  // namespace imc::cli
