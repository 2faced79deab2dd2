#include "admin/consequences.h"

#include "base/text.h"
#include "config/admin_settings.h"
#include "config/open_directory.h"
#include "directory/filter.h"
#include "directory/schema.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace imc::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t most_consequences = 50;

/// Asks one thing after the other, and keeps the first of each rank and the number of all.
class Telling {
public:
    Telling(const Paths& paths, const Place& place, const Dn& dn, const std::optional<Dn>& becomes,
            Deadline deadline)
        : paths_{paths}, place_{place}, dn_{dn}, becomes_{becomes}, deadline_{deadline}
    {}

    Result<Consequences> all()
    {
        if (const auto done = registry(); !done) return done.error();
        if (const auto done = below(); !done) return done.error();
        if (const auto done = references(); !done) return done.error();
        Consequences out;
        for (auto& rank : ranks_) {
            out.total += rank.count;
            for (auto& row : rank.rows)
                if (out.rows.size() < most_consequences) out.rows.push_back(std::move(row));
        }
        return out;
    }

private:
    enum Rank : std::uint8_t { stops_the_service, breaks, follows };
    struct Told {
        std::vector<std::pair<std::string, std::string>> rows;
        std::size_t count = 0;
    };

    void tell(Rank rank, std::string whose, std::string what)
    {
        auto& told = ranks_[rank];
        ++told.count;
        if (told.rows.size() < most_consequences)
            told.rows.emplace_back(std::move(whose), std::move(what));
    }

    bool is_meant(const Dn& other) const { return !other.is_root() && other.is_within(dn_); }

    Result<> registry()
    {
        const auto settings = config::settings_of(paths_);
        if (!settings) return settings.error();
        const auto tell_of = [&](const std::string& name, const std::string& what) {
            tell(stops_the_service, dn_.to_rfc4514(), "the registry's " + name + " " + what);
        };
        const auto site_text = (*settings)->text("SiteDN").value_or("");
        if (auto server = Dn::parse(site_text)) {
            // "/o=..." stands below DirectoryBase.
            if (!place_.base.is_root() && !server->is_within(place_.base))
                *server = server->below(place_.base);
            server_ = std::move(*server);
        }
        if (is_meant(server_))
            tell_of("SiteDN", "runs through it: the service would not start until they agree "
                              "again (event 4086); imc check --fix");
        for (const char* name : {"DirectoryBase", "RecipientBase"})
            if (names(**settings, name))
                tell_of(name, std::string{"names it: nothing is found below the old name "
                                          "(event 40012)"});
        for (const char* name : {"DirectoryBindDN", "RecipientBindDN"})
            if (names(**settings, name))
                tell_of(name, "names it: we could not sign in to the directory (event 40001)");
        common_name_ = trim((*settings)->text("CommonName").value_or(""));
        return {};
    }

    bool names(const config::SettingsView& settings, const char* name) const
    {
        const auto other = Dn::parse(settings.text(name).value_or(""));
        return other && is_meant(*other);
    }

    /// What stands in the subtree, and by which words others may call it.
    Result<> below()
    {
        return place_.directory->scan(dn_, "(objectClass=*)", deadline_, [&](Entry&& entry) {
            const bool itself = same(entry.dn, dn_);
            if (!itself)
                tell(follows, entry.dn.to_rfc4514(),
                     becomes_ ? "moves with it" : "stands below it");
            identity(entry, itself);
            if (becomes_) return true;  // aliases and addresses stay what they are
            if (const auto alias = entry.first("mailNickname"); !alias.empty())
                called_.insert(lower(alias));
            for (const auto& address : entry.all("proxyAddresses"))
                if (starts_with_word(address, "smtp:")) called_.insert(lower(address.substr(5)));
            return true;
        });
    }

    void identity(const Entry& entry, bool itself)
    {
        const auto kind = kind_of(entry);
        // A connector that only moves keeps its name; a server is named by its whole way.
        const bool another = kind == "server" ? !same(entry.dn, server_)
                                              : kind == "connector" && (itself || !becomes_);
        if (!another) return;
        const bool ours =
            kind == "connector" && same_word(entry.dn.rdns().front().front().value, common_name_);
        tell(stops_the_service, entry.dn.to_rfc4514(),
             ours ? "the registry's CommonName names it: the service would not start (event 4018); "
                    "imc check --fix"
                  : "where a host runs as this " + std::string{kind} +
                        ", its registry names it, and its service would not start (event " +
                        (kind == "server" ? "4086" : "4018") + ")");
    }

