#include "app/service/service.h"

#include "admin/take_back.h"
#include "app/service/change_watch.h"
#include "app/service/console.h"
#include "app/service/engine.h"
#include "app/service/generation_keeper.h"
#include "app/service/privileges.h"
#include "app/service/readable.h"
#include "app/service/refusal.h"
#include "app/service/refused_changes.h"
#include "app/service/signals.h"
#include "app/service/state_board.h"
#include "app/service/stopping.h"
#include "app/start/host_checks.h"
#include "app/start/start_check.h"
#include "base/files.h"
#include "config/plan_journal.h"
#include "event/caught.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <ostream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

constexpr auto check_time = 60s;
constexpr auto look_around = 500ms;
constexpr auto look_at_directory = 2s;
constexpr auto held_check = 1s;
constexpr auto bridged_check = 1s;
// While one runs no signal is heard, and no watchdog is told.
constexpr auto next_check_time = 20s;
constexpr auto plan_time = 10s;

class Service {
public:
    Service(const Paths& paths, const ServeOptions& options, std::ostream& out, std::ostream& err)
        : paths_{paths}, options_{options}, out_{out}, err_{err}
    {}

    /// An end that nobody wanted is told of before it comes; systemd starts the service again.
    int run()
    {
        try {
            return start_and_end();
        } catch (...) {
            raise_caught(events_, "the service ends");
            events_.flush();
            throw;
        }
    }

private:
    int start_and_end()
    {
        raise_limits();
        (void)make_folders(real_files(), paths_.log());
        (void)make_folders(real_files(), paths_.run());
        events_.add(file_sink({paths_.events()}));
        events_.add(journal_sink());
        events_.add(ring_sink(ring_));
        if (options_.console) {
            console_.emplace(out_, options_.terminal);
            events_.add(console_->sink());
        }
        const auto alone = lock_pid();
        if (!alone && alone.error().value() == EWOULDBLOCK) {
            err_ << "imc: the service runs already under this root, as process "
                 << FileLock::holder(paths_.pid()) << '\n';
            return 1;
        }
        for (;;) {
            board_->set("starting");
            (void)is_plan_open();
            (void)reverter_.look();  // what nobody kept while no service ran
            // Before it is read: a change meanwhile is seen later.
            changes_.knows_registry(registry_mark());
            auto check = start_check(paths_, 0, after(check_time));
            if (is_momentary(check.verdict) && another_try()) continue;
            if (console_) console_->steps(check.verdict);
            if (!check.verdict.ok()) {
                const auto good = options_.hold ? read_last_good(paths_) : std::nullopt;
                if (options_.hold && !good) no_listener_while_held(check.verdict);
                refuse(check);
                if (!options_.hold) return 3;
                if (!wait_for_mend(check, good)) return 0;
            }
            if (const auto status = start_and_run(check)) return *status;
            // The directory is back and disagrees: what a bridge let run must not run on.
        }
    }

