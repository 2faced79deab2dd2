#include "app/service/recipients_keeper.h"

namespace imc::app {

RecipientsKeeper::RecipientsKeeper(const config::People& people, metrics::Registry& metrics,
                                   EventLog& events)
{
    const bool local = people.directory->is_local();
    if (!RecipientCache::is_useful(people.cache, local)) return;
    cache_ = std::make_shared<RecipientCache>(people.directory, people.cache, metrics);
    cache_->on_bridged = [&events](std::string_view address, std::chrono::seconds age,
                                   const Error& why) {
        events.raise(EventId::recipients_bridged, {{"address", std::string{address}},
                                                   {"age", std::to_string(age.count())},
                                                   {"detail", why.detail()}});
    };
    cache_->on_follows = [&events](const std::string& whom) {
        events.raise(EventId::recipients_followed, {{"server", whom}});
    };
    cache_->on_lost = [&events](const Error& why) {
        events.raise(EventId::recipients_follow_lost, {{"detail", why.detail()}});
    };
    if (people.follows && !local && RecipientCache::gains_by_following(people.cache))
        following_ = people.directory->follow({"proxyAddresses"}, cache_);
}

RecipientsKeeper::~RecipientsKeeper() { end(); }

void RecipientsKeeper::end()
{
    if (following_) following_->end();
}

}  // namespace imc::app
