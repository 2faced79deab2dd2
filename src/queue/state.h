#pragma once
/// @file queue/state.h  The inside of a Queue: what waits, where, and who works on it.
///
/// One mutex guards all of it; nothing that waits or does I/O runs under it, and nothing that takes
/// long: long walks let it go again and again. dispatch.cc brings messages to lanes, lanes.cc lanes
/// to sites, sites.cc sites to couriers, carry.cc is a courier's life, expanding.cc makes copies
/// for lists that list_walk.cc walks, results.cc records what became of recipients, timetable.cc
/// knows who is looked at when, why.cc says why somebody waits, listing.cc walks over all,
/// broken.cc lets a message wait on which work threw, queue.cc is the outside.
///
/// Functions called ..._now, and those that say so, are called under the mutex.
#include "queue/decisions.h"
#include "queue/expand.h"
#include "queue/items.h"
#include "queue/places.h"
#include "queue/queue.h"
#include "queue/queue_time.h"
#include "queue/settle.h"
#include "queue/site.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <random>
#include <set>
#include <span>
#include <unordered_map>

namespace imc::queue {

using SitePtr = std::shared_ptr<Site>;
using EnvelopePtr = std::shared_ptr<const spool::Envelope>;

/// What a courier takes along at a time.
struct Batch {
    ItemPtr item;
    std::vector<std::uint32_t> recipients;
    std::vector<std::string> addresses;  ///< empty where the envelope's is right
};

/// What became of recipients, on its way to the spool.
struct Findings {
    ItemPtr item;
    std::vector<std::uint32_t> recipients;
    std::vector<DeliveryResult> results;
    EnvelopePtr envelope = {};                  ///< null: not unpacked yet
    bool notice = false;                        ///< nothing but a delay notice
    std::shared_ptr<const Copies> copies = {};  ///< for those whom the recipients stand for
};

inline bool is_remote(const transfer::Route& route)
{
    return std::holds_alternative<transfer::ToSmartHosts>(route.hop) ||
           std::holds_alternative<transfer::ToMx>(route.hop);
}

inline bool sends(config::TransferMode mode) { return mode != config::TransferMode::inbound; }

/// Findings on their way, as far as they have come.
struct Recording {
    std::optional<Settled> settled = {};
    std::optional<std::vector<spool::MessageId>> caused = {};  ///< with it all is durable
    std::vector<std::string> routes = {};  ///< once settled, a recipient may get another one
    std::size_t known = 0;                 ///< results of `settled` that the queue knows
};

constexpr std::string_view tried_again = "It is tried again in 5 minutes.";
constexpr std::string_view next_start =
    "It is in the spool, and goes with the next start of the service at the latest.";
constexpr std::size_t items_in_one_go = 2000;  ///< under the mutex
constexpr std::size_t look_ups_at_once = 100;
constexpr std::size_t look_ups_in_place = 1000;  ///< of recipients, in a directory of this host
constexpr std::uint64_t bodies_in_memory = 128 << 20;  ///< octets

struct Queue::State : std::enable_shared_from_this<Queue::State> {
    QueueParts parts;
    config::ConfigPtr config;
    std::shared_ptr<const transfer::RecipientResolver> resolver;

    mutable std::mutex mutex;
    std::condition_variable landed;
    QueueTime time;
    Items items;
    DecidedAnew decided_anew;
    std::size_t later_decisions = 0;  ///< octets, of all messages
    mutable Profiles profiles;
    std::unordered_map<std::string, LanePtr> lanes;
    std::unordered_map<std::string, SitePtr> sites;
    std::size_t lanes_swept_at = 1000;
    std::list<SitePtr> unused;  ///< without work, oldest first: forgotten after a while
    std::deque<LanePtr> asks;   ///< look-ups that wait for others to end
    std::size_t asking = 0;
    Places<SitePtr> places;
    std::list<std::shared_ptr<Idle>> idlers;  ///< of all sites
    struct Wake {
        std::weak_ptr<Site> site;
        LanePtr lane;
    };
    std::multimap<Steady, Wake> wakes;
    std::unique_ptr<net::steady_timer> timer;
    Steady timer_at = Steady::max();
    std::uint64_t orders = 0;
    std::uint64_t last_action = 0;  ///< of an administrator
    std::size_t next_executor = 0;
    std::size_t in_flight = 0;
    std::uint64_t body_octets = 0;
    Counts totals;
    LinkGate link;
    bool draining = false;
    bool cannot_record = false;
    bool no_room = false;  ///< that is why
    std::mt19937_64 random{std::random_device{}()};

