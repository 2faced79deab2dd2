#include "queue/views.h"

#include "base/text.h"
#include "queue/walk.h"

#include <tuple>

namespace imc::queue {

std::size_t Queue::State::view_of(const Recipient& recipient, std::string_view address) const
{
    const auto& lane = recipient.lane;
    const auto domain = domain_of(address);
    const bool outbound =
        lane ? lane->remote : std::ranges::none_of(config->local_domains, [&](const auto& ours) {
            return same_word(ours, domain);
        });
    return (outbound ? 2U : 0U) + (lane ? 1U : 0U);
}

std::array<View, 4> Views::count() const
{
    std::array<View, 4> out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out.at(i).name = view_names()[i];
    const auto& s = *state_;
    s.walk({.all = true}, {}, [&](const ItemPtr& item, const std::vector<std::uint32_t>& fit) {
        std::array<std::size_t, 4> here{};
        auto wanted = fit.begin();
        for (PackedEnvelope::Walk walk{item->envelope}; walk.next() && wanted != fit.end();) {
            if (walk.index() != *wanted) continue;
            ++wanted;
            ++here.at(s.view_of(item->recipient(walk.index()), walk.address()));
        }
        for (std::size_t i = 0; i < here.size(); ++i) {
            if (here[i] == 0) continue;
            ++out[i].messages;
            out[i].recipients += here[i];
            out[i].octets += item->octets;
            const auto arrived = s.time.to_wall(item->arrived_at);
            if (out[i].oldest == WallTime{} || arrived < out[i].oldest) out[i].oldest = arrived;
        }
        return true;
    });
    return out;
}

std::vector<SiteRow> Views::sites(std::size_t most) const
{
    std::unordered_map<const Site*, SiteRow> rows;
    std::vector<SiteRow> out;
    {
        const auto& s = *state_;
        const std::lock_guard lock{s.mutex};
        for (const auto& [key, site] : s.sites) {
            if (site->couriers == 0 && !site->window.down() && site->ready.empty()) continue;
            const auto hosts = hosts_of(site->place);
            rows[site.get()] = {site->place.route.key,
                                hosts.empty() ? std::string{} : hosts.front(),
                                0,
                                site->couriers,
                                site->flying,
                                site->window.down(),
                                site->window.down() ? site->last_failure.reply : std::string{}};
        }
        for (const auto& [key, lane] : s.lanes) {
            const auto waiting = lane->locating + lane->ready;
            if (waiting == 0) continue;
            const auto site = lane->site.lock();
            const auto row = rows.find(site.get());
            if (row != rows.end())
                row->second.waiting += waiting;
            else
                out.push_back({lane->route.key,
                               {},
                               waiting,
                               0,
                               0,
                               lane->silent,
                               lane->silent ? lane->last_failure.reply : std::string{}});
        }
    }
    for (auto& [site, row] : rows)
        out.push_back(std::move(row));
    std::ranges::sort(out, [](const SiteRow& a, const SiteRow& b) {
        return std::tuple{b.waiting, b.sending, std::string_view{a.route}} <
               std::tuple{a.waiting, a.sending, std::string_view{b.route}};
    });
    if (out.size() > most) out.resize(most);
    return out;
}

std::optional<Views::Whole> Views::whole(spool::MessageId id) const
{
    const std::lock_guard lock{state_->mutex};
    const auto item = state_->items.find(id.number);
    if (!item) return {};
    Whole out{item->envelope.unpack(), {}, {}, item->octets};
    for (std::uint32_t i = 0; i < item->count; ++i) {
        const auto& recipient = item->recipient(i);
        if (recipient.terms) out.envelope.recipients[i].route = recipient.terms->route;
        if (!recipient.waits()) continue;
        out.recipients.push_back(i);
        out.terms.push_back(recipient.terms ? *recipient.terms : Terms{});
    }
    return out;
}

Result<spool::Body> Views::text(spool::MessageId id) const { return state_->parts.spool.body(id); }

}  // namespace imc::queue
