#include "queue/views.h"

#include "base/text.h"
#include "queue/walk.h"

namespace imc::queue {

std::array<View, 4> Views::count() const
{
    std::array<View, 4> out{View{"inbound awaiting conversion"}, View{"inbound awaiting delivery"},
                            View{"outbound awaiting conversion"},
                            View{"outbound awaiting delivery"}};
    const auto& s = *state_;
    s.walk({.all = true}, {}, [&](const ItemPtr& item, const std::vector<std::uint32_t>& fit) {
        std::array<std::size_t, 4> here{};
        auto wanted = fit.begin();
        for (PackedEnvelope::Walk walk{item->envelope}; walk.next() && wanted != fit.end();) {
            if (walk.index() != *wanted) continue;
            ++wanted;
            const auto& lane = item->recipient(walk.index()).lane;
            const auto domain = domain_of(walk.address());
            const bool outbound =
                lane ? lane->remote
                     : std::ranges::none_of(s.config->local_domains, [&](const auto& ours) {
                           return same_word(ours, domain);
                       });
            ++here.at((outbound ? 2U : 0U) + (lane ? 1U : 0U));
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