    struct Expanding;
    std::size_t expanding = 0;                 ///< places taken
    std::deque<std::uint64_t> line_to_expand;  ///< ids of messages that wait for one
    std::set<std::uint64_t> called_to_expand;  ///< those that have got one, on their way to it

    mutable std::mutex large_mutex;  ///< of envelopes with many recipients, unpacked once
    mutable std::array<std::pair<spool::MessageId, EnvelopePtr>, 8> large;
    mutable std::size_t next_large = 0;

    mutable std::array<std::uint64_t, reasons> counted{};
    mutable Steady counted_at{};
    DoubleBounces double_bounces;

    State(QueueParts p, config::ConfigPtr c, std::shared_ptr<const transfer::RecipientResolver> r)
        : parts{std::move(p)}, config{std::move(c)}, resolver{std::move(r)},
          timer{std::make_unique<net::steady_timer>(parts.executors.front())}
    {
        profiles.use(config);
        places.set_most(config->outbound_connections);
        look();
    }

    /// Under the mutex: what time it is.
    WallTime look()
    {
        const auto now = time.look(parts.clock.now(), parts.steady());
        items.pass(now);
        return now;
    }
    EnvelopePtr envelope_of(const Item& item) const;

    // ---- dispatch.cc
    /// @param octets  of a text that the caller does not have in memory
    void add(spool::MessageId id, spool::Envelope envelope, spool::Body body,
             const std::vector<spool::Evidence>& evidence = {}, std::uint64_t octets = 0,
             std::span<const std::uint16_t> ways = {}) noexcept;
    /// Recipients of `item` were taken by the caller, under the mutex.
    void send_off(const ItemPtr& item, std::vector<std::uint32_t> recipients,
                  EnvelopePtr envelope = {}) noexcept;
    void route_in_background(const ItemPtr& item, const std::vector<std::uint32_t>& recipients,
                             const EnvelopePtr& envelope,
                             const transfer::RecipientResolver& with) noexcept;
    std::shared_ptr<const transfer::RecipientResolver> resolver_now() const;
    /// What it throws is contained.
    void route(const ItemPtr& item, const std::vector<std::uint32_t>& recipients,
               const spool::Envelope& envelope, const transfer::RecipientResolver& with) noexcept;
    /// @param handed_on  those that stand for others, once others care for them
    void find_ways(const ItemPtr& item, const std::vector<std::uint32_t>& recipients,
                   const spool::Envelope& envelope, const transfer::RecipientResolver& with,
                   std::vector<std::uint32_t>& handed_on);
    transfer::Resolution resolve(const std::string& address, std::string_view client,
                                 const transfer::RecipientResolver& with,
                                 transfer::DecisionLine* line = nullptr);
    /// @param line  as resolve() gave it; empty: it was not asked for
    std::optional<DecidedNow> decided(const Item& item, std::uint32_t index,
                                      const std::string& address, std::string_view client,
                                      const transfer::RecipientResolver& with,
                                      const transfer::Resolution& resolution, std::string line);
    void tell_decided(const Item& item, const spool::Envelope& envelope,
                      const std::vector<DecidedNow>& all) const;
    void note_decided(Item& item, std::vector<DecidedNow>& all);
    /// Of a message, to go with its next result; nothing when the spool has many of others in
    /// memory: then what was decided before remains, which says when that was. Under the mutex.
    std::vector<spool::Evidence> take_decided(Item& item);
    void count_decided(Item& item, std::span<const spool::Evidence> lines);
    /// Nothing was tried for him yet, nor told of him.
    static bool is_news(const Item& item, std::uint32_t index);
    void tell_queued(const Item& item, const spool::Envelope& envelope,
                     const std::vector<std::uint32_t>& recipients, const transfer::Route& route,
                     std::span<const DecidedNow> decided) const;
    // ---- verdicts.cc, not under the mutex
    static std::optional<DeliveryResult> too_large_for(const config::DomainProfile& profile,
                                                       const std::string& domain,
                                                       std::uint64_t octets);
    /// Of one who has no way. An event that belongs to it is raised when it is not what was said of
    /// him last: once for a message, however often it is tried.
    DeliveryResult verdict(const Item& item, std::uint32_t index, const spool::Envelope& envelope,
                           const transfer::Resolution& resolution);
    // ---- dispatch.cc
    void drop_body_now(Item& item);
    void forget_now(Item& item);  ///< it is gone
    /// What must wait for long waits on the disk.
    void drop_body_if(bool waits, Item& item);

