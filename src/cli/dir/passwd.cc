#include "cli/commands.h"
#include "cli/dir/place.h"
#include "cli/password_input.h"

#include "base/text.h"
#include "config/open_directory.h"
#include "directory/password.h"
#include "directory/saslprep.h"

#include <cstring>
#include <memory>
#include <unistd.h>

namespace imc::cli {
namespace {

struct Words {
    std::string alias, file;
    bool disable = false;
};

Error refused(const std::string& whose, const std::string& why)
{
    return Error{EventId::password_refused, whose + " was not changed: " + why};
}

/// The one mailbox of that alias.
Result<Dn> mailbox_of(Place& place, const std::string& alias)
{
    const auto site = config::site_dn(place.paths());
    if (!site) return site.error();
    const auto found = place.directory().search(site->parent(), Scope::subtree,
                                                "(mailNickname=" + escape_filter_value(alias) + ")",
                                                after(Place::patience), 16);
    if (!found) return found.error();
    if (found->empty())
        return Error{EventId::directory_no_such_object,
                     "no mailbox has the alias " + printable(alias, 80)};
    if (found->size() > 1)
        return refused(alias, std::to_string(found->size()) + " objects have this alias, " +
                                  found->front().dn.to_rfc4514() + " and " +
                                  (*found)[1].dn.to_rfc4514() + " among them");
    if (!found->front().has_class("imcMailbox"))
        return refused(alias, found->front().dn.to_rfc4514() + " is no mailbox");
    return found->front().dn;
}

void passwd(Context& context, const Words& words)
{
    Place place{context};
    if (!place.open()) return;
    const auto dn = mailbox_of(place, words.alias);
    if (!dn) return void(place.fail(dn.error()));
    if (!place.directory().is_local())
        return void(place.fail(
            refused(words.alias, place.directory().description() +
                                     " keeps its own passwords; set it there: ldappasswd -H URL "
                                     "-D BINDDN -W -S " +
                                     shell_word(dn->to_rfc4514()))));
    Change change{Change::Kind::modify, *dn};
    change.changes = {{AttributeChange::Kind::replace, "userPassword", {}}};
    if (!words.disable) {
        auto password =
            read_new_password(words.file, context.in, STDIN_FILENO, printable(words.alias, 80));
        if (!password) return void(place.fail(password.error()));
        auto prepared = saslprep(*password, Prepared::to_keep);
        explicit_bzero(password->data(), password->size());
        if (!prepared)
            return void(place.fail(refused(
                words.alias, "it has characters that no two programs write alike: control "
                             "characters, no UTF-8, or such as are younger than Unicode 3.2")));
        change.changes.front().values = new_user_passwords(*prepared);
        explicit_bzero(prepared->data(), prepared->size());
    }
    place.take({change}, "directory.password");
}

}  // namespace

void add_dir_passwd(CLI::App& dir, Context& context)
{
    auto w = std::make_shared<Words>();
    auto* command = changing(
        dir.add_subcommand("passwd", "set the password with which a mailbox signs in (SMTP AUTH)"),
        context);
    command->add_option("ALIAS", w->alias, "of the mailbox")->required();
    auto* file = command->add_option("--password-file", w->file,
                                     "file of mode 0600, or '-' for standard input; without it "
                                     "the terminal is asked twice");
    file->type_name("FILE");
    command->add_flag("--disable", w->disable, "take the password away: nobody signs in as it")
        ->excludes(file);
    command->callback([&context, w] { passwd(context, *w); });
    command->footer("A password in the arguments is refused: every user of the host could read it. "
                    "What is kept is an argon2id hash and SCRAM-SHA-256 keys.");
}

}  // namespace imc::cli
