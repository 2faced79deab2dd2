#include "cli/setup/install.h"

#include "base/files.h"
#include "base/text.h"
#include "cli/certificate.h"
#include "config/identity.h"
#include "directory/embedded.h"
#include "directory/ldap.h"
#include "directory/reverse.h"
#include "directory/schema.h"

#include <cerrno>
#include <filesystem>
#include <functional>
#include <ostream>
#include <pwd.h>
#include <unistd.h>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;

Error cannot(const std::string& path, const boost::system::error_code& why)
{
    return Error{EventId::value_invalid, path + ": " + why.message()};
}

/// What was done, and how to take it back when a later step fails.
class Steps {
public:
    explicit Steps(std::ostream& out) : out_{out} {}
    Steps(const Steps&) = delete;
    Steps& operator=(const Steps&) = delete;
    ~Steps()
    {
        for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo)
            (*undo)();
    }

    void done(const std::string& what, std::function<void()> undo)
    {
        said_ += "  " + what + "\n";
        undo_.push_back(std::move(undo));
    }

    void keep()
    {
        undo_.clear();
        out_ << said_;
    }

private:
    std::ostream& out_;
    std::string said_;
    std::vector<std::function<void()>> undo_;
};

Result<> make_folder(Steps& steps, const std::string& path)
{
    auto& files = real_files();
    if (files.status(path)) return {};
    if (auto made = make_folders(files, path); !made) return cannot(path, made.error());
    steps.done("folder      " + path, [path] { (void)real_files().remove(path); });
    return {};
}

Result<> make_file(Steps& steps, const std::string& path, const std::string& content, unsigned mode)
{
    if (real_files().status(path))
        return Error{EventId::value_invalid, path + " exists already; setup never overwrites"};
    if (auto written = write_file_atomically(real_files(), path, content, mode); !written)
        return cannot(path, written.error());
    steps.done("file        " + path, [path] { (void)real_files().remove(path); });
    return {};
}

LdapSettings ldap_settings(const SetupPlan& plan, const std::string& password_file)
{
    LdapSettings settings;
    for (const auto url : split(plan.request.directory, ' '))
        if (!url.empty()) settings.urls.emplace_back(url);
    settings.base = plan.organization.base.to_rfc4514();
    settings.bind_dn = plan.request.bind_dn;
    settings.password_file = password_file;
    settings.tls = plan.request.start_tls ? LdapSettings::Tls::start_tls : LdapSettings::Tls::none;
    settings.ca_file = plan.request.ca_file;
    settings.sasl_external =
        plan.request.directory.starts_with("ldapi:") && plan.request.bind_dn.empty();
    return settings;
}

class Installer {
public:
    Installer(const Paths& paths, const SetupPlan& plan, std::ostream& out)
        : paths_{paths}, plan_{plan}, out_{out}, steps_{out},
          names_{plan.organization.base, plan.organization.organization, plan.organization.site,
                 plan.organization.server}
    {}

    Result<> run()
    {
        if (real_files().status(paths_.registry()))
            return Error{EventId::value_invalid,
                         paths_.registry() +
                             " exists already; setup never overwrites. To give this host another "
                             "identity: imc setup --reinstall" +
                             paths_.option()};
        if (auto made = folders(); !made) return made;
        auto directory = open();
        if (!directory) return directory.error();
        if (auto added = objects(**directory); !added) return added;
        if (auto made = make_certificate(paths_.tls(), plan_.host_name); !made) return made;
        steps_.done("certificate " + paths_.tls() + "/imc.crt (self-signed, ECDSA P-256, " +
                        plan_.host_name + ")",
                    [this] {
                        (void)real_files().remove(paths_.tls() + "/imc.crt");
                        (void)real_files().remove(paths_.tls() + "/imc.key");
                    });
        // Last: a registry that exists says that setup has ended well.
        if (auto written = make_file(steps_, paths_.registry(), registry_text(plan_), 0600);
            !written)
            return written;
        if (auto given = give_to_service(); !given) return given;
        out_ << "Set up the Internet Mail Connector of " << plan_.organization.domain << ":\n";
        steps_.keep();
        what_next();
        return {};
    }

private:
    Result<> folders()
    {
        const std::string parent = paths_.root().empty() ? "/etc/imc" : paths_.root();
        for (const auto& folder :
             {parent, paths_.secrets(), paths_.tls(), paths_.backup(), paths_.generations(),
              paths_.spool(), paths_.mail(), paths_.pickup(), paths_.quarantine(), paths_.badmail(),
              paths_.archive(), paths_.log(), paths_.run()})
            if (auto made = make_folder(steps_, folder); !made) return made;
        return {};
    }

