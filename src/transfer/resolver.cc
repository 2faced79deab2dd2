#include "transfer/resolver.h"

#include "directory/value_range.h"
#include "transfer/next_hop.h"

#include <type_traits>

namespace imc::transfer {
namespace {

constexpr std::size_t most_holders = 16;

/// The directory, asked until a deadline.
class Asked final : public People {
public:
    Asked(const config::Config& config, RecipientLookup& lookup, SoleAlias& aliases,
          Directory& directory, Directory& administrators, Deadline deadline)
        : config_{config}, lookup_{lookup}, aliases_{aliases}, directory_{directory},
          administrators_{administrators}, deadline_{deadline}
    {}

    Answer<std::vector<Entry>> by_address(const std::string& address) const override
    {
        // Beside the configuration he is not among people, and reports are sent to him by this
        // address.
        if (&administrators_ == &directory_ || !same_word(address, config_.administrator.address))
            return all_holders(
                noted([&] { return lookup_.by_address(address, deadline_, &origin_); }), address);
        origin_ = {};
        auto found = administrator();
        if (auto* entry = std::get_if<Entry>(&found)) return std::vector{std::move(*entry)};
        if (auto* silent = std::get_if<CannotSay>(&found)) return std::move(*silent);
        return CannotSay{Error{EventId::not_configured,
                               config_.administrator.dn.to_rfc4514() + " does not exist any more"}};
    }

    AnswerOrigin origin() const override { return origin_; }

    Answer<std::vector<Entry>> by_proxy(const std::string& type,
                                        const std::string& value) const override
    {
        const auto filter = "(proxyAddresses=" + escape_filter_value(type + ":" + value) + ")";
        return search(filter);
    }

    Answer<std::vector<Entry>> by_historic_name(const std::string& name) const override
    {
        const auto value = escape_filter_value(name);
        // Not each directory has a legacyExchangeDN, so any address is the proof.
        auto found =
            search("(|(legacyExchangeDN=" + value + ")(proxyAddresses=X500:" + value + "))");
        if (!std::holds_alternative<ProvenAbsent>(found)) return found;
        // Ours are named after their place in the tree.
        const auto dn = Dn::parse(name);
        if (!dn || dn->is_root()) return found;
        auto place = dn->below(config_.base);
        if (!place.is_within(config_.organization)) return found;
        auto entry = noted([&] { return directory_.read(place, deadline_); });
        if (auto* silent = std::get_if<CannotSay>(&entry)) return std::move(*silent);
        auto* object = std::get_if<Entry>(&entry);
        if (object == nullptr || object->first("mailNickname").empty()) return found;
        return std::vector<Entry>{std::move(*object)};
    }

    Answer<Entry> by_name(const Dn& name) const override
    {
        return noted([&] { return directory_.read(name, deadline_); });
    }

    Answer<Entry> administrator() const override
    {
        return administrators_.read(config_.administrator.dn, deadline_);
    }

    Resolution deliver_to(const config::Config& config, const Entry& entry,
                          const std::string& address) const override
    {
        auto out = transfer::deliver_to(config, entry, address);
        const auto* const route = std::get_if<Route>(&out);
        if (route == nullptr || !std::holds_alternative<ToMaildir>(route->hop)) return out;
        // Whoever names a folder himself may mean that it is shared.
        if (!entry.first("homeMDB").empty() || !config.lmtp.empty()) return out;
        // Beside the configuration he is no one of those who are asked for.
        if (&administrators_ != &directory_ && same(entry.dn, config.administrator.dn)) return out;
        auto others = aliases_.sharers(config, entry, *route, deadline_, origin_.revision);
        if (auto* silent = std::get_if<CannotSay>(&others)) return std::move(*silent);
        const auto& names = std::get<std::vector<std::string>>(others);
        if (names.empty()) return out;
        std::string detail = "the alias " + printable(entry.first("mailNickname"), 60) + " of " +
                             entry.dn.to_rfc4514() +
                             " belongs to others, too, whose mail would stand in the same folder: ";
        for (const auto& name : names)
            detail += (&name == &names.front() ? "" : "; ") + name;
        return Refused{451,
                       "4.2.0",
                       "Mailbox is not set up for itself alone; try again later",
                       "one alias, several objects",
                       EventId::maildir_shared,
                       std::move(detail)};
    }

