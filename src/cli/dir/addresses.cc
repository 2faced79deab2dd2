#include "admin/site_format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/dir/place.h"
#include "event/sinks.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view recipients_filter =
    "(&(mailNickname=*)(|(objectClass=imcMailbox)(objectClass=imcContact)(objectClass=imcList)"
    "(objectClass=imcPublicFolder)))";

struct Words {
    std::string format;
    std::vector<std::string> only;
    bool apply = false, new_only = false;
};

struct Rewritten {
    const Entry* entry;
    std::string before, after;
};

struct Plan {
    std::size_t scanned = 0;
    std::vector<Rewritten> changed;
    std::vector<const Entry*> failed;  ///< the format makes only addresses that others have
};

std::string primary_of(const Entry& entry)
{
    for (const auto& proxy : entry.all("proxyAddresses"))
        if (proxy.starts_with("SMTP:")) return proxy.substr(5);
    return {};
}

std::string dn_key(const Entry& entry) { return lower(entry.dn.to_rfc4514()); }

/// Who has which address, of the whole organization. In lower case.
class Holders {
public:
    explicit Holders(const std::vector<Entry>& entries)
    {
        for (const auto& entry : entries)
            for (const auto& proxy : entry.all("proxyAddresses"))
                if (starts_with_word(proxy, "smtp:"))
                    holders_.emplace(lower(proxy.substr(5)), dn_key(entry));
    }
    bool is_taken(const std::string& address, const std::string& for_whom) const
    {
        const auto [begin, end] = holders_.equal_range(lower(address));
        return std::any_of(begin, end, [&](const auto& h) { return h.second != for_whom; });
    }
    void give(const std::string& address, const std::string& whom)
    {
        holders_.emplace(lower(address), whom);
    }

private:
    std::multimap<std::string, std::string> holders_;
};

/// What is his own is not taken: a second run changes nothing. Of Ann.Lee2 it makes Ann.Lee when
/// that one is free by now.
Plan plan_of(const mail::AddressTemplate& format, const std::vector<const Entry*>& recipients,
             Holders& holders)
{
    Plan plan;
    for (const auto* entry : recipients) {
        ++plan.scanned;
        const auto key = dn_key(*entry);
        auto before = primary_of(*entry);
        auto address = format.unique_address(
            admin::names_of(*entry), [&](const auto& a) { return holders.is_taken(a, key); },
            before);
        if (address.empty()) {
            plan.failed.push_back(entry);
            continue;
        }
        if (before == address) continue;
        holders.give(address, key);
        plan.changed.push_back({entry, std::move(before), std::move(address)});
    }
    return plan;
}

/// The address before goes on as a secondary one: mail to it still arrives.
Change change_of(const Rewritten& r)
{
    std::vector<std::string> proxies{"SMTP:" + r.after};
    for (const auto& proxy : r.entry->all("proxyAddresses")) {
        if (starts_with_word(proxy, "smtp:") && same_word(proxy.substr(5), r.after)) continue;
        proxies.push_back(proxy.starts_with("SMTP:") ? "smtp:" + proxy.substr(5) : proxy);
    }
    Change change{Change::Kind::modify, r.entry->dn};
    change.changes.push_back(
        {AttributeChange::Kind::replace, "proxyAddresses", std::move(proxies)});
    change.changes.push_back({AttributeChange::Kind::replace, "mail", {r.after}});
    return change;
}

Change format_change(const admin::SiteAddressing& site, const mail::AddressTemplate& format)
{
    std::vector<std::string> formats{"SMTP:" + format.text()};
    for (const auto& other : site.formats)
        if (!admin::is_smtp_format(other)) formats.push_back(other);
    Change change{Change::Kind::modify, site.dn};
    change.changes.push_back(
        {AttributeChange::Kind::replace, "imcAddressFormat", std::move(formats)});
    return change;
}

class Addresses {
public:
    Addresses(Context& context, const Words& words)
        : context_{context}, words_{words}, place_{context}
    {}

    void run()
    {
        if (!place_.open()) return;
        const auto site =
            admin::site_addressing(place_.paths(), place_.directory(), after(Place::patience));
        if (!site) return place_.refuse(site.error());
        const auto format = words_.format.empty() ? admin::smtp_format(*site)
                                                  : admin::parse_format(*site, words_.format);
        if (!format) return place_.refuse(format.error());
        std::vector<Change> changes;
        if (!words_.format.empty()) changes.push_back(format_change(*site, *format));
        if (words_.new_only) return take(changes, {}, *format);
        auto all =
            place_.directory().search(site->site.parent(), Scope::subtree, "(proxyAddresses=*)",
                                      after(long_patience), Place::most_shown);
        if (!all) return void(place_.fail(all.error()));
        auto recipients = place_.directory().search(site->site, Scope::subtree, recipients_filter,
                                                    after(long_patience), Place::most_shown);
        if (!recipients) return void(place_.fail(recipients.error()));
        std::ranges::sort(*recipients, {}, dn_key);
        std::vector<const Entry*> chosen;
        if (!choose(*recipients, chosen)) return;
        Holders holders{*all};
        const auto plan = plan_of(*format, chosen, holders);
        show(plan);
        if (!words_.apply) return context_.json ? void() : preview(plan, *format);
        for (const auto& changed : plan.changed)
            changes.push_back(change_of(changed));
        take(changes, plan, *format);
    }

private:
    static constexpr std::chrono::seconds long_patience{600};