    Result<std::unique_ptr<Directory>> open()
    {
        if (!plan_.embedded) return open_ldap();
        auto created = create_embedded(paths_.directory());
        if (!created) {
            if (created.error().event() != EventId::directory_object_exists) return created.error();
            return open_embedded(paths_.directory());
        }
        steps_.done("directory   " + paths_.directory(), [this] {
            for (const char* suffix : {"", "-wal", "-shm"})
                (void)real_files().remove(paths_.directory() + suffix);
        });
        // The tree begins below the base, which nobody else makes for us.
        return created;
    }

    Result<std::unique_ptr<Directory>> open_ldap()
    {
        std::string password_file;
        if (!plan_.request.password_file.empty()) {
            const auto password = read_file(real_files(), plan_.request.password_file);
            if (!password) return cannot(plan_.request.password_file, password.error());
            password_file = paths_.secrets() + "/directory-password";
            if (auto made = make_file(steps_, password_file, *password, 0600); !made)
                return made.error();
        }
        const auto settings = ldap_settings(plan_, password_file);
        if (const auto reached = probe(settings, after(patience)); !reached) {
            if (reached.error().event() != EventId::directory_schema_missing)
                return reached.error();
            if (auto loaded = bring_schema(settings); !loaded) return loaded.error();
        }
        return ldap_directory(settings);
    }

    /// cn=config is another database with other rights; who has none gets the text to hand on.
    Result<> bring_schema(const LdapSettings& settings)
    {
        const auto left = load_schema(settings, after(patience));
        if (left && left->empty()) {
            steps_.done("schema      cn=imc,cn=schema,cn=config", [] {});
            return {};
        }
        out_ << (left ? *left : std::string{schema_ldif()}) << '\n';
        return Error{EventId::directory_schema_missing,
                     "the directory server does not know imc's schema, and this account may not "
                     "load it. The LDIF above must be "
                     "added by whoever administers it (ldapadd -Y EXTERNAL -H ldapi:/// -f FILE); "
                     "then run imc setup again"};
    }

    Result<> objects(Directory& directory)
    {
        auto changes = config::new_organization(plan_.organization);
        const auto there = [&](const Dn& dn) { return directory.read(dn, after(patience)); };
        const auto server = there(names_.server);
        if (const auto* silent = std::get_if<CannotSay>(&server)) return silent->reason;
        if (std::holds_alternative<Entry>(server))
            return Error{
                EventId::directory_object_exists,
                names_.server.to_rfc4514() +
                    "; this server is set up already. Choose another --server, or use --reinstall"};
        if (auto other = another_organization(directory); !other) return other;
        // What an existing organization has already stays as it is; this server joins it.
        const bool joins = std::holds_alternative<Entry>(there(names_.site));
        std::vector<Change> missing;
        for (auto& change : changes) {
            const auto found = there(change.dn);
            if (const auto* silent = std::get_if<CannotSay>(&found)) return silent->reason;
            if (std::holds_alternative<ProvenAbsent>(found)) missing.push_back(std::move(change));
        }
        if (plan_.embedded && !plan_.organization.base.is_root())
            if (auto based = make_base(directory); !based) return based;
        if (auto applied = directory.apply(missing, after(patience)); !applied) return applied;
        const auto back = reverse(directory, missing, after(patience));
        steps_.done(std::string{joins ? "joined      " : "objects     "} +
                        names_.organization.to_rfc4514() + " (" + std::to_string(missing.size()) +
                        " objects in " + directory.description() + ")",
                    [this, back] { take_back(back); });
        return {};
    }

