#include "app/service/service.h"

#include "app/service/engine.h"
#include "app/service/generations.h"
#include "app/service/privileges.h"
#include "app/start/host_checks.h"
#include "app/start/start_check.h"
#include "base/files.h"
#include "event/record_json.h"

#include <systemd/sd-daemon.h>

#include <array>
#include <csignal>
#include <ctime>
#include <grp.h>
#include <ostream>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace imc::app {
namespace {

using namespace std::chrono_literals;

constexpr auto check_time = 60s;
constexpr auto quiet_time = 2s;
constexpr auto look_around = 500ms;
constexpr auto look_at_directory = 2s;
constexpr auto held_check = 2s;
constexpr auto normal_stop = 30s;

class ConsoleSink final : public EventSink {
public:
    explicit ConsoleSink(std::ostream& out) : out_{out} {}
    void take(const EventRecord& record) override
    {
        out_ << to_rfc3339(record.time) << "  " << static_cast<unsigned>(record.id) << "  "
             << to_string(record.type) << "  " << record.description << std::endl;
    }

private:
    std::ostream& out_;
};

/// Signals reach the main thread only when it asks; threads begin with all of them blocked.
class Signals {
public:
    Signals()
    {
        sigemptyset(&set_);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP})
            sigaddset(&set_, signal);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    }
    /// The next one, or 0 after `time`.
    int wait(std::chrono::milliseconds time) const
    {
        const timespec limit{time.count() / 1000, time.count() % 1000 * 1'000'000};
        const int signal = sigtimedwait(&set_, nullptr, &limit);
        return signal > 0 ? signal : 0;
    }

private:
    sigset_t set_{};
};

void tell_systemd(const std::string& state) { (void)sd_notify(0, state.c_str()); }

class Service {
public:
    Service(const Paths& paths, const ServeOptions& options, std::ostream& out, std::ostream& err)
        : paths_{paths}, options_{options}, out_{out}, err_{err}
    {}

    int run()
    {
        raise_limits();
        (void)make_folders(real_files(), paths_.log());
        (void)make_folders(real_files(), paths_.run());
        events_.add(file_sink({paths_.events()}));
        events_.add(journal_sink());
        events_.add(ring_sink(ring_));
        if (options_.console) events_.add(std::make_unique<ConsoleSink>(out_));
        const auto alone = FileLock::try_lock(paths_.pid());
        if (!alone && alone.error().value() == EWOULDBLOCK) {
            err_ << "imc: the service runs already under this root, as process "
                 << FileLock::holder(paths_.pid()) << '\n';
            return 1;
        }
        auto check = start_check(paths_, 0, after(check_time));
        if (!check.verdict.ok()) {
            refuse(check);
            if (!options_.hold) return 3;
            if (!wait_for_mend(check)) return 0;
        }
        return start_and_run(check);
    }

private:
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

    void refuse(const StartCheck& check)
    {
        const auto* decides = check.verdict.deciding();
        for (const auto& a : check.verdict.assertions) {
            if (a.status != config::Status::failed) continue;
            const auto detail = a.id + ": found " + a.found + "; expected " + a.expected;
            events_.raise(a.event, {{"detail", detail},
                                    {"listener", a.where},
                                    {"assertion", a.id},
                                    {"where", a.where},
                                    {"fix", a.fix}});
            // The historic pairs: the second number stands beside the one that carries the reason.
            if (a.event == EventId::listener_bind_failed)
                events_.raise(EventId::sockets_init_failed, {{"detail", detail}});
            if (a.event == EventId::host_domain_name_missing)
                events_.raise(EventId::resolver_init_failed, {{"detail", detail}});
        }
        if (decides->status != config::Status::failed)
            events_.raise(decides->event, {{"detail", decides->id + ": " + decides->why}});
        events_.flush();
        write_last_start(paths_, check.verdict);
        err_ << refusal_text(check.verdict) << std::flush;
        tell_systemd("STATUS=refused by event " +
                     std::to_string(static_cast<unsigned>(decides->event)));
    }

    /// @return false when the service was stopped meanwhile
    bool wait_for_mend(StartCheck& check)
    {
        const auto good = read_last_good(paths_);
        Engine door{paths_, events_, ring_};
        const auto number = [&] {
            return std::to_string(static_cast<unsigned>(check.verdict.deciding()->event));
        };
        const std::string where =
            good ? "" : "; no listener is open, since no generation was ever in force";
        events_.raise(EventId::service_held,
                      {{"event", number()}, {"detail", "imc check says what to mend" + where}});
        err_ << "Held by event " << number() << where
             << "; it starts by itself when the check passes.\n"
             << std::flush;
        tell_systemd("READY=1\nSTATUS=held by event " + number());
        std::string said;
        for (;;) {
            if (good && said != number()) {
                said = number();
                door.hold(good->listeners, good->host_name,
                          "service held: event " + said + "; try again later");
            }
            const int signal = signals_.wait(held_check);
            if (signal == SIGTERM || signal == SIGINT) {
                events_.raise(EventId::service_stopped, {{"detail", "while held"}});
                return false;
            }
            tell_systemd("WATCHDOG=1");
            // Our own 421 listeners are no strangers on the port.
            check = start_check(paths_, static_cast<int>(::getpid()), after(check_time));
            if (check.verdict.ok()) return true;
        }
    }

