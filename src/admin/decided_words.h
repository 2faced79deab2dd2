#pragma once
/// @file admin/decided_words.h  By which facts a recipient was decided on, as the API and the
/// commands show it. Pure. docs/formats/decisions.md.
#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace imc::admin {

/// {"text": "our domain contoso.example; ...", "facts": [{"word", "meaning", "value"}], "cut"}
/// @param line  as transfer/decision.h writes it
boost::json::object decided_json(std::string_view line);

/// Of such an object: a line for each fact, "object: cn=alice,...".
std::vector<std::string> decided_lines(const boost::json::object& decided);

}  // namespace imc::admin
