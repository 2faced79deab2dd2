#include "cli/commands.h"
#include "cli/setup/install.h"

#include <sys/stat.h>

#include <iostream>
#include <memory>

namespace imc::cli {
namespace {

/// Asks on a terminal for what was not given. Without one, a missing value is an error of
/// make_plan().
void ask(Context& context, SetupRequest& request)
{
    const auto question = [&](const char* what, std::string& into) {
        if (!into.empty()) return;
        context.out << what << ": " << std::flush;
        std::getline(context.in, into);
    };
    question("Organization (as in Contoso)", request.organization);
    question("Site (as in Oslo)", request.site);
    question("Mail domain (as in contoso.example)", request.domain);
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

void run(Context& context, const SetupRequest& given)
{
    ::umask(077);
    SetupRequest request = given;
    if (context.terminal && !request.yes) ask(context, request);
    const auto plan = make_plan(std::move(request));
    if (!plan) return context.fail(plan.error(), 2);
    if (!confirmed(context, *plan))
        return context.fail("nothing was done; add --yes to set up without being asked", 2);
    const auto done = plan->request.reinstall ? reinstall(context.paths(), *plan, context.out)
                                              : install(context.paths(), *plan, context.out);
    if (!done) context.fail(done.error());
}

}  // namespace

void add_setup(CLI::App& imc, Context& context)
{
    auto request = std::make_shared<SetupRequest>();
    auto& r = *request;
    auto* command = common(
        imc.add_subcommand("setup", "set up an organization and this host's connector"), context);
    command->add_option("--org", r.organization, "organization, the directory's o=");
    command->add_option("--site", r.site, "site, the directory's ou=");
    command->add_option("--server", r.server,
                        "server, the directory's cn= (default: this host's name)");
    command->add_option("--domain", r.domain, "mail domain of the site");
    command->add_option("--host-name", r.host_name,
                        "name to greet with (default: hostname -f, else server.domain)");
    command->add_option("--admin-mailbox", r.administrator, "alias of the administrator's mailbox")
        ->capture_default_str();
    command->add_option("--directory", r.directory, "'embedded', or LDAP URLs")
        ->capture_default_str();
    command->add_option("--base", r.base, "suffix below which o= stands (LDAP)")->type_name("DN");
    command->add_option("--bind-dn", r.bind_dn, "account for the LDAP directory")->type_name("DN");
    command->add_option("--password-file", r.password_file, "its password; copied to secrets/")
        ->type_name("FILE");
    command->add_flag("--start-tls", r.start_tls, "StartTLS to the LDAP directory");
    command->add_option("--ca-file", r.ca_file, "certificates that sign the LDAP server's")
        ->type_name("FILE");
    command->add_option("--listen", r.listen,
                        "ADDRESS:PORT to receive mail on; repeatable (default 0.0.0.0:25)");
    command->add_option("--smart-host", r.smart_hosts,
                        "HOST[:PORT] that takes all outbound mail; repeatable");
    command->add_option("--admin-listen", r.admin_listen,
                        "ADDRESS:PORT of the Administrator's pages");
    command->add_flag("--reinstall", r.reinstall,
                      "give an existing connector the names above: registry and directory are "
                      "rewritten, mail, queue and "
                      "recipients stay. Without --yes only shows what it would do");
    command->add_flag("--yes", r.yes, "do not ask");
    command->footer("Setup never overwrites: an existing registry is refused, an existing "
                    "organization is joined.");
    command->callback([&context, request] { run(context, *request); });
}

}  // namespace imc::cli
