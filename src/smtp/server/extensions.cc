#include "smtp/server/extensions.h"

#include "base/text.h"

#include <array>

namespace imc::smtp {
namespace {

constexpr std::array<std::string_view, extension_count> keywords{
    "PIPELINING", "SIZE",       "8BITMIME", "SMTPUTF8",
    "CHUNKING",   "BINARYMIME", "DSN",      "ENHANCEDSTATUSCODES",
    "STARTTLS",   "AUTH",       "LIMITS",   "MT-PRIORITY",
    "XCLIENT",    "ETRN",       "HELP"};

}  // namespace

std::string_view keyword(Extension extension)
{
    return keywords[static_cast<std::size_t>(extension)];
}

std::optional<Extension> extension_named(std::string_view keyword)
{
    for (std::size_t i = 0; i < keywords.size(); ++i)
        if (same_word(keyword, keywords[i])) return static_cast<Extension>(i);
    return {};
}

}  // namespace imc::smtp
