#pragma once
/// @file app/service/engine_state.h  The inside of an Engine: its parts and how they are joined.
/// engine.cc starts, changes and ends them.
///
/// Threads: any; `mutex` guards what another generation replaces.
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
#include "dns/resolver.h"
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

inline constexpr std::uint64_t most_in_flight = 256 << 20;  // octets of messages being received

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

}  // namespace imc::app
