#include "directory/health.h"

#include "directory/ldap_directory.h"
#include "directory/schema.h"
#include "directory/search.h"

#include <algorithm>
#include <functional>

namespace imc {
namespace {

constexpr const char* references[] = {"member",   "owner",      "altRecipient",
                                      "authOrig", "unauthOrig", "publicDelegates"};

constexpr const char* everybody = "(mailNickname=*)";

/// Numbers of names; two names of one number are told apart by whoever asks.
class Seen {
public:
    void add(const std::string& name) { all_.push_back(std::hash<std::string>{}(name)); }
    void sort() { std::ranges::sort(all_); }
    bool has(const std::string& name) const { return count(name) > 0; }
    bool has_twice(const std::string& name) const { return count(name) > 1; }

private:
    std::size_t count(const std::string& name) const
    {
        return std::ranges::equal_range(all_, std::hash<std::string>{}(name)).size();
    }
    std::vector<std::size_t> all_;
};

std::string key_of_name(std::string_view attribute, const std::string& value)
{
    return std::string{attribute} + "=" + normalized_value(attribute, value);
}

template <class Take>
void each_name(const Entry& entry, const Take& take)
{
    for (const auto& address : entry.all("proxyAddresses"))
        take("proxyAddresses", address);
    take("mailNickname", std::string{entry.first("mailNickname")});
}

/// Who has what; of each key the first holder, and every other one as a finding.
class Holders {
public:
    Holders(std::string kind, std::vector<std::string>& findings, std::size_t most)
        : kind_{std::move(kind)}, findings_{findings}, most_{most}
    {}

    void add(std::string_view attribute, const std::string& value, const Entry& entry)
    {
        const auto [first, is_new] =
            first_.emplace(normalized_value(attribute, value), entry.dn.to_rfc4514());
        if (!is_new && findings_.size() < most_)
            findings_.push_back(kind_ + " " + printable(value, 120) + ": " + first->second +
                                " and " + entry.dn.to_rfc4514());
    }

private:
    std::string kind_;
    std::vector<std::string>& findings_;
    std::size_t most_;
    std::map<std::string, std::string> first_;
};

/// "eq" of "eq,sub"; also "pres,eq" and so on.
bool says_equality(std::string_view types)
{
    return std::ranges::any_of(split(types, ','),
                               [](std::string_view type) { return same_word(trim(type), "eq"); });
}

}  // namespace

Result<HealthFindings> look_over(Directory& people, const Dn& base, Deadline deadline,
                                 const HealthBounds& bounds)
{
    // Twice over everybody, so that no more than a number for each name is kept: whose number
    // comes twice is looked at by name.
    HealthFindings out;
    Seen there, names;
    const auto all = people.scan(base, everybody, deadline, [&](Entry&& entry) {
        if (out.objects == bounds.objects) {
            out.whole = out.all_objects = false;
            return false;
        }
        ++out.objects;
        there.add(entry.dn.normalized());
        each_name(entry, [&](std::string_view attribute, const std::string& value) {
            names.add(key_of_name(attribute, value));
        });
        return true;
    });
    if (!all) return all.error();
    there.sort();
    names.sort();
    Holders addresses{"address", out.twice, bounds.findings};
    Holders aliases{"alias", out.twice, bounds.findings};
    std::size_t objects = 0;
    std::size_t reads = 0;
    std::set<std::string> gone, elsewhere;
    std::optional<Error> silent;
    const auto look_for = [&](const Entry& entry, const char* attribute, const std::string& value) {
        const auto dn = Dn::parse(value);
        if (!dn) return;  // the schema's business
        ++out.references;
        const auto key = dn->normalized();
        if (there.has(key) || elsewhere.contains(key)) return;
        if (!gone.contains(key)) {
            if (reads == bounds.reads) {
                out.whole = false;
                return;
            }
            ++reads;
            auto answer = people.read(*dn, deadline);
            if (auto* why = std::get_if<CannotSay>(&answer)) {
                silent = std::move(why->reason);
                return;
            }
            if (std::holds_alternative<Entry>(answer)) {
                elsewhere.insert(key);
                return;
            }
            gone.insert(key);
        }
        if (out.dangling.size() < bounds.findings)
            out.dangling.push_back(entry.dn.to_rfc4514() + ": " + attribute + " " +
                                   printable(value, 200));
    };
    const auto again = people.scan(base, everybody, deadline, [&](Entry&& entry) {
        if (objects++ == out.objects) return false;
        each_name(entry, [&](std::string_view attribute, const std::string& value) {
            if (!names.has_twice(key_of_name(attribute, value))) return;
            (attribute == "proxyAddresses" ? addresses : aliases).add(attribute, value, entry);
        });
        for (const auto* attribute : references)
            for (const auto& value : entry.all(attribute)) {
                look_for(entry, attribute, value);
                if (silent) return false;
            }
        return true;
    });
    if (silent) return *std::move(silent);
    if (!again) return again.error();
    return out;
}

bool has_equality_index(const std::vector<std::string>& index_lines, std::string_view attribute)
{
    // slapd-mdb(5): "index {attrlist|default} [pres,eq,...]"; without types the default's.
    bool by_default = false;
    for (const auto& line : index_lines) {
        const auto text = trim(line);
        if (starts_with_word(text, "default ")) by_default = says_equality(text.substr(8));
    }
    return std::ranges::any_of(index_lines, [&](const std::string& line) {
        const auto text = trim(line);
        const auto space = std::min(text.find_first_of(" \t"), text.size());
        const auto types = trim(text.substr(space));
        return std::ranges::any_of(
                   split(text.substr(0, space), ','),
                   [&](std::string_view name) { return same_word(trim(name), attribute); }) &&
               (types.empty() ? by_default : says_equality(types));
    });
}

Answer<MissingIndexes> missing_indexes(const LdapSettings& settings,
                                       const std::vector<std::string>& attributes,
                                       Deadline deadline)
{
    const auto base = Dn::parse_rfc4514(settings.base);
    if (!base) return CannotSay{base.error()};
    ldap::LdapDirectory server{settings};
    const auto config = Dn::parse_rfc4514("cn=config");
    const auto databases = server.search(*config, Scope::subtree, "(olcSuffix=*)", deadline, 100);
    if (!databases) {
        const auto event = databases.error().event();
        if (event == EventId::directory_no_such_object || event == EventId::directory_refused)
            return ProvenAbsent{};
        return CannotSay{databases.error()};
    }
    const Entry* ours = nullptr;
    for (const auto& database : *databases)
        for (const auto& suffix : database.all("olcSuffix")) {
            const auto dn = Dn::parse_rfc4514(suffix);
            // Without a base every database is ours, and the first stands for them.
            if (dn && (base->is_root() ? ours == nullptr && !dn->is_root() && !same(*dn, *config)
                                       : base->is_within(*dn)))
                ours = &database;
        }
    if (ours == nullptr) return ProvenAbsent{};
    MissingIndexes missing{ours->dn.to_rfc4514(), {}};
    const auto lines = ours->all("olcDbIndex");
    const std::vector<std::string> index{lines.begin(), lines.end()};
    // An index of what the server does not know cannot be made, and is not missed.
    const auto known = ldap::names_known_to(server, deadline);
    if (!known) return CannotSay{known.error()};
    for (const auto& attribute : attributes)
        if (!has_equality_index(index, attribute) && (known->empty() || known->contains(attribute)))
            missing.attributes.push_back(attribute);
    return missing;
}

}  // namespace imc
