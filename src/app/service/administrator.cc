#include "app/service/administrator.h"

#include "admin/audit_on_pool.h"
#include "admin/web_gate.h"
#include "app/service/admin_sign_in.h"
#include "app/service/held_routes.h"
#include "base/text.h"
#include "event/post_contained.h"
#include "smtp/server/listener.h"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <optional>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto judge_again_each = 60s;
constexpr auto judge_again_patience = 20s;
constexpr auto prune_each = 1h;
constexpr std::size_t most_connections = 600;
constexpr std::size_t most_per_address = 300;

bool is_wildcard(const std::string& address) { return address == "0.0.0.0" || address == "::"; }

}  // namespace

struct Administrator::State : std::enable_shared_from_this<Administrator::State> {
    AdministratorParts parts;
    AdminSignIn sign_in;
    admin::Server server;
    smtp::Sessions connections;

    // Of the engine's thread:
    std::unique_ptr<smtp::Listener> listener;
    std::string failed;  ///< what was said last of the listener
    bool stopped = false;
    Deadline next_judgement = after(judge_again_each);
    std::atomic<bool> judging{false};  ///< on the pool
    /// Of a sound configuration: while held nobody knows how long the audit log is wanted.
    std::optional<std::chrono::days> audit_days;
    Deadline next_prune{};

    mutable std::mutex mutex;  ///< of what requests ask:
    config::AdminSettings settings;
    std::string host;
    std::optional<config::AdminListen> open;

    explicit State(AdministratorParts p)
        : parts{std::move(p)}, sign_in{parts.keep, parts.events, parts.background},
          server{parts.paths.admin_socket(), parts.executor}
    {
        add_routes();
        server.tell(parts.events);
        server.audit(std::make_shared<admin::AuditOnPool>(parts.keep.audit, parts.background));
        server.gate(std::make_shared<admin::WebGate>(admin::WebGateParts{
            parts.keep.sessions, parts.keep.tokens, parts.events, parts.background,
            [this](const std::string& name) { return knows(name); }}));
    }

    void add_routes()
    {
        HeldRouteParts routes{
            {parts.keep.sessions, parts.keep.links, parts.keep.tokens, parts.keep.emergency,
             parts.keep.audit, parts.events, parts.background,
             [this](admin::PasswordGiven given) { return sign_in.judge(std::move(given)); },
             [this] { return url(); }, [this] { return sign_in.administrators(); }},
            parts.board,
            parts.loading};
        add_held_routes(server, std::move(routes));
        answer_the_rest(server, parts.board, parts.held);
    }

    bool knows(const std::string& name) const
    {
        const std::lock_guard lock{mutex};
        return name == lower(host) ||
               std::ranges::find(settings.hosts, name) != settings.hosts.end();
    }

    Result<std::string> url() const
    {
        const std::lock_guard lock{mutex};
        if (!open)
            return Error{EventId::admin_refused,
                         settings.listen
                             ? "nothing listens on " + settings.listen->to_string() +
                                   "; imc events --id 41006" + parts.paths.option() + " says why"
                             : "AdminListen is not set: imc reg add -v AdminListen -t SZ -d "
                               "127.0.0.1:8025 -f" +
                                   parts.paths.option()};
        const std::string scheme = open->is_loopback() ? "http://" : "https://";
        if (!is_wildcard(open->address) || host.empty()) return scheme + open->to_string();
        return scheme + host + ":" + std::to_string(open->port);
    }

    void set(config::AdminSettings next, std::string name)
    {
        parts.keep.sessions.set({next.idle, next.longest});
        {
            const std::lock_guard lock{mutex};
            settings = std::move(next);
            host = std::move(name);
        }
        listen();
    }

    void listen()
    {
        const auto& wanted = settings.listen;
        const auto name = wanted ? wanted->to_string() : std::string{};
        if (listener && listener->name() == name) return;
        const bool same_port = listener && wanted && listener->port() == wanted->port;
        close();
        // Its sockets are closed by another thread: the next look finds the port free.
        if (same_port) return;
        if (!wanted) {
            failed.clear();
            return;
        }
        if (!wanted->is_loopback() && !parts.tls.server(name))
            return say_failed(name, "it is not loopback, and there is no certificate to show");
        const auto descriptor = smtp::bind_listener(wanted->address, wanted->port);
        if (!descriptor) return say_failed(name, descriptor.error().detail());
        failed.clear();
        {
            const std::lock_guard lock{mutex};
            open = wanted;
        }
        smtp::ListenerSettings how{name, *descriptor, most_connections, most_per_address, host};
        how.tls_first = true;  // who is one too many hears nothing: 421 is no HTTP
        listener = std::make_unique<smtp::Listener>(
            std::move(how), std::vector<net::any_io_executor>{parts.executor}, connections,
            [self = weak_from_this()](std::unique_ptr<smtp::Stream> stream, smtp::Peer peer) {
                return talk(self.lock(), std::move(stream), std::move(peer));
            },
            parts.events);
        if (const auto where = url()) parts.board->set("admin", boost::json::value(*where));
    }

