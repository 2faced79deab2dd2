#include "base/base64.h"
#include "base/text.h"
#include "directory/ldif.h"
#include "directory/schema.h"

#include <algorithm>
#include <array>

namespace imc {
namespace {

void put(std::string& out, std::string_view name, std::string_view value)
{
    const bool safe = std::ranges::all_of(value,
                                          [](char c) {
                                              return c != '\0' && c != '\r' && c != '\n' &&
                                                     static_cast<unsigned char>(c) < 0x80;
                                          }) &&
                      (value.empty() || (value.front() != ' ' && value.front() != ':' &&
                                         value.front() != '<' && value.back() != ' '));
    std::string line{name};
    line += safe ? ": " : ":: ";
    line += safe ? std::string{value} : base64_encode(value);
    for (std::size_t at = 0; at < line.size();) {
        const std::size_t room = at == 0 ? 76 : 75;
        out += (at == 0 ? "" : " ") + line.substr(at, room) + "\n";
        at += room;
    }
}

void put_all(std::string& out, const Attributes& attributes, Secrets secrets)
{
    // objectClass first: that is how people read an object.
    if (const auto classes = attributes.find("objectClass"); classes != attributes.end())
        for (const auto& value : classes->second)
            put(out, "objectClass", value);
    for (const auto& [name, values] : attributes)
        if (secrets == Secrets::hidden && is_secret(name))
            out += "# " + name + ": " + std::to_string(values.size()) +
                   (values.size() == 1 ? " value" : " values") + " not shown\n";
        else if (!same_word(name, "objectClass"))
            for (const auto& value : values)
                put(out, name, value);
}

}  // namespace

std::string to_ldif(const Entry& entry, Secrets secrets)
{
    std::string out;
    put(out, "dn", entry.dn.to_rfc4514());
    put_all(out, entry.attributes, secrets);
    return out + "\n";
}

std::string to_ldif(const Change& change)
{
    std::string out;
    put(out, "dn", change.dn.to_rfc4514());
    switch (change.kind) {
    case Change::Kind::add:
        put(out, "changetype", "add");
        put_all(out, change.attributes, Secrets::shown);
        break;
    case Change::Kind::remove: put(out, "changetype", "delete"); break;
    case Change::Kind::modify:
        put(out, "changetype", "modify");
        for (const auto& part : change.changes) {
            constexpr std::array<std::string_view, 3> words{"add", "delete", "replace"};
            put(out, words[static_cast<std::size_t>(part.kind)], part.attribute);
            for (const auto& value : part.values)
                put(out, part.attribute, value);
            out += "-\n";
        }
        break;
    case Change::Kind::rename: {
        put(out, "changetype", "modrdn");
        put(out, "newrdn", Dn{}.child(change.new_rdn).to_rfc4514());
        put(out, "deleteoldrdn", change.delete_old_rdn ? "1" : "0");
        if (change.new_superior) put(out, "newsuperior", change.new_superior->to_rfc4514());
        break;
    }
    }
    return out + "\n";
}

}  // namespace imc
