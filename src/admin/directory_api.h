#pragma once
/// @file admin/directory_api.h  The organization's directory: browse, search, edit; while held,
/// too.
///
///     GET    /api/v1/directory/tree?dn=&after=&limit=
///     GET    /api/v1/directory/entry?dn=       a DN of either form, an alias or an address
///     GET    /api/v1/directory/search?text=|filter=&kind=&base=&after=&limit=
///     GET    /api/v1/directory/export?dn=
///     POST   /api/v1/directory/entry           {"dn","attributes"} or {"kind","alias",...}
///     PATCH  /api/v1/directory/entry           {"dn","changes":[{op,attribute,values}]}
///     POST   /api/v1/directory/rename          {"dn","to"}
///     DELETE /api/v1/directory/entry?dn=&recursive=
///     POST   /api/v1/directory/import          {"ldif","action"}; action: what the audit log calls
///                                              it, "import" unless it is said
///
/// ?people=true: where recipients are looked up (RecipientSource), to be read only.
#include "admin/desk.h"
#include "directory/directory.h"

namespace imc::admin {

void add_directory_api(Desk& desk);
void add_directory_changes_api(Desk& desk);  ///< all that is no GET

struct Place {
    std::shared_ptr<Directory> directory;
    Dn base;
};
Result<Place> open_place(const Paths& paths, bool people, Deadline deadline);

/// A DN of either form, completed with the base; an alias or an address of a recipient; empty: the
/// base. 40012 when nobody has it.
Result<Dn> name_in(const Place& place, const std::string& text, Deadline deadline);

/// "mailbox", "connector", ...
std::string_view kind_of(const Entry& entry);
/// {"dn","rdn","display","classes","kind"}
boost::json::object summary_json(const Entry& entry);

}  // namespace imc::admin
