#include "base/text.h"
#include "cli/audited.h"
#include "cli/commands.h"
#include "cli/setup/install.h"
#include "config/identity.h"

#include <boost/json/object.hpp>

#include <sys/stat.h>

#include <iostream>
#include <memory>

namespace imc::cli {
namespace {

constexpr const char* usual_admin_listen = "127.0.0.1:8025";

/// Asks on a terminal for what was not given; Enter takes what stands in brackets. Without a
/// terminal, a missing value is an error of make_plan().
void ask(Context& context, SetupRequest& request)
{
    const auto question = [&](const std::string& what, std::string& into,
                              const std::string& preset = {}) {
        if (!into.empty() && into != preset) return;
        context.out << what << (preset.empty() ? "" : " [" + preset + "]") << ": " << std::flush;
        std::string answer;
        std::getline(context.in, answer);
        into = answer.empty() ? preset : std::string{trim(answer)};
    };
    question("Organization, as in Contoso", request.organization);
    question("Site, as in Oslo", request.site);
    question("Mail domain, as in contoso.example", request.domain);
    question("Alias of the administrator's mailbox", request.administrator, "administrator");
    question("Directory: embedded, or LDAP URLs", request.directory, "embedded");
    if (request.directory != "embedded") {
        question("Suffix below which o= stands, as in dc=example,dc=org (Enter: none)",
                 request.base);
        question("Account to bind with (Enter: none)", request.bind_dn);
        if (!request.bind_dn.empty())
            question("File that holds its password", request.password_file);
    }
    if (request.listen.empty()) {
        std::string listen;
        question("Receive mail on ADDRESS:PORT", listen, "0.0.0.0:25");
        request.listen = {listen};
    }
    if (request.smart_hosts.empty()) {
        std::string host;
        question("Smart host for outbound mail (Enter: by MX)", host);
        if (!host.empty()) request.smart_hosts = {host};
    }
}

bool confirmed(Context& context, const SetupPlan& plan)
{
    if (plan.request.yes || plan.request.reinstall) return true;
    if (!context.terminal) return false;
    context.out << "Set up /o=" << plan.organization.organization
                << "/ou=" << plan.organization.site << " on server " << plan.organization.server
                << " for " << plan.organization.domain << ", greeting as " << plan.host_name
                << "? [y/N] " << std::flush;
    std::string answer;
    std::getline(context.in, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

/// When all is done: there was no log before, and what fails is taken back with its folder.
void note_set_up(Context& context, const SetupPlan& plan)
{
    const auto& names = plan.organization;
    const auto told = AuditLine{context}.tell(
        {"setup", config::site_dn_text(names.organization, names.site, names.server), nullptr,
         boost::json::object{{"domain", names.domain},
                             {"host_name", plan.host_name},
                             {"directory", plan.request.directory},
                             {"administrator", names.administrator}}});
    if (!told)
        context.err << "imc: warning: the set-up is not in the audit log: " << told.error().detail()
                    << '\n';
}

void run(Context& context, const SetupRequest& given)
{
    ::umask(077);
    SetupRequest request = given;
    const auto paths = context.paths();
    if (request.reinstall) {
        auto named = with_present_names(paths, std::move(request));
        if (!named) return context.fail(named.error());
        request = std::move(*named);
    } else if (context.terminal && !request.yes) {
        ask(context, request);
    }
    if (!request.reinstall && request.admin_listen.empty())
        request.admin_listen = usual_admin_listen;
    if (same_word(request.admin_listen, "none")) request.admin_listen.clear();
    const auto plan = make_plan(std::move(request));
    if (!plan) return context.fail(plan.error(), 2);
    if (!confirmed(context, *plan))
        return context.fail("nothing was done; add --yes to set up without being asked", 2);
    if (plan->request.reinstall) {
        AuditLine line{context};
        if (const auto done = reinstall(paths, *plan, context.out, line); !done)
            context.fail(done.error());
        return;
    }
    const auto done = install(paths, *plan, context.out);
    if (done) return note_set_up(context, *plan);
    context.fail(done.error());
    context.err << "What setup had done before was taken back.\n";
}

}  // namespace

void add_setup(CLI::App& imc, Context& context)
{
    auto request = std::make_shared<SetupRequest>();
    auto& r = *request;
    auto* command = common(
        imc.add_subcommand("setup", "set up an organization and this host's connector"), context);
    command->add_option("--org", r.organization, "organization, the directory's o=")
        ->type_name("NAME");
    command->add_option("--site", r.site, "site, the directory's ou=")->type_name("NAME");
    command
        ->add_option("--server", r.server,
                     "server, the directory's cn= (default: this host's name)")
        ->type_name("NAME");
    command->add_option("--domain", r.domain, "mail domain of the site")->type_name("DOMAIN");
    command
        ->add_option("--host-name", r.host_name,
                     "name to greet with (default: hostname -f, else server.domain)")
        ->type_name("HOST");
    command->add_option("--admin-mailbox", r.administrator, "alias of the administrator's mailbox")
        ->capture_default_str()
        ->type_name("ALIAS");
    command->add_option("--directory", r.directory, "'embedded', or LDAP URLs")
        ->capture_default_str()
        ->type_name("WHERE");
    command->add_option("--base", r.base, "suffix below which o= stands (LDAP)")->type_name("DN");
    command->add_option("--bind-dn", r.bind_dn, "account for the LDAP directory")->type_name("DN");
    command->add_option("--password-file", r.password_file, "its password; copied to secrets/")
        ->type_name("FILE");
    command->add_flag("--start-tls", r.start_tls, "StartTLS to the LDAP directory");
    command->add_option("--ca-file", r.ca_file, "certificates that sign the LDAP server's")
        ->type_name("FILE");
    command
        ->add_option("--listen", r.listen, "where to receive mail; repeatable (default 0.0.0.0:25)")
        ->type_name("ADDRESS:PORT");
    command
        ->add_option("--smart-host", r.smart_hosts,
                     "takes all outbound mail; repeatable (default: by MX)")
        ->type_name("HOST[:PORT]");
    command
        ->add_option("--admin-listen", r.admin_listen,
                     "where the Administrator's pages are; none: nowhere (default 127.0.0.1:8025)")
        ->type_name("ADDRESS:PORT");
    command->add_flag(
        "--reinstall", r.reinstall,
        "give the existing connector the names above; those not given stay. Registry and "
        "directory are rewritten; mail, queue and recipients stay. Without --yes it "
        "only shows what it would do");
    command->add_flag("--yes", r.yes, "do not ask");
    command->footer(
        "Without flags it asks, on a terminal. Setup never overwrites: an existing registry is "
        "refused, an existing organization is joined or named. Every step is done, or undone when "
        "a later one fails.\n"
        "  imc setup --org Contoso --site Oslo --domain contoso.example --yes\n"
        "  imc setup --org Contoso --site Oslo --domain contoso.example --directory "
        "ldap://ldap.example.org --base dc=example,dc=org --bind-dn cn=imc,dc=example,dc=org "
        "--password-file FILE --start-tls --yes\n"
        "  imc setup --reinstall --org Fabrikam");
    command->callback([&context, request] { run(context, *request); });
}

}  // namespace imc::cli