    // ---- broken.cc: work on one message threw; in the catch block, and not under the mutex
    /// Those of `recipients` that still stand `from`, and that nobody else cares for, wait.
    void wait_after_defect(Item& item, std::span<const std::uint32_t> recipients, Stage from,
                           std::span<const std::uint32_t> handed_on = {}) noexcept;
    void lists_wait_after_defect(const Expanding& work) noexcept;
    /// The same under the mutex; whoever holds it tells of it afterwards.
    void wait_now(Item& item, std::span<const std::uint32_t> recipients, Stage from,
                  std::span<const std::uint32_t> handed_on = {}) noexcept;
    void tell_broken(spool::MessageId id, std::string_view then) const noexcept;
    /// They are with a courier who has no result. Not in a catch block.
    void not_landed(const SitePtr& site, const Findings& found) noexcept;
    /// It was begun, and nobody does it.
    void break_off_record(const Findings& findings) noexcept;
    /// @return false: the service is ending, and nobody can record it any more
    bool records_again(spool::MessageId id, bool first) noexcept;

    // ---- expanding.cc, not under the mutex
    /// Recipients of `item` that were taken stand for others.
    void expand(const ItemPtr& item, std::vector<Order> lists, const spool::Envelope& envelope);
    void expanded() noexcept;  ///< one has ended
    bool is_draining() const;
    // Under the mutex:
    void stand_in_line(Item& item, const std::vector<Order>& lists);
    void call_next();
    void call(const ItemPtr& item, std::vector<std::uint32_t> recipients);
    void needs_no_expansion(const Item& item);  ///< it was called, and is no list any more
    static net::awaitable<void> expand_all(std::shared_ptr<State> self,
                                           std::shared_ptr<Expanding> work);
    static net::awaitable<void> expand_lists(std::shared_ptr<State> self,
                                             std::shared_ptr<Expanding> work,
                                             std::shared_ptr<Copies> copies);
    static net::awaitable<void> drop_copies(std::shared_ptr<State> self,
                                            std::shared_ptr<const Copies> copies);
    static net::awaitable<std::optional<DeliveryResult>> expand_one(std::shared_ptr<State> self,
                                                                    std::shared_ptr<Expanding> work,
                                                                    const Order& order,
                                                                    Copies& copies);
    static net::awaitable<void> stage(std::shared_ptr<State> self, std::shared_ptr<Expanding> work,
                                      Copies& copies);
    /// What `work` throws, it throws.
    static net::awaitable<void> aside(std::shared_ptr<State> self, std::function<void()> work);
    static net::awaitable<Result<std::vector<spool::MessageId>>>
    make_durable(std::shared_ptr<State> self, const Findings& findings, spool::Commit commit);
    void add_copies(const Copies& copies) noexcept;
    /// What a crash has left of copies that were not to be sent yet.
    void drop_staged(std::vector<spool::Recovered>& messages);
    static net::awaitable<void> remove_staged(std::shared_ptr<State> self,
                                              std::vector<spool::MessageId> ids);

    // ---- list_walk.cc, not under the mutex; blocks
    /// Who is addressed beside the lists gets no copy of theirs; some more of those.
    void mark_addressed(Expanding& work);
    void open_list(Expanding& work, const Order& order);
    void walk_on(Expanding& work);
    void broken_off(Expanding& work, const std::string& defect);
    spool::NewMessage next_copy(Expanding& work);
    DeliveryResult close_list(Expanding& work, Copies& copies);
    void report_refusals(Expanding& work, Copies& copies);
    /// A recipient that does not take mail from this sender, or none so large.
    std::optional<DeliveryResult> restricted(const Item& item, std::uint32_t index,
                                             const spool::Envelope& envelope,
                                             const transfer::RestrictionsPtr& rules,
                                             const transfer::RecipientResolver& with);

