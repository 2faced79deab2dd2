#include "transfer/list_members.h"

#include "directory/value_range.h"

#include <set>

namespace imc::transfer {
namespace {

class Teller {
public:
    Teller(const Entry& list, Directory& directory, const Dn& organization, std::size_t most,
           Deadline deadline)
        : list_{list}, directory_{directory}, organization_{organization}, most_{most},
          deadline_{deadline}
    {
        told_.insert(list.dn.normalized());
    }

    ListAnswer run()
    {
        if (!is_list(list_)) return NotAList{};
        if (auto error = came_in_part(list_)) return CannotSay{std::move(*error)};
        auto names = list_.all("member");
        const auto part = range_of(list_.attributes, "member");
        if (!part) return CannotSay{part.error()};
        if (*part && (*part)->next) return TooManyMembers{};
        if (*part) names = (*part)->values;
        const auto unique = list_.all("uniqueMember");
        const auto uids = list_.all("memberUid");
        if (names.size() + unique.size() + uids.size() > most_) return TooManyMembers{};
        std::optional<Error> silent;
        for (const auto& name : names)
            if (!silent) silent = by_name(name);
        for (const auto& name : unique)  // "DN#bits": RFC 4517 3.3.21
            if (!silent) silent = by_name(name.substr(0, std::min(name.size(), name.rfind("#'"))));
        for (const auto& uid : uids)
            if (!silent) silent = by_uid(uid);
        for (const auto* attribute : {"imcMemberURL", "memberURL"})
            for (const auto& url : list_.all(attribute))
                if (!silent && !is_full()) silent = by_search(url);
        if (silent) return CannotSay{std::move(*silent)};
        if (is_full()) return TooManyMembers{};
        return std::move(out_);
    }

private:
    bool is_full() const { return out_.addresses.size() > most_; }

    void tell(const Entry& entry)
    {
        if (is_full() || !told_.insert(entry.dn.normalized()).second) return;
        if (auto address = mail_address(entry); !address.empty())
            out_.addresses.push_back(std::move(address));
    }
    std::optional<Error> by_name(std::string_view name)
    {
        const auto dn = Dn::parse(name);
        if (!dn) return {};
        const auto found = directory_.read(*dn, deadline_);
        if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
        if (const auto* entry = std::get_if<Entry>(&found)) tell(*entry);
        return {};
    }
    /// As in an expansion: whoever shares a uid is not known by it.
    std::optional<Error> by_uid(const std::string& uid)
    {
        const auto filter = "(uid=" + escape_filter_value(uid) + ")";
        const auto found = ask(organization_, Scope::subtree, filter, 10);
        if (!found) return found.error();
        const Entry* one = nullptr;
        for (const auto& entry : *found) {
            if (mail_address(entry).empty()) continue;
            if (one != nullptr) return {};
            one = &entry;
        }
        if (one != nullptr) tell(*one);
        return {};
    }
    std::optional<Error> by_search(const std::string& url)
    {
        const auto wanted = parse_member_url(url);
        if (!wanted || !wanted->base.is_within(organization_)) return {};
        const auto found = ask(wanted->base, wanted->scope, wanted->filter, Expansion::most_found);
        if (!found && found.error().event() == EventId::filter_invalid) return {};
        if (!found) return found.error();
        for (const auto& entry : *found)
            tell(entry);
        return {};
    }
    Result<std::vector<Entry>> ask(const Dn& base, Scope scope, const std::string& filter,
                                   std::size_t limit)
    {
        return directory_.search_for_proof(base, scope, filter, filter, deadline_, limit,
                                           {.whole = true});
    }

    const Entry& list_;
    Directory& directory_;
    const Dn& organization_;
    const std::size_t most_;
    const Deadline deadline_;
    std::set<std::string> told_;
    ListMembers out_;
};

}  // namespace

ListAnswer members_of(const Entry& list, Directory& directory, const Dn& organization,
                      std::size_t most, Deadline deadline)
{
    return Teller{list, directory, organization, most, deadline}.run();
}

}  // namespace imc::transfer
