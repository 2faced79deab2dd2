#pragma once
/// @file tests/config/config_tree.h  A registry and the objects that a set-up makes, in memory.
#include "config/generation.h"
#include "config/plan.h"
#include "config/tree.h"
#include "directory/recorded.h"

namespace imc::config {

inline const std::string plain_registry =
    "Windows Registry Editor Version 5.00\n\n"
    "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters]\n"
    "\"SiteDN\"=\"/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1\"\n"
    "\"CommonName\"=\"Internet Mail Connector (MAIL1)\"\n"
    "\"HomeDSA\"=\"embedded\"\n"
    "\"Hostname\"=\"mail1.contoso.example\"\n";

inline const TreeNames tree_names{{}, "Contoso", "Oslo", "MAIL1"};

struct ConfigTree {
    std::string registry = plain_registry;
    std::vector<Entry> objects = fresh();

    static std::vector<Entry> fresh()
    {
        std::vector<Entry> out;
        for (auto& change :
             new_organization({{}, "Contoso", "Oslo", "MAIL1", "contoso.example", "administrator"}))
            out.push_back({change.dn, change.attributes});
        return out;
    }
    Entry& at(const Dn& dn)
    {
        for (auto& entry : objects)
            if (same(entry.dn, dn)) return entry;
        objects.push_back({dn, {}});
        return objects.back();
    }
    void set(const Dn& dn, const std::string& attribute, std::vector<std::string> values)
    {
        at(dn).attributes[attribute] = std::move(values);
    }
    void add_profile(const std::string& domain, Attributes attributes)
    {
        const auto container = tree_names.connector.child("cn", "E-Mail Domains");
        if (at(container).attributes.empty())
            at(container).attributes = {{"objectClass", {"top", "imcContainer"}},
                                        {"cn", {"E-Mail Domains"}}};
        attributes["objectClass"] = {"top", "imcDomainProfile"};
        attributes["cn"] = {domain};
        at(container.child("cn", domain)).attributes = std::move(attributes);
    }
    void add_value(const std::string& line) { registry += line + "\n"; }

    std::shared_ptr<Directory> directory() const { return recorded_directory(objects, "a test"); }
    Snapshot snapshot() const
    {
        auto made = snapshot_of(registry, *directory(), Deadline::max());
        if (!made) throw std::runtime_error{made.error().to_string()};
        return std::move(*made);
    }
};

inline std::string lines_of(const std::vector<Difference>& rows)
{
    std::string out;
    for (const auto& row : rows)
        out += to_text(row) + "\n";
    return out;
}

}  // namespace imc::config
