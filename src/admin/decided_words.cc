#include "admin/decided_words.h"

#include "base/text.h"
#include "transfer/decision.h"

#include <boost/json/array.hpp>

namespace imc::admin {

namespace json = boost::json;

json::object decided_json(std::string_view line)
{
    const auto decision = transfer::parse_decision(line);
    json::array facts;
    for (const auto& [word, value] : decision.facts)
        facts.push_back(json::object{{"word", printable(word)},
                                     {"meaning", printable(transfer::meaning_of(word))},
                                     {"value", printable(value)}});
    return json::object{{"text", printable(transfer::in_words(decision), 2048)},
                        {"facts", std::move(facts)},
                        {"cut", decision.cut}};
}

std::vector<std::string> decided_lines(const json::object& decided)
{
    std::vector<std::string> out;
    const auto* const facts = decided.if_contains("facts");
    if (facts == nullptr || !facts->is_array()) return out;
    for (const auto& fact : facts->as_array()) {
        if (!fact.is_object()) continue;
        const auto* const meaning = fact.as_object().if_contains("meaning");
        const auto* const value = fact.as_object().if_contains("value");
        if (meaning == nullptr || value == nullptr || !meaning->is_string() || !value->is_string())
            continue;
        out.push_back(std::string{meaning->as_string()} + ": " + std::string{value->as_string()});
    }
    const auto* const cut = decided.if_contains("cut");
    if (cut != nullptr && cut->is_bool() && cut->as_bool())
        out.emplace_back("... (there was no room for all of it)");
    return out;
}

}  // namespace imc::admin
