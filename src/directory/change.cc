#include "directory/directory.h"

namespace imc {

Result<> check_name(const Dn& dn)
{
    if (dn.is_root()) return Error{EventId::directory_refused, "the root is no object"};
    // What is written must be readable: one name that is not would spoil every search.
    auto again = Dn::parse_rfc4514(dn.to_rfc4514());
    if (!again) return again.error();
    if (!identical(*again, dn))
        return Error{EventId::dn_invalid, "\"" + printable(dn.to_rfc4514(), 300) + "\" is no name"};
    return {};
}

Result<> check_change(const Change& change)
{
    if (auto sound = check_name(change.dn); !sound) return sound;
    if (change.kind == Change::Kind::rename) {
        if (change.new_rdn.empty())
            return Error{EventId::dn_invalid, "a rename without a new name"};
        const Dn above = change.new_superior ? *change.new_superior : change.dn.parent();
        return check_name(above.child(change.new_rdn));
    }
    for (const auto& part : change.changes)
        if (part.kind == AttributeChange::Kind::add && part.values.empty())
            return Error{EventId::directory_refused, change.dn.to_rfc4514() + ": no value of " +
                                                         printable(part.attribute, 60) + " to add"};
    return {};
}

}  // namespace imc