    /// An idle session costs a descriptor; the soft limit is a habit, the hard one a decision.
    static void raise_limits()
    {
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
            limit.rlim_cur = limit.rlim_max;
            (void)::setrlimit(RLIMIT_NOFILE, &limit);
        }
        const rlimit none{};  // mail and passwords must not end in a core file
        (void)::setrlimit(RLIMIT_CORE, &none);
    }

    /// Somebody is writing a plan now: half of it is not to be judged. One whose writer has died is
    /// brought to an end.
    bool is_plan_open()
    {
        using State = config::Interrupted::State;
        const auto found = config::end_interrupted_plan(paths_, after(plan_time));
        if (found.state == State::ended || found.state == State::unsettled)
            events_.raise(found.event());
        return found.state == State::at_work;
    }

    bool another_try()
    {
        if (tries_left_ == 0) return false;
        --tries_left_;
        std::this_thread::sleep_for(100ms);
        return true;
    }

    /// Commands that ask whether the service runs hold the lock for a moment.
    IoResult<FileLock> lock_pid() const
    {
        for (const auto deadline = after(1s);; std::this_thread::sleep_for(20ms)) {
            auto lock = FileLock::try_lock(paths_.pid());
            if (lock || lock.error().value() != EWOULDBLOCK ||
                std::chrono::steady_clock::now() >= deadline)
                return lock;
        }
    }

    void refuse(const StartCheck& check)
    {
        raise_refusal(events_, check.verdict);
        events_.flush();
        write_last_start(paths_, check.verdict);
        board_->set(check.verdict);
        err_ << refusal_text(paths_, check.verdict) << std::flush;
        tell_systemd("STATUS=refused by event " +
                     std::to_string(static_cast<unsigned>(check.verdict.deciding()->event)));
    }

    /// @return false when the service was stopped meanwhile
    bool wait_for_mend(StartCheck& check, const std::optional<LastGood>& good)
    {
        Engine door{paths_, events_, ring_, board_, admin_};
        board_->set("held");
        std::string said;
        for (;;) {
            const auto number =
                std::to_string(static_cast<unsigned>(check.verdict.deciding()->event));
            board_->set(check.verdict);
            door.hold(good ? good->listeners : std::vector<config::ListenerSetting>{},
                      "service held: event " + number + "; try again later",
                      readable_while_held(paths_, check, good ? good->host_name : std::string{}));
            board_->set("listeners", boost::json::value(door.held_listeners()));
            if (said != number) say_held(number, good ? door.held_listeners() : std::string{});
            if (console_) console_->watch(paths_);
            said = number;
            const int signal = signals_.wait(held_check);
            if (is_stop(signal)) {
                events_.raise(EventId::service_stopped, {{"detail", "while held"}});
                return false;
            }
            tell_systemd("WATCHDOG=1");
            (void)reverter_.look();
            changes_.knows_registry(registry_mark());
            (void)is_plan_open();
            // Our own 421 listeners are no strangers on the port.
            check = start_check(paths_, static_cast<int>(::getpid()), after(next_check_time));
            if (!check.verdict.ok()) {
                if (!good) no_listener_while_held(check.verdict);
                continue;
            }
            board_->let_answers_go(after(next_check_time));
            return true;
        }
    }

    void say_held(const std::string& number, const std::string& listeners)
    {
        const auto where = listeners.empty()
                               ? std::string{"; no listener is open, since no generation was ever "
                                             "in force"}
                               : "; 421 is said on " + listeners;
        events_.raise(EventId::service_held,
                      {{"event", number}, {"detail", "imc check says what to mend" + where}});
        err_ << "Held by event " << number << where
             << "; it starts by itself when the check passes.\n"
             << std::flush;
        tell_systemd("READY=1\nSTATUS=held by event " + number);
    }

    void say_bridged(const StartCheck& check)
    {
        board_->set("bridged",
                    check.bridged != 0 ? boost::json::value(check.bridged) : boost::json::value{});
        if (check.bridged == bridged_) return;
        if (check.bridged != 0)
            events_.raise(EventId::directory_bridged,
                          {{"generation", std::to_string(check.bridged)},
                           {"detail", check.verdict.find("directory.reachable")->found}});
        else
            events_.raise(EventId::directory_back,
                          {{"detail", check.verdict.find("directory.reachable")->where}});
        bridged_ = check.bridged;
    }

    void tell_state(const StartCheck& check, const Engine& engine)
    {
        board_->set("running");
        board_->set(check.verdict);
        board_->set("listeners", boost::json::value(engine.listeners()));
        board_->set("connector", boost::json::value(check.config->connector_name));
        board_->set("generation", boost::json::value(generation_.number()));
    }

    /// @return the exit status; nothing when the service must be checked anew from the beginning
    std::optional<int> start_and_run(const StartCheck& check)
    {
        Engine engine{paths_, events_, ring_, board_, admin_};
        if (auto started = engine.start(generation_.numbered(check), check.directory, check.people);
            !started) {
            if (is_momentary(started.error().event()) && another_try()) return {};
            events_.raise(started.error());
            err_ << "Error 2140: " << started.error().to_string() << '\n' << std::flush;
            (void)engine.stop(after(1s));
            return 1;
        }
        generation_.started(*check.config);
        (void)generation_.keep(check);
        write_last_start(paths_, check.verdict);
        tell_state(check, engine);
        events_.raise(EventId::service_started, {{"version", IMC_VERSION},
                                                 {"connector", check.config->connector_name},
                                                 {"listeners", engine.listeners()}});
        for (const auto& a : check.verdict.assertions)
            if (a.status == config::Status::passed)
                events_.raise(EventId::start_step_passed,
                              {{"assertion", a.id}, {"found", a.found}});
        say_bridged(check);
        if (console_) console_->step("spool, queue and listeners: " + engine.listeners());
        out_ << "imc " << IMC_VERSION << ": " << check.config->connector_name
             << " is up, listening on " << engine.listeners() << '\n'
             << std::flush;
        tell_systemd("READY=1\nSTATUS=listening on " + engine.listeners());
        if (console_) console_->watch(paths_);
        remember(check);
        const int signal = watch(engine, check);
        if (signal != disagrees) {
            board_->set("stopping");
            stop_orderly({engine, signals_, events_, console_ ? &*console_ : nullptr}, signal);
            return 0;
        }
        board_->set("stopping");
        (void)engine.stop(after(normal_stop));
        bridged_ = 0;
        return {};
    }

    // ---- changes while running
    // --------------------------------------------------------------------

    /// What would be different after a change of the registry file.
    std::string registry_mark() const
    {
        const auto status = real_files().status(paths_.registry());
        if (!status) return "missing";
        return std::to_string(status->inode) + " " + std::to_string(status->modified_ns) + " " +
               std::to_string(status->size);
    }

    std::optional<std::uint64_t> directory_mark(Directory& directory) const
    {
        if (bridged_ != 0) return {};
        // An outage is no change: mail is deferred meanwhile, and nothing is reloaded.
        const auto revision = directory.revision(after(5s));
        return revision ? std::optional{*revision} : std::nullopt;
    }

    void remember(const StartCheck& check)
    {
        // No mark of the directory: what was written since it was read is tested by the first look.
        fingerprint_ = fingerprint(*check.config);
    }

    static constexpr int disagrees = -1;

    struct Watched {
        std::shared_ptr<Directory> directory, people;
        Deadline next_look = after(look_at_directory);
    };

    /// @return the signal that ends the service, or `disagrees`
    int watch(Engine& engine, const StartCheck& first)
    {
        Watched watched{first.directory, first.people.directory};
        for (;;) {
            const int signal = signals_.wait(look_around);
            if (is_stop(signal)) return signal;
            tell_systemd("WATCHDOG=1");
            try {
                if (!look(engine, watched, signal == SIGHUP)) return disagrees;
            } catch (...) {  // mail goes on under the generation in force; it is judged again
                raise_begins_again(events_, "The look at registry and directory");
                changes_.unjudged(std::chrono::steady_clock::now());
                watched.next_look = after(look_at_directory);
            }
        }
    }

    /// @return false: the directory that was bridged is back, and disagrees
    bool look(Engine& engine, Watched& watched, bool asked)
    {
        (void)reverter_.look();
        const auto now = std::chrono::steady_clock::now();
        changes_.saw_registry(registry_mark(), now);
        bool due = changes_.due(now, [&] { return directory_mark(*watched.directory); }) || asked;
        if (now >= watched.next_look) {
            watched.next_look = after(look_at_directory);
            due = due || bridged_ != 0;
            engine.look_around();
            // What it has shown once it must have, or "nobody" is not believed (ldap.h).
            if (watched.people) (void)watched.people->revision(after(2s));
        }
        if (!due) return true;
        if (is_plan_open()) {
            changes_.unjudged(std::chrono::steady_clock::now());
            return true;
        }
        const auto check =
            start_check(paths_, static_cast<int>(::getpid()), after(next_check_time));
        if (bridged_ != 0 && !check.unreachable && !check.verdict.ok()) return false;
        if (test_then_take(engine, check)) {
            watched.directory = check.directory;
            watched.people = check.people.directory;
        }
        if (check.unreachable && !check.verdict.ok())
            changes_.unjudged(std::chrono::steady_clock::now());
        watched.next_look = after(bridged_ != 0 ? bridged_check : look_at_directory);
        return true;
    }

    /// @return whether the generation of `check` is in force now
    bool test_then_take(Engine& engine, const StartCheck& check)
    {
        if (!check.verdict.ok()) {
            refused_.refuse(check.verdict, generation_.number_text());
            return false;
        }
        refused_.none();
        const auto mark = fingerprint(*check.config);
        const bool other_source = check.bridged != bridged_;
        if (mark == fingerprint_ && !other_source) {
            // Recipients changed, or a comment: nothing we keep but what proves us.
            (void)generation_.keep(check);
            board_->set("generation", boost::json::value(generation_.number()));
            return false;
        }
        if (auto taken = engine.take(generation_.numbered(check), check.directory, check.people);
            !taken) {
            refused_.refuse(taken.error(), generation_.number_text());
            return false;
        }
        const auto what = generation_.keep(check);
        if (mark != fingerprint_)
            events_.raise(EventId::generation_taken,
                          {{"generation", generation_.number_text()},
                           {"detail", "listening on " + engine.listeners() +
                                          (what.empty() ? "" : "; " + what)}});
        fingerprint_ = mark;
        generation_.judge_restart(*check.config);
        tell_state(check, engine);
        say_bridged(check);
        return true;
    }

    const Paths& paths_;
    const ServeOptions& options_;
    std::ostream& out_;
    std::ostream& err_;
    Signals signals_;
    EventLog events_;
    std::optional<Console> console_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
    std::shared_ptr<StateBoard> board_ = std::make_shared<StateBoard>();
    std::shared_ptr<AdminKeep> admin_ = std::make_shared<AdminKeep>(paths_, events_);
    unsigned tries_left_ = 2;
    std::uint64_t bridged_ = 0;  ///< generation that stands in for the directory; 0: none
    RefusedChanges refused_{events_};
    admin::Reverter reverter_{paths_, events_, &admin_->audit};
    GenerationKeeper generation_{paths_, events_, board_};
    ChangeWatch changes_;
    std::string fingerprint_;
};

}  // namespace

int serve(const Paths& paths, const ServeOptions& options, std::ostream& out, std::ostream& err)
{
    ::umask(077);
    if (const auto dropped = drop_privileges(paths); !dropped) {
        err << "Error 2140: " << dropped.error().to_string() << '\n';
        return 1;
    }
    return Service{paths, options, out, err}.run();
}

}  // namespace imc::app
