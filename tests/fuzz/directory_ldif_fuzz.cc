/// Any octets as LDIF: what is read is written and read back the same.
#include "base/text.h"
#include "directory/ldif.h"

#include <algorithm>

using namespace imc;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

/// Names of attributes ignore letter case, and objectClass is written in its own spelling.
bool same(const Attributes& a, const Attributes& b)
{
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
        return same_word(x.first, y.first) && x.second == y.second;
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const auto changes = parse_ldif({reinterpret_cast<const char*>(octets), size});
    if (!changes) {
        require(is_utf8(changes.error().detail()));
        return 0;
    }
    std::string written;
    for (const auto& change : *changes)
        written += to_ldif(change);
    if (written.size() > 4 * size + 4096) return 0;
    for (const auto& change : *changes)
        if (change.dn.to_rfc4514().size() > 8192) return 0;
    const auto again = parse_ldif(written);
    require(again && again->size() == changes->size());
    for (std::size_t i = 0; i < again->size(); ++i) {
        const auto& a = (*changes)[i];
        const auto& b = (*again)[i];
        require(a.kind == b.kind && identical(a.dn, b.dn) && same(a.attributes, b.attributes));
        require(a.new_rdn == b.new_rdn && a.delete_old_rdn == b.delete_old_rdn);
        require(a.changes.size() == b.changes.size());
        for (std::size_t j = 0; j < a.changes.size(); ++j)
            require(a.changes[j].kind == b.changes[j].kind &&
                    a.changes[j].attribute == b.changes[j].attribute &&
                    a.changes[j].values == b.changes[j].values);
    }
    return 0;
}