    int start_and_run(const StartCheck& check)
    {
        Engine engine{paths_, events_, ring_};
        if (auto started = engine.start(check.config, check.directory); !started) {
            events_.raise(started.error());
            err_ << "Error 2140: " << started.error().to_string() << '\n' << std::flush;
            (void)engine.stop(after(1s));
            return 1;
        }
        generation_ = write_last_good(paths_, *check.config);
        write_last_start(paths_, check.verdict);
        events_.raise(EventId::service_started, {{"version", IMC_VERSION},
                                                 {"connector", check.config->connector_name},
                                                 {"listeners", engine.listeners()}});
        out_ << "imc " << IMC_VERSION << ": " << check.config->connector_name
             << " is up, listening on " << engine.listeners() << '\n'
             << std::flush;
        tell_systemd("READY=1\nSTATUS=listening on " + engine.listeners());
        remember(check);
        const int signal = watch(engine, check);
        return stop(engine, signal);
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

    std::uint64_t directory_mark(Directory& directory)
    {
        // An outage is no change: mail is deferred meanwhile, and nothing is reloaded.
        const auto revision = directory.revision(after(5s));
        return revision ? *revision : directory_mark_;
    }

    void remember(const StartCheck& check)
    {
        registry_mark_ = registry_mark();
        if (check.directory) directory_mark_ = directory_mark(*check.directory);
        fingerprint_ = fingerprint(*check.config);
    }

    int watch(Engine& engine, const StartCheck& first)
    {
        auto directory = first.directory;
        auto changed_at = Deadline::max();
        auto next_look = after(look_at_directory);
        std::string last_refusal;
        for (;;) {
            const int signal = signals_.wait(look_around);
            if (signal == SIGTERM || signal == SIGINT) return signal;
            tell_systemd("WATCHDOG=1");
            const auto now = std::chrono::steady_clock::now();
            if (const auto mark = registry_mark(); mark != registry_mark_) {
                registry_mark_ = mark;
                changed_at = now;
            }
            if (now >= next_look) {
                next_look = after(look_at_directory);
                if (const auto mark = directory_mark(*directory); mark != directory_mark_) {
                    directory_mark_ = mark;
                    changed_at = now;
                }
            }
            const bool due = signal == SIGHUP ||
                             (changed_at != Deadline::max() && now - changed_at >= quiet_time);
            if (!due) continue;
            changed_at = Deadline::max();
            if (auto taken = test_then_take(engine, last_refusal)) directory = taken;
        }
    }

    /// @return the directory of the generation taken; null when nothing was taken
    std::shared_ptr<Directory> test_then_take(Engine& engine, std::string& last_refusal)
    {
        auto check = start_check(paths_, static_cast<int>(::getpid()), after(check_time));
        if (!check.verdict.ok()) {
            const auto* decides = check.verdict.deciding();
            const auto why = "event " + std::to_string(static_cast<unsigned>(decides->event)) +
                             ", " + decides->id + ": found " + decides->found + "; expected " +
                             decides->expected;
            if (why != last_refusal)
                events_.raise(EventId::change_refused,
                              {{"generation", std::to_string(generation_)}, {"detail", why}});
            last_refusal = why;
            return nullptr;
        }
        last_refusal.clear();
        const auto mark = fingerprint(*check.config);
        if (mark == fingerprint_)
            return nullptr;  // recipients changed, or a comment: nothing we keep
        if (auto taken = engine.take(check.config, check.directory); !taken) {
            events_.raise(EventId::change_refused, {{"generation", std::to_string(generation_)},
                                                    {"detail", taken.error().to_string()}});
            return nullptr;
        }
        fingerprint_ = mark;
        generation_ = write_last_good(paths_, *check.config);
        events_.raise(EventId::generation_taken,
                      {{"generation", std::to_string(generation_)},
                       {"detail", "listening on " + engine.listeners()}});
        return check.directory;
    }

    int stop(Engine& engine, int signal)
    {
        tell_systemd("STOPPING=1");
        // A second signal hurries: the deadline is looked at by a helper that only waits.
        const bool whole = engine.stop(after(normal_stop));
        const std::string how = signal == SIGINT ? "asked from the terminal" : "asked by a signal";
        events_.raise(EventId::service_stopped,
                      {{"detail", how + (whole ? ", everything in flight was finished"
                                               : ", what was in flight is in the queue")}});
        events_.flush();
        return 0;
    }

    const Paths& paths_;
    const ServeOptions& options_;
    std::ostream& out_;
    std::ostream& err_;
    Signals signals_;
    EventLog events_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
    std::uint64_t generation_ = 0;
    std::string registry_mark_;
    std::uint64_t directory_mark_ = 0;
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
