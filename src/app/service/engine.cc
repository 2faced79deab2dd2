#include "app/service/engine.h"

#include "admin/queue_headers_api.h"
#include "app/service/administrator.h"
#include "app/service/bring_back.h"
#include "app/service/control_socket.h"
#include "app/service/conversations.h"
#include "app/service/counter_list.h"
#include "app/service/doors.h"
#include "app/service/engine_pools.h"
#include "app/service/engine_threads.h"
#include "app/service/gauges.h"
#include "app/service/link_keeper.h"
#include "app/service/pickup.h"
#include "app/service/reception.h"
#include "app/service/recipients_keeper.h"
#include "app/service/refusal_record.h"
#include "app/service/resources.h"
#include "app/service/srs_key.h"
#include "app/service/way_out.h"
#include "base/files.h"
#include "dns/unbound_resolver.h"
#include "event/post_contained.h"
#include "mail/trace.h"
#include "smtp/server/own_listener.h"
#include "spool/log_spool.h"
#include "spool/working.h"
#include "tracking/indexer.h"

#include <algorithm>
#include <mutex>
#include <optional>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t most_in_flight = 256 << 20;  // octets of messages being received

}  // namespace

struct Engine::State {
    Paths paths;
    EventLog& events;
    std::shared_ptr<Ring> ring;
    std::shared_ptr<StateBoard> board;
    metrics::Registry metrics;

    EngineThreads threads{events};
    EnginePools pools;
    BodyBudget budget{most_in_flight};
    std::atomic<bool> directory_silent{false};
    std::atomic<bool> stopping{false};
    std::size_t left = 0;            ///< messages in the queue when it stopped
    std::atomic<bool> whole{false};  ///< what waited before the start is in the queue
    smtp::Sessions sessions;
    TlsDoors tls{events};

    mutable std::mutex mutex;  ///< of what another generation replaces
    config::ConfigPtr config;
    std::shared_ptr<Reception> reception;
    std::shared_ptr<RecipientsKeeper> keeper;

    std::shared_ptr<dns::Resolver> dns;
    std::unique_ptr<tracking::RejectJournal> rejects;
    std::unique_ptr<Conversations> conversations;
    std::unique_ptr<PolicyBook> book;
    std::unique_ptr<AuthDesk> desk;
    std::unique_ptr<Pickup> pickup;
    std::unique_ptr<Tracker> tracker;
    std::unique_ptr<tracking::IndexKeeper> index;
    std::unique_ptr<MailCounters> counters;
    CountedLines lines{metrics};
    const TakenCounters taken{metrics};
    std::unique_ptr<WayOut> way_out;
    std::unique_ptr<spool::Spool> spool;
    std::unique_ptr<queue::Queue> queue;
    std::unique_ptr<Pulse> pulse;
    std::unique_ptr<LinkKeeper> link;
    admin::CameBack came_back;
    Doors doors{
        [this] { return executors(); }, sessions,
        [this](const config::ListenerSetting& where, std::unique_ptr<smtp::Stream> stream,
               smtp::Peer peer) { return serve(where, std::move(stream), std::move(peer)); },
        events};
    std::shared_ptr<AdminKeep> admin_keep;
    std::unique_ptr<Administrator> admin;

    State(Paths p, EventLog& e, std::shared_ptr<Ring> r, std::shared_ptr<StateBoard> b,
          std::shared_ptr<AdminKeep> a)
        : paths{std::move(p)}, events{e}, ring{std::move(r)}, board{std::move(b)},
          admin_keep{std::move(a)}
    {}

    std::unique_ptr<Administrator> administrator(bool held)
    {
        AdministratorParts parts{
            paths, events, *admin_keep, board, tls, *pools.background, executors().front(), held};
        ResourceParts resources{paths, events, metrics, board, *pools.office, *pools.checks};
        if (!held) {
            parts.loading = [this] { return loading(); };
            resources.loading = parts.loading;
            resources.config = [this] { return config_now(); };
            resources.queue = [this] { return admin::queue_overview(*queue); };
            resources.in_queue = [this](const std::string& id) {
                return admin::is_in_queue(*queue, id);
            };
        }
        auto out = std::make_unique<Administrator>(std::move(parts));
        add_resources(out->server(), resources);
        return out;
    }

    std::vector<net::any_io_executor> executors() const { return threads.executors(); }

    config::ConfigPtr config_now() const
    {
        const std::lock_guard lock{mutex};
        return config;
    }

