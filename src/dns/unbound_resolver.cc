#include "dns/unbound_resolver.h"

#include "base/text.h"
#include "dns/rdata.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unbound.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace imc::dns {
namespace {

using boost::system::error_code;

constexpr int type_a = 1, type_cname = 5, type_ptr = 12, type_mx = 15, type_txt = 16,
              type_aaaa = 28;
constexpr int class_in = 1;
constexpr int rcode_ok = 0, rcode_nxdomain = 3;
constexpr int most_aliases = 8;
constexpr std::size_t most_records = 256;

Error no_answer(std::string detail) { return Error{EventId::dns_cannot_say, std::move(detail)}; }

/// What libunbound said, copied out of its memory.
struct Raw {
    int failure = 0;  ///< of libunbound
    int rcode = rcode_ok;
    bool secure = false;
    bool bogus = false;
    int ttl = 0;
    std::string why_bogus;
    std::vector<std::string> data;
};

/// One query, shared by the coroutine that waits for it and the resolver's thread.
struct Query {
    explicit Query(net::any_io_executor executor) : woken{std::in_place, executor} {}

    /// Of the waiting side, which takes it along when it leaves: its executor may end before us.
    std::optional<net::steady_timer> woken;
    bool done = false;  ///< likewise
    Raw answer;         ///< written before `done` is posted

    std::mutex leaving;
    bool abandoned = false;  ///< the waiting side is gone, its executor perhaps too

    int id = 0;  ///< of the resolver's thread alone, from here on
    bool running = false;
    bool cancelled = false;
};

/// The thread around one ub_ctx.
class Engine {
public:
    Engine() : work_{net::make_work_guard(io_)}, readable_{io_} {}
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    ~Engine()
    {
        work_.reset();
        io_.stop();
        if (thread_.joinable()) thread_.join();
        if (readable_.is_open()) (void)readable_.release();
        // Joins libunbound's own thread; queries under way are forgotten without a callback.
        context_.reset();
        for (const auto& [query, owner] : running_) {
            owner->answer.failure = UB_PIPE;
            wake(owner);
        }
    }

    Result<> start(const ResolverSettings& settings)
    {
        auto servers = choose_servers(settings);
        if (!servers) return servers.error();
        context_.reset(::ub_ctx_create());
        if (!context_) return no_answer("libunbound has no memory");
        ub_ctx* const c = context_.get();
        int bad = ::ub_ctx_async(c, 1);
        const std::pair<const char*, const char*> options[] = {
            {"do-not-query-localhost:", "no"},
            {"unblock-lan-zones:", "yes"},
            {"insecure-lan-zones:", "yes"},
            // A server that was down is asked again soon: mail waits for it.
            {"infra-host-ttl:", "60"},
            {"infra-keep-probing:", "yes"},
            {"cache-max-ttl:", "86400"},
            {"cache-max-negative-ttl:", "900"},
        };
        for (const auto& [name, value] : options)
            if (bad == 0) bad = ::ub_ctx_set_option(c, name, value);
        for (const auto& server : *servers) {
            const std::string text = server.address + '@' + std::to_string(server.port);
            if (bad == 0) bad = ::ub_ctx_set_fwd(c, text.c_str());
        }
        if (bad == 0 && !settings.trust_anchors.empty())
            bad = ::ub_ctx_add_ta_file(c, settings.trust_anchors.c_str());
        for (const char* zone : {"test.", "home.arpa."})
            if (bad == 0) bad = ::ub_ctx_zone_remove(c, zone);
        if (bad != 0) return no_answer(std::string{"libunbound: "} + ::ub_strerror(bad));

        readable_.assign(::ub_fd(c));
        await_readable();
        thread_ = std::thread{[this] { io_.run(); }};
        return {};
    }

    std::shared_ptr<Query> begin(std::string name, int type, net::any_io_executor executor)
    {
        auto query = std::make_shared<Query>(std::move(executor));
        net::post(io_, [this, query, name = std::move(name), type] { ask(query, name, type); });
        return query;
    }

    void forget(std::shared_ptr<Query> query)
    {
        net::post(io_, [this, query] {
            query->cancelled = true;
            if (!query->running) return;
            ::ub_cancel(context_.get(), query->id);
            running_.erase(query.get());
            query->running = false;
        });
    }

private:
    struct Delete {
        void operator()(ub_ctx* c) const { ::ub_ctx_delete(c); }
    };

    void await_readable()
    {
        readable_.async_wait(net::posix::stream_descriptor::wait_read, [this](error_code failure) {
            if (failure) return;
            ::ub_process(context_.get());
            await_readable();
        });
    }