    /// Whoever is signed in: the directory is asked now and then.
    void judge_again()
    {
        if (std::chrono::steady_clock::now() < next_judgement || judging.exchange(true)) return;
        next_judgement = after(judge_again_each);
        post_contained(
            parts.background, parts.events, "who is signed in", [self = shared_from_this()] {
                contained(self->parts.events, "judging who is signed in again",
                          [&self] { self->sign_in.judge_again(after(judge_again_patience)); });
                self->judging = false;
            });
    }

    void prune_audit()
    {
        if (!audit_days || std::chrono::steady_clock::now() < next_prune) return;
        next_prune = after(prune_each);
        post_contained(parts.background, parts.events, "old lines of the audit log",
                       [self = shared_from_this(), days = *audit_days] {
                           self->parts.keep.audit.prune(days);
                       });
    }

    void say_failed(const std::string& name, const std::string& why)
    {
        if (failed == name + why) return;
        failed = name + why;
        parts.events.raise(EventId::admin_listener_failed, {{"listener", name}, {"detail", why}});
    }

    void close()
    {
        listener.reset();
        {
            const std::lock_guard lock{mutex};
            open.reset();
        }
        parts.board->set("admin", {});
    }

    /// Whether this address needs TLS, and what to answer the handshake with.
    std::pair<bool, std::shared_ptr<const smtp::TlsServer>> tls() const
    {
        std::optional<config::AdminListen> where;
        {
            const std::lock_guard lock{mutex};
            where = open;
        }
        if (!where) return {true, nullptr};
        if (where->is_loopback()) return {false, nullptr};
        return {true, parts.tls.server(where->to_string())};
    }

    static net::awaitable<void> talk(std::shared_ptr<State> self,
                                     std::unique_ptr<smtp::Stream> stream, smtp::Peer peer)
    {
        if (!self) co_return;
        const auto wanted = self->tls();
        const bool secure = wanted.first;
        const auto tls = wanted.second;
        if (secure) {
            if (!tls || !tls->ready()) co_return;
            const auto proved = co_await stream->accept_tls(*tls, after(tls->handshake_timeout()));
            if (!proved) {
                tls->handshake_failed(peer.address, proved.error());
                co_await stream->close(after(1s));
                co_return;
            }
        }
        admin::HttpPeer who;
        who.address = peer.address;
        who.port = peer.port;
        who.secure = secure;
        auto conversation = self->server.serve(std::move(stream), std::move(who));
        co_await std::move(conversation);
    }
};

Administrator::Administrator(AdministratorParts parts)
    : state_{std::make_shared<State>(std::move(parts))}
{}

Administrator::~Administrator() { stop(); }

admin::Server& Administrator::server() { return state_->server; }
admin::Audit& Administrator::audit() { return state_->parts.keep.audit; }

void Administrator::use(const config::Config& config, const config::People& people, AuthDesk& desk)
{
    auto& s = *state_;
    auto accounts = people.directory
                        ? std::make_shared<Accounts>(people.directory, people.base_in(config))
                        : nullptr;
    s.sign_in.use(config.admin.administrators, config.auth, std::move(accounts), &desk.attempts());
    s.parts.keep.sessions.judge_again(
        [&s](const std::string& account) { return s.sign_in.standing(account); });
    s.audit_days = config.admin.audit;
    s.next_prune = {};
    s.set(config.admin, config.host_name);
}

void Administrator::use(const config::AdminSettings& settings, const std::string& host)
{
    auto& s = *state_;
    s.parts.keep.tokens.look();
    if (settings == s.settings && host == s.host) return s.listen();
    s.audit_days.reset();
    s.sign_in.use({}, {}, nullptr, nullptr);
    s.set(settings, host);
}

Result<> Administrator::start() { return state_->server.start(); }

void Administrator::look()
{
    state_->listen();
    state_->judge_again();
    state_->prune_audit();
    state_->parts.keep.tokens.look();
}

void Administrator::stop()
{
    auto& s = *state_;
    if (std::exchange(s.stopped, true)) return;
    s.close();
    s.server.stop();
    (void)s.connections.end(after(100ms));
}

}  // namespace imc::app
