#include "directory/ldap_session.h"

#include <algorithm>
#include <limits>

namespace imc::ldap {
namespace {

constexpr std::size_t page_size = 500;

/// Nothing was sent, so nothing was changed.
const Outcome no_time_left{LDAP_TIMEOUT, "no time left", {}};

int to_ldap(Scope scope)
{
    switch (scope) {
    case Scope::base: return LDAP_SCOPE_BASE;
    case Scope::one_level: return LDAP_SCOPE_ONELEVEL;
    case Scope::subtree: break;
    }
    return LDAP_SCOPE_SUBTREE;
}

/// LDAPMod pointers into values that outlive them.
class Modifications {
public:
    void add(int operation, const std::string& name, const std::vector<std::string>& values)
    {
        auto& piece = pieces_.emplace_back(std::make_unique<Piece>());
        for (const auto& value : values)
            piece->values.push_back(berval{value.size(), const_cast<char*>(value.data())});
        for (auto& value : piece->values)
            piece->pointers.push_back(&value);
        piece->pointers.push_back(nullptr);
        piece->mod.mod_op = operation | LDAP_MOD_BVALUES;
        piece->mod.mod_type = const_cast<char*>(name.c_str());
        piece->mod.mod_bvalues = values.empty() ? nullptr : piece->pointers.data();
    }

