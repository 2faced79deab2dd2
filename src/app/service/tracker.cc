#include "app/service/tracker.h"

#include "mail/trace.h"

#include <algorithm>

namespace imc::app {

using tracking::Record;
using tracking::What;

namespace {

int priority_of(spool::Priority priority)
{
    if (priority == spool::Priority::urgent) return 1;
    return priority == spool::Priority::non_urgent ? -1 : 0;
}

/// Mail stores and LMTP servers keep mail; everything else passes it on.
bool is_store(std::string_view route)
{
    return route.starts_with("maildir:") || route.starts_with("lmtp:");
}

What ended(const queue::Seen& message, const spool::RecipientState& state,
           const queue::DeliveryResult& result, const std::string& route)
{
    if (state.outcome == spool::Outcome::waiting) return What::deferred;
    if (result.suppressed != mail::Automatic::no) return What::suppressed;
    if (state.outcome == spool::Outcome::failed) return What::failed;
    if (result.became != queue::Became::nothing) return What::expanded;
    if (is_store(route)) return What::transferred_to_store;
    return message.envelope.sender.empty() ? What::report_transferred : What::transferred_outbound;
}

}  // namespace

tracking::DailyLogSettings tracking_settings(const std::string& folder, unsigned days,
                                             std::uint64_t most_octets)
{
    tracking::DailyLogSettings settings;
    settings.folder = folder;
    settings.title = tracking::tracking_title();
    settings.kept_days = days;
    settings.most_octets = most_octets;
    return settings;
}

Tracker::Tracker(tracking::DailyLogSettings settings, FileSystem& files, EventLog& events,
                 const WallClock& clock)
    : clock_{clock}, log_{std::move(settings), files, events}
{}

void Tracker::set_gateway(std::string name)
{
    const std::lock_guard lock{mutex_};
    gateway_ = std::move(name);
}

Record Tracker::about(const queue::Seen& message, std::uint32_t recipient, What what) const
{
    const auto& envelope = message.envelope;
    Record record{message.id.to_string(), what, clock_.now()};
    {
        const std::lock_guard lock{mutex_};
        record.gateway = gateway_;
    }
    record.sender = envelope.sender;
    record.priority = priority_of(envelope.priority);
    record.octets = message.octets;
    const auto age = std::chrono::floor<std::chrono::seconds>(record.time - envelope.arrived_at);
    record.seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(age.count(), 0));
    record.recipients = envelope.recipients.size();
    record.recipient = envelope.recipients[recipient].address;
    return record;
}

void Tracker::write(const Record& record)
{
    log_.append(record.time, tracking::write_record(record));
}

void Tracker::received(const queue::Seen& message, const std::string& message_id,
                       const smtp::SessionFacts& facts, std::span<const smtp::Recipient> accepted)
{
    const auto& envelope = message.envelope;
    const auto what = envelope.sender.empty() ? What::report_received : What::received;
    for (std::uint32_t i = 0; i < envelope.recipients.size(); ++i) {
        auto record = about(message, i, what);
        record.partner = envelope.peer;
        record.message_id = message_id;
        record.helo = facts.helo;
        if (facts.tls) record.tls = facts.tls->version + " " + facts.tls->cipher;
        record.account = facts.account;
        if (i < accepted.size()) record.text = accepted[i].decided;
        write(record);
    }
}

void Tracker::queued(const queue::Seen& message, std::span<const std::uint32_t> recipients,
                     const transfer::Route& route)
{
    const auto what = is_store(route.key) ? What::queued_local : What::queued_outbound;
    for (const auto index : recipients) {
        auto record = about(message, index, what);
        record.route = route.key;
        const auto decided =
            std::ranges::lower_bound(message.decided, index, {}, &queue::DecidedNow::recipient);
        if (decided != message.decided.end() && decided->recipient == index)
            record.text = decided->line;
        write(record);
    }
}

void Tracker::settled(const queue::Seen& message, std::uint32_t recipient,
                      const spool::RecipientState& state, const queue::DeliveryResult& result,
                      const std::string& route)
{
    auto record = about(message, recipient, ended(message, state, result, route));
    record.partner = result.host;
    record.remote_id = result.remote_id;
    record.delivered = state.outcome == spool::Outcome::delivered;
    record.status = state.last_status;
    record.text = result.reply;
    record.tls = result.tls;
    record.route = route;
    write(record);
}

void Tracker::reported(const queue::Seen& message, std::uint32_t recipient,
                       std::optional<spool::MessageId> report)
{
    auto record = about(message, recipient, report ? What::report_made : What::report_absorbed);
    if (report) record.report_id = report->to_string();
    write(record);
}

void Tracker::decided(const queue::Seen& message, std::uint32_t recipient, const std::string& line)
{
    auto record = about(message, recipient, What::decided);
    record.text = line;
    write(record);
}

void Tracker::removed(const queue::Seen& message, std::uint32_t recipient)
{
    write(about(message, recipient, What::removed));
}

void Tracker::administered(const queue::Seen& message, std::uint32_t recipient, bool rerouted,
                           const std::string& words)
{
    auto record = about(message, recipient, rerouted ? What::rerouted : What::administered);
    record.text = words;
    write(record);
}

}  // namespace imc::app
