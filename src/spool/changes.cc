#include "spool/changes.h"

#include <algorithm>

namespace imc::spool {
namespace {

void put(std::vector<Evidence>& into, const Evidence& news, bool keep_removed)
{
    const auto place = std::ranges::lower_bound(into, news.key, {}, &Evidence::key);
    const bool known = place != into.end() && place->key == news.key;
    if (news.text.empty() && !keep_removed) {
        if (known) into.erase(place);
    } else if (known) {
        place->text = news.text;
    } else {
        into.insert(place, news);
    }
}

template <class T>
void take(std::optional<T>& into, const std::optional<T>& news)
{
    if (news) into = news;
}

}  // namespace

void add(Changes& into, const Commit& change, std::size_t recipients)
{
    for (const auto& each : change.added)
        into.added.push_back(each.recipient);
    const auto& news = change.amendment;
    take(into.amendment.sender, news.sender);
    take(into.amendment.priority, news.priority);
    take(into.amendment.expires_at, news.expires_at);
    take(into.amendment.hold, news.hold);
    for (const auto& [recipient, route] : news.routes)
        if (recipient < recipients) into.amendment.routes.insert_or_assign(recipient, route);
    for (const auto& each : change.evidence)
        put(into.evidence, each, true);
}

void apply(const Changes& changes, Envelope& envelope, std::vector<Evidence>& evidence)
{
    envelope.recipients.insert(envelope.recipients.end(), changes.added.begin(),
                               changes.added.end());
    const auto& news = changes.amendment;
    if (news.sender) envelope.sender = *news.sender;
    if (news.priority) envelope.priority = *news.priority;
    if (news.expires_at) envelope.expires_at = *news.expires_at;
    if (news.hold) {
        envelope.held_until = news.hold->until;
        envelope.hold_reason = news.hold->reason;
    }
    for (const auto& [recipient, route] : news.routes)
        if (recipient < envelope.recipients.size()) envelope.recipients[recipient].route = route;
    for (const auto& each : changes.evidence)
        put(evidence, each, false);
}

}  // namespace imc::spool
