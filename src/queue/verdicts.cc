#include "queue/state.h"

// What the resolver says of a recipient who has no way, in the queue's words.

namespace imc::queue {
namespace {

/// What the routing table and the contacts say, which may have been otherwise when the mail was
/// taken: whoever edits them bounces nothing.
bool may_be_mended(const transfer::Refused& refused)
{
    return refused.by_table || refused.event == EventId::route_in_circle;
}

std::string objects_named(const transfer::AmbiguousRecipient& several)
{
    std::string out;
    for (const auto& object : several.objects)
        out += (out.empty() ? "" : "; ") + object;
    return out;
}

DeliveryResult way_less_result(const transfer::Refused& refused, bool was_taken)
{
    // Taken while there was a way out: it waits for one, and expires as ever.
    if (refused.event == EventId::no_connector)
        return {Delivery::deferred, "4.4.4", refused.why, ""};
    if (refused.code >= 500 && was_taken && may_be_mended(refused))
        return {Delivery::deferred, "4" + refused.status.substr(1),
                refused.why + " (" + refused.rule + "); it was taken before", ""};
    return {refused.code < 500 ? Delivery::deferred : Delivery::failed, refused.status,
            std::to_string(refused.code) + " " + refused.status + " " + refused.why, ""};
}

DeliveryResult way_less_result(const transfer::Resolution& resolution, bool was_taken)
{
    if (const auto* none = std::get_if<transfer::NoSuchRecipient>(&resolution))
        return {Delivery::failed, "5.1.1", "550 5.1.1 " + none->why, ""};
    if (const auto* several = std::get_if<transfer::AmbiguousRecipient>(&resolution))
        return {Delivery::deferred, "4.1.4",
                "several objects hold the address: " + objects_named(*several), ""};
    if (const auto* refused = std::get_if<transfer::Refused>(&resolution))
        return way_less_result(*refused, was_taken);
    if (const auto* denied = std::get_if<transfer::RelayDenied>(&resolution))
        return {Delivery::failed, "5.7.1", "550 5.7.1 " + denied->rule, ""};
    const auto& silent = std::get<CannotSay>(resolution);
    return {Delivery::deferred, "4.3.0",
            std::string{silent_directory} + ": " + silent.reason.to_string(), ""};
}

}  // namespace

std::optional<DeliveryResult> Queue::State::too_large_for(const config::DomainProfile& profile,
                                                          const std::string& domain,
                                                          std::uint64_t octets)
{
    // Our own lines in front are not the sender's: what the limit let in at RCPT goes out.
    constexpr std::uint64_t our_lines = 4096;
    const auto most = profile.message_octets;
    if (most == 0 || octets <= most + our_lines) return {};
    return DeliveryResult{Delivery::failed, "5.3.4",
                          "552 5.3.4 the message has " + std::to_string(octets) + " octets, and " +
                              domain + " takes at most " + std::to_string(most) + " (" +
                              config::size_rule(profile) + ")",
                          ""};
}

DeliveryResult Queue::State::verdict(const Item& item, std::uint32_t index,
                                     const spool::Envelope& envelope,
                                     const transfer::Resolution& resolution)
{
    // No client was told that it goes: neither of a list's members, nor by a program of this host.
    const bool by_client = !envelope.peer.empty() && !item.copy;
    auto result = way_less_result(resolution, by_client || !is_news(item, index));
    bool said_before = false;
    {
        const std::lock_guard lock{mutex};
        const auto* said = item.recipient(index).said;
        said_before =
            said != nullptr && said->status() == result.status && said->reply() == result.reply;
    }
    if (said_before) return result;
    const auto& address = envelope.recipients[index].address;
    if (const auto* several = std::get_if<transfer::AmbiguousRecipient>(&resolution))
        parts.events.raise(EventId::address_not_unique, {{"address", address},
                                                         {"objects", objects_named(*several)},
                                                         {"message", item.id.to_string()}});
    const auto* refused = std::get_if<transfer::Refused>(&resolution);
    if (refused != nullptr && refused->event != EventId{})
        parts.events.raise(refused->event,
                           {{"address", address},
                            {"detail", refused->detail.empty() ? refused->why : refused->detail},
                            {"message", item.id.to_string()}});
    return result;
}

}  // namespace imc::queue
