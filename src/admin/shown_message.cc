#include "admin/shown_message.h"

#include "base/text.h"
#include "mail/header.h"

#include <boost/json/object.hpp>

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

json::array shown_headers(std::string_view text, std::size_t most)
{
    json::array out;
    for (const auto& field : mail::header_fields(text)) {
        auto value = mail::unfold(field.value);
        std::ranges::replace(value, '\t', ' ');
        out.push_back(json::object{{"name", printable(field.name, most)},
                                   {"value", printable(trim(value), most)}});
    }
    return out;
}

std::string shown_lines(std::string_view text)
{
    std::string out;
    for (auto line : split(text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        bool first = true;
        for (const auto piece : split(line, '\t')) {
            if (!first) out += '\t';
            first = false;
            out += printable(piece, 4 * piece.size());  // all of it, each octet as \xNN at worst
        }
        out += '\n';
    }
    if (!out.empty()) out.pop_back();
    return out;
}

}  // namespace imc::admin