    void ask(const std::shared_ptr<Query>& query, const std::string& name, int type)
    {
        if (query->cancelled) return;
        running_[query.get()] = {query, this};
        query->running = true;
        const int bad = ::ub_resolve_async(context_.get(), name.c_str(), type, class_in,
                                           &running_[query.get()], &Engine::answered, &query->id);
        if (bad == 0) return;
        query->answer.failure = bad;
        finish(query);
    }

    struct Running {
        std::shared_ptr<Query> query;
        Engine* engine = nullptr;
        Query* operator->() const { return query.get(); }
        operator const std::shared_ptr<Query>&() const { return query; }
    };

    static void answered(void* mine, int failure, ub_result* result)
    {
        const std::unique_ptr<ub_result, void (*)(ub_result*)> owner{result, ::ub_resolve_free};
        const auto running = *static_cast<Running*>(mine);
        Raw& raw = running->answer;
        raw.failure = failure;
        if (result) {
            raw.rcode = result->rcode;
            raw.secure = result->secure != 0;
            raw.bogus = result->bogus != 0;
            raw.ttl = result->ttl;
            if (result->why_bogus) raw.why_bogus = result->why_bogus;
            for (std::size_t i = 0; result->data && result->data[i] && i < most_records; ++i)
                raw.data.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
        }
        running.engine->finish(running.query);
    }

    void finish(const std::shared_ptr<Query>& query)
    {
        const auto kept = query;  // the reference may be into what is erased next
        kept->running = false;
        running_.erase(kept.get());
        wake(kept);
    }

    static void wake(const std::shared_ptr<Query>& query)
    {
        const std::lock_guard lock{query->leaving};
        if (query->abandoned) return;
        net::post(query->woken->get_executor(), [query] {
            query->done = true;
            if (query->woken) query->woken->expires_at(Deadline::min());
        });
    }

    net::io_context io_{1};
    net::executor_work_guard<net::io_context::executor_type> work_;
    net::posix::stream_descriptor readable_;
    std::unique_ptr<ub_ctx, Delete> context_;
    std::map<Query*, Running> running_;
    std::thread thread_;
};

/// Leaves the query however the coroutine ends, being destroyed included.
class Waiting {
public:
    Waiting(Engine& engine, std::shared_ptr<Query> query)
        : engine_{engine}, query_{std::move(query)}
    {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    ~Waiting()
    {
        {
            const std::lock_guard lock{query_->leaving};
            query_->abandoned = true;
            query_->woken.reset();
        }
        if (!query_->done) engine_.forget(query_);
    }

    net::awaitable<Raw> answer(Deadline deadline)
    {
        if (!query_->done) {
            error_code woken;
            query_->woken->expires_at(deadline);
            co_await query_->woken->async_wait(net::redirect_error(net::use_awaitable, woken));
        }
        if (query_->done) co_return std::move(query_->answer);
        Raw late;
        late.failure = UB_SOCKET;
        late.why_bogus = "no server answered in time";
        co_return late;
    }

private:
    Engine& engine_;
    std::shared_ptr<Query> query_;
};

template <class T, class Read>
Answer<Records<T>> interpret(const Raw& raw, std::string_view name, const Read& read)
{
    const auto cannot_say = [&](const std::string& why) {
        return CannotSay{no_answer(printable(name) + ": " + printable(why))};
    };
    if (raw.failure != 0)
        return cannot_say(raw.why_bogus.empty() ? ::ub_strerror(raw.failure) : raw.why_bogus);
    if (raw.bogus) return cannot_say("DNSSEC validation failed: " + raw.why_bogus);
    if (raw.rcode == 2) return cannot_say("SERVFAIL");
    if (raw.rcode != rcode_ok && raw.rcode != rcode_nxdomain)
        return cannot_say("response code " + std::to_string(raw.rcode));
    Records<T> records;
    records.secure = raw.secure;
    records.ttl = std::chrono::seconds{std::max(raw.ttl, 0)};
    for (const auto& rdata : raw.data)
        if (auto value = read(rdata)) records.values.push_back(std::move(*value));
    if (!records.values.empty()) return records;
    if (!raw.data.empty()) return cannot_say("records that cannot be read");
    return ProvenAbsent{};
}

class UnboundResolver final : public Resolver {
public:
    explicit UnboundResolver(bool prefer_ipv6) : prefer_ipv6_{prefer_ipv6} {}

    Result<> start(const ResolverSettings& settings) { return engine_.start(settings); }

    net::awaitable<Answer<Records<Mx>>> mx(std::string domain, Deadline deadline) override
    {
        return one<Mx>(std::move(domain), type_mx, &read_mx, deadline);
    }

    net::awaitable<Answer<Records<std::string>>> txt(std::string name, Deadline deadline) override
    {
        return one<std::string>(std::move(name), type_txt, &read_txt, deadline);
    }

