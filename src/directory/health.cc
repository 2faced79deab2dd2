#include "directory/health.h"

#include "directory/schema.h"
#include "directory/search.h"

#include <algorithm>
#include <set>

namespace imc {
namespace {

constexpr const char* references[] = {"member",   "owner",      "altRecipient",
                                      "authOrig", "unauthOrig", "publicDelegates"};

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
    HealthFindings out;
    const auto found =
        people.search(base, Scope::subtree, "(mailNickname=*)", deadline, bounds.objects);
    if (!found) {
        if (!is_more_than_asked(found.error())) return found.error();
        out.whole = false;
        return out;
    }
    out.objects = found->size();
    Holders addresses{"address", out.twice, bounds.findings};
    Holders aliases{"alias", out.twice, bounds.findings};
    std::set<std::string> there;
    for (const auto& entry : *found) {
        there.insert(entry.dn.normalized());
        for (const auto& address : entry.all("proxyAddresses"))
            addresses.add("proxyAddresses", address, entry);
        aliases.add("mailNickname", std::string{entry.first("mailNickname")}, entry);
    }
    std::size_t reads = 0;
    std::set<std::string> gone;
    for (const auto& entry : *found)
        for (const auto* attribute : references)
            for (const auto& value : entry.all(attribute)) {
                const auto dn = Dn::parse(value);
                if (!dn) continue;  // the schema's business
                ++out.references;
                const auto key = dn->normalized();
                if (there.contains(key)) continue;
                if (!gone.contains(key)) {
                    if (reads == bounds.reads) {
                        out.whole = false;
                        continue;
                    }
                    ++reads;
                    auto answer = people.read(*dn, deadline);
                    if (auto* silent = std::get_if<CannotSay>(&answer))
                        return std::move(silent->reason);
                    if (std::holds_alternative<Entry>(answer)) {
                        there.insert(key);
                        continue;
                    }
                    gone.insert(key);
                }
                if (out.dangling.size() < bounds.findings)
                    out.dangling.push_back(entry.dn.to_rfc4514() + ": " + attribute + " " +
                                           printable(value, 200));
            }
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
    const auto server = ldap_directory(settings);
    const auto config = Dn::parse_rfc4514("cn=config");
    const auto databases = server->search(*config, Scope::subtree, "(olcSuffix=*)", deadline, 100);
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
    for (const auto& attribute : attributes)
        if (!has_equality_index(index, attribute)) missing.attributes.push_back(attribute);
    return missing;
}

}  // namespace imc
