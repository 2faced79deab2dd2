#include "app/check_command.h"

#include "admin/check_api.h"
#include "app/service/privileges.h"
#include "app/start/directory_checks.h"
#include "app/start/host_checks.h"
#include "app/start/mend.h"
#include "cli/audited.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <optional>
#include <ostream>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;
constexpr auto health_patience = 20s;

struct Options {
    bool fix = false;
    bool all = false;
};

void print(cli::Context& context, const StartCheck& check, bool all)
{
    if (context.json) {
        context.out << boost::json::serialize(to_json(check.verdict)) << '\n';
        return;
    }
    if (const auto* decides = check.verdict.deciding())
        context.out << "The service would refuse to start: Error 2140, event "
                    << static_cast<unsigned>(decides->event) << "\n\n";
    context.out << check.verdict.to_text(all);
    if (check.verdict.ok())
        context.out << "The service can start.\n";
    else
        context.out << "Mend what can be mended by itself: imc check --fix"
                    << context.paths().option() << '\n';
}

/// What is mended, in the audit log: what is about to be done, and when it is, what was and how it
/// is undone. The log can be what is to be mended, so what cannot be written stops nothing.
class MendLines {
public:
    explicit MendLines(cli::Context& context) : context_{context} {}

    void about_to(const config::Verdict& verdict)
    {
        line_.emplace(context_);
        // A folder that is missing is mended, not made on the way.
        if (!real_files().status(context_.paths().log())) return;
        (void)line_->tell(admin::mend_change(verdict, {}));
    }

    void done(const MendedAll& mended)
    {
        if (mended.done.empty()) {
            if (line_ && mended.failure) line_->came_to_nothing(*mended.failure);
            return;
        }
        boost::json::array all(mended.done.begin(), mended.done.end());
        if (mended.failure)
            all.push_back(boost::json::value("then failed: " + mended.failure->to_string()));
        const auto told = cli::AuditLine{context_}.tell(
            {"check.fixed", "all", nullptr, std::move(all), mended.undo});
        if (!told)
            context_.err << "imc: warning: what was mended is not in the audit log: "
                         << told.error().detail() << '\n';
    }

private:
    cli::Context& context_;
    std::optional<cli::AuditLine> line_;  ///< of the last round
};

void mend_and_say(cli::Context& context, const Options& options)
{
    const Paths paths = context.paths();
    MendLines lines{context};
    const auto mended =
        mend_all(paths, running_service(paths), patience, {},
                 [&lines](const config::Verdict& verdict) { lines.about_to(verdict); });
    lines.done(mended);
    for (const auto& line : mended.done)
        context.out << "Mended: " << line << '\n';
    using enum MendedAll::End;
    if (mended.end == clean || mended.end == stuck) print(context, mended.check, options.all);
    if (mended.failure) context.fail(*mended.failure);
    if (mended.end == stuck) {
        context.err
            << "imc: what is left cannot be mended by itself; the verdict says what to do\n";
        context.status = 3;
    }
    context.out << (mended.undo.empty() ? "Nothing was changed, so there is nothing to undo."
                                        : "Undo: " + mended.undo)
                << '\n';
}

void run(cli::Context& context, const Options& options)
{
    const Paths paths = context.paths();
    // Judged as the service's user: root sees no permission.
    if (const auto dropped = drop_privileges(paths); !dropped)
        return context.fail(dropped.error(), 3);
    if (options.fix) return mend_and_say(context, options);
    auto check = start_check(paths, running_service(paths), after(patience));
    judge_directory_health(paths, check, after(health_patience));
    print(context, check, options.all);
    if (!check.verdict.ok()) context.status = 3;
}

}  // namespace

cli::ConfigJudge config_judge(cli::Context& context)
{
    return {[&context] { return drop_privileges(context.paths()); },
            [](const Paths& paths, config::Instead instead) {
                return start_check(paths, running_service(paths), after(patience),
                                   std::move(instead))
                    .verdict;
            }};
}

void add_check(CLI::App& imc, cli::Context& context)
{
    auto options = std::make_shared<Options>();
    auto* command = cli::common(
        imc.add_subcommand("check",
                           "prove registry, directory and host as a start would, without starting"),
        context);
    command->add_flag(
        "--fix", options->fix,
        "back up, change what can be mended by itself, check again; the last line undoes it");
    command->add_flag("--all", options->all, "print assertions that passed in full, too");
    command->footer(
        "Exit status: 0 the service can start, 3 it would refuse, 1 the check itself failed.");
    command->callback([&context, options] { run(context, *options); });
}

}  // namespace imc::app
