#pragma once
/// @file tests/directory/config_free_tree.h  A small tree in an embedded directory of its own.
#include "directory/embedded.h"

#include <filesystem>
#include <unistd.h>

namespace imc::kit {

struct Tree {
    Tree()
    {
        char name[] = "/tmp/imc-tree-XXXXXX";
        folder = ::mkdtemp(name);
        directory = *create_embedded(folder + "/directory.db");
        std::vector<Change> changes;
        const auto add = [&](const char* dn, Attributes attributes) {
            changes.push_back({Change::Kind::add, *Dn::parse_rfc4514(dn)});
            changes.back().attributes = std::move(attributes);
        };
        add("o=Contoso", {{"objectClass", {"organization"}}});
        add("ou=Oslo,o=Contoso", {{"objectClass", {"organizationalUnit"}}});
        add("cn=ann,ou=Oslo,o=Contoso", {{"objectClass", {"imcMailbox"}},
                                         {"mailNickname", {"ann"}},
                                         {"displayName", {"Ann"}},
                                         {"proxyAddresses", {"SMTP:ann@example.org"}}});
        directory->apply(changes, after(std::chrono::seconds{10})).value();
    }
    ~Tree()
    {
        directory.reset();
        std::filesystem::remove_all(folder);
    }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    std::string folder;
    std::unique_ptr<Directory> directory;
};

}  // namespace imc::kit
