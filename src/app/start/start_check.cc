#include "app/start/start_check.h"

#include "app/service/generations.h"
#include "app/start/directory_checks.h"
#include "app/start/host_checks.h"
#include "app/start/tls_checks.h"
#include "base/files.h"
#include "config/identity.h"
#include "config/plan_journal.h"
#include "directory/recorded.h"
#include "event/catalogue.h"
#include "policy/connection_table.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace imc::app {

namespace {

constexpr std::chrono::seconds absence_patience{5};

config::Assertion* reachable(config::Loaded& loaded)
{
    for (auto& a : loaded.assertions)
        if (a.id == "directory.reachable") return &a;
    return nullptr;
}

/// Why the last good generation cannot stand in; empty: it can.
std::string no_bridge(const std::optional<LastGood>& good, const config::Loaded& loaded)
{
    if (!good) return "no generation was ever in force";
    if (good->directory.empty())
        return "generation " + std::to_string(good->number) + " does not hold the directory's part";
    if (good->home_dsa != loaded.home_dsa || good->base != loaded.base)
        return "generation " + std::to_string(good->number) + " belongs to another directory (" +
               good->home_dsa + ")";
    return {};
}

void offer_value(const Paths& paths, config::Assertion& a, const std::string& name,
                 const std::string& data, const LastGood& good)
{
    a.fix =
        "imc reg add -v " + name + " -t SZ -d " + config::shell_word(data) + " -f" + paths.option();
    a.why += "; generation " + std::to_string(good.number) + ", the last good one, had " + data;
    a.automatic.registry = {{name, "SZ", data}};
}

/// Where the directory is cannot be asked of the directory; the last good generation knows it.
void offer_last_good(const Paths& paths, config::Loaded& loaded)
{
    const bool lost = loaded.home_dsa.empty();
    for (auto& a : loaded.assertions) {
        if (a.status != config::Status::failed || !a.automatic.registry.empty()) continue;
        const bool home = a.id == "registry.home-dsa" && lost;
        const bool base = a.id == "directory.reachable" && loaded.no_base;
        if (!home && !base) continue;
        const auto good = read_last_good(paths);
        if (!good || good->home_dsa.empty()) return;
        if (home && a.event == EventId::store_session_init_failed)
            return offer_value(paths, a, "HomeDSA", good->home_dsa, *good);
        if (home || (good->home_dsa == loaded.home_dsa && good->base != loaded.base))
            return offer_value(paths, a, "DirectoryBase", good->base, *good);
    }
}

/// The same assertions, answered by what the directory said last.
void bridge(const Paths& paths, Deadline deadline, config::Loaded& loaded, StartCheck& check)
{
    auto good = read_last_good(paths);
    if (const auto why = no_bridge(good, loaded); !why.empty()) {
        reachable(loaded)->why +=
            "; StartWithoutDirectory is last-good, but cannot be followed: " + why;
        return;
    }
    const auto name = "generation " + std::to_string(good->number) + " of " + good->time;
    auto bridged =
        config::load(paths, deadline, {recorded_directory(std::move(good->directory), name)});
    auto* const a = reachable(bridged);
    if (a == nullptr) return;
    const bool sound = bridged.config != nullptr;
    *a = *reachable(loaded);
    a->status = sound ? config::Status::warning : config::Status::failed;
    a->why += sound ? "; the last good one stands in, " + name +
                          ": recipients are deferred (451) until the directory answers"
                    : "; " + name + " could not stand in, because of what else failed";
    if (sound) check.bridged = good->number;
    // Not the directory itself: it could answer recipients before it has proved that it agrees.
    auto silence = silent_directory(a->where, *loaded.unreachable);
    loaded = std::move(bridged);
    loaded.directory = std::move(silence);
}

}  // namespace

StartCheck start_check(const Paths& paths, int service_pid, Deadline deadline,
                       config::Instead instead)
{
    StartCheck check;
    // What nobody wrote yet was never in force.
    const bool is_real = instead.registry == nullptr;
    auto loaded = config::load(paths, deadline, std::move(instead));
    // Never bridged: while a server answers, recipients are not deferred for what it lacks.
    check.unreachable =
        loaded.unreachable.has_value() || loaded.people_unreachable || loaded.behind;
    if (loaded.unreachable && loaded.may_bridge && is_real) bridge(paths, deadline, loaded, check);
    offer_last_good(paths, loaded);
    check.config = loaded.config;
    check.admin = std::move(loaded.admin);
    check.tls = std::move(loaded.tls);
    check.directory = std::move(loaded.directory);
    check.people = std::move(loaded.people);
    check.evidence = std::move(loaded.evidence);
    check.home_dsa = std::move(loaded.home_dsa);
    check.base = std::move(loaded.base);
    auto& all = check.verdict.assertions;
    all = std::move(loaded.assertions);
    if (is_real) all.push_back(config::judge_plan(paths));
    if (check.config) policy::judge_connection_table(*check.config, all);
    judge_clock(all);
    judge_folders(paths, check.config ? check.config->low_water_octets : std::uint64_t{10} << 20U,
                  service_pid, all);
    judge_listeners(paths, loaded.listeners, service_pid, all);
    if (check.config) judge_certificates(*check.config, all);
    judge_absence(check, std::min(deadline, after(absence_patience)));
    if (check.config) judge_admin_listener(*check.config, all);
    return check;
}

std::string refusal_text(const Paths& paths, const config::Verdict& verdict)
{
    const auto* decides = verdict.deciding();
    if (decides == nullptr) return {};
    const auto number = static_cast<unsigned>(decides->event);
    const auto& event = info(decides->event);
    std::string out = "Error 2140: an internal error occurred, says the old message. What it is:\n";
    out +=
        "Event " + std::to_string(number) + " " + std::string{event.symbol} + ": " + decides->id +
        (decides->status == config::Status::failed ? " failed" : " could not be judged") + "\n\n";
    return out + verdict.to_text() + "\nRead more: imc explain " + std::to_string(number) +
           "    See all: imc check" + paths.option() + "    Mend: imc check --fix" +
           paths.option() + "\n";
}

void write_last_start(const Paths& paths, const config::Verdict& verdict)
{
    auto& files = real_files();
    if (!make_folders(files, paths.run())) return;
    boost::json::object out{{"time", std::chrono::duration_cast<std::chrono::seconds>(
                                         wall_clock().now().time_since_epoch())
                                         .count()},
                            {"version", IMC_VERSION},
                            {"verdict", to_json(verdict)}};
    // Only told to people; a start must not fail because it cannot be told.
    (void)write_file_atomically(files, paths.last_start(), boost::json::serialize(out) + "\n");
}

}  // namespace imc::app
