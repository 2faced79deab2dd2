#include "directory/saslprep.h"

#include "base/text.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <stringprep.h>

namespace imc {
namespace {

/// It may hold a password.
struct Wipe {
    void operator()(char* text) const
    {
        explicit_bzero(text, std::strlen(text));
        std::free(text);
    }
};

}  // namespace

std::optional<std::string> saslprep(std::string_view text, Prepared how)
{
    // The library reads C strings, and must not see what is no UTF-8.
    if (text.empty() || text.find('\0') != text.npos || !is_utf8(text)) return {};
    std::string plain{text};
    const auto flags = how == Prepared::to_keep ? STRINGPREP_NO_UNASSIGNED
                                                : static_cast<Stringprep_profile_flags>(0);
    char* raw = nullptr;
    const int code = stringprep_profile(plain.c_str(), &raw, "SASLprep", flags);
    explicit_bzero(plain.data(), plain.size());
    if (code != STRINGPREP_OK || raw == nullptr) return {};
    const std::unique_ptr<char, Wipe> out{raw};
    if (*raw == '\0') return {};
    return std::string{raw};
}

}  // namespace imc