    // ---- lanes.cc, under the mutex unless they are coroutines
    LanePtr lane_for(transfer::Route route, std::string_view domain);
    /// Hosts (of lanes and sites that are remote or not) may be asked for, and sent to.
    bool goes_out(bool remote) const;
    void place(const LanePtr& lane, Load load);
    void ask(const LanePtr& lane);
    static net::awaitable<void> look_up(std::shared_ptr<State> self, LanePtr lane);
    void looked_up(const LanePtr& lane, Location where) noexcept;  ///< not under the mutex
    void located(const LanePtr& lane, Location where);
    void led_nowhere(const LanePtr& lane, const Nowhere& nowhere);
    void next_ask();
    void sweep_lanes();
    /// The host of a lane that is held for ETRN has asked, or an administrator in its place.
    void let_go(const LanePtr& lane);
    /// Those of a load that still stand `from` and wait for no other, as a load of their own.
    std::optional<Load> retake(Load load, Stage from);
    void place_anew(const LanePtr& lane);        ///< what waits in it
    bool held_for_etrn(const Lane& lane) const;  ///< link_gate.cc
    /// Those of a load that still wait for it, moved on.
    std::vector<std::uint32_t> claim(const Load& load, Stage from, Stage to);

    // ---- sites.cc, under the mutex
    SitePtr site_for(const LanePtr& lane, const Located& where);
    void to_site(const SitePtr& site, const LanePtr& lane, Load load);
    bool may_send(bool remote) const;
    /// Wakes an idle courier, or hires another one.
    /// @return whether it did
    /// @param has_place  among all connections; given back when it is not used
    bool feed(const SitePtr& site, bool has_place = false);
    bool try_to_feed(const SitePtr& site, bool has_place);
    void feed_all();
    void serve_line();                          ///< of those that wait for one of all connections
    void retire(const SitePtr& site) noexcept;  ///< not under the mutex
    bool ask_before_probe(const SitePtr& site);
    void reroute(const SitePtr& site);
    void give_up_impatient(const SitePtr& site);
    void dismiss_one();
    void forget_sites();
    void wake_at(Steady when, Wake whom);
    std::pair<std::chrono::milliseconds, std::chrono::milliseconds>
    rests(const config::DomainProfile& profile) const;  ///< the first, and the longest
    bool has_no_retries(const Recipient& recipient, const Item& item) const;

    // ---- carry.cc
    static net::awaitable<void> work(std::shared_ptr<State> self, SitePtr site,
                                     net::any_io_executor executor);
    Place place_of(const Site& site) const;
    net::awaitable<std::optional<Batch>> next_job(SitePtr site, net::any_io_executor executor,
                                                  unsigned carried);
    std::optional<Batch> pop(Site& site);
    net::awaitable<void> carry(Courier& courier, SitePtr site, Batch batch);
    net::awaitable<void> hand_over(Courier& courier, std::vector<std::string> addresses,
                                   Findings& found);
    bool no_results(Findings& found) const noexcept;
    void note(const SitePtr& site, const std::vector<DeliveryResult>& results);  // under the mutex
    Result<spool::Body> body_of(Item& item);
    /// @param repeated  becomes Job::repeated for these recipients
    Result<spool::Body> body_of(Item& item, const std::vector<std::uint32_t>& recipients,
                                bool& repeated);

    // ---- results.cc
    void record(Findings findings);      ///< not under the mutex
    void record_now(Findings findings);  ///< under the mutex
    /// What a courier has brought back, noted of its site and recorded. Not under the mutex.
    void land(const SitePtr& site, Findings findings) noexcept;
    void spawn_record(const net::any_io_executor& executor,
                      const std::shared_ptr<Findings>& findings) noexcept;
    net::any_io_executor begin_record(const Findings& findings);  ///< under the mutex
    static net::awaitable<void> record_all(std::shared_ptr<State> self,
                                           std::shared_ptr<Findings> findings);
    Settled judge(Findings& findings);
    bool has_copies_to_keep(const Settled& settled) const;
    /// Reports for our own people have theirs before they are durable, as all inbound mail.
    static net::awaitable<void> keep_copies(std::shared_ptr<State> self, Settled& settled);
    static net::awaitable<void> discard_copies(std::shared_ptr<State> self,
                                               const std::vector<Settled>& settled);
    /// @return false when the service is ending and nobody can record it any more
    bool stop_sending(const Error& error);
    /// All is durable. Called again after it threw it goes on where it was.
    void recorded(const Findings& findings, Recording& done);
    void tell_recorded(const Findings& findings, Settled& settled,
                       const std::vector<std::string>& routes,
                       const std::vector<spool::MessageId>& caused) const;
    void tell_settled(const Findings& findings, const Settled& settled,
                      const std::vector<std::string>& routes,
                      const std::vector<spool::MessageId>& caused) const;
    config::ConfigPtr config_now() const;  ///< not under the mutex
    static std::string report_on(const Settled& settled, std::uint32_t index,
                                 const std::vector<spool::MessageId>& caused);
    static std::string reply_of(const Settled& settled, std::uint32_t index);