    /// Somebody who was found was so, perhaps: a server that lacks changes has answered.
    bool were() const { return were_; }

private:
    /// Of more than are fetched, some are enough to say that they are several.
    Answer<std::vector<Entry>> all_holders(Answer<std::vector<Entry>> found,
                                           const std::string& address) const
    {
        const auto* silent = std::get_if<CannotSay>(&found);
        if (silent == nullptr || silent->reason.event() != EventId::directory_refused) return found;
        std::vector<Entry> some;
        (void)directory_.scan(lookup_.organization(),
                              "(proxyAddresses=smtp:" + escape_filter_value(address) + ")",
                              deadline_, [&](Entry&& entry) {
                                  some.push_back(std::move(entry));
                                  return some.size() < most_holders;
                              });
        if (some.size() < 2) return found;
        return some;
    }
    Answer<std::vector<Entry>> search(const std::string& filter) const
    {
        return noted([&]() -> Answer<std::vector<Entry>> {
            auto found = directory_.search_for_proof(lookup_.organization(), Scope::subtree, filter,
                                                     any_address, deadline_, 16);
            if (!found) return CannotSay{found.error()};
            if (!found->empty()) return *std::move(found);
            return ProvenAbsent{};
        });
    }
    /// That nobody is there is proven, and by no such server.
    template <class Ask>
    std::invoke_result_t<Ask> noted(Ask ask) const
    {
        const auto old = directory_.old_answers();
        auto answer = ask();
        const bool nobody = std::holds_alternative<ProvenAbsent>(answer) ||
                            std::holds_alternative<CannotSay>(answer);
        were_ = were_ || (!nobody && directory_.old_answers() != old);
        return answer;
    }

    const config::Config& config_;
    RecipientLookup& lookup_;
    SoleAlias& aliases_;
    Directory& directory_;
    Directory& administrators_;
    Deadline deadline_;
    mutable AnswerOrigin origin_;
    mutable bool were_ = false;
};

RestrictionsPtr marked_old(const RestrictionsPtr& restrictions)
{
    if (!restrictions) return {};
    auto out = std::make_shared<Restrictions>(*restrictions);
    out->old = true;
    return out;
}

/// A server that lacks changes has answered: whoever it lets in is let in, but who is no more
/// disabled, or is there by now, must not hear a no.
Resolution by_what_was(Resolution found, const Directory& directory, Evidence* evidence)
{
    if (auto* route = std::get_if<Route>(&found))
        route->restrictions = marked_old(route->restrictions);
    if (auto* list = std::get_if<Expand>(&found))
        list->restrictions = marked_old(list->restrictions);
    const auto* const nobody = std::get_if<NoSuchRecipient>(&found);
    const auto* const refused = std::get_if<Refused>(&found);
    if (nobody == nullptr && (refused == nullptr || refused->code < 500)) return found;
    const auto no = nobody != nullptr ? nobody->why : refused->why;
    Error why{EventId::directory_unreachable,
              directory.description() +
                  ": a server that lacks changes which were seen before has "
                  "answered, so \"" +
                  no + "\" may be true no more; it is asked again later"};
    if (evidence != nullptr) evidence->push_back({"directory", why.detail(), true, {}});
    return CannotSay{std::move(why)};
}

}  // namespace

RecipientResolver::RecipientResolver(config::ConfigPtr config, std::shared_ptr<Directory> directory,
                                     const config::People& people,
                                     std::shared_ptr<RecipientCache> cache)
    : config_{std::move(config)}, directory_{people.directory ? people.directory : directory},
      administrators_{people.administrator ? directory_ : directory},
      lookup_{directory_, people.base_in(*config_), most_holders, std::move(cache)},
      senders_{std::make_shared<Senders>(directory_, people.base_in(*config_))},
      aliases_{std::make_shared<SoleAlias>(directory_, people.base_in(*config_))}
{}

bool RecipientResolver::is_local_domain(std::string_view domain) const
{
    return is_ours(*config_, domain);
}

Resolution RecipientResolver::resolve(std::string_view address, Deadline deadline) const
{
    Request request;
    request.recipient = address;
    return resolve(request, deadline);
}

Resolution RecipientResolver::resolve(const Request& request, Deadline deadline, Evidence* evidence,
                                      DecisionLine* line) const
{
    const Asked people{*config_, lookup_, *aliases_, *directory_, *administrators_, deadline};
    auto out = decide(*config_, people, request, evidence, line);
    if (!people.were()) return out;
    return by_what_was(std::move(out), *directory_, evidence);
}

ListAnswer RecipientResolver::members(std::string_view list, std::size_t most,
                                      Deadline deadline) const
{
    const auto text = list.find('@') == list.npos
                          ? std::string{list} + "@" + config_->local_domains.front()
                          : std::string{list};
    const auto address = mail::parse_address(text);
    if (!address) return NoSuchRecipient{address.error().what};
    if (!is_local_domain(address->domain)) return NoSuchRecipient{"not of a domain of this site"};
    auto found = holders(*address, deadline);
    if (auto* silent = std::get_if<CannotSay>(&found)) return std::move(*silent);
    const auto* entries = std::get_if<std::vector<Entry>>(&found);
    if (entries == nullptr) return NoSuchRecipient{"no object has the address", true};
    if (entries->size() > 1) {
        AmbiguousRecipient several;
        for (const auto& entry : *entries)
            several.objects.push_back(entry.dn.to_rfc4514());
        return several;
    }
    return members_of(entries->front(), *directory_, people(), most, deadline);
}

/// Whose address it is; at a literal of ours, at the site domain.
Answer<std::vector<Entry>> RecipientResolver::holders(const mail::Address& address,
                                                      Deadline deadline) const
{
    if (!address.is_literal()) return lookup_.by_address(address.normalized(), deadline);
    auto named = address;
    named.domain = config_->local_domains.front();
    return lookup_.by_address(named.normalized(), deadline);
}

}  // namespace imc::transfer