    std::string referring_filter() const
    {
        // One name is asked for itself; a subtree by everything that names anything.
        const bool alone = ranks_[follows].count == 0;
        const auto value = alone ? escape_filter_value(dn_.to_rfc4514()) : std::string{"*"};
        std::string any;
        for (const auto name : attributes_of(Syntax::dn))
            any += "(" + std::string{name} + "=" + value + ")";
        return "(|" + any + "(imcAdministrator=*)(imcMemberURL=*)(memberURL=*))";
    }

    Result<> references()
    {
        const auto take = [&](Entry&& entry) {
            // What goes, too, needs no reference.
            if (becomes_ || !entry.dn.is_within(dn_)) references_of(entry);
            return true;
        };
        return place_.directory->scan(place_.base, referring_filter(), deadline_, take);
    }

    void references_of(const Entry& entry)
    {
        const auto whose = entry.dn.to_rfc4514();
        // Some servers keep references right by themselves (Active Directory, refint).
        const std::string stays = place_.directory->is_local()
                                      ? "and stays as it is"
                                      : "and stays as it is unless the server changes it";
        for (const auto& [name, values] : entry.attributes) {
            const auto* rule = find_attribute(name);
            if (rule != nullptr && rule->syntax == Syntax::dn) {
                for (const auto& value : values) {
                    const auto other = Dn::parse_rfc4514(value);
                    if (!other || !is_meant(*other)) continue;
                    tell(breaks, whose,
                         name + " names " + (same(*other, dn_) ? "it" : other->to_rfc4514()) +
                             ", " + stays);
                }
            } else if (same_word(name, "imcAdministrator")) {
                for (const auto& value : values)
                    if (lets_in(value))
                        tell(breaks, whose,
                             name + " \"" + value +
                                 "\": who signs "
                                 "in by it is nobody then");
            } else if (same_word(name, "imcMemberURL") || same_word(name, "memberURL")) {
                for (const auto& value : values)
                    if (searches_below(value))
                        tell(breaks, whose,
                             name + " \"" + value +
                                 "\" searches below it, and "
                                 "stays as it is");
            }
        }
    }

    bool lets_in(const std::string& row) const
    {
        const auto read = config::parse_administrator(row);
        if (!read) return false;
        if (read->account.find('=') == std::string::npos)
            return called_.contains(lower(read->account));
        const auto other = Dn::parse(read->account);
        return other && is_meant(*other);
    }

    /// ldap:///BASE??SCOPE?FILTER
    bool searches_below(const std::string& url) const
    {
        const auto host = url.find("://");
        const auto path = host == url.npos ? url.npos : url.find('/', host + 3);
        if (path == url.npos) return false;
        const auto base = url.substr(path + 1, url.find('?', path) - path - 1);
        const auto other = Dn::parse_rfc4514(url_decode(base, false));
        return other && is_meant(*other);
    }

    const Paths& paths_;
    const Place& place_;
    const Dn& dn_;
    const std::optional<Dn>& becomes_;
    const Deadline deadline_;
    Dn server_;  ///< SiteDN
    std::string common_name_;
    std::set<std::string> called_;  ///< aliases and addresses of what is deleted
    std::array<Told, 3> ranks_;
};

}  // namespace

Result<Consequences> consequences_of(const Paths& paths, const Place& place, const Dn& dn,
                                     const std::optional<Dn>& becomes, Deadline deadline)
{
    return Telling{paths, place, dn, becomes, deadline}.all();
}

json::object to_json(const Consequences& told)
{
    json::array rows;
    for (const auto& [whose, what] : told.rows)
        rows.push_back(json::object{{"dn", whose}, {"what", what}});
    return {{"consequences", std::move(rows)}, {"consequences_total", told.total}};
}

}  // namespace imc::admin
