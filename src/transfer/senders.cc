#include "transfer/senders.h"

#include "directory/recipients.h"
#include "mail/address.h"

#include <algorithm>
#include <iterator>

namespace imc::transfer {
namespace {

std::string normalized_sender(std::string_view address)
{
    const auto parsed = mail::parse_address(address);
    return parsed ? parsed->normalized() : lower(address);
}

}  // namespace

Senders::Senders(std::shared_ptr<Directory> directory, Dn organization)
    : directory_{std::move(directory)}, organization_{std::move(organization)},
      dynamic_{directory_, organization_}
{}

Result<std::uint64_t> Senders::revision(Deadline deadline)
{
    return directory_->is_local() ? directory_->revision(deadline) : std::uint64_t{0};
}

std::optional<Sender> Senders::remembered_as(const std::string& key, std::uint64_t revision)
{
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(key);
    if (found == known_.end() || found->second.revision != revision ||
        found->second.until <= std::chrono::steady_clock::now())
        return {};
    return found->second.sender;
}

void Senders::remember(const std::string& key, Known known)
{
    const std::lock_guard lock{mutex_};
    if (const auto old = known_.find(key); old != known_.end()) {
        oldest_first_.erase(old->second.place);
        known_.erase(old);
    } else if (known_.size() >= remembered) {
        known_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }
    oldest_first_.push_back(key);
    known.place = std::prev(oldest_first_.end());
    known_.emplace(key, std::move(known));
}

std::variant<Sender, CannotSay> Senders::by_address(std::string_view address, bool signed_in,
                                                    Deadline deadline, const Restrictions* rules)
{
    if (address.empty()) return Sender{{}, signed_in};
    const auto key = normalized_sender(address);
    const auto now = std::chrono::steady_clock::now();
    const auto changed = revision(deadline);
    auto sender = changed ? remembered_as(key, *changed) : std::nullopt;
    if (!sender) return ask(key, signed_in, now - for_so_long, deadline);
    sender->signed_in = signed_in;
    // Of a local directory nothing has changed since.
    if (directory_->is_local()) return *std::move(sender);
    const bool may_be_refused =
        (rules != nullptr && judge(*rules, *sender)) || (signed_in && sender->octets != 0);
    if (!may_be_refused) return *std::move(sender);
    return ask(key, signed_in, now, deadline);
}

std::variant<Sender, CannotSay> Senders::as_of_now(std::string_view address, bool signed_in,
                                                   Deadline deadline)
{
    if (address.empty()) return Sender{{}, signed_in};
    if (directory_->is_local()) return by_address(address, signed_in, deadline);
    return ask(normalized_sender(address), signed_in, std::chrono::steady_clock::now(), deadline);
}

std::variant<Sender, CannotSay> Senders::ask(const std::string& key, bool signed_in,
                                             Deadline not_before, Deadline deadline)
{
    // Before the question: the answer is at least as new as that.
    const auto changed = revision(deadline);
    if (!changed) return CannotSay{changed.error()};
    const auto old_answers = directory_->old_answers();
    auto looked_up = look_up(key, not_before, deadline);
    auto* const sender = std::get_if<Sender>(&looked_up);
    if (sender == nullptr) return looked_up;
    sender->old = directory_->old_answers() != old_answers;
    if (!sender->old && sender->doubts.empty())
        remember(key, {*sender, *changed,
                       directory_->is_local() ? Deadline::max() : after(for_so_long)});
    sender->signed_in = signed_in;
    return looked_up;
}

/// A contact may be known by nothing but its target.
Result<std::vector<Entry>> Senders::holders(const std::string& address, Deadline deadline) const
{
    const auto value = escape_filter_value(address);
    // Not each directory knows a targetAddress; one that knows addresses knows what it knows.
    auto found = directory_->search_for_proof(organization_, Scope::subtree,
                                              "(|(proxyAddresses=smtp:" + value +
                                                  ")(targetAddress=smtp:" + value +
                                                  ")(targetAddress=" + value + "))",
                                              any_address, deadline);
    if (!found) return found;
    const auto holds = [&](const Entry& entry) {
        return std::ranges::any_of(entry.all("proxyAddresses"), [&](const std::string& proxy) {
            return same_word(proxy, "smtp:" + address);
        });
    };
    // Who only leads there is not asked where somebody has the address.
    if (std::ranges::any_of(*found, holds))
        std::erase_if(*found, [&](const Entry& entry) { return !holds(entry); });
    return found;
}

std::variant<Sender, CannotSay> Senders::look_up(const std::string& address, Deadline not_before,
                                                 Deadline deadline)
{
    Sender sender{address};
    const auto found = holders(address, deadline);
    if (!found) return CannotSay{found.error()};
    std::vector<Dn> names;
    std::string uid;
    // Of several holders (event 10000) each one's restrictions count.
    for (const auto& entry : *found) {
        if (sender.object.empty()) sender.object = entry.dn.to_rfc4514();
        const auto octets = octets_of(entry, "imcMaxSendKB");
        if (octets != 0 && (sender.octets == 0 || octets < sender.octets)) sender.octets = octets;
        if (uid.empty()) uid = entry.first("uid");
        if (sender.names.insert(entry.dn.normalized()).second) names.push_back(entry.dn);
    }
    if (found->size() == 1 && found->front().has_class("imcMailbox"))
        sender.alias = found->front().first("mailNickname");
    if (auto silent = add_lists(sender, std::move(names), uid, not_before, deadline))
        return CannotSay{std::move(*silent)};
    return sender;
}

Result<bool> Senders::knows_uids(Deadline deadline)
{
    if (knows_uids_) return true;
    const auto sure = directory_->understands(organization_, "(memberUid=somebody)", deadline);
    if (!sure && sure.error().event() != EventId::directory_refused) return sure.error();
    if (sure) knows_uids_ = true;
    return sure.has_value();
}

Result<std::vector<Entry>> Senders::naming(const Dn& member, const std::string& uid, bool uids,
                                           Deadline deadline) const
{
    const auto value = escape_filter_value(member.to_rfc4514());
    auto filter = "(|(member=" + value + ")(uniqueMember=" + value + ")";
    auto known = filter;
    if (!uid.empty()) filter += "(memberUid=" + escape_filter_value(uid) + ")";
    if (uids) known += "(memberUid=somebody)";
    // The one list that is not found may be the one that lets him in.
    return directory_->search_for_proof(organization_, Scope::subtree, filter + ")", known + ")",
                                        deadline, most_lists, {.whole = true});
}

std::optional<Error> Senders::add_lists(Sender& sender, std::vector<Dn> of, const std::string& uid,
                                        Deadline not_before, Deadline deadline)
{
    std::vector<DynamicLists::Doubt> doubts;
    bool uids = false;
    if (!uid.empty()) {
        const auto knows = knows_uids(deadline);
        if (!knows) return knows.error();
        uids = *knows;
    }
    bool person = true;
    while (!of.empty()) {
        std::vector<Dn> above;
        for (const auto& dn : of) {
            // Of lists, too: where he is on one by his name, nobody has proven it of his uid yet.
            const auto lists = naming(dn, person ? uid : std::string{}, uids, deadline);
            if (!lists) return lists.error();
            auto found = dynamic_.with(dn, sender.names, not_before, deadline);
            if (!found) return found.error();
            for (const auto& list : *lists)
                if (sender.names.insert(list.dn.normalized()).second) above.push_back(list.dn);
            for (auto& list : found->lists)
                if (sender.names.insert(list.normalized()).second) above.push_back(std::move(list));
            std::ranges::move(found->doubts, std::back_inserter(doubts));
            if (sender.names.size() > most_lists || doubts.size() > most_lists)
                return Error{EventId::directory_refused, sender.address + " is on more than " +
                                                             std::to_string(most_lists) + " lists"};
        }
        person = false;
        of = std::move(above);
    }
    return add_doubts(sender, std::move(doubts), not_before, deadline);
}

/// Whoever may be on a list may be on those that name it.
std::optional<Error> Senders::add_doubts(Sender& sender, std::vector<DynamicLists::Doubt> of,
                                         Deadline not_before, Deadline deadline)
{
    while (!of.empty()) {
        const auto doubt = std::move(of.back());
        of.pop_back();
        const auto key = doubt.list.normalized();
        if (sender.names.contains(key) || !sender.doubts.emplace(key, doubt.why).second) continue;
        if (sender.doubts.size() > most_lists)
            return Error{EventId::directory_refused, sender.address + " may be on more than " +
                                                         std::to_string(most_lists) + " lists"};
        const auto lists = naming(doubt.list, {}, false, deadline);
        if (!lists) return lists.error();
        auto found = dynamic_.with(doubt.list, sender.names, not_before, deadline);
        if (!found) return found.error();
        for (const auto& list : *lists)
            of.push_back({list.dn, doubt.why});
        for (auto& list : found->lists)
            of.push_back({std::move(list), doubt.why});
        std::ranges::move(found->doubts, std::back_inserter(of));
    }
    return {};
}

}  // namespace imc::transfer