    void take_back(const Result<std::vector<Change>>& changes)
    {
        if (plan_.embedded || !changes) return;  // the file itself is removed
        const auto directory =
            ldap_directory(ldap_settings(plan_, paths_.secrets() + "/directory-password"));
        (void)directory->apply(*changes, after(patience));
    }

    Result<> another_organization(Directory& directory)
    {
        const auto found = directory.search(plan_.organization.base, Scope::one_level,
                                            "(objectClass=organization)", after(patience), 1000);
        if (!found) {
            if (found.error().event() == EventId::directory_no_such_object && plan_.embedded)
                return {};
            return found.error();
        }
        for (const auto& entry : *found)
            if (plan_.embedded && !same(entry.dn, names_.organization))
                return Error{EventId::directory_object_exists,
                             "the directory holds the organization " + entry.dn.to_rfc4514() +
                                 "; give its name with --org to join it"};
        return {};
    }

    Result<> make_base(Directory& directory)
    {
        const auto& base = plan_.organization.base;
        if (std::holds_alternative<Entry>(directory.read(base, after(patience)))) return {};
        Change add{Change::Kind::add, base};
        const auto& name = base.rdns().front().front();
        add.attributes["objectClass"] = {"top", same_word(name.type, "dc") ? "domain"
                                                                           : "organizationalUnit"};
        return directory.apply({&add, 1}, after(patience));
    }

    /// At the installed places everything belongs to the user the service becomes.
    Result<> give_to_service()
    {
        if (!paths_.is_installed() || ::geteuid() != 0) return {};
        const passwd* const user = ::getpwnam("imc");
        if (user == nullptr) {
            out_ << "There is no user imc yet; before the first start: useradd --system --home-dir "
                    "/var/lib/imc --shell "
                    "/usr/sbin/nologin imc && chown -R imc:imc /etc/imc /var/lib/imc /var/log/imc "
                    "/run/imc\n";
            return {};
        }
        for (const char* place : {"/etc/imc", "/var/lib/imc", "/var/log/imc", "/run/imc"}) {
            boost::system::error_code failure;
            std::error_code ended;
            if (::chown(place, user->pw_uid, user->pw_gid) != 0)
                failure = {errno, boost::system::system_category()};
            for (const auto& entry : std::filesystem::recursive_directory_iterator{place, ended})
                if (::lchown(entry.path().c_str(), user->pw_uid, user->pw_gid) != 0)
                    failure = {errno, boost::system::system_category()};
            if (failure) return cannot(place, failure);
        }
        return {};
    }

    void what_next()
    {
        const auto& names = plan_.organization;
        out_ << "registry    SiteDN    "
             << config::site_dn_text(names.organization, names.site, names.server) << '\n';
        out_ << "            Hostname  " << plan_.host_name
             << (plan_.host_name_why.empty() ? "" : "  (" + plan_.host_name_why + ")") << '\n';
        out_ << "            Listeners ";
        for (const auto& listener : plan_.listeners)
            out_ << listener << ' ';
        out_ << "\n\nNext:\n"
             << "  imc check" << paths_.option()
             << "             proves that registry, directory and host agree\n"
             << "  imc serve" << paths_.option()
             << "             starts the service here; 'imc service start' through systemd\n"
             << "  imc dir add mailbox alice --address alice@" << names.domain << paths_.option()
             << '\n'
             << "  postmaster@" << names.domain << " is the mailbox " << names.administrator
             << "; nobody may relay until\n"
             << "  RelayAllowList says so: imc reg describe RelayAllowList\n";
    }

    const Paths& paths_;
    const SetupPlan& plan_;
    std::ostream& out_;
    Steps steps_;
    config::TreeNames names_;
};

}  // namespace

Result<> install(const Paths& paths, const SetupPlan& plan, std::ostream& out)
{
    return Installer{paths, plan, out}.run();
}

}  // namespace imc::cli
