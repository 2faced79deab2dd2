#pragma once
/// @file config/contoso_host.h  A folder with a registry, and an embedded directory with its tree.
#include "config/load.h"
#include "config/tree.h"
#include "directory/embedded.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace imc::config {

class ContosoHost : public testing::Test {
protected:
    ContosoHost()
    {
        char name[] = "/tmp/imc-host-XXXXXX";
        folder_ = ::mkdtemp(name);
        std::ofstream{Paths{folder_}.registry()}
            << "Windows Registry Editor Version 5.00\r\n\r\n"
               "[HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Services\\MSExchangeIMC\\"
               "Parameters]\r\n"
               "\"SiteDN\"=\"/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1\"\r\n"
               "\"CommonName\"=\"Internet Mail Connector (MAIL1)\"\r\n"
               "\"HomeDSA\"=\"embedded\"\r\n\"Hostname\"=\"mail1.contoso.example\"\r\n";
        directory_ = *create_embedded(folder_ + "/directory.db");
        const OrganizationPlan plan{{}, "Contoso", "Oslo", "MAIL1", "contoso.example", "admin"};
        directory_->apply(new_organization(plan), after(std::chrono::seconds{10})).value();
    }
    ~ContosoHost() override { std::filesystem::remove_all(folder_); }

    std::string folder_;
    std::shared_ptr<Directory> directory_;
    TreeNames names_{{}, "Contoso", "Oslo", "MAIL1"};
};

}  // namespace imc::config
