#include "app/service/engine_state.h"

#include "dns/unbound_resolver.h"

namespace imc::app {

using namespace std::chrono_literals;

Engine::Engine(Paths paths, EventLog& events, std::shared_ptr<Ring> ring,
               std::shared_ptr<StateBoard> board, std::shared_ptr<AdminKeep> admin)
    : state_{std::make_unique<State>(std::move(paths), events, std::move(ring), std::move(board),
                                     std::move(admin))}
{}

Engine::~Engine() { (void)stop(after(1s)); }

bool Engine::running() const { return state_->queue != nullptr; }

config::ConfigPtr Engine::config() const
{
    const std::lock_guard lock{state_->mutex};
    return state_->config;
}

std::string Engine::listeners() const { return state_->doors.names(); }
std::string Engine::held_listeners() const { return state_->doors.held_names(); }

Result<> Engine::start(config::ConfigPtr config, std::shared_ptr<Directory> directory,
                       config::People people)
{
    auto& s = *state_;
    config = with_srs_key(std::move(config), real_files(), s.events);
    declare_counters(s.metrics);
    s.threads.start();
    dns::ResolverSettings asked{config->dns_servers};
    asked.events = &s.events;
    auto resolver = dns::unbound_resolver(asked);
    if (!resolver) return Error{EventId::resolver_init_failed, resolver.error().detail()};
    spool::LogSpoolSettings settings;
    settings.folder = s.paths.spool();
    settings.low_water_octets = config->low_water_octets;
    auto spool = spool::open_log_spool(std::move(settings), real_files(), s.events);
    if (!spool) return spool.error();
    s.dns = std::move(*resolver);
    s.book = std::make_unique<PolicyBook>(s.events, s.metrics, s.dns);
    s.rejects = std::make_unique<tracking::RejectJournal>(journal_settings(s.paths, *config),
                                                          real_files(), s.events);
    s.book->journal = [&s](const Refused& refused) { return s.rejects->note(record_of(refused)); };
    s.desk = std::make_unique<AuthDesk>(s.paths, config->auth, s.events, s.metrics);
    s.spool = std::move(*spool);
    {
        const std::lock_guard lock{s.mutex};
        s.config = config;  // deliveries begin before the first use()
    }
    s.conversations =
        std::make_unique<Conversations>(s.paths, config->protocol_log.kept_days, s.events);
    s.way_out = std::make_unique<WayOut>(
        WayOutParts{s.paths, s.events, s.metrics, s.dns, [&s] { return s.config_now(); },
                    [&s](const std::string& address, std::uint16_t port) {
                        return s.is_ourselves(address, port);
                    },
                    *s.conversations, s.lines, *s.pools.background, *s.pools.disk});
    s.tracker =
        std::make_unique<Tracker>(tracking_settings(s.paths.tracking(), config->tracking_log_days,
                                                    config->tracking_log_octets),
                                  real_files(), s.events);
    s.index = std::make_unique<tracking::IndexKeeper>(s.paths.tracking(), s.events);
    s.tracker->set_gateway(config->host_name);
    s.counters = std::make_unique<MailCounters>(s.metrics, s.events, *s.tracker,
                                                [&s] { return s.config_now(); });
    queue::QueueParts parts{
        *s.spool, s.way_out->couriers(), s.events, s.executors(), [&s](std::function<void()> work) {
            post_contained(*s.pools.background, s.events, "work of the queue", std::move(work));
        }};
    s.way_out->copies().use(*s.spool);
    parts.copies = &s.way_out->copies();
    parts.observer = s.counters.get();
    parts.locator = &s.way_out->hosts();
    const auto with = s.look_ups(config, std::move(directory), std::move(people));
    s.queue = std::make_unique<queue::Queue>(std::move(parts), config, with.resolver);
    s.link = std::make_unique<LinkKeeper>(
        LinkKeeperParts{*s.queue, s.events, s.executors().front(),
                        [&s](config::ConfigPtr now, bool dry_run) {
                            return s.way_out->hosts().ask_for_mail(std::move(now), dry_run);
                        }},
        config);
    s.pickup = std::make_unique<Pickup>(
        PickupParts{s.paths, *s.spool, s.events, s.metrics, *s.pools.background,
                    [&s] { return s.book->tables()->config; },
                    [&s](spool::MessageId id, spool::Envelope envelope, spool::Body body) {
                        s.take_from_pickup(id, std::move(envelope), std::move(body));
                    }});
    s.pulse = std::make_unique<Pulse>(s.metrics, *s.queue);
    add_gauges(s.metrics, {s.sessions, *s.queue, *s.spool, s.lines, s.pulse->picture()});
    add_cache_gauges(s.metrics, [&s] { return s.cache_now(); });
    s.tls.take(*config);
    s.use(config, with);
    bring_back({*s.spool, *s.pickup, *s.queue, s.came_back, s.events, s.paths.badmail(),
                s.executors().front(), s.stopping, s.whole},
               *s.pools.background);
    auto sockets = s.doors.bind(*config);
    if (!sockets) return sockets.error();
    s.doors.open(*config, std::move(*sockets));
    s.doors.name_sockets_nobody_wants();
    s.link->start();
    s.pulse->each_second = [&s] { s.conversations->look(); };
    s.pulse->start();
    s.admin = s.administrator(false);
    add_control_routes(s.admin->server(),
                       {s.paths, *s.spool, *s.queue, s.way_out->copies(), s.events, s.came_back,
                        s.metrics, s.pulse->rates(), *s.book, *s.tracker, *s.link, *s.conversations,
                        s.board, s.ring, *s.pools.background, *s.pools.walks, s.executors().front(),
                        [&s] { return s.loading(); }});
    s.admin->use(*config, with.people, *s.desk);
    return s.admin->start();
}

Result<> Engine::take(config::ConfigPtr config, std::shared_ptr<Directory> directory,
                      config::People people)
{
    auto& s = *state_;
    auto sockets = s.doors.bind(*config);
    if (!sockets) return sockets.error();
    s.tls.take(*config);
    const auto with = s.look_ups(config, std::move(directory), std::move(people));
    s.use(config, with);
    s.doors.open(*config, std::move(*sockets));
    s.admin->use(*config, with.people, *s.desk);
    s.link->set(config);
    s.queue->set_config(std::move(config), with.resolver);
    return {};
}

void Engine::look_around()
{
    state_->tls.refresh();
    if (state_->spool) (void)state_->spool->health();
    if (state_->admin) state_->admin->look();
}

void Engine::hold(const std::vector<config::ListenerSetting>& listeners, const std::string& text,
                  const config::Config& readable)
{
    auto& s = *state_;
    s.threads.start();
    const bool first = !s.admin;
    if (first) s.admin = s.administrator(true);
    if (const auto& admin = readable.admin.listen; admin && !admin->is_loopback()) {
        s.tls.take(readable);
        s.tls.refresh();
    }
    s.admin->use(readable.admin, readable.host_name);
    // Commands read the files when nobody answers; the service is held all the same.
    if (first)
        if (const auto up = s.admin->start(); !up) s.events.raise(up.error());
    s.doors.hold(listeners, readable.host_name, text);
}

bool Engine::stop(Deadline deadline)
{
    return stop([deadline] { return deadline; });
}

std::size_t Engine::left() const { return state_->left; }

bool Engine::stop(const std::function<Deadline()>& until)
{
    auto& s = *state_;
    s.stopping = true;
    if (s.keeper) s.keeper->end();
    if (s.pickup) s.pickup->stop();
    const auto leave = [&s](const std::vector<Hanging>& hanging) {
        leave_at_once(s.events, hanging);
    };
    if (s.link) {
        Ending ending{patience_of_end, leave};
        ending.waits_for("a command of LinkHooks");
        s.link->stop();
    }
    s.doors.close();
    // In short waits: a signal may bring the deadline nearer meanwhile.
    const auto waited = [&](auto wait) {
        for (;;) {
            const auto deadline = until();
            const auto step = std::min(deadline, after(100ms));
            if (wait(step)) return true;
            if (std::chrono::steady_clock::now() >= deadline) return false;
        }
    };
    // Deliveries go on while sessions end, and take what those bring.
    bool whole = waited([&](Deadline step) { return s.sessions.end(step); });
    if (!whole) s.sessions.abort();
    if (s.queue) whole = waited([&](Deadline step) { return s.queue->drain(step); }) && whole;
    if (s.queue) s.left = s.queue->counts().messages;
    // What follows has no deadline of its own: threads end when they end.
    Ending ending{patience_of_end, leave};
    ending.waits_for("the Administrator");
    if (s.admin) s.admin->stop();
    if (s.pulse) s.pulse->stop();
    ending.waits_for("the disk of the spool");
    if (s.spool) s.spool->close();
    ending.waits_for("a thread of connections");
    s.threads.stop();
    ending.waits_for(s.pools_at_work());
    s.pools.end();
    if (s.desk) s.desk->stop();
    if (s.way_out) s.way_out->end();
    ending.waits_for("who follows the directory, the logs, or the archive");
    // Coroutines that were cut off refer to all of these, and to sockets and timers of other
    // contexts than their own: they go first, while everything is still there.
    s.threads.discard();
    s.pools.clear();
    s.reception.reset();
    s.keeper.reset();
    s.desk.reset();
    s.admin.reset();
    s.link.reset();
    s.pulse.reset();
    s.queue.reset();
    s.way_out.reset();
    s.pickup.reset();
    s.counters.reset();
    s.index.reset();
    s.tracker.reset();
    s.book.reset();
    s.conversations.reset();
    s.rejects.reset();
    s.dns.reset();
    s.spool.reset();
    s.threads.clear();
    return whole;
}

}  // namespace imc::app
