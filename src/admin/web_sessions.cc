#include "admin/web_sessions.h"

#include "admin/credentials.h"
#include "directory/password.h"

#include <algorithm>

namespace imc::admin {
namespace {

constexpr std::size_t id_octets = 32;

std::string key_of(std::string_view id) { return to_hex(octets(sha256(id))); }

}  // namespace

WebSessions::WebSessions(SessionRules rules, Now now) : rules_{rules}, now_{std::move(now)} {}

void WebSessions::set(SessionRules rules)
{
    const std::lock_guard lock{mutex_};
    rules_ = rules;
}

WebSessions::Opened WebSessions::open(Caller who, bool in_directory)
{
    Opened out{to_hex(random_octets(id_octets)), to_hex(random_octets(id_octets)), {}};
    const auto key = key_of(out.id);
    who.by = Caller::By::session;
    who.session = key;
    const std::lock_guard lock{mutex_};
    const auto now = now_();
    make_room(now);
    const auto& one =
        sessions_.insert_or_assign(key, One{std::move(who), out.csrf, in_directory, now, now})
            .first->second;
    out.left = left_of(one, now);
    return out;
}

std::optional<WebSessions::Found> WebSessions::find(std::string_view id, Use use)
{
    if (id.size() != 2 * id_octets) return {};
    return find_hash(key_of(id), use);
}

std::optional<WebSessions::Found> WebSessions::find_key(const std::string& key)
{
    return find_hash(key, Use::by_page);
}

std::optional<WebSessions::Found> WebSessions::find_hash(const std::string& key, Use use)
{
    const std::lock_guard lock{mutex_};
    const auto now = now_();
    const auto found = sessions_.find(key);
    if (found == sessions_.end()) return {};
    if (is_over(found->second, now)) {
        sessions_.erase(found);
        return {};
    }
    if (use == Use::by_person) found->second.used = now;
    return Found{found->second.caller, found->second.csrf, left_of(found->second, now)};
}

bool WebSessions::is_open(const std::string& key) const
{
    const std::lock_guard lock{mutex_};
    const auto found = sessions_.find(key);
    return found != sessions_.end() && !is_over(found->second, now_());
}

bool WebSessions::holds(const Caller& caller) const
{
    const std::lock_guard lock{mutex_};
    const auto found = sessions_.find(caller.session);
    if (found == sessions_.end() || is_over(found->second, now_())) return false;
    const auto& now = found->second.caller;
    return now.role == caller.role && now.domain == caller.domain;
}

void WebSessions::close(const std::string& key)
{
    const std::lock_guard lock{mutex_};
    sessions_.erase(key);
}

void WebSessions::close_all_of(std::string_view account, bool in_directory)
{
    const std::lock_guard lock{mutex_};
    std::erase_if(sessions_, [&](const auto& pair) {
        return pair.second.in_directory == in_directory && pair.second.caller.account == account;
    });
}

std::set<std::string> WebSessions::accounts_of_directory() const
{
    const std::lock_guard lock{mutex_};
    std::set<std::string> out;
    for (const auto& [key, one] : sessions_)
        if (one.in_directory && !is_over(one, now_())) out.insert(one.caller.account);
    return out;
}

void WebSessions::judge_again(const std::function<Standing(const std::string&)>& standing)
{
    const std::lock_guard lock{mutex_};
    for (auto at = sessions_.begin(); at != sessions_.end();) {
        auto& one = at->second;
        if (!one.in_directory) {
            ++at;
            continue;
        }
        const auto now = standing(one.caller.account);
        one.caller.role = now.role;
        one.caller.domain = now.domain;
        at = now.role == Role::nobody ? sessions_.erase(at) : std::next(at);
    }
}

std::size_t WebSessions::size() const
{
    const std::lock_guard lock{mutex_};
    return sessions_.size();
}

bool WebSessions::is_over(const One& one, Clock::time_point now) const
{
    return now - one.used >= rules_.idle || now - one.opened >= rules_.absolute;
}

std::chrono::seconds WebSessions::left_of(const One& one, Clock::time_point now) const
{
    const auto until = std::min(one.used + rules_.idle, one.opened + rules_.absolute);
    return std::chrono::duration_cast<std::chrono::seconds>(until - now);
}

void WebSessions::make_room(Clock::time_point now)
{
    std::erase_if(sessions_, [&](const auto& pair) { return is_over(pair.second, now); });
    while (sessions_.size() >= std::max<std::size_t>(rules_.most, 1)) {
        const auto oldest = std::ranges::min_element(
            sessions_, {}, [](const auto& pair) { return pair.second.used; });
        sessions_.erase(oldest);
    }
}

}  // namespace imc::admin