    net::awaitable<Answer<Records<std::string>>> ptr(std::string address,
                                                     Deadline deadline) override
    {
        return one<std::string>(reverse_name(address).value_or(""), type_ptr, &read_name, deadline);
    }

    net::awaitable<Answer<Records<std::string>>> addresses(std::string host,
                                                           Deadline deadline) override
    {
        using Found = Records<std::string>;
        const auto name = absolute_name(host);
        if (!name) co_return ProvenAbsent{};
        const auto executor = co_await net::this_coro::executor;
        Waiting v6{engine_, engine_.begin(*name, type_aaaa, executor)};
        Waiting v4{engine_, engine_.begin(*name, type_a, executor)};
        const Raw raw6 = co_await v6.answer(deadline);
        const Raw raw4 = co_await v4.answer(deadline);
        auto first = interpret<std::string>(raw6, *name, &read_aaaa);
        auto second = interpret<std::string>(raw4, *name, &read_a);
        if (!prefer_ipv6_) std::swap(first, second);
        auto* const a = std::get_if<Found>(&first);
        auto* const b = std::get_if<Found>(&second);
        if (a && b) {
            a->values.insert(a->values.end(), b->values.begin(), b->values.end());
            a->secure = a->secure && b->secure;
            a->ttl = std::min(a->ttl, b->ttl);
            co_return std::move(first);
        }
        if (a) co_return std::move(first);
        if (b) co_return std::move(second);
        auto* unsaid = std::get_if<CannotSay>(&first);
        if (!unsaid) unsaid = std::get_if<CannotSay>(&second);
        if (!unsaid) co_return ProvenAbsent{};
        Error reason = co_await explain(*name, unsaid->reason, deadline);
        co_return CannotSay{std::move(reason)};
    }

private:
    template <class T>
    net::awaitable<Answer<Records<T>>>
    one(std::string asked, int type, std::optional<T> (*read)(std::string_view), Deadline deadline)
    {
        const auto name = absolute_name(asked);
        if (!name) co_return ProvenAbsent{};
        const auto executor = co_await net::this_coro::executor;
        Waiting waiting{engine_, engine_.begin(*name, type, executor)};
        const Raw raw = co_await waiting.answer(deadline);
        auto answer = interpret<T>(raw, *name, read);
        const auto* unsaid = std::get_if<CannotSay>(&answer);
        if (!unsaid) co_return answer;
        Error reason = co_await explain(*name, unsaid->reason, deadline);
        co_return CannotSay{std::move(reason)};
    }

    /// SERVFAIL is also what libunbound says of aliases that go round. That is no outage.
    net::awaitable<Error> explain(std::string name, Error reason, Deadline deadline)
    {
        if (!reason.detail().ends_with("SERVFAIL")) co_return reason;
        const auto executor = co_await net::this_coro::executor;
        std::vector<std::string> seen{name};
        for (int step = 0; step <= most_aliases; ++step) {
            Waiting waiting{engine_, engine_.begin(seen.back(), type_cname, executor)};
            const Raw raw = co_await waiting.answer(deadline);
            if (raw.failure != 0 || raw.data.empty()) co_return reason;
            const auto alias = read_name(raw.data.front());
            const auto next = absolute_name(alias.value_or(""));
            if (!next) co_return reason;
            if (std::find(seen.begin(), seen.end(), *next) != seen.end()) break;
            seen.push_back(*next);
        }
        co_return Error{EventId::dns_alias_loop,
                        printable(name) + ": aliases lead to " + printable(seen.back())};
    }

    bool prefer_ipv6_;
    Engine engine_;
};

}  // namespace

Result<std::vector<Server>> choose_servers(const ResolverSettings& settings)
{
    std::vector<Server> chosen;
    if (settings.servers.size() == 1 && same_word(settings.servers.front(), "root")) return chosen;
    for (const auto& text : settings.servers) {
        const auto server = parse_server(text);
        if (!server)
            return no_answer("DnsServers: '" + printable(text) + "' is not an address with port");
        chosen.push_back(*server);
    }
    if (!chosen.empty()) return chosen;

    std::ifstream file{settings.resolv_conf};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::vector<std::string> bad;
    chosen = parse_resolv_conf(text, &bad);
    if (!chosen.empty()) return chosen;
    return no_answer(settings.resolv_conf + " names no usable server" +
                     (bad.empty() ? std::string{} : ": " + bad.front()));
}

Result<std::unique_ptr<Resolver>> unbound_resolver(const ResolverSettings& settings)
{
    auto resolver = std::make_unique<UnboundResolver>(settings.prefer_ipv6);
    if (auto started = resolver->start(settings); !started) return started.error();
    return std::unique_ptr<Resolver>{std::move(resolver)};
}

}  // namespace imc::dns