    /// Who recipients are in one generation, for sessions and queue alike.
    struct LookUps {
        std::shared_ptr<const transfer::RecipientResolver> resolver;
        config::People people;
        std::shared_ptr<RecipientsKeeper> keeper;
    };
    LookUps look_ups(const config::ConfigPtr& now, std::shared_ptr<Directory> directory,
                     config::People people)
    {
        if (!people.directory) people.directory = directory;
        auto kept =
            std::make_shared<RecipientsKeeper>(people, people.base_in(*now), metrics, events);
        auto resolver = std::make_shared<const transfer::RecipientResolver>(
            now, std::move(directory), people, kept->cache());
        return {std::move(resolver), std::move(people), std::move(kept)};
    }

    /// What `take` replaces is taken once: a session keeps the generation it began with.
    void use(config::ConfigPtr now, const LookUps& with)
    {
        book->use(now);
        desk->set(now->auth);
        conversations->take(now);
        events.set_levels(now->diagnostics);
        way_out->archive().set(archive_terms(*now));
        tracker->set_gateway(now->host_name);
        const ReceptionParts parts{*spool,
                                   *queue,
                                   events,
                                   metrics,
                                   budget,
                                   *pools.background,
                                   *pools.disk,
                                   directory_silent,
                                   sessions,
                                   tls,
                                   *book,
                                   *desk,
                                   *tracker,
                                   *link,
                                   way_out->archive(),
                                   taken};
        auto next =
            std::make_shared<Reception>(parts, with.resolver, with.people, with.keeper->cache());
        std::shared_ptr<RecipientsKeeper> old = with.keeper;
        {
            const std::lock_guard lock{mutex};
            config = std::move(now);
            reception = std::move(next);
            old.swap(keeper);
        }
        // It may wait for a server while it ends.
        if (old)
            post_contained(*pools.background, events, "the recipients of a former generation",
                           [old = std::move(old)]() mutable { old.reset(); });
    }

    /// The cache of the generation in force; null: there is none.
    std::shared_ptr<RecipientCache> cache_now() const
    {
        const std::lock_guard lock{mutex};
        return keeper ? keeper->cache() : nullptr;
    }

    /// It is durable already, and nobody waits for an answer: a copy that fails stops nothing.
    void take_from_pickup(spool::MessageId id, spool::Envelope envelope, spool::Body body)
    {
        const auto hand_over = [this](spool::MessageId one, spool::Envelope of, spool::Body text) {
            {
                const spool::WorkingOn at_work{*spool, one};
                tracker->received({one, of, text.size()}, mail::message_id(text.memory()), {});
            }
            taken.count(book->tables()->config->local_domains, {one, of, text.size()});
            queue->add(one, std::move(of), std::move(text));
        };
        if (!body || !way_out->archive().wants(tracking::Direction::in))
            return hand_over(id, std::move(envelope), std::move(body));
        auto archive_first = [this, hand_over, id, of = std::move(envelope),
                              text = std::move(body)]() mutable {
            contained(events, "the archive's copy of a message from the pickup folder", [&] {
                (void)keep_inbound(way_out->archive(), *book->tables()->config, id, of, text,
                                   tracking::Archive::Taken::already);
            });
            hand_over(id, std::move(of), std::move(text));
        };
        post_contained(*pools.background, events, "a message from the pickup folder",
                       std::move(archive_first));
    }

    net::awaitable<void> serve(const config::ListenerSetting& where,
                               std::unique_ptr<smtp::Stream> stream, smtp::Peer peer)
    {
        std::shared_ptr<Reception> now;
        {
            const std::lock_guard lock{mutex};
            now = reception;
        }
        if (conversations)
            stream = conversations->listen(std::move(stream), Conversations::Way::in, peer.address,
                                           peer.port, {});
        return Reception::serve(std::move(now), where, std::move(stream), std::move(peer));
    }

    /// Loopback on another port is a legal next hop; one of our own listeners is not.
    bool is_ourselves(const std::string& address, std::uint16_t port) const
    {
        const std::lock_guard lock{mutex};
        return config && smtp::is_own_listener(config->listeners, address, port);
    }

    std::vector<Ending::Pool> pools_at_work()
    {
        auto out = pools.all();
        if (desk) out.push_back({"sign-ins", &desk->pool()});
        if (way_out) out.push_back({"deliveries into Maildirs", &way_out->deliveries()});
        return out;
    }

    /// How far what waited before the start is read; empty: all of it is there.
    std::string loading() const
    {
        if (whole) return {};
        const auto health = spool->health();
        return "segments=" + std::to_string(health.segments_read) + "/" +
               std::to_string(health.segments_to_read) +
               " messages=" + std::to_string(queue->counts().messages) + "/" +
               std::to_string(health.live_messages);
    }
};

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