    bool choose(const std::vector<Entry>& recipients, std::vector<const Entry*>& chosen)
    {
        std::set<std::string> wanted;
        for (const auto& text : words_.only) {
            const auto dn = place_.dn(text);
            if (!dn) return false;
            wanted.insert(lower(dn->to_rfc4514()));
        }
        for (const auto& entry : recipients)
            if (wanted.empty() || wanted.erase(dn_key(entry)) > 0) {
                chosen.push_back(&entry);
                if (!words_.only.empty() && wanted.empty()) return true;
            }
        if (wanted.empty()) return true;
        context_.fail(*wanted.begin() + " is no recipient of this site", 1);
        return false;
    }

    void show(const Plan& plan)
    {
        for (const auto& r : plan.changed)
            if (context_.json)
                context_.out << json::serialize(json::object{{"dn", r.entry->dn.to_rfc4514()},
                                                             {"before", r.before},
                                                             {"after", r.after}})
                             << '\n';
            else
                context_.out << (r.before.empty() ? "(none)" : r.before) << "  ->  " << r.after
                             << "   " << r.entry->dn.to_rfc4514() << '\n';
        for (const auto* entry : plan.failed)
            context_.fail(entry->dn.to_rfc4514() +
                          ": others have all addresses that the format makes");
    }

    void preview(const Plan& plan, const mail::AddressTemplate& format)
    {
        context_.out << plan.scanned << " recipients, " << plan.changed.size()
                     << " would get another primary address by \"" << format.text()
                     << "\"; the one before stays as a secondary.\n"
                     << "Nothing was changed; --apply changes it.\n";
    }

    /// One change, so that one command undoes it.
    void take(const std::vector<Change>& changes, const Plan& plan,
              const mail::AddressTemplate& format)
    {
        EventLog events;
        events.add(file_sink({place_.paths().events()}));
        events.raise(EventId::bulk_address_update_started,
                     {{"format", format.text()}, {"recipients", std::to_string(plan.scanned)}});
        const auto deadline =
            after(long_patience + std::chrono::milliseconds{10} * plan.changed.size());
        Result<Undo> done{Undo{}};
        if (!changes.empty()) done = place_.apply(changes, "directory.addresses", deadline);
        const bool failed = !done;
        events.raise(
            EventId::bulk_address_update_done,
            {{"scanned", std::to_string(plan.scanned)},
             {"updated", std::to_string(failed ? 0 : plan.changed.size())},
             {"failed", std::to_string(failed ? plan.changed.size() : plan.failed.size())}});
        if (failed) return void(place_.fail(done.error()));
        if (!context_.json)
            context_.out << plan.scanned << " recipients, " << plan.changed.size()
                         << " have another primary address now by \"" << format.text() << "\".\n";
        if (const auto undo = place_.undo_command(*done); !undo.empty()) context_.undo(undo);
    }

    Context& context_;
    const Words& words_;
    Place place_;
};

}  // namespace

void add_dir_addresses(CLI::App& dir, Context& context)
{
    auto w = std::make_shared<Words>();
    auto* command = changing(
        dir.add_subcommand("addresses", "how this site makes addresses, and making all anew by it"),
        context);
    command->add_option("RECIPIENT", w->only,
                        "only these: DN, alias or address; all when left out");
    command
        ->add_option("--format", w->format,
                     "another format than that of Site Addressing, as in %g.%s@contoso.example")
        ->type_name("FORMAT");
    auto* apply = command->add_flag(
        "--apply", w->apply, "changes the recipients, and with --format Site Addressing, too");
    command
        ->add_flag("--new-only", w->new_only,
                   "stores the format for whoever is added from now on, and changes nobody")
        ->excludes(apply)
        ->needs("--format");
    command->footer(
        "%m alias, %s surname, %g given name, %i initials, %d display name, %3s its first three\n"
        "characters, %rxy puts y for x in what follows, %rxx leaves x out, %% a percent sign.\n"
        "Without --apply it is shown who would get which address, and nothing is changed. The\n"
        "address before stays as a secondary one. A second run changes nothing; Ann.Lee2 becomes\n"
        "Ann.Lee when nobody has that one any more.\n"
        "  imc dir addresses --format %g.%s@contoso.example\n"
        "  imc dir addresses --format %g.%s@contoso.example --apply");
    command->callback([&context, w] { Addresses{context, *w}.run(); });
}

}  // namespace imc::cli
