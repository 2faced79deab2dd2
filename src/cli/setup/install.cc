#include "cli/setup/install.h"

#include "base/files.h"
#include "base/text.h"
#include "cli/certificate.h"
#include "cli/setup/existing.h"
#include "cli/setup/steps.h"
#include "config/identity.h"
#include "directory/embedded.h"
#include "directory/ldap.h"
#include "directory/reverse.h"
#include "directory/schema.h"

#include <cerrno>
#include <filesystem>
#include <ostream>
#include <pwd.h>
#include <unistd.h>

namespace imc::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;

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
    Installer(const Paths& paths, const SetupPlan& plan, FileSystem& files, std::ostream& out)
        : paths_{paths}, plan_{plan}, files_{files}, out_{out}, steps_{files},
          names_{plan.organization.base, plan.organization.organization, plan.organization.site,
                 plan.organization.server}
    {}

    Result<> run()
    {
        if (files_.status(paths_.registry()))
            return Error{EventId::value_invalid,
                         paths_.registry() +
                             " exists already; setup never overwrites. To give this host another "
                             "identity: imc setup --reinstall" +
                             paths_.option()};
        if (auto made = folders(); !made) return made;
        if (auto opened = open(); !opened) return opened;
        if (auto added = objects(); !added) return added;
        if (auto made = certificate(); !made) return made;
        // Last: a registry that exists says that setup has ended well.
        if (auto written = steps_.file(paths_.registry(), registry_text(plan_)); !written)
            return written;
        if (auto given = give_to_service(); !given) return given;
        out_ << "Set up the Internet Mail Connector of " << plan_.organization.domain << ":\n";
        steps_.keep(out_);
        what_next();
        return {};
    }

private:
    Result<> folders()
    {
        const std::string parent = paths_.root().empty() ? "/etc/imc" : paths_.root();
        // Ours before anybody else may write into pickup/.
        const std::string claimed = paths_.pickup() + "/.claimed";
        for (const auto& folder :
             {parent, paths_.secrets(), paths_.tls(), paths_.backup(), paths_.generations(),
              paths_.spool(), paths_.mail(), paths_.pickup(), claimed, paths_.quarantine(),
              paths_.badmail(), paths_.archive(), paths_.log(), paths_.run()})
            if (auto made = steps_.folder(folder); !made) return made;
        return {};
    }

    Result<> certificate()
    {
        const auto key = paths_.tls() + "/imc.key", crt = paths_.tls() + "/imc.crt";
        if (files_.status(key) || files_.status(crt)) {
            steps_.done("certificate " + crt + " was there already, and stays", [] {});
            return {};
        }
        steps_.done("certificate " + crt + " (self-signed, ECDSA P-256, " + plan_.host_name + ")",
                    [this, key, crt] {
                        (void)files_.remove(crt);
                        (void)files_.remove(key);
                    });
        return make_certificate(files_, paths_.tls(), plan_.host_name);
    }

    Result<> open()
    {
        if (!plan_.embedded) return open_ldap();
        auto created = create_embedded(paths_.directory());
        if (created)
            steps_.done("directory   " + paths_.directory(), [this] {
                directory_.reset();
                for (const char* suffix : {"", "-wal", "-shm"})
                    (void)files_.remove(paths_.directory() + suffix);
            });
        else if (created.error().event() == EventId::directory_object_exists)
            created = open_embedded(paths_.directory());
        if (!created) return created.error();
        directory_ = std::move(*created);
        return {};
    }

    Result<> open_ldap()
    {
        std::string password_file;
        if (!plan_.request.password_file.empty()) {
            const auto password = read_file(files_, plan_.request.password_file);
            if (!password) return cannot(plan_.request.password_file, password.error());
            password_file = paths_.secrets() + "/directory-password";
            if (auto made = steps_.file(password_file, *password); !made) return made;
        }
        const auto settings = ldap_settings(plan_, password_file);
        if (const auto reached = probe(settings, after(patience)); !reached) {
            if (reached.error().event() != EventId::directory_schema_missing)
                return reached.error();
            if (auto loaded = bring_schema(settings); !loaded) return loaded;
        }
        directory_ = ldap_directory(settings);
        return {};
    }

    /// cn=config is another database with other rights; who has none gets the text to hand on.
    Result<> bring_schema(const LdapSettings& settings)
    {
        const auto left = load_schema(settings, after(patience));
        if (left && left->empty()) {
            steps_.done("schema      cn=imc,cn=schema,cn=config", [this] {
                out_ << "The schema cn=imc,cn=schema,cn=config stays in the directory server: "
                        "OpenLDAP takes none away.\n";
            });
            return {};
        }
        out_ << (left ? *left : std::string{schema_ldif()}) << '\n';
        return Error{EventId::directory_schema_missing,
                     "the directory server does not know imc's schema, and this account may not "
                     "load it. Whoever administers the server adds the LDIF above: imc dir schema "
                     "> imc.ldif; ldapadd -Y EXTERNAL -H ldapi:/// -f imc.ldif. Then run imc setup "
                     "again"};
    }

    Result<> objects()
    {
        const auto joining = judge_existing(*directory_, plan_, after(patience));
        if (!joining) return joining.error();
        const auto& missing = joining->missing;
        const auto back = reverse(*directory_, missing, after(patience));
        if (!back) return back.error();
        if (auto applied = directory_->apply(missing, after(patience)); !applied) return applied;
        steps_.done(std::string{joining->organization ? "joined      " : "objects     "} +
                        (joining->site ? names_.site : names_.organization).to_rfc4514() + " (" +
                        std::to_string(missing.size()) + " objects in " +
                        directory_->description() + ")",
                    [this, back] { (void)directory_->apply(*back, after(patience)); });
        return {};
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
             << "\n      proves that registry, directory and host agree\n"
             << "  imc service start" << paths_.option() << "\n      starts the service"
             << (paths_.is_installed() ? ", through systemd where it is" : "") << "; imc serve"
             << paths_.option() << " --console runs it here\n"
             << "  imc dir add mailbox alice --address alice@" << names.domain << paths_.option()
             << '\n'
             << "  postmaster@" << names.domain << " is the mailbox " << names.administrator
             << "; nobody may relay until\n"
             << "  RelayAllowList says so: imc reg describe RelayAllowList\n";
        if (!plan_.request.admin_listen.empty())
            out_ << "  imc admin link" << paths_.option()
                 << "\n      signs in to the Administrator's pages on "
                 << plan_.request.admin_listen << '\n';
    }

    const Paths& paths_;
    const SetupPlan& plan_;
    FileSystem& files_;
    std::ostream& out_;
    std::unique_ptr<Directory> directory_;  // outlives the steps, whose undo needs it
    Steps steps_;
    config::TreeNames names_;
};

}  // namespace

Result<> install(const Paths& paths, const SetupPlan& plan, std::ostream& out, FileSystem& files)
{
    return Installer{paths, plan, files, out}.run();
}

}  // namespace imc::cli
