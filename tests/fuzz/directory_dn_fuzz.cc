/// Any text as a distinguished name: what is read is written and read back the same, in both forms,
/// and libldap reads the same in it.
#include "base/text.h"
#include "kit/ldap_dn.h"

#include <algorithm>

using namespace imc;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string text{reinterpret_cast<const char*>(octets), size};
    const auto dn = Dn::parse(text);
    if (!dn) {
        require(is_utf8(dn.error().detail()));
        return 0;
    }
    const auto written = dn->to_rfc4514();
    if (written.size() > 8192) return 0;  // escapes can make it longer than what is read
    const auto again = Dn::parse_rfc4514(written);
    require(again && identical(*again, *dn) && same(*again, *dn));
    const auto normalized = Dn::parse_rfc4514(dn->normalized());
    // A value of nothing but spaces is folded to nothing, which is no name.
    if (normalized) require(normalized->normalized() == dn->normalized());
    require(dn->is_within(*dn) && dn->is_within(dn->parent()));

    const auto theirs = kit::ldap_dn(written);
    require(theirs && !theirs->has_binary && theirs->rdns == dn->rdns());
    // To libldap tabs and line ends around a value are spaces; RFC 4514 knows only the space.
    const std::string_view other{"\0\t\n\r", 4};
    // And it takes a space behind an escaped backslash for an escaped space.
    const bool escaped_backslash = text.find("\\\\ ") != std::string::npos;
    if (!text.starts_with('/') && !escaped_backslash && text.find_first_of(other) == text.npos)
        if (const auto oracle = kit::ldap_dn(text); oracle && !oracle->has_binary)
            require(oracle->rdns == dn->rdns());

    const bool simple =
        std::ranges::all_of(dn->rdns(), [](const Rdn& rdn) { return rdn.size() == 1; });
    if (simple && dn->to_x500().size() <= 8192) {
        const auto x500 = Dn::parse_x500(dn->to_x500());
        require(x500 && identical(*x500, *dn));
    }
    return 0;
}
