#include "queue/expand.h"

#include "base/notify.h"
#include "mail/list_header.h"

#include <algorithm>

namespace imc::queue {

using transfer::ReportsTo;

namespace {

constexpr std::uint64_t texts_in_a_commit = 1 << 20;

constexpr std::string_view staged_words =
    "the list is being expanded; removed at the next start if the service has ended";

/// Who sent it to a list hears of the list; of its members only what went wrong (RFC 3461 5.2.7.2).
std::uint8_t without_success(std::uint8_t asked)
{
    if (asked == 0) return 0;
    const auto rest = static_cast<std::uint8_t>(asked & ~notify::success);
    return rest == 0 ? notify::never : rest;
}

bool is_staged(const spool::Recovered& message)
{
    return std::ranges::find(message.evidence, staged_key, &spool::Evidence::key) !=
           message.evidence.end();
}

}  // namespace

bool Copies::has_room(std::size_t recipients, std::uint64_t octets, std::size_t most) const
{
    if (last.empty()) return true;
    for (const auto& copy : last) {
        recipients += copy.envelope.recipients.size();
        octets += copy.body.size();
    }
    return recipients <= most && octets <= texts_in_a_commit;
}

spool::Envelope copy_envelope(const CopyPlan& plan)
{
    const auto& from = plan.original;
    spool::Envelope out;
    out.sender = from.sender;
    if (plan.as_list())
        out.sender = plan.manners.reports_to == ReportsTo::owner ? plan.manners.owner : "";
    // A report stays one: whatever becomes of it, nobody is told.
    if (from.sender.empty()) out.sender.clear();
    if (!plan.as_list()) {
        out.envid = from.envid;
        out.ret = from.ret;
    }
    out.eight_bit = from.eight_bit;
    out.smtp_utf8 = from.smtp_utf8;
    out.priority = from.priority;
    out.arrived_at = plan.now;
    out.peer = plan.order.what.address + ", message " + plan.id.to_string();
    out.account = from.account;
    out.expires_at = from.expires_at;
    return out;
}

spool::Recipient copy_recipient(const CopyPlan& plan, std::string address)
{
    const auto& asked = plan.original.recipients[plan.order.recipient];
    spool::Recipient out{std::move(address)};
    out.original = asked.original.empty() ? "rfc822;" + asked.address : asked.original;
    if (!plan.as_list())
        out.notify = without_success(asked.notify);
    else
        out.notify = plan.manners.reports_to == ReportsTo::owner ? notify::failure : notify::never;
    return out;
}

std::vector<spool::Evidence> copy_evidence(const CopyPlan& plan)
{
    return {{std::string{copy_key}, plan.order.what.why + ", message " + plan.id.to_string() +
                                        " from <" + plan.original.sender + ">"}};
}

std::string copy_header(const CopyPlan& plan, std::string_view header)
{
    mail::ListNames names{plan.order.what.address, plan.manners.display, plan.manners.owner,
                          plan.order.what.list};
    return mail::list_header(names, header);
}

std::vector<spool::Commit> all_at_once(const Copies& copies, spool::Commit last)
{
    std::vector<spool::Commit> out;
    for (const auto& staged : copies.staged) {
        spool::Commit lifted;
        lifted.message = staged.id;
        lifted.amendment.hold = spool::Hold{};
        lifted.evidence.push_back({std::string{staged_key}, ""});
        out.push_back(std::move(lifted));
    }
    out.push_back(std::move(last));
    return out;
}

std::vector<spool::Commit> all_gone(const std::vector<spool::MessageId>& ids)
{
    std::vector<spool::Commit> out;
    for (const auto id : ids) {
        spool::Commit gone;
        gone.message = id;
        gone.done = true;
        out.push_back(std::move(gone));
    }
    return out;
}

void mark_staged(spool::NewMessage& message)
{
    message.envelope.held_until = WallTime::max();
    message.envelope.hold_reason = staged_words;
    message.evidence.push_back({std::string{staged_key}, std::string{staged_words}});
}

std::vector<spool::Recovered> take_staged(std::vector<spool::Recovered>& messages)
{
    std::vector<spool::Recovered> out;
    for (auto& message : messages)
        if (is_staged(message)) out.push_back(std::move(message));
    std::ranges::sort(out, {}, &spool::Recovered::id);
    std::erase_if(messages, [&](const auto& each) {
        return std::ranges::binary_search(out, each.id, {}, &spool::Recovered::id);
    });
    return out;
}

}  // namespace imc::queue
