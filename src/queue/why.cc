#include "event/record_json.h"
#include "queue/state.h"

#include <algorithm>

// Why somebody waits: asked when it is wanted, from where each stands; nothing is kept for it.

namespace imc::queue {

namespace {

std::string seconds(std::chrono::milliseconds wait)
{
    const auto s =
        std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(wait).count(), 0);
    return std::to_string(s) + " s";
}

std::string host_name(const dns::MailHost& host)
{
    return host.name + ":" + std::to_string(host.port);
}

/// Those that did not answer come last (smtp/client/host_memory.h).
std::string next_of(const std::vector<std::string>& hosts, const TriedHosts& tried)
{
    if (hosts.empty()) return {};
    for (const auto& host : hosts)
        if (!tried || std::ranges::none_of(*tried, [&](const TriedHost& one) {
                return label_is_of(one.host, host);
            }))
            return host;
    return hosts.front();
}

}  // namespace

bool label_is_of(std::string_view label, std::string_view host)
{
    const auto colon = host.rfind(':');
    const auto name = host.substr(0, colon);
    const auto port = colon == host.npos ? std::string_view{} : host.substr(colon);
    return label == host || (label.starts_with(name) && label.ends_with(port) &&
                             label.size() > name.size() && label[name.size()] == '[');
}

std::vector<std::string> hosts_of(const Place& place)
{
    std::vector<std::string> out;
    for (const auto& host : place.hosts)
        out.push_back(host_name(host));
    if (const auto* smart = std::get_if<transfer::ToSmartHosts>(&place.route.hop))
        for (const auto& host : smart->hosts)
            out.push_back(host.host + ":" + std::to_string(host.port));
    return out;
}

Reason Queue::State::reason_of(const Recipient& recipient) const
{
    switch (recipient.stage) {
    case Stage::idle: return recipient.because;
    case Stage::recording:
        // It has been delivered, or not; which of the two cannot be written down.
        if (cannot_record) return no_room ? Reason::disk_low : Reason::spool_unhealthy;
        return Reason::in_delivery;
    case Stage::flying:
    case Stage::done: return Reason::in_delivery;
    case Stage::held: return Reason::held;
    case Stage::deleted: return Reason::deleted;
    case Stage::routing: return Reason::connecting;
    case Stage::listed: return Reason::expansion_limit;
    case Stage::locating:
    case Stage::ready: break;
    }
    const auto& lane = *recipient.lane;
    if (cannot_record) return no_room ? Reason::disk_low : Reason::spool_unhealthy;
    if (lane.remote && !sends(config->mode)) return Reason::paused;
    const auto now = parts.steady();
    if (recipient.stage == Stage::locating) {
        if (held_for_etrn(lane)) return Reason::waiting_for_etrn;
    }
    if (lane.remote && !link.open) return Reason::outside_window;
    if (recipient.stage == Stage::locating) {
        if (lane.silent) return Reason::no_route;
    }
    const auto site = lane.site.lock();
    if (!site) return Reason::connecting;
    if (recipient.stage == Stage::locating && !site->window.down()) return Reason::connecting;
    if (site->window.down()) {
        const auto& last = site->last_failure;
        const bool answers = reason_after(last.status, last.reply) == Reason::tls_unmet;
        return answers ? Reason::tls_unmet : Reason::site_down;
    }
    if (site->pace.next() > now) return Reason::rate_limit;
    const auto room = std::min(site->window.room(now), site->most());
    return site->in_line || site->flying >= room ? Reason::connection_limit : Reason::connecting;
}

RecipientRow Queue::State::row_of(const Item& item, std::uint32_t index,
                                  std::string_view address) const
{
    const auto& r = item.recipient(index);
    RecipientRow row;
    row.address = address;
    row.index = index;
    row.state = Items::known(r);
    if (row.state.next_attempt != WallTime{})
        row.state.next_attempt = time.to_wall(row.state.next_attempt);
    row.route = r.lane ? r.lane->route.key : "";
    row.in_delivery = r.stage == Stage::flying;
    row.reason = reason_of(r);
    row.since = time.to_wall(WallTime{std::chrono::seconds{r.since}});
    const auto profile = r.lane ? r.lane->profile : profiles.of(domain_of(address));
    const auto& plan = profile->retry[static_cast<std::size_t>(item.priority)];
    row.expires = ends(time.to_wall(item.arrived_at), plan.timeout, r.terms.get());
    if (r.terms) row.terms = *r.terms;
    const auto site = r.lane ? r.lane->site.lock() : nullptr;
    if (site) row.hosts = hosts_of(site->place);
    if (site) row.tried = site->tried;
    row.next_host = next_of(row.hosts, row.tried);
    const auto now = items.now();
    const auto in = [&](Steady when) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(when - parts.steady());
    };
    row.why = explained(row.reason);
    const auto last = row.state.last_status + " " + row.state.last_reply;
    if (r.stage == Stage::held || r.stage == Stage::deleted) {
        row.why = why_held(*r.terms) + (last.size() > 1 ? "; " + last : "");
        if (r.terms->held_until != WallTime::max() && !r.terms->is_deleted())
            row.until = r.terms->held_until;
    } else if (r.stage == Stage::idle) {
        row.until = row.state.next_attempt;
        row.why = "due in " + seconds(r.next_attempt - now) + "; " +
                  (row.reason == Reason::due_later ? "" : row.why + "; ") + last;
    } else if (site && site->window.down() &&
               (row.reason == Reason::site_down || row.reason == Reason::tls_unmet)) {
        row.since = time.to_wall(site->down_since);
        row.site_reply = site->last_failure.reply;
        row.until = time.to_wall(now + in(site->window.rests_until()));
        row.why += "; the next attempt in " + seconds(in(site->window.rests_until())) + "; " +
                   site->last_failure.status + " " + site->last_failure.reply;
    } else if (row.reason == Reason::no_route) {
        row.since = time.to_wall(r.lane->silent_since);
        row.site_reply = r.lane->last_failure.reply;
        row.until = time.to_wall(now + in(r.lane->ask_at));
        row.why += "; asked again in " + seconds(in(r.lane->ask_at)) + "; " + row.site_reply;
    } else if (row.reason == Reason::outside_window) {
        row.until = link.opens_at;
        row.why += "; it opens next " + (link.opens_at ? "at " + to_rfc3339(*link.opens_at) : "") +
                   (link.opens_when.empty() ? "" : " (" + link.opens_when + ")");
    } else if (row.reason == Reason::rate_limit) {
        row.until = time.to_wall(now + in(site->pace.next()));
    } else if (row.reason == Reason::connecting && row.route.empty()) {
        row.why = "its route is looked for";
    } else if (row.reason == Reason::connecting) {
        row.why += ": " + row.route;
    }
    return row;
}

}  // namespace imc::queue
