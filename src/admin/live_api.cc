#include "admin/live_api.h"

#include "base/text.h"
#include "event/record_json.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t sites_shown = 20;
constexpr std::size_t events_shown = 20;

json::object totals_of(const queue::Queue& queue)
{
    const auto counts = queue.counts();
    return {{"messages", counts.messages},   {"recipients", counts.recipients},
            {"deferred", counts.deferred},   {"in_delivery", counts.in_delivery},
            {"couriers", counts.couriers},   {"sites", counts.sites},
            {"delivered", counts.delivered}, {"failed", counts.failed}};
}

json::array reasons_of(const queue::Queue& queue)
{
    json::array out;
    const auto waiting = queue.waiting();
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        if (waiting[i] == 0) continue;
        const auto reason = static_cast<queue::Reason>(i);
        out.push_back(json::object{{"reason", queue::name_of(reason)},
                                   {"explained", queue::explained(reason)},
                                   {"recipients", waiting[i]}});
    }
    return out;
}

json::array sites_of(const queue::Queue& queue)
{
    json::array out;
    for (const auto& site : queue::Views{queue}.sites(sites_shown))
        out.push_back(json::object{{"route", printable(site.route)},
                                   {"host", printable(site.host)},
                                   {"waiting", site.waiting},
                                   {"connections", site.couriers},
                                   {"sending", site.sending},
                                   {"down", site.down},
                                   {"reply", printable(site.reply, 300)}});
    return out;
}

/// Of the last minute that is over; of the only one, what there is.
json::object last_minute(const metrics::Rates& rates)
{
    json::object out;
    for (const auto& series : rates.read().series) {
        const auto& grown = series.grown;
        out[series.name] = grown.empty()       ? 0
                           : grown.size() == 1 ? grown.front()
                                               : grown[grown.size() - 2];
    }
    return out;
}

std::string event_of(std::string_view name, std::string_view data, std::uint64_t id = 0)
{
    std::string out;
    if (id != 0) out += "id: " + std::to_string(id) + "\n";
    return out.append("event: ").append(name).append("\ndata: ").append(data) + "\n\n";
}

net::awaitable<Response> top(std::shared_ptr<Live> live)
{
    Response out;
    out.body = live->top();
    co_return out;
}

/// @param seen  number of the newest event the client knows
net::awaitable<void> stream(std::shared_ptr<Live> live, std::uint64_t seen, Pieces& pieces)
{
    const auto& parts = live->parts();
    net::steady_timer timer{co_await net::this_coro::executor};
    using Steady = std::chrono::steady_clock;
    auto overview_at = Steady::now();
    auto heartbeat_at = overview_at + parts.heartbeat;
    std::string totals;
    std::string piece = "retry: 2000\n\n";
    while (!pieces.over()) {
        const auto now = Steady::now();
        if (now >= overview_at) {
            overview_at = now + parts.overview_each;
            piece += event_of("overview", *live->overview());
        }
        if (auto changed = live->queue_totals(); changed != totals) {
            totals = std::move(changed);
            piece += event_of("queue", totals);
        }
        if (parts.ring->taken() != seen) {
            auto news = parts.ring->after(seen);
            for (std::size_t i = 0; i < news.records.size(); ++i)
                piece += event_of("event", to_json_line(news.records[i]), news.first + i);
            seen = news.first + news.records.size() - 1;
        }
        if (piece.empty() && now >= heartbeat_at) piece = ": still here\n\n";
        if (!piece.empty()) {
            heartbeat_at = now + parts.heartbeat;
            const bool written = co_await pieces.write(std::move(piece));
            if (!written) co_return;
            piece.clear();
        }
        timer.expires_after(parts.look_each);
        boost::system::error_code failure;
        co_await timer.async_wait(net::redirect_error(net::use_awaitable, failure));
        if (failure) co_return;
    }
}

net::awaitable<Response> live_view(std::shared_ptr<Live> live, Request request)
{
    // A browser that comes back says what it has seen; who is new begins with now.
    const auto known = parse_number(request.header("last-event-id"));
    const auto seen = known ? *known : live->parts().ring->taken();
    Streaming view = [live = std::move(live), seen](Pieces& pieces) {
        return stream(live, seen, pieces);
    };
    co_return Response::events(std::move(view));
}

}  // namespace

json::object Live::picture() const
{
    json::object out = parts_.state ? parts_.state() : json::object{};
    out.erase("verdict");
    out["time"] = to_rfc3339(wall_clock().now());
    json::object counters;
    for (const auto& sample : parts_.metrics.snapshot())
        counters[sample.name] = sample.value;
    out["counters"] = std::move(counters);
    auto totals = totals_of(parts_.queue);
    totals["by_reason"] = reasons_of(parts_.queue);
    out["queue"] = std::move(totals);
    out["sites"] = sites_of(parts_.queue);
    out["last_minute"] = last_minute(parts_.rates);
    return out;
}

std::shared_ptr<const std::string> Live::overview()
{
    const std::lock_guard lock{mutex_};
    const auto now = std::chrono::steady_clock::now();
    if (!text_ || now - made_at_ >= parts_.picture_each) {
        text_ = std::make_shared<const std::string>(json::serialize(picture()));
        made_at_ = now;
    }
    return text_;
}

std::string Live::top()
{
    auto out = *overview();
    const auto taken = parts_.ring->taken();
    const auto news = parts_.ring->after(taken > events_shown ? taken - events_shown : 0);
    std::string lines;
    for (const auto& record : news.records)
        lines += (lines.empty() ? "" : ",") + to_json_line(record);
    out.pop_back();  // the brace
    return out + ",\"events\":[" + lines + "]}\n";
}

std::string Live::queue_totals() const { return json::serialize(totals_of(parts_.queue)); }

void add_live_api(Server& server, LiveParts parts)
{
    auto live = std::make_shared<Live>(std::move(parts));
    server.add("GET", "/api/v1/top", [live](Request) { return top(live); });
    server.add("GET", "/api/v1/live",
               [live](Request request) { return live_view(live, std::move(request)); });
}

}  // namespace imc::admin