    // ---- timetable.cc, under the mutex but on_time()
    /// After anything may have become due earlier. One timer for all that waits.
    void arm();
    void on_time() noexcept;
    void run_timer(std::chrono::steady_clock::duration wait);  ///< on the first executor
    void wake_those_due(Steady now);
    /// Whose time is up, who is late, and when to look again.
    void examine(const ItemPtr& item);
    void give_up(const ItemPtr& item, const std::vector<std::uint32_t>& recipients);
    DeliveryResult last_word(const Recipient& recipient) const;
    const config::RetryPlan& plan_of(const Item& item, const Recipient& recipient,
                                     std::string_view address);
    void reroute_all();
    static void reroute_some(const std::shared_ptr<State>& self);

    void bring_back(spool::Recovered& message, WallTime now);  ///< queue.cc

    // ---- terms_at_work.cc, under the mutex
    /// What an administrator has ordered of a message that comes into the queue: before insert().
    /// @return when something of it is due
    std::optional<WallTime> adopt(Item& item, const spool::Envelope& envelope,
                                  const std::vector<spool::Evidence>& evidence) const;
    WallTime wall_now() const { return time.to_wall(items.now()); }
    WallTime ends_of(const Item& item, const Recipient& recipient,
                     const config::RetryPlan& plan) const;
    /// One that was taken stands where its terms say.
    void stand(Item& item, std::uint32_t index, bool at_once = false);
    /// Of held and deleted ones: what is due now. @return true: nothing else is to be looked at
    bool examine_terms(Item& item, std::uint32_t index, WallTime ends, WallTime& again,
                       std::vector<std::uint32_t>& over, std::vector<std::uint32_t>& purge);
    void purge_now(const ItemPtr& item, std::vector<std::uint32_t> recipients);
    static net::awaitable<void> purge(std::shared_ptr<State> self, ItemPtr item,
                                      std::shared_ptr<const std::vector<std::uint32_t>> all);
    static net::awaitable<void>
    purge_all(std::shared_ptr<State> self, ItemPtr item,
              std::shared_ptr<const std::vector<std::uint32_t>> recipients);
    /// Not under the mutex, in a catch block.
    void not_purged(Item& item, std::span<const std::uint32_t> recipients) noexcept;
    std::string why_held(const Terms& terms) const;

    // ---- why.cc, under the mutex
    Reason reason_of(const Recipient& recipient) const;
    RecipientRow row_of(const Item& item, std::uint32_t index, std::string_view address) const;

    // ---- listing.cc
    /// Calls `each(item, recipients)` for what fits, oldest first, until it says false. Under the
    /// mutex, which is let go between every so many messages.
    template <class Each>
    void walk(const Selector& selector, spool::MessageId after, Each each) const;  // walk.h
    std::vector<std::uint32_t> fitting(const Selector& selector, const Item& item) const;
    /// Which of view_names() it is in. @param address  its own
    std::size_t view_of(const Recipient& recipient, std::string_view address) const;
    std::size_t retry(const Selector& selector);
    std::vector<Taken> take_for_removal(const Selector& selector);
};

/// "name:port" of the hosts of a place, or of the route where the courier looks for them.
std::vector<std::string> hosts_of(const Place& place);
/// @param label  "mx.example.net[192.0.2.7]:25"  @param host  "mx.example.net:25"
bool label_is_of(std::string_view label, std::string_view host);

/// The way that an administrator wants.
transfer::Route rerouted(const std::string& host, const std::string& address);
/// Who is rerouted, or handed to hosts that a routing row or another connector names, does not sign
/// in there: the password is another host's.
ProfilePtr without_sign_in(ProfilePtr profile, const transfer::Route& route);

/// Whether a host said so of the session, not of the message.
bool is_session_failure(const DeliveryResult& result);

}  // namespace imc::queue
