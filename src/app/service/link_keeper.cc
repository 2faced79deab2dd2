#include "app/service/link_keeper.h"

#include "base/offload.h"
#include "event/caught.h"
#include "queue/link.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto tick = 1s;
constexpr auto look_again = 60s;  ///< at all that waits
constexpr auto last_messages = 60s;
constexpr auto longest_move = 2h;  ///< hooks have their own limits

}  // namespace

struct LinkKeeper::State : std::enable_shared_from_this<State> {
    State(LinkKeeperParts p, config::ConfigPtr c)
        : parts{std::move(p)}, config{std::move(c)}, timer{parts.executor}
    {
        use(config);
        const auto at = now();
        since = at.wall;
        const auto always = config->link.schedule.always && !has_hook(true);
        if (always) {
            link.opened(at);
            etrn_at = at.steady;
        }
        why = always ? "its schedule is always" : "the service has just started";
        publish(at);
    }

    LinkKeeperParts parts;
    std::mutex mutex;
    config::ConfigPtr next;  ///< guarded: of set(), until the next tick
    config::ConfigPtr config;
    queue::Link link;
    std::string why, failure;
    WallTime since{};
    queue::Link::Needs needs;
    std::size_t waiting = 0;
    std::chrono::steady_clock::time_point scanned_at{};
    std::chrono::steady_clock::time_point etrn_at = std::chrono::steady_clock::time_point::max();
    bool asking = false;  ///< ETRN is under way
    std::optional<queue::LinkGate> published;
    std::uint64_t asked = 0, answered = 0;  ///< commands
    net::steady_timer timer;
    bool tidied = false;  ///< a line that an earlier process opened is closed
    std::atomic<bool> stopping{false};
    std::atomic<bool> open_now{true};
    net::thread_pool hooks{1};

    queue::Link::Moment now() const { return {parts.clock.now(), parts.steady()}; }
    bool has_hook(bool opens) const
    {
        return std::ranges::any_of(config->link.hooks,
                                   [&](const auto& hook) { return hook.opens == opens; });
    }
    void use(const config::ConfigPtr& c)
    {
        const auto& old = config->link;
        if (link.is_open() && (c->link.etrn != old.etrn || c->link.etrn_every != old.etrn_every))
            etrn_at = parts.steady();
        config = c;
        link.set(c->link.schedule, c->link.timeout);
    }

    void publish(queue::Link::Moment at)
    {
        queue::LinkGate gate{link.is_open()};
        open_now = gate.open;
        if (!gate.open) {
            if (const auto when = link.opens_at(at, needs))
                gate.opens_at = std::chrono::ceil<std::chrono::seconds>(*when);
            gate.opens_when = link.opens_when();
        }
        if (published && published->open == gate.open && published->opens_at == gate.opens_at &&
            published->opens_when == gate.opens_when)
            return;
        published = gate;
        parts.queue.set_gate(std::move(gate));
    }

    /// The oldest is looked for once a minute, and before the link opens for it.
    void look_at_needs(queue::Link::Moment at)
    {
        const auto found = parts.queue.needs();
        needs.wants = found.wants;
        waiting = found.waiting;
        if (link.is_open() || !link.has_rows_for_queued() || waiting == 0) {
            needs.oldest.reset();
            scanned_at = {};
            return;
        }
        const auto opens = link.opens_at(at, needs);
        const auto due = needs.oldest && opens && *opens <= at.wall;
        if (scanned_at != decltype(scanned_at){} && at.steady - scanned_at < look_again && !due)
            return;
        scanned_at = at.steady;
        needs.oldest = parts.queue.oldest();
    }

    static net::awaitable<void> wait(net::steady_timer& timer, std::chrono::milliseconds time)
    {
        timer.expires_after(time);
        boost::system::error_code woken;
        co_await timer.async_wait(net::redirect_error(net::use_awaitable, woken));
    }

    static net::awaitable<void> run(std::shared_ptr<State> self)
    {
        while (!self->stopping) {
            const auto commands = self->asked;
            bool broken = false;
            try {
                co_await self->take_turn();
            } catch (...) {
                broken = true;
                raise_caught(self->parts.events, "the link to other hosts");
            }
            self->answered = commands;
            if (self->asked != commands) continue;
            co_await wait(self->timer, broken ? look_again : tick);
        }
    }

    net::awaitable<void> take_turn()
    {
        {
            const std::lock_guard lock{mutex};
            if (next) use(std::exchange(next, nullptr));
        }
        const auto at = now();
        look_at_needs(at);
        const auto move = link.step(at, needs);
        if (move && move->open)
            co_await open(move->why);
        else if (move)
            co_await close(move->why);
        else if (!tidied && !link.is_open())
            co_await hang_up();
        tidied = true;
        publish(now());
        ask_if_due();
    }

    /// Nobody knows how far the line is open: after a start, or when the second of two commands has
    /// failed.
    net::awaitable<void> hang_up()
    {
        std::string output;
        (void)co_await run_hooks(false, output);
    }

