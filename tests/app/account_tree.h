#pragma once
/// @file tests/app/account_tree.h  The same few people in an embedded directory and in a slapd.
#include "directory/embedded.h"
#include "directory/ldap.h"
#include "directory/password.h"
#include "kit/slapd.h"

#include <filesystem>
#include <optional>

namespace imc::kit {

/// ann has the password "pencil" and SCRAM keys, bob none, eve is ann's delegate with "rubber"; a
/// list, and two mailboxes with the alias "twin".
class AccountTree {
public:
    enum class Engine : std::uint8_t { embedded, slapd };

    explicit AccountTree(Engine engine, bool scram = true)
    {
        char name[] = "/tmp/imc-accounts-XXXXXX";
        folder = ::mkdtemp(name);
        if (engine == Engine::embedded) {
            directory = *create_embedded(folder + "/directory.db");
        } else {
            server.emplace();
            suffix = "," + (*server)["suffix"];
            directory = ldap_directory({.urls = {(*server)["url"]},
                                        .base = (*server)["suffix"],
                                        .bind_dn = (*server)["bind_dn"],
                                        .password_file = server->password_file()});
        }
        fill(engine, scram);
    }
    AccountTree(const AccountTree&) = delete;
    AccountTree& operator=(const AccountTree&) = delete;
    ~AccountTree()
    {
        directory.reset();
        std::filesystem::remove_all(folder);
    }

    Dn dn(const std::string& text) const { return *Dn::parse_rfc4514(text + suffix); }
    Dn organization() const { return dn("o=Contoso"); }
    Dn person(const std::string& alias) const { return dn("cn=" + alias + ",o=Contoso"); }

    void set(const std::string& alias, const std::string& attribute,
             std::vector<std::string> values)
    {
        Change change{Change::Kind::modify, person(alias)};
        change.changes = {{AttributeChange::Kind::replace, attribute, std::move(values)}};
        directory->apply({&change, 1}, after(std::chrono::seconds{10})).value();
    }

    std::string folder;
    std::string suffix;
    std::optional<Slapd> server;
    std::shared_ptr<Directory> directory;

private:
    void fill(Engine engine, bool scram)
    {
        const auto password = [&](const std::string& text) -> std::vector<std::string> {
            if (engine == Engine::embedded) return new_user_passwords(text);
            std::vector<std::string> values{text};  // slapd compares it by itself
            if (scram)
                values.push_back(to_user_password(make_scram_keys(text, "salt of 16 octet", 4096)));
            return values;
        };
        std::vector<Change> changes;
        const auto add = [&](const Dn& name, Attributes attributes) {
            changes.push_back({Change::Kind::add, name, std::move(attributes)});
        };
        add(organization(), {{"objectClass", {"organization"}}, {"o", {"Contoso"}}});
        const auto mailbox = [&](const std::string& cn, const std::string& alias,
                                 const std::vector<std::string>& addresses,
                                 const std::vector<std::string>& passwords) {
            Attributes a{{"objectClass", {"imcMailbox"}}, {"cn", {cn}}, {"mailNickname", {alias}}};
            if (!addresses.empty()) a["proxyAddresses"] = addresses;
            if (!passwords.empty()) a["userPassword"] = passwords;
            add(person(cn), std::move(a));
        };
        mailbox("ann", "ann", {"SMTP:ann@contoso.example", "smtp:ann.b@contoso.example"},
                password("pencil"));
        mailbox("bob", "bob", {"SMTP:bob@contoso.example"}, {});
        mailbox("eve", "eve", {"SMTP:eve@contoso.example"}, password("rubber"));
        mailbox("twin1", "twin", {}, password("pencil"));
        mailbox("twin2", "twin", {}, password("pencil"));
        add(person("all"), {{"objectClass", {"imcList"}},
                            {"cn", {"all"}},
                            {"mailNickname", {"all"}},
                            {"proxyAddresses", {"SMTP:all@contoso.example"}}});
        directory->apply(changes, after(std::chrono::seconds{10})).value();
        set("ann", "publicDelegates", {person("eve").to_rfc4514()});
        set("eve", "imcClientCertificate", {"sha256:00ff", "subject:CN=eve,O=Contoso"});
    }
};

}  // namespace imc::kit
