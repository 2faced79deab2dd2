#pragma once
/// @file cli/dir/place.h  The directory the registry names, as every verb of `imc dir` needs it.
#include "cli/command.h"
#include "directory/directory.h"
#include "directory/ldif.h"
#include "directory/undo.h"

#include <memory>
#include <optional>

namespace imc::cli {

struct DirWords {
    std::string dn, filter = "(objectClass=*)", base, file, new_rdn;
    std::vector<std::string> rest, adds, removes, replaces, addresses, members, hosts;
    std::string display_name, given_name, surname, store, target, tls, auth_user, auth_file;
    bool recursive = false;
    bool secrets = false;
    bool people = false;  ///< RecipientSource, as the connector sees it
};

class Place {
public:
    static constexpr std::chrono::seconds patience{30};
    static constexpr std::size_t most_shown = 1'000'000;

    explicit Place(Context& context) : context_{context}, paths_{context.paths()} {}

    /// False, and the reason is said.
    /// @param people  where recipients are looked up, instead of HomeDSA
    bool open(bool people = false);
    bool fail(const Error& error);
    /// Of what makes new objects (admin/new_object.h): a line alone for a request that is wrong.
    void refuse(const Error& error);

    /// A DN of either form, completed with the base; empty text is the base. Text without '=' is an
    /// alias or an address of one of this site's recipients. Nothing: the reason is said.
    std::optional<Dn> dn(const std::string& text);

    /// By the service that runs; else keeps the reverse, writes the line of the audit log, then
    /// applies.
    /// @param action  of that line; empty: as the kind of the changes says
    Result<Undo> apply(const std::vector<Change>& changes, const std::string& action,
                       Deadline deadline);
    /// Applies, says what was done and the command that undoes it, and what that cannot bring back:
    /// secrets.
    void take(const std::vector<Change>& changes, const std::string& action = {});
    std::string undo_command(const Undo& undo) const;  ///< empty: there is none

    void show(const std::vector<Entry>& entries, bool names_only,
              Secrets secrets = Secrets::hidden);
    void search(const Dn& base, Scope scope, const std::string& filter, bool names_only);

    Directory& directory() { return *directory_; }
    const Paths& paths() const { return paths_; }

private:
    std::optional<Dn> recipient(const std::string& text);
    /// Nothing: none runs, or --direct was given.
    std::optional<Result<Undo>> apply_by_service(const std::vector<Change>& changes,
                                                 const std::string& action);

    Context& context_;
    Paths paths_;
    std::shared_ptr<Directory> directory_;
    Dn base_;
};

/// The verbs that change something (cli/dir/change.cc).
void dir_add(Context& context, const DirWords& words);
void dir_modify(Context& context, const DirWords& words);
void dir_remove(Context& context, const DirWords& words);
void dir_rename(Context& context, const DirWords& words);
void dir_import(Context& context, const DirWords& words);

}  // namespace imc::cli