    /// @return what went wrong; empty: nothing
    net::awaitable<std::string> run_hooks(bool opens, std::string& output)
    {
        const auto keep = config;  // another generation may come meanwhile
        for (const auto& hook : keep->link.hooks) {
            if (hook.opens != opens) continue;
            const auto work = [this, &hook] { return parts.run(hook, stopping); };
            auto result = co_await offload(hooks, work);
            output += (output.empty() || result.output.empty() ? "" : "; ") + result.output;
            if (result.done) continue;
            std::string words;
            for (const auto& word : hook.words)
                words += (words.empty() ? "" : " ") + word;
            parts.events.raise(EventId::link_hook_failed, {{"command", words},
                                                           {"link", opens ? "open" : "close"},
                                                           {"detail", result.why},
                                                           {"output", result.output}});
            if (opens) co_return words + ": " + result.why;
        }
        co_return std::string{};
    }

    net::awaitable<void> open(std::string because)
    {
        std::string output;
        const auto wrong = co_await run_hooks(true, output);
        const auto at = now();
        failure = wrong;
        if (!wrong.empty()) {
            link.failed(at);
            why = "it could not be opened: " + wrong;
            co_await hang_up();
            co_return;
        }
        link.opened(at);
        why = std::move(because);
        since = at.wall;
        etrn_at = at.steady;
        parts.events.raise(
            EventId::link_opened,
            {{"detail", why}, {"waiting", std::to_string(waiting)}, {"output", output}});
    }

    net::awaitable<void> close(std::string because)
    {
        queue::LinkGate gate{false, {}, "it is being closed"};
        published = gate;
        open_now = false;
        parts.queue.set_gate(std::move(gate));
        const auto until = parts.steady() + last_messages;
        while (parts.queue.needs().sending > 0 && !stopping && parts.steady() < until)
            co_await wait(timer, parts.pause);
        std::string output;
        (void)co_await run_hooks(false, output);
        const auto at = now();
        link.closed(at);
        why = std::move(because);
        since = at.wall;
        etrn_at = std::chrono::steady_clock::time_point::max();
        parts.events.raise(
            EventId::link_closed,
            {{"detail", why}, {"waiting", std::to_string(waiting)}, {"output", output}});
    }

    void ask_if_due()
    {
        const auto at = parts.steady();
        if (!parts.ask_for_mail || asking || at < etrn_at) return;
        const auto every = config->link.etrn_every;
        etrn_at = every == 0min ? std::chrono::steady_clock::time_point::max() : at + every;
        if (config->link.etrn.empty()) return;
        asking = true;
        net::co_spawn(parts.executor, ask(shared_from_this()), net::detached);
    }

    static net::awaitable<void> ask(std::shared_ptr<State> self)
    {
        try {
            (void)co_await self->parts.ask_for_mail(self->config, false);
        } catch (...) {
            raise_caught(self->parts.events, "asking hosts for mail");
        }
        self->asking = false;
    }

    admin::LinkState report() const
    {
        admin::LinkState out;
        out.open = link.is_open();
        out.why = why;
        out.since = since;
        out.schedule = config->link.rows;
        out.waiting = parts.queue.needs().waiting;
        out.oldest = needs.oldest;
        out.failure = failure;
        if (out.open) return out;
        out.opens_at = link.opens_at(now(), needs);
        out.opens_when = link.opens_when();
        return out;
    }

    /// What was asked for has been tried when this returns.
    static net::awaitable<admin::LinkState> carried_out(std::shared_ptr<State> self)
    {
        const auto mine = ++self->asked;
        self->timer.cancel();
        const auto deadline = self->parts.steady() + longest_move;
        net::steady_timer pause{self->parts.executor};
        while (self->answered < mine && !self->stopping && self->parts.steady() < deadline) {
            co_await wait(pause, self->parts.pause);
        }
        co_return self->report();
    }
};

LinkedQueue::LinkedQueue(queue::Queue& queue)
    : set_gate{[&queue](queue::LinkGate gate) { queue.set_link(std::move(gate)); }},
      needs{[&queue] { return queue.link_needs(); }},
      oldest{[&queue] { return queue.oldest_for_link(); }}
{}

LinkKeeper::LinkKeeper(LinkKeeperParts parts, config::ConfigPtr config)
    : state_{std::make_shared<State>(std::move(parts), std::move(config))}
{}

LinkKeeper::~LinkKeeper() { stop(); }

void LinkKeeper::start()
{
    net::co_spawn(state_->parts.executor, State::run(state_), net::detached);
}

void LinkKeeper::set(config::ConfigPtr config)
{
    const std::lock_guard lock{state_->mutex};
    state_->next = std::move(config);
}

void LinkKeeper::stop()
{
    state_->stopping = true;
    state_->hooks.join();
}

void LinkKeeper::look_at_the_clock()
{
    net::post(state_->parts.executor, [state = state_] { state->timer.cancel(); });
}

bool LinkKeeper::is_open() const { return state_->open_now; }

admin::LinkState LinkKeeper::state() { return state_->report(); }

net::awaitable<admin::LinkState> LinkKeeper::open(std::optional<std::chrono::minutes> length)
{
    state_->link.ask_open(length);
    return State::carried_out(state_);
}

net::awaitable<admin::LinkState> LinkKeeper::close()
{
    state_->link.ask_close();
    return State::carried_out(state_);
}

net::awaitable<std::vector<admin::EtrnRow>> LinkKeeper::etrn(bool dry_run)
{
    const auto state = state_;
    if (!state->parts.ask_for_mail) co_return std::vector<admin::EtrnRow>{};
    auto rows = co_await state->parts.ask_for_mail(state->config, dry_run);
    co_return rows;
}

}  // namespace imc::app
