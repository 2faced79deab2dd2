#include "dns/unbound_engine.h"

#include "dns/rdata.h"
#include "event/caught.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unbound.h>

#include <utility>

namespace imc::dns {

using boost::system::error_code;

namespace {

constexpr int class_in = 1;
constexpr std::size_t most_records = 256;

}  // namespace

void Engine::Delete::operator()(ub_ctx* c) const { ::ub_ctx_delete(c); }

Engine::Engine() : work_{net::make_work_guard(io_)}, readable_{io_} {}

Engine::~Engine()
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

Result<> Engine::start(const ResolverSettings& settings)
{
    events_ = settings.events;
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
    thread_ = std::thread{[this] { run(); }};
    return {};
}

/// A question that throws has no answer, and whoever asked it has a deadline; the others go on.
void Engine::run() noexcept
{
    for (;;) {
        try {
            io_.run();
            return;
        } catch (...) {
            tell();
        }
    }
}

std::shared_ptr<Query> Engine::begin(std::string name, int type, net::any_io_executor executor)
{
    auto query = std::make_shared<Query>(std::move(executor));
    net::post(io_, [this, query, name = std::move(name), type] { ask(query, name, type); });
    return query;
}

void Engine::forget(std::shared_ptr<Query> query)
{
    net::post(io_, [this, query] {
        query->cancelled = true;
        if (!query->running) return;
        ::ub_cancel(context_.get(), query->id);
        running_.erase(query.get());
        query->running = false;
    });
}

void Engine::await_readable()
{
    readable_.async_wait(net::posix::stream_descriptor::wait_read, [this](error_code failure) {
        if (failure) return;
        ::ub_process(context_.get());  // calls answered()
        await_readable();
    });
}

void Engine::ask(const std::shared_ptr<Query>& query, const std::string& name, int type)
{
    if (query->cancelled) return;
    const auto place = running_.insert_or_assign(query.get(), Running{query, this}).first;
    query->running = true;
    const int bad = ::ub_resolve_async(context_.get(), name.c_str(), type, class_in, &place->second,
                                       &Engine::answered, &query->id);
    if (bad == 0) return;
    query->answer.failure = bad;
    finish(query);
}

void Engine::answered(void* mine, int failure, ub_result* result) noexcept
{
    const std::unique_ptr<ub_result, void (*)(ub_result*)> owner{result, ::ub_resolve_free};
    const auto running = *static_cast<Running*>(mine);
    // Libunbound calls this, which is C: nothing may be thrown through it.
    try {
        read(failure, result, running->answer);
    } catch (...) {
        running->answer = {};
        running->answer.failure = UB_NOMEM;
        running.engine->tell();
    }
    running.engine->finish(running.query);
}

/// In a catch block.
void Engine::tell() const noexcept
{
    if (events_ != nullptr) raise_caught(*events_, "the resolver");
}

void Engine::read(int failure, const ub_result* result, Raw& raw)
{
    raw.failure = failure;
    if (result) {
        raw.rcode = result->rcode;
        raw.secure = result->secure != 0;
        raw.bogus = result->bogus != 0;
        raw.ttl = result->ttl;
        if (result->why_bogus) raw.why_bogus = result->why_bogus;
        if (result->answer_packet && result->answer_len > 0 && result->qname) {
            const std::string_view packet{static_cast<const char*>(result->answer_packet),
                                          static_cast<std::size_t>(result->answer_len)};
            raw.aliases = read_aliases(packet, result->qname);
            raw.soa = has_soa(packet);
        }
        for (std::size_t i = 0; result->data && result->data[i] && i < most_records; ++i)
            raw.data.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
    }
}

/// @param query  not by reference, which might be into what is erased
void Engine::finish(std::shared_ptr<Query> query) noexcept
{
    query->running = false;
    running_.erase(query.get());
    try {
        wake(query);
    } catch (...) {  // its deadline wakes it
        tell();
    }
}

void Engine::wake(const std::shared_ptr<Query>& query)
{
    const std::lock_guard lock{query->leaving};
    if (query->abandoned) return;
    net::post(query->woken->get_executor(), [query] {
        query->done = true;
        if (query->woken) query->woken->expires_at(Deadline::min());
    });
}

Waiting::~Waiting()
{
    {
        const std::lock_guard lock{query_->leaving};
        query_->abandoned = true;
        query_->woken.reset();
    }
    if (!query_->done) engine_.forget(query_);
}

net::awaitable<Raw> Waiting::answer(Deadline deadline)
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

}  // namespace imc::dns
