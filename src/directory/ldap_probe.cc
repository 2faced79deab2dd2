#include "directory/ldap_directory.h"
#include "directory/ldif.h"
#include "directory/schema.h"

#include <algorithm>
#include <set>

namespace imc {
namespace {

using Names = std::set<std::string, LessWord>;

/// The names in "( 1.2.3 NAME 'a' ...": or "NAME ( 'a' 'b' )", RFC 4512 section 4.1.
std::vector<std::string> names_of(std::string_view definition)
{
    std::vector<std::string> names;
    auto at = definition.find(" NAME ");
    if (at == std::string_view::npos) return names;
    at += 6;
    const bool several = definition.substr(at).starts_with("(");
    const auto end = several ? definition.find(')', at) : std::string_view::npos;
    while ((at = definition.find('\'', at)) < end) {
        const auto close = definition.find('\'', at + 1);
        if (close == std::string_view::npos) break;
        names.emplace_back(definition.substr(at + 1, close - at - 1));
        if (!several) break;
        at = close + 1;
    }
    return names;
}

/// The server's own list of what it knows (RFC 4512 section 4.4).
Result<Names> known_names(ldap::LdapDirectory& directory, Deadline deadline)
{
    std::string subschema = "cn=Subschema";
    auto root = directory.ask({.base = "",
                               .scope = Scope::base,
                               .filter = "(objectClass=*)",
                               .attributes = {"subschemaSubentry"}},
                              deadline);
    if (!root) return root.error();
    if (!root->empty())
        for (const auto& [name, values] : root->front().attributes)
            if (!values.empty()) subschema = values.front();
    auto found = directory.ask({.base = subschema,
                                .scope = Scope::base,
                                .filter = "(objectClass=subschema)",
                                .attributes = {"attributeTypes", "objectClasses"}},
                               deadline);
    if (!found) return found.error();
    Names known;
    for (const auto& entry : *found)
        for (const auto& [kind, definitions] : entry.attributes)
            for (const auto& definition : definitions)
                for (auto& name : names_of(definition))
                    known.insert(std::move(name));
    return known;
}

/// Our schema without what `known` has.
Result<Change> missing_schema(const Names& known)
{
    auto parsed = parse_ldif(schema_ldif());
    if (!parsed) return parsed.error();
    Change schema = parsed->front();
    for (const auto* kind : {"olcAttributeTypes", "olcObjectClasses"})
        std::erase_if(schema.attributes[kind], [&](const std::string& definition) {
            return std::ranges::any_of(names_of(definition),
                                       [&](const auto& n) { return known.contains(n); });
        });
    std::erase_if(schema.attributes, [](const auto& item) { return item.second.empty(); });
    return schema;
}

bool is_complete(const Change& schema)
{
    return !schema.attributes.contains("olcAttributeTypes") &&
           !schema.attributes.contains("olcObjectClasses");
}

Change addition_to(const std::string& dn, const Change& schema)
{
    Change change{Change::Kind::modify, Dn::parse_rfc4514(dn).value()};
    for (const auto* kind : {"olcAttributeTypes", "olcObjectClasses"})
        if (const auto found = schema.attributes.find(kind); found != schema.attributes.end())
            change.changes.push_back({AttributeChange::Kind::add, kind, found->second});
    return change;
}

}  // namespace

Result<> probe(const LdapSettings& settings, Deadline deadline)
{
    // Every server is asked by itself: a second that is wrong shows on the day the first is gone.
    for (const auto& url : settings.urls) {
        auto one = settings;
        one.urls = {url};
        ldap::LdapDirectory directory{one};
        const auto known = known_names(directory, deadline);
        if (!known) return known.error();
        if (!settings.base.empty()) {
            const auto base = Dn::parse_rfc4514(settings.base);
            if (!base) return base.error();
            auto answer = directory.read(*base, deadline);
            if (std::holds_alternative<ProvenAbsent>(answer))
                return Error{EventId::directory_no_such_object,
                             url + " has no object " + settings.base + " (DirectoryBase)"};
            if (auto* silent = std::get_if<CannotSay>(&answer)) return std::move(silent->reason);
        }
        const auto missing = missing_schema(*known);
        if (!missing) return missing.error();
        if (is_complete(*missing)) continue;
        const auto& part = missing->attributes.contains("olcObjectClasses")
                               ? missing->attributes.at("olcObjectClasses")
                               : missing->attributes.at("olcAttributeTypes");
        return Error{
            EventId::directory_schema_missing,
            url + " does not define " + names_of(part.front()).front() +
                (part.size() > 1 ? " and " + std::to_string(part.size() - 1) + " more" : "")};
    }
    return {};
}

Result<std::string> load_schema(const LdapSettings& settings, Deadline deadline)
{
    ldap::LdapDirectory directory{settings};
    const auto known = known_names(directory, deadline);
    if (!known) return known.error();
    auto missing = missing_schema(*known);
    if (!missing) return missing.error();
    if (is_complete(*missing)) return std::string{};
    auto change = *std::move(missing);
    // OpenLDAP names it cn={4}imc; an older version of ours is added to.
    const auto older = directory.ask({.base = "cn=schema,cn=config",
                                      .scope = Scope::one_level,
                                      .filter = "(objectClass=olcSchemaConfig)",
                                      .attributes = {"cn"},
                                      .limit = 1000},
                                     deadline);
    if (older)
        for (const auto& schema : *older)
            if (schema.dn.find("}imc,") != std::string::npos)
                change = addition_to(schema.dn, change);
    auto done = directory.change(change, deadline);
    if (done) return std::string{};
    switch (done.error().event()) {
    case EventId::directory_refused:
    case EventId::directory_no_such_object: return to_ldif(change);
    default: return done.error();
    }
}

std::string_view schema_index_lines()
{
    return "olcDbIndex: objectClass eq\n"
           "olcDbIndex: cn eq\n"
           "olcDbIndex: proxyAddresses eq,sub\n"
           "olcDbIndex: mailNickname eq\n"
           "olcDbIndex: legacyExchangeDN eq\n"
           "olcDbIndex: member,uniqueMember,uid eq\n"
           "olcDbIndex: targetAddress eq\n"
           "olcDbIndex: imcClientCertificate eq\n"
           "olcDbIndex: imcHomeServer eq\n"
           "olcDbIndex: entryCSN,entryUUID eq\n";
}

}  // namespace imc

namespace imc::ldap {

Result<std::set<std::string, LessWord>> names_known_to(LdapDirectory& directory, Deadline deadline)
{
    return known_names(directory, deadline);
}

}  // namespace imc::ldap
