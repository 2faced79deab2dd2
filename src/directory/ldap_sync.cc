#include "directory/ldap_sync.h"

#include <algorithm>
#include <lber.h>

namespace imc::ldap {
namespace {

using std::chrono::milliseconds;

/// A server that sends all it has does not understand our cookie.
constexpr std::size_t most_before_refreshed = 10'000;

struct FreeBer {
    void operator()(BerElement* ber) const { ber_free(ber, 1); }
};
using Ber = std::unique_ptr<BerElement, FreeBer>;

std::string_view view(const berval& value)
{
    return value.bv_val == nullptr ? std::string_view{}
                                   : std::string_view{value.bv_val, value.bv_len};
}

/// syncRequestValue, RFC 4533 2.2.
std::string request_value(const std::string& cookie)
{
    const Ber ber{ber_alloc_t(LBER_USE_DER)};
    berval out{};
    if (!ber ||
        ber_printf(ber.get(), "{eo}", static_cast<ber_int_t>(LDAP_SYNC_REFRESH_AND_PERSIST),
                   cookie.data(), static_cast<ber_len_t>(cookie.size())) == -1 ||
        ber_flatten2(ber.get(), &out, 0) == -1)
        throw std::bad_alloc{};
    return std::string{view(out)};
}

/// Left while messages are waited for; none: it is past.
std::optional<timeval> left(Deadline deadline)
{
    const auto time =
        std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (time.count() <= 0) return {};
    return timeval{.tv_sec = time.count() / 1000,
                   .tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

}  // namespace

std::string uuid_text(std::string_view octets)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        const auto octet = static_cast<unsigned char>(octets[i]);
        out += digits[octet >> 4U];
        out += digits[octet & 15U];
    }
    return out;
}

std::vector<std::string> stamps_in(std::string_view cookie)
{
    std::vector<std::string> out;
    for (const auto part : split(cookie, ',')) {
        if (!part.starts_with("csn=")) continue;
        for (const auto stamp : split(part.substr(4), ';'))
            if (!stamp.empty()) out.emplace_back(stamp);
    }
    return out;
}

Sync::Sync(std::unique_ptr<Session> session, std::string context)
    : session_{std::move(session)}, context_{std::move(context)}
{}

SyncNews Sync::ended(Outcome outcome) const
{
    return {.kind = SyncNews::Kind::ended, .outcome = std::move(outcome)};
}

Outcome Sync::search(const std::string& base, int scope, const std::vector<std::string>& attributes,
                     LDAPControl** controls, Deadline deadline, int& id)
{
    std::vector<char*> names;
    for (const auto& name : attributes)
        names.push_back(const_cast<char*>(name.c_str()));
    names.push_back(nullptr);
    session_->bound_socket(deadline);
    const int sent =
        ldap_search_ext(session_->handle_.get(), base.c_str(), scope, "(objectClass=*)",
                        names.data(), 0, controls, nullptr, nullptr, LDAP_NO_LIMIT, &id);
    return sent == LDAP_SUCCESS ? Outcome{} : session_->from_handle(sent);
}

Outcome Sync::begin(const std::vector<std::string>& attributes, const std::string& stamps,
                    Deadline deadline)
{
    auto value = request_value("rid=000,csn=" + stamps);
    std::string oid = LDAP_CONTROL_SYNC;
    LDAPControl control{.ldctl_oid = oid.data(),
                        .ldctl_value = {.bv_len = value.size(), .bv_val = value.data()},
                        .ldctl_iscritical = 1};
    LDAPControl* controls[] = {&control, nullptr};
    auto wanted = attributes;
    wanted.emplace_back("hasSubordinates");
    return search(context_, LDAP_SCOPE_SUBTREE, wanted, controls, deadline, sync_);
}

Outcome Sync::ask_how_far(Deadline deadline)
{
    answer_.clear();
    return search(context_, LDAP_SCOPE_BASE, {"contextCSN"}, nullptr, deadline, question_);
}

SyncNews Sync::next(Deadline deadline)
{
    auto time = left(deadline);
    if (!time) return {};
    session_->bound_socket(deadline + std::chrono::seconds{2});  // for the rest of a message
    LDAPMessage* raw = nullptr;
    const int type = ldap_result(session_->handle_.get(), LDAP_RES_ANY, LDAP_MSG_ONE, &*time, &raw);
    const Message message{raw};
    if (type == 0) return {};
    if (type < 0) {
        int code = LDAP_SERVER_DOWN;
        ldap_get_option(session_->handle_.get(), LDAP_OPT_RESULT_CODE, &code);
        return ended(session_->from_handle(code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code));
    }
    return news_of(raw, type);
}

SyncNews Sync::news_of(LDAPMessage* message, int type)
{
    if (ldap_msgid(message) == question_) {
        if (type == LDAP_RES_SEARCH_ENTRY) {
            auto found = session_->read_entry(message);
            answer_ = std::move(found.attributes["contextCSN"]);
        }
        if (type != LDAP_RES_SEARCH_RESULT) return {};
        question_ = -1;
        auto outcome = session_->parse(message, nullptr);
        if (outcome.code != LDAP_SUCCESS) return ended(std::move(outcome));
        return {.kind = SyncNews::Kind::alive, .stamps = std::move(answer_)};
    }
    if (ldap_msgid(message) != sync_) return {};
    switch (type) {
    case LDAP_RES_SEARCH_ENTRY: return change_of(message);
    case LDAP_RES_INTERMEDIATE: return info_of(message);
    case LDAP_RES_SEARCH_RESULT: return ended(session_->parse(message, nullptr));
    // A part of the tree that is elsewhere: what changes there is not told.
    default: return {.kind = SyncNews::Kind::everything};
    }
}

/// syncStateValue, RFC 4533 2.3.
SyncNews Sync::change_of(LDAPMessage* message)
{
    if (!refreshed_) {
        if (++before_refreshed_ > most_before_refreshed)
            return ended({LDAP_OTHER, "it sends all objects instead of the changes since", {}});
        return {};
    }
    SyncNews news{.kind = SyncNews::Kind::everything};
    LDAPControl** controls = nullptr;
    if (ldap_get_entry_controls(session_->handle_.get(), message, &controls) != LDAP_SUCCESS)
        return news;
    const std::unique_ptr<LDAPControl*, decltype(&ldap_controls_free)> owned{controls,
                                                                             ldap_controls_free};
    auto* state = ldap_control_find(LDAP_CONTROL_SYNC_STATE, controls, nullptr);
    if (state == nullptr) return news;
    const Ber ber{ber_init(&state->ldctl_value)};
    ber_int_t what = 0;
    berval uuid{}, cookie{};
    ber_len_t length = 0;
    if (!ber || ber_scanf(ber.get(), "{em", &what, &uuid) == LBER_ERROR) return news;
    if (ber_peek_tag(ber.get(), &length) == LDAP_TAG_SYNC_COOKIE &&
        ber_scanf(ber.get(), "m", &cookie) != LBER_ERROR)
        news.stamps = stamps_in(view(cookie));
    auto found = session_->read_entry(message);
    auto name = Dn::parse_rfc4514(found.dn);
    if (uuid.bv_len != 16 || !name) return news;
    auto& change = news.change;
    change.gone = what == LDAP_SYNC_DELETE;
    // Nothing can be below what could be removed.
    change.leaf = change.gone;
    if (const auto below = found.attributes.find("hasSubordinates");
        below != found.attributes.end()) {
        change.leaf = change.leaf || (below->second.size() == 1 && below->second[0] == "FALSE");
        found.attributes.erase(below);
    }
    change.now = {*std::move(name), std::move(found.attributes), uuid_text(view(uuid))};
    news.kind = SyncNews::Kind::change;
    return news;
}

/// syncInfoValue, RFC 4533 2.5.
SyncNews Sync::info_of(LDAPMessage* message)
{
    SyncNews news{.kind = SyncNews::Kind::everything};
    char* oid = nullptr;
    berval* value = nullptr;
    const int parsed =
        ldap_parse_intermediate(session_->handle_.get(), message, &oid, &value, nullptr, 0);
    const bool ours = parsed == LDAP_SUCCESS && oid != nullptr &&
                      std::string_view{oid} == LDAP_SYNC_INFO && value != nullptr;
    ldap_memfree(oid);
    const std::unique_ptr<berval, decltype(&ber_bvfree)> owned{value, ber_bvfree};
    if (!ours) return {};
    const Ber ber{ber_init(value)};
    ber_len_t length = 0;
    ber_tag_t tag = 0;
    berval cookie{};
    if (!ber) return news;
    switch (ber_peek_tag(ber.get(), &length)) {
    case LDAP_TAG_SYNC_NEW_COOKIE:
        if (ber_scanf(ber.get(), "tm", &tag, &cookie) == LBER_ERROR) return news;
        news.stamps = stamps_in(view(cookie));
        if (refreshed_) news.kind = SyncNews::Kind::cookie;
        break;
    case LDAP_TAG_SYNC_REFRESH_PRESENT:
    case LDAP_TAG_SYNC_REFRESH_DELETE: {
        if (ber_scanf(ber.get(), "t{", &tag) == LBER_ERROR) return news;
        if (ber_peek_tag(ber.get(), &length) == LDAP_TAG_SYNC_COOKIE &&
            ber_scanf(ber.get(), "m", &cookie) != LBER_ERROR)
            news.stamps = stamps_in(view(cookie));
        ber_int_t done = 1;  // the default
        if (ber_peek_tag(ber.get(), &length) == LDAP_TAG_REFRESHDONE)
            ber_scanf(ber.get(), "b", &done);
        if (!refreshed_ && done != 0) {
            refreshed_ = true;
            news.kind = SyncNews::Kind::refreshed;
        }
        break;
    }
    default: break;  // a set of ids
    }
    // What was missed before the beginning is forgotten at the beginning.
    if (!refreshed_) news.kind = SyncNews::Kind::none;
    return news;
}

}  // namespace imc::ldap
