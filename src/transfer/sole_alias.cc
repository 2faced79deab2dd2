#include "transfer/sole_alias.h"

#include "transfer/expansion.h"
#include "transfer/next_hop.h"

#include <algorithm>

namespace imc::transfer {
namespace {

/// An account that no address leads to, or whose mail all goes to another, fills no folder.
bool gets_mail(const Entry& entry)
{
    if (mail_address(entry).empty() && entry.all("proxyAddresses").empty()) return false;
    return entry.first("altRecipient").empty() ||
           same_word(entry.first("deliverAndRedirect"), "TRUE");
}

}  // namespace

SoleAlias::SoleAlias(std::shared_ptr<Directory> directory, Dn organization, std::size_t remembered)
    : directory_{std::move(directory)}, organization_{std::move(organization)},
      remembered_{remembered}
{}

std::variant<std::vector<std::string>, CannotSay>
SoleAlias::sharers(const config::Config& config, const Entry& entry, const Route& route,
                   Deadline deadline, std::uint64_t revision)
{
    const std::string alias{entry.first("mailNickname")};
    const auto owner = entry.dn.normalized();
    const auto before = known(alias, owner);
    // Whoever is believed to be there while the directory is silent (RecipientCacheStaleSeconds)
    // has his folder still.
    const auto unknown =
        [&](const Error& why) -> std::variant<std::vector<std::string>, CannotSay> {
        if (before) return std::vector<std::string>{};
        return CannotSay{why};
    };
    if (directory_->is_local()) {
        const auto now =
            revision != 0 ? Result<std::uint64_t>{revision} : directory_->revision(deadline);
        if (!now) return unknown(now.error());
        revision = *now;
        if (before && before->revision == revision) return std::vector<std::string>{};
    } else if (before && before->until > std::chrono::steady_clock::now()) {
        return std::vector<std::string>{};
    }
    const auto old_answers = directory_->old_answers();
    // Whoever stands where we cannot look gets no mail from us either, so that is no doubt here.
    const auto found = directory_->search_for_proof(
        organization_, Scope::subtree, "(mailNickname=" + escape_filter_value(alias) + ")", "(&)",
        deadline, most);
    if (!found) return unknown(found.error());
    bool is_there = false;
    std::vector<std::string> others;
    for (const auto& one : *found) {
        if (one.dn.normalized() == owner) {
            is_there = true;
            continue;
        }
        // A list has no folder, and "Bob" has another one than "bob".
        if (is_list(one) || one.first("mailNickname") != alias) continue;
        if (!gets_mail(one)) continue;
        const auto way = deliver_to(config, one, {});
        const auto* const theirs = std::get_if<Route>(&way);
        if (theirs != nullptr && theirs->key == route.key) others.push_back(one.dn.to_rfc4514());
    }
    if (!is_there)
        return CannotSay{Error{EventId::directory_refused,
                               directory_->description() + " does not find " +
                                   entry.dn.to_rfc4514() + " by its alias, " +
                                   printable(alias, 60) + ", so who else has it cannot be known"}};
    std::ranges::sort(others);
    if (!others.empty())
        forget(alias);
    else if (directory_->old_answers() == old_answers)
        remember(alias, {owner, revision, after(for_so_long)});
    return others;
}

std::optional<SoleAlias::Known> SoleAlias::known(const std::string& alias, const std::string& owner)
{
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(alias);
    if (found == known_.end() || found->second.owner != owner) return {};
    unused_first_.splice(unused_first_.end(), unused_first_, found->second.place);
    return found->second;
}

void SoleAlias::remember(const std::string& alias, Known known)
{
    const std::lock_guard lock{mutex_};
    const auto old = known_.find(alias);
    if (old != known_.end()) {
        known.place = old->second.place;
        unused_first_.splice(unused_first_.end(), unused_first_, known.place);
        old->second = std::move(known);
        return;
    }
    if (known_.size() >= remembered_) {
        known_.erase(unused_first_.front());
        unused_first_.pop_front();
    }
    known.place = unused_first_.insert(unused_first_.end(), alias);
    known_.emplace(alias, std::move(known));
}

void SoleAlias::forget(const std::string& alias)
{
    const std::lock_guard lock{mutex_};
    const auto found = known_.find(alias);
    if (found == known_.end()) return;
    unused_first_.erase(found->second.place);
    known_.erase(found);
}

}  // namespace imc::transfer
