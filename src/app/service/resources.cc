#include "app/service/resources.h"

#include "admin/check_api.h"
#include "admin/config_api.h"
#include "admin/directory_api.h"
#include "admin/events_api.h"
#include "admin/explain_api.h"
#include "admin/overview_api.h"
#include "admin/registry_api.h"
#include "admin/set_aside_api.h"
#include "admin/track_api.h"
#include "app/start/directory_checks.h"
#include "app/start/mend.h"

#include <mutex>
#include <optional>
#include <unistd.h>

namespace imc::app {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto check_patience = 20s;
constexpr auto health_patience = 10s;

/// Two checks at once would find each other on the ports that they try.
class Checks {
public:
    using Clock = std::chrono::steady_clock;

    Checks(Paths paths, std::shared_ptr<StateBoard> board)
        : paths_{std::move(paths)}, board_{std::move(board)}
    {}

    /// Who asked before the last check began has the same answer.
    config::Verdict verdict(Clock::time_point asked_at)
    {
        const std::lock_guard lock{mutex_};
        if (last_ && last_began_ >= asked_at) return *last_;
        last_began_ = Clock::now();
        auto check = start_check(paths_, service(), after(check_patience));
        judge_directory_health(paths_, check, after(health_patience));
        last_ = std::move(check.verdict);
        return *last_;
    }

    config::Verdict judge(config::Instead instead)
    {
        const std::lock_guard lock{mutex_};
        return start_check(paths_, service(), after(check_patience), std::move(instead)).verdict;
    }

    /// A held service that is sound starts anew: it lets us answer first.
    admin::CheckParts::Mended mend(const std::string& only)
    {
        const auto busy = board_->busy();
        const std::lock_guard lock{mutex_};
        last_.reset();
        auto mended = mend_all(paths_, service(), check_patience, only);
        // After changes it stands as it was before the last of them.
        if (mended.end == MendedAll::End::more)
            mended.check = start_check(paths_, service(), after(check_patience));
        return {std::move(mended.done), std::move(mended.undo), std::move(mended.check.verdict),
                std::move(mended.failure)};
    }

private:
    static int service() { return static_cast<int>(::getpid()); }

    const Paths paths_;
    std::shared_ptr<StateBoard> board_;
    std::mutex mutex_;
    std::optional<config::Verdict> last_;
    Clock::time_point last_began_{};
};

json::object counters(const metrics::Registry& metrics)
{
    json::object out;
    for (const auto& sample : metrics.snapshot())
        out[sample.name] = sample.value;
    return out;
}

}  // namespace

void add_resources(admin::Server& server, const ResourceParts& p)
{
    admin::Desk desk{server, p.pool, p.paths, std::make_shared<admin::Turns>(p.checks)};
    const auto checks = std::make_shared<Checks>(p.paths, p.board);
    const auto state = [board = p.board] { return board->read(); };
    admin::add_overview_api(desk, {state, [&metrics = p.metrics] { return counters(metrics); },
                                   p.queue, p.config, p.loading});
    admin::add_check_api(desk, {[checks](auto asked_at) { return checks->verdict(asked_at); },
                                [checks](const std::string& only) { return checks->mend(only); }});
    admin::add_events_api(desk);
    const auto judge = [checks](config::Instead instead) {
        return checks->judge(std::move(instead));
    };
    admin::add_registry_api(desk, judge);
    admin::add_directory_api(desk);
    admin::add_config_api(desk, {p.events, judge, state});
    admin::add_track_api(desk, p.in_queue);
    admin::add_rejects_api(desk);
    admin::add_explain_api(desk);
    admin::add_set_aside_api(desk);
}

}  // namespace imc::app
