#include "app/start/start_check.h"

#include "app/start/host_checks.h"
#include "base/files.h"
#include "event/catalogue.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace imc::app {

StartCheck start_check(const Paths& paths, int service_pid, Deadline deadline)
{
    StartCheck check;
    auto loaded = config::load(paths, deadline);
    check.config = loaded.config;
    check.directory = std::move(loaded.directory);
    auto& all = check.verdict.assertions;
    all = std::move(loaded.assertions);
    judge_clock(all);
    judge_folders(paths, check.config ? check.config->low_water_octets : std::uint64_t{10} << 20U,
                  service_pid, all);
    judge_listeners(paths, loaded.listeners, service_pid, all);
    return check;
}

std::string refusal_text(const config::Verdict& verdict)
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
           "    See all: imc check    Mend: imc check --fix\n";
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
