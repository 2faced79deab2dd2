#include "transfer/dynamic_lists.h"

namespace imc::transfer {
namespace {

bool covers(const MemberSearch& search, const Dn& object)
{
    switch (search.scope) {
    case Scope::base: return same(object, search.base);
    case Scope::one_level: return !object.is_root() && same(object.parent(), search.base);
    case Scope::subtree: return object.is_within(search.base);
    }
    return false;
}

/// A class is what every server has an index of.
std::string lists_with_a_search()
{
    std::string classes;
    for (const auto name : list_classes())
        classes += "(objectClass=" + std::string{name} + ")";
    return "(&(|" + classes + ")(|(imcMemberURL=*)(memberURL=*)))";
}

}  // namespace

DynamicLists::DynamicLists(std::shared_ptr<Directory> directory, Dn organization)
    : directory_{std::move(directory)}, organization_{std::move(organization)}
{}

Result<DynamicLists::All> DynamicLists::all(Deadline not_before, Deadline deadline)
{
    const bool local = directory_->is_local();
    const auto asked_at = std::chrono::steady_clock::now();
    const auto revision = local ? directory_->revision(deadline) : std::uint64_t{0};
    if (!revision) return revision.error();
    {
        const std::lock_guard lock{mutex_};
        if (known_ && (local ? revision_ == *revision : asked_at_ >= not_before)) return known_;
    }
    // A server that does not know the attributes has no such list, one that is not allowed to tell
    // of any object, or lacks changes, has perhaps.
    const auto found =
        directory_->search_for_proof(organization_, Scope::subtree, lists_with_a_search(),
                                     "(objectClass=*)", deadline, most, {.whole = true});
    if (!found) return found.error();
    auto read = std::make_shared<std::vector<Known>>();
    for (const auto& entry : *found) {
        if (auto error = came_in_part(entry)) return std::move(*error);
        Known one{entry.dn, {}};
        for (const auto* attribute : {"imcMemberURL", "memberURL"})
            for (const auto& url : entry.all(attribute))
                if (auto search = parse_member_url(url);
                    search && search->base.is_within(organization_))
                    one.searches.push_back(std::move(*search));
        if (!one.searches.empty()) read->push_back(std::move(one));
    }
    All out = std::move(read);
    const std::lock_guard lock{mutex_};
    known_ = out;
    asked_at_ = asked_at;
    revision_ = *revision;
    return out;
}

Result<DynamicLists::Found> DynamicLists::with(const Dn& object, const std::set<std::string>& known,
                                               Deadline not_before, Deadline deadline)
{
    const auto lists = all(not_before, deadline);
    if (!lists) return lists.error();
    Found out;
    for (const auto& list : **lists) {
        if (same(list.list, object)) continue;  // it matches its own filter more often than not
        if (known.contains(list.list.normalized())) continue;
        std::optional<std::string> doubt;
        bool is_on = false;
        for (const auto& search : list.searches) {
            if (!covers(search, object)) continue;
            const auto found = directory_->search_for_proof(object, Scope::base, search.filter,
                                                            search.filter, deadline, 1);
            if (!found && found.error().event() == EventId::filter_invalid) continue;
            if (!found && found.error().event() == EventId::directory_refused) {
                doubt = found.error().to_string();
                continue;
            }
            if (!found) return found.error();
            is_on = !found->empty();
            if (is_on) break;
        }
        if (is_on)
            out.lists.push_back(list.list);
        else if (doubt)
            out.doubts.push_back({list.list, std::move(*doubt)});
    }
    return out;
}

}  // namespace imc::transfer
