#include "app/service/archivist.h"

#include "base/offload.h"
#include "mail/address.h"

#include <algorithm>

namespace imc::app {

namespace net = boost::asio;
using tracking::Archived;
using tracking::Direction;

namespace {

/// Above the mark at which nothing is taken any more: on the disk of the spool a full archive would
/// else be the end of mail, whatever ArchiveWhenFull says.
constexpr std::uint64_t room_for_mail = 256 << 20;

class ArchivingCourier final : public queue::Courier {
public:
    ArchivingCourier(std::unique_ptr<queue::Courier> inner, tracking::Archive& archive,
                     net::thread_pool& disk)
        : inner_{std::move(inner)}, archive_{archive}, disk_{disk}
    {}

    /// Who wants no copies pays for none, not even for a coroutine.
    net::awaitable<std::vector<queue::DeliveryResult>> deliver(const queue::Job& job) override
    {
        return archive_.wants(Direction::out) ? deliver_and_keep(job) : inner_->deliver(job);
    }
    bool reusable() const override { return inner_->reusable(); }
    net::awaitable<void> close() override { return inner_->close(); }

private:
    net::awaitable<std::vector<queue::DeliveryResult>> deliver_and_keep(const queue::Job& job)
    {
        // What is sent cannot be taken back.
        const auto ask = [this] { return archive_.may_send(); };
        const auto may = co_await offload(disk_, ask);
        if (!may) {
            std::vector<queue::DeliveryResult> later;
            for (std::size_t i = 0; i < job.recipients.size(); ++i)
                later.push_back(
                    {queue::Delivery::deferred, "4.3.1", "no copy can be kept in the archive", ""});
            co_return later;
        }
        // Before it is gone: with its last recipient the queue may let the text go.
        const auto body = job.body;
        Archived copy;
        copy.direction = Direction::out;
        copy.id = job.id.to_string();
        copy.sender = job.envelope->sender;
        copy.account = job.envelope->account;
        auto results = co_await inner_->deliver(job);
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (results[i].delivery != queue::Delivery::delivered) continue;
            copy.recipients.push_back(job.addresses[i]);
            copy.peer = results[i].host;
            copy.remote_id = results[i].remote_id;
        }
        if (copy.recipients.empty()) co_return results;
        const auto keep = [this, &copy, &body] { return archive_.keep(copy, body); };
        (void)co_await offload(disk_, keep);  // what went wrong is an event
        co_return results;
    }

    std::unique_ptr<queue::Courier> inner_;
    tracking::Archive& archive_;
    net::thread_pool& disk_;
};

}  // namespace

tracking::ArchiveTerms archive_terms(const config::Config& config)
{
    return {config.archival.inbound, config.archival.outbound, config.archival.quota_octets,
            config.low_water_octets + room_for_mail, config.archival.stops_mail};
}

Result<tracking::Archive::Kept> keep_inbound(tracking::Archive& archive,
                                             const config::Config& config, spool::MessageId id,
                                             const spool::Envelope& envelope,
                                             const spool::Body& body,
                                             tracking::Archive::Taken taken)
{
    const auto is_ours = [&config](const auto& recipient) {
        const auto at = recipient.address.rfind('@');
        return at == recipient.address.npos ||
               std::ranges::find(config.local_domains,
                                 mail::canonical_domain(recipient.address.substr(at + 1))) !=
                   config.local_domains.end();
    };
    if (!archive.wants(Direction::in) || std::ranges::none_of(envelope.recipients, is_ours))
        return tracking::Archive::Kept{};
    Archived copy;
    copy.id = id.to_string();
    copy.sender = envelope.sender;
    for (const auto& recipient : envelope.recipients)
        copy.recipients.push_back(recipient.address);
    copy.peer = envelope.peer;
    copy.account = envelope.account;
    return archive.keep(std::move(copy), body, taken);
}

Result<> InboundCopies::keep(spool::NewMessage& message, std::optional<Before> before)
{
    const auto& known = message.evidence;
    if (!wants() ||
        std::ranges::find(known, queue::archived_evidence, &spool::Evidence::key) != known.end())
        return {};
    if (before) {
        auto name = archive_.find_inbound(before->id.to_string(), message.envelope.sender,
                                          before->arrived_at);
        if (name) {
            message.evidence.push_back({std::string{queue::archived_evidence}, std::move(*name)});
            return {};
        }
    }
    return keep(message, tracking::Archive::Taken::not_yet);
}

Result<> InboundCopies::keep(spool::NewMessage& message, tracking::Archive::Taken taken)
{
    if (message.id.number == 0) message.id = message.rest ? message.rest->id() : spool_->new_id();
    auto kept =
        keep_inbound(archive_, *config_(), message.id, message.envelope, message.body, taken);
    if (!kept) return kept.error();
    if (!kept->name.empty())
        message.evidence.push_back({std::string{queue::archived_evidence}, std::move(kept->name)});
    return {};
}

/// What went wrong is an event: nobody would hear of the failure that the report tells of.
void InboundCopies::keep_report(spool::NewMessage& report)
{
    (void)keep(report, tracking::Archive::Taken::already);
}

void InboundCopies::discard(const spool::NewMessage& message)
{
    const auto copy =
        std::ranges::find(message.evidence, queue::archived_evidence, &spool::Evidence::key);
    if (copy == message.evidence.end()) return;
    // One that it had under another id stays.
    const auto own = "/" + message.id.to_string() + ".";
    if (copy->text.find(own) != copy->text.npos) archive_.discard({copy->text});
}

std::unique_ptr<queue::Courier> ArchivingCouriers::hire(const queue::Place& place)
{
    auto courier = inner_.hire(place);
    const bool remote = std::holds_alternative<transfer::ToMx>(place.route.hop) ||
                        std::holds_alternative<transfer::ToSmartHosts>(place.route.hop);
    if (!remote) return courier;
    return std::make_unique<ArchivingCourier>(std::move(courier), archive_, disk_);
}

}  // namespace imc::app
