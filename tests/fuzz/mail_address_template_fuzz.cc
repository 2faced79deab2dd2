// Any format and any names: a flaw is told, or an address of RFC 5321 comes out.
#include "mail/address_template.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    const auto next = [&rest] {
        const auto end = rest.find('\n');
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        return std::string{line};
    };
    const auto format = imc::mail::AddressTemplate::parse(next());
    if (!format) return 0;
    imc::mail::RecipientNames names;
    for (auto* name : {&names.alias, &names.surname, &names.given, &names.initials, &names.display})
        *name = next();
    for (const std::uint32_t number : {1U, 2U, 9999U}) {
        const auto address = format->address(names, number);
        const auto read = imc::mail::parse_address(address);
        if (!read || read->utf8 || read->to_string() != address) std::abort();
    }
    return 0;
}
