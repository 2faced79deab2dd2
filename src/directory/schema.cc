#include "directory/schema.h"

#include <algorithm>
#include <set>

namespace imc {
namespace {

constexpr AttributeRule attributes[] = {
#include "directory/schema_attributes.inc"
};
constexpr ClassRule classes[] = {
#include "directory/schema_classes.inc"
};

template <class Row>
const Row* find(std::span<const Row> rows, std::string_view name)
{
    const auto found =
        std::ranges::find_if(rows, [&](const Row& r) { return same_word(r.name, name); });
    return found == rows.end() ? nullptr : &*found;
}

/// Runs of spaces are one, and none at the ends (RFC 4518 section 2.6.1).
std::string squeezed(std::string_view value)
{
    std::string out;
    for (const char c : value) {
        if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
        out += c;
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

Error refused(const Entry& entry, const std::string& what)
{
    return Error{EventId::directory_refused, entry.dn.to_rfc4514() + ": " + what};
}

std::string all_classes(const Entry& entry)
{
    std::string out;
    for (const auto& name : entry.all("objectClass"))
        out += (out.empty() ? "" : ", ") + printable(name, 60);
    return out;
}

std::string_view expected_for(Syntax syntax)
{
    switch (syntax) {
    case Syntax::text:
    case Syntax::exact: return "UTF-8";
    case Syntax::dn: return "a distinguished name";
    case Syntax::integer: return "a whole number";
    case Syntax::boolean: return "TRUE or FALSE";
    case Syntax::octets: break;
    }
    return "a value";
}

/// RFC 4517 section 3.3.16: no zeros in front, no "-0".
bool is_integer(std::string_view value)
{
    const auto digits = value.starts_with('-') ? value.substr(1) : value;
    return parse_number(digits) && (digits.front() != '0' || value == "0");
}

Result<> check_values(const Entry& entry, const AttributeRule& rule,
                      const std::vector<std::string>& values)
{
    std::set<std::string> seen;
    for (const auto& value : values) {
        if (!is_value_of(rule, value))
            return refused(entry,
                           std::string{rule.name} + " is \"" + printable(value, 100) + "\", " +
                               std::string{value.empty() ? "a value" : expected_for(rule.syntax)} +
                               " expected");
        if (!seen.insert(normalized_value(rule.name, value)).second)
            return refused(entry,
                           std::string{rule.name} + " has \"" + printable(value, 100) + "\" twice");
    }
    return {};
}

/// Of directories that are not ours: passwords, what is made of them, and keys.
bool is_secret_of_others(std::string_view name)
{
    constexpr std::string_view names[] = {
        "2.5.4.35",  // userPassword
        "authPassword", "olcRootPW", "userPKCS12",
        // Active Directory
        "unicodePwd", "dBCSPwd", "ntPwdHistory", "lmPwdHistory", "supplementalCredentials",
        "trustAuthIncoming", "trustAuthOutgoing", "initialAuthIncoming", "initialAuthOutgoing",
        "currentValue", "priorValue", "ms-Mcs-AdmPwd",
        // Kerberos, FreeIPA, one-time passwords
        "krbPrincipalKey", "krbMKey", "krbExtraData", "krbPwdHistory", "ipaNTHash",
        "ipatokenOTPkey", "pwdHistory", "oathHOTPSecret", "oathTOTPSecret"};
    if (std::ranges::any_of(names, [&](auto one) { return same_word(one, name); })) return true;
    // sambaNTPassword, ntPassword, msLAPS-EncryptedPassword, passwordHistory, imcScramSha256
    const auto small = lower(name);
    constexpr std::string_view words[] = {"password", "passphrase", "secret", "privatekey",
                                          "imcscram"};
    return std::ranges::any_of(words, [&](auto w) { return small.find(w) != small.npos; });
}

}  // namespace

const AttributeRule* find_attribute(std::string_view name)
{
    return find(std::span<const AttributeRule>{attributes}, name);
}

std::vector<std::string_view> attributes_of(Syntax syntax)
{
    std::vector<std::string_view> out;
    for (const auto& rule : attributes)
        if (rule.syntax == syntax) out.push_back(rule.name);
    return out;
}

bool is_secret(std::string_view attribute)
{
    // "userPassword;lang-en" is the same with an option.
    const auto name = attribute.substr(0, attribute.find(';'));
    if (const auto* rule = find_attribute(name)) return rule->secret;
    return is_secret_of_others(name);
}

const ClassRule* find_class(std::string_view name)
{
    return find(std::span<const ClassRule>{classes}, name);
}

// A class is a text that is compared whole.
bool has_substrings(const AttributeRule& rule)
{
    return (rule.syntax == Syntax::text || rule.syntax == Syntax::exact) &&
           rule.name != "objectClass";
}

bool has_order(const AttributeRule& rule) { return rule.syntax == Syntax::integer; }

bool is_value_of(const AttributeRule& rule, std::string_view value)
{
    if (value.empty()) return false;
    switch (rule.syntax) {
    case Syntax::text:
    case Syntax::exact: return is_utf8(value);
    case Syntax::dn: return static_cast<bool>(Dn::parse_rfc4514(value));
    case Syntax::integer: return is_integer(value);
    case Syntax::boolean: return value == "TRUE" || value == "FALSE";
    case Syntax::octets: break;
    }
    return true;
}

const ClassRule* structural_class(const Entry& entry)
{
    const ClassRule* found = nullptr;
    for (const auto& name : entry.all("objectClass")) {
        const auto* rule = find_class(name);
        if (rule == nullptr || !rule->structural) continue;
        if (found != nullptr && found != rule) return nullptr;
        found = rule;
    }
    return found;
}

std::string normalized_value(std::string_view attribute, std::string_view value)
{
    const auto* rule = find_attribute(attribute);
    switch (rule != nullptr ? rule->syntax : Syntax::text) {
    case Syntax::exact: return squeezed(value);
    case Syntax::octets: return std::string{value};
    case Syntax::dn:
        if (const auto dn = Dn::parse_rfc4514(value)) return dn->normalized();
        break;
    case Syntax::text:
    case Syntax::integer:
    case Syntax::boolean: break;
    }
    return lower(squeezed(value));
}

Result<> check_schema(const Entry& entry)
{
    if (entry.all("objectClass").empty()) return refused(entry, "no objectClass");
    std::string allowed = " objectClass ";
    for (const auto& name : entry.all("objectClass")) {
        const auto* rule = find_class(name);
        if (rule == nullptr)
            return refused(entry, "objectClass \"" + printable(name, 60) + "\" is not known");
        for (const auto must : split(rule->must, ' '))
            if (!must.empty() && entry.all(must).empty())
                return refused(entry, std::string{rule->name} + " needs the attribute " +
                                          std::string{must});
        allowed += std::string{rule->must} + " " + std::string{rule->may} + " ";
    }
    if (structural_class(entry) == nullptr)
        return refused(entry, "one objectClass expected that says what the object is; found " +
                                  all_classes(entry));
    for (const auto& [name, values] : entry.attributes) {
        const auto* rule = find_attribute(name);
        const auto known = split(allowed, ' ');
        if (rule == nullptr ||
            !std::ranges::any_of(known, [&](auto k) { return same_word(k, name); }))
            return refused(entry,
                           "the attribute \"" + printable(name, 60) + "\" is not allowed here");
        if (rule->single && values.size() > 1)
            return refused(entry, std::string{rule->name} + " has " +
                                      std::to_string(values.size()) + " values, one expected");
        if (auto sound = check_values(entry, *rule, values); !sound) return sound;
    }
    return {};
}

std::string_view schema_ldif()
{
    static constexpr std::string_view text =
#include "directory/schema_ldif.inc"
        ;
    return text;
}

}  // namespace imc
