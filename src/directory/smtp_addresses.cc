#include "directory/smtp_addresses.h"

#include <algorithm>

namespace imc {

SmtpAddresses smtp_addresses(const Entry& entry)
{
    constexpr std::string_view smtp = "smtp:";
    const auto is_plain = [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
               c != '"' && c != '\\';
    };
    SmtpAddresses out;
    for (const auto& value : entry.all("proxyAddresses")) {
        if (!starts_with_word(value, smtp)) continue;
        const auto address = std::string_view{value}.substr(smtp.size());
        if (std::ranges::all_of(address, is_plain))
            out.lower_case.push_back(lower(address));
        else
            out.plain = false;
    }
    return out;
}

}  // namespace imc
