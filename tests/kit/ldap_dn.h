#pragma once
/// @file tests/kit/ldap_dn.h  What libldap reads in a distinguished name: the oracle for ours.
#include "directory/dn.h"

#include <ldap.h>
#include <optional>

namespace imc::kit {

struct OracleDn {
    std::vector<Rdn> rdns;
    bool has_binary = false;  ///< a value was "#..." and is BER: not for comparing
};

inline std::optional<OracleDn> ldap_dn(const std::string& text)
{
    LDAPDN raw = nullptr;
    if (ldap_str2dn(text.c_str(), &raw, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) return {};
    OracleDn out;
    for (auto rdn = raw; rdn != nullptr && *rdn != nullptr; ++rdn) {
        auto& into = out.rdns.emplace_back();
        for (auto ava = *rdn; *ava != nullptr; ++ava) {
            const auto& type = (*ava)->la_attr;
            const auto& value = (*ava)->la_value;
            into.push_back({{type.bv_val, type.bv_len}, {value.bv_val, value.bv_len}});
            if (((*ava)->la_flags & LDAP_AVA_BINARY) != 0) out.has_binary = true;
        }
    }
    ldap_dnfree(raw);
    return out;
}

}  // namespace imc::kit