    LDAPMod** get()
    {
        list_.clear();
        for (auto& piece : pieces_)
            list_.push_back(&piece->mod);
        list_.push_back(nullptr);
        return list_.data();
    }

private:
    struct Piece {
        std::vector<berval> values;
        std::vector<berval*> pointers;
        LDAPMod mod;
    };
    std::vector<std::unique_ptr<Piece>> pieces_;
    std::vector<LDAPMod*> list_;
};

/// ";binary" is a way of transfer (RFC 4522), not another attribute; language tags are.
std::string plain_name(std::string_view name)
{
    constexpr std::string_view binary = ";binary";
    std::string out{name};
    for (std::size_t i = 0; i + binary.size() <= out.size(); ++i)
        if (same_word(std::string_view{out}.substr(i, binary.size()), binary) &&
            (i + binary.size() == out.size() || out[i + binary.size()] == ';'))
            out.erase(i, binary.size());
    return out;
}

}  // namespace

Found Session::read_entry(LDAPMessage* message) const
{
    Found found;
    BerElement* ber = nullptr;
    berval name{};
    if (ldap_get_dn_ber(handle_.get(), message, &ber, &name) == LDAP_SUCCESS)
        found.dn.assign(name.bv_val, name.bv_len);
    berval type{};
    berval* values = nullptr;
    while (ber != nullptr &&
           ldap_get_attribute_ber(handle_.get(), message, ber, &type, &values) == LDAP_SUCCESS &&
           type.bv_val != nullptr) {
        auto& into = found.attributes[plain_name({type.bv_val, type.bv_len})];
        for (auto* v = values; v != nullptr && v->bv_val != nullptr; ++v)
            into.emplace_back(v->bv_val, v->bv_len);
        // The values point into the message; the list of them is ours.
        if (values != nullptr) ber_memfree(values);
        values = nullptr;
    }
    if (ber != nullptr) ber_free(ber, 0);
    return found;
}

namespace {

/// Where a part of the tree is, RFC 4511 4.5.3. Active Directory refers everybody to its own zones
/// and configuration, where no people are.
std::string reference(LDAP* handle, LDAPMessage* message)
{
    char** urls = nullptr;
    if (ldap_parse_reference(handle, message, &urls, nullptr, 0) != LDAP_SUCCESS || !urls)
        return {};
    std::string url = urls[0] != nullptr ? urls[0] : "an unnamed server";
    ldap_memvfree(reinterpret_cast<void**>(urls));
    const auto folded = lower(url);
    for (const auto* part : {"/dc=forestdnszones,", "/dc=domaindnszones,", "/cn=configuration,"})
        if (folded.find(part) != std::string::npos) return {};
    return url;
}

}  // namespace

Outcome Session::page(const SearchRequest& request, const std::string& filter, std::string* cookie,
                      std::vector<Found>& found, Deadline deadline)
{
    auto time = remaining(deadline);
    if (!time) return no_time_left;
    std::vector<char*> names;
    for (const auto& name : request.attributes)
        names.push_back(const_cast<char*>(name.c_str()));
    names.push_back(nullptr);

    LDAPControl* paged = nullptr;
    if (cookie != nullptr) {
        berval previous{.bv_len = cookie->size(), .bv_val = cookie->data()};
        ldap_create_page_control(handle_.get(), page_size, cookie->empty() ? nullptr : &previous, 0,
                                 &paged);
    }
    LDAPControl* controls[] = {paged, nullptr};

    bound_socket(deadline);
    int message_id = 0;
    const int most = cookie != nullptr ? 0 : static_cast<int>(request.limit + 1);
    const int sent =
        ldap_search_ext(handle_.get(), request.base.c_str(), to_ldap(request.scope), filter.c_str(),
                        request.attributes.empty() ? nullptr : names.data(), 0,
                        paged != nullptr ? controls : nullptr, nullptr, &*time, most, &message_id);
    if (paged != nullptr) ldap_control_free(paged);
    if (sent != LDAP_SUCCESS) return from_handle(sent);

    std::string continued;
    for (;;) {
        time = remaining(deadline);
        if (!time) return timed_out(message_id);
        LDAPMessage* raw = nullptr;
        const int type = ldap_result(handle_.get(), message_id, LDAP_MSG_ONE, &*time, &raw);
        const Message message{raw};
        if (type == 0) return timed_out(message_id);
        if (type < 0) {
            int code = LDAP_SERVER_DOWN;
            ldap_get_option(handle_.get(), LDAP_OPT_RESULT_CODE, &code);
            return from_handle(code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
        }
        if (type == LDAP_RES_SEARCH_ENTRY) {
            found.push_back(read_entry(raw));
            if (found.size() > request.limit) {
                ldap_abandon_ext(handle_.get(), message_id, nullptr, nullptr);
                if (cookie != nullptr) cookie->clear();
                return {};
            }
        } else if (type == LDAP_RES_SEARCH_REFERENCE) {
            if (auto url = reference(handle_.get(), raw); !url.empty()) continued = std::move(url);
        } else if (type == LDAP_RES_SEARCH_RESULT) {
            auto outcome = parse(raw, cookie);
            outcome.continued = std::move(continued);
            return outcome;
        }
    }
}

Outcome Session::search(const SearchRequest& request, std::vector<Found>& found, Deadline deadline)
{
    const Deadline bounded = std::min(deadline, after(settings_.operation_timeout));
    // Our own reading first would be a second grammar; libldap's takes "" for "everything".
    if (request.filter.find_first_not_of(' ') == std::string::npos)
        return {LDAP_FILTER_ERROR, "the filter is empty", {}};
    if (request.limit < page_size) {
        auto outcome = page(request, request.filter, nullptr, found, bounded);
        const bool more = outcome.code == LDAP_SIZELIMIT_EXCEEDED && found.size() > request.limit;
        return more ? Outcome{} : outcome;
    }
    std::string cookie;
    Outcome whole;
    do {
        auto outcome = page(request, request.filter, &cookie, found, bounded);
        if (outcome.code != LDAP_SUCCESS) return outcome;
        if (!outcome.continued.empty()) whole.continued = std::move(outcome.continued);
    } while (!cookie.empty());
    return whole;
}

Outcome Session::pages(SearchRequest request,
                       const std::function<bool(std::vector<Found>& page)>& take, Deadline deadline)
{
    request.limit = std::numeric_limits<std::size_t>::max() - 1;
    std::string cookie;
    do {
        std::vector<Found> found;
        const Deadline bounded = std::min(deadline, after(settings_.operation_timeout));
        auto outcome = page(request, request.filter, &cookie, found, bounded);
        if (outcome.code != LDAP_SUCCESS) return outcome;
        if (!take(found)) break;
    } while (!cookie.empty());
    return {};
}

Outcome Session::add(const std::string& dn, const Attributes& attributes, Deadline deadline)
{
    Modifications mods;
    for (const auto& [name, values] : attributes)
        if (!values.empty()) mods.add(LDAP_MOD_ADD, name, values);
    const Deadline bounded = std::min(deadline, after(settings_.operation_timeout));
    if (!remaining(bounded)) return no_time_left;
    int id = 0;
    bound_socket(bounded);
    const int sent = ldap_add_ext(handle_.get(), dn.c_str(), mods.get(), nullptr, nullptr, &id);
    return result_of(sent, id, bounded);
}

Outcome Session::modify(const std::string& dn, const std::vector<AttributeChange>& changes,
                        Deadline deadline)
{
    Modifications mods;
    for (const auto& change : changes) {
        const int operation = change.kind == AttributeChange::Kind::add      ? LDAP_MOD_ADD
                              : change.kind == AttributeChange::Kind::remove ? LDAP_MOD_DELETE
                                                                             : LDAP_MOD_REPLACE;
        mods.add(operation, change.attribute, change.values);
    }
    const Deadline bounded = std::min(deadline, after(settings_.operation_timeout));
    if (!remaining(bounded)) return no_time_left;
    int id = 0;
    bound_socket(bounded);
    const int sent = ldap_modify_ext(handle_.get(), dn.c_str(), mods.get(), nullptr, nullptr, &id);
    return result_of(sent, id, bounded);
}

Outcome Session::remove(const std::string& dn, Deadline deadline)
{
    const Deadline bounded = std::min(deadline, after(settings_.operation_timeout));
    if (!remaining(bounded)) return no_time_left;
    int id = 0;
    bound_socket(bounded);
    const int sent = ldap_delete_ext(handle_.get(), dn.c_str(), nullptr, nullptr, &id);
    return result_of(sent, id, bounded);
}

Outcome Session::rename(const std::string& dn, const std::string& new_rdn, bool delete_old_rdn,
                        const std::optional<std::string>& new_superior, Deadline deadline)
{
    const Deadline bounded = std::min(deadline, after(settings_.operation_timeout));
    if (!remaining(bounded)) return no_time_left;
    int id = 0;
    bound_socket(bounded);
    const int sent = ldap_rename(handle_.get(), dn.c_str(), new_rdn.c_str(),
                                 new_superior ? new_superior->c_str() : nullptr,
                                 delete_old_rdn ? 1 : 0, nullptr, nullptr, &id);
    return result_of(sent, id, bounded);
}

}  // namespace imc::ldap
