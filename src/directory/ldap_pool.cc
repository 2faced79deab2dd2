#include "directory/ldap_pool.h"

#include <algorithm>
#include <functional>

namespace imc::ldap {
namespace {

constexpr std::chrono::seconds rest_time{10};
constexpr std::chrono::seconds wait_for_wanted{1};

bool concerns_one_server(const Error& error)
{
    return error.event() == EventId::directory_unreachable ||
           error.event() == EventId::directory_tls_failed;
}

}  // namespace

Pool::Pool(LdapSettings settings) : settings_{std::move(settings)}
{
    for (auto url : settings_.urls) {
        // One way to say ldaps for all the rest of the code: the scheme.
        if (settings_.tls == LdapSettings::Tls::ldaps && url.starts_with("ldap://"))
            url.insert(4, "s");
        servers_.push_back({std::move(url), {}});
    }
    // libldap sets up its process-wide options at its first call, and not safely so.
    static std::once_flag first;
    std::call_once(first, [] {
        int version = 0;
        ldap_get_option(nullptr, LDAP_OPT_PROTOCOL_VERSION, &version);
    });
}

Result<Pool::Loan> Pool::borrow(Deadline deadline, const std::string& from)
{
    {
        std::unique_lock lock{mutex_};
        const auto is_wanted = [&](const auto& session) { return session->server() == from; };
        const auto wanted = [&] { return std::ranges::any_of(idle_, is_wanted); };
        if (!from.empty() && !wanted() && lent_ > 0)
            returned_.wait_until(lock, std::min(deadline, after(wait_for_wanted)), wanted);
        const unsigned most = std::max(settings_.pool, 1U);
        if (!returned_.wait_until(lock, deadline, [&] { return lent_ < most; }))
            return Error{EventId::directory_unreachable,
                         "all " + std::to_string(most) + " connections to the directory are busy"};
        ++lent_;
        // The last is taken first.
        if (!from.empty()) std::ranges::partition(idle_, std::not_fn(is_wanted));
        while (!idle_.empty()) {
            auto session = std::move(idle_.back());
            idle_.pop_back();
            if (session->is_alive()) return Loan{*this, std::move(session)};
        }
    }
    auto opened = open(deadline);
    if (opened) return Loan{*this, *std::move(opened)};
    const std::lock_guard lock{mutex_};
    --lent_;
    returned_.notify_all();
    return opened.error();
}

/// Rested servers come last: they are asked only when no other stands.
std::vector<std::string> Pool::order()
{
    const std::lock_guard lock{mutex_};
    const auto now = std::chrono::steady_clock::now();
    std::vector<std::string> urls;
    for (const bool rested : {false, true})
        for (const auto& server : servers_)
            if ((server.rested_until > now) == rested) urls.push_back(server.url);
    return urls;
}

void Pool::rest(const std::string& url, bool failed)
{
    const std::lock_guard lock{mutex_};
    for (auto& server : servers_)
        if (server.url == url) server.rested_until = failed ? after(rest_time) : Deadline{};
}

Result<std::unique_ptr<Session>> Pool::open_unbound(Deadline deadline)
{
    return open(deadline, false);
}

Result<std::unique_ptr<Session>> Pool::open(Deadline deadline, bool bound)
{
    const auto urls = order();
    if (urls.empty()) return Error{EventId::directory_unreachable, "no LDAP URL is set"};
    std::optional<Error> first;
    for (std::size_t i = 0; i < urls.size(); ++i) {
        // A silent server must leave time for those behind it.
        const auto time = deadline - std::chrono::steady_clock::now();
        const auto part = after(time / static_cast<long>(urls.size() - i));
        auto session = bound ? Session::open(settings_, urls[i], part)
                             : Session::open_unbound(settings_, urls[i], part);
        if (session) {
            rest(urls[i], false);
            return session;
        }
        if (!concerns_one_server(session.error())) return session.error();
        rest(urls[i], true);
        if (!first)
            first = session.error();
        else
            first = Error{first->event(), first->detail() + "; " + session.error().detail(),
                          first->os_code()};
    }
    return *first;
}

void Pool::take_back(std::unique_ptr<Session> session)
{
    const bool keep = !session->broken();
    if (!keep) session.reset();  // before the lock: it says goodbye to the server
    const std::lock_guard lock{mutex_};
    if (keep) idle_.push_back(std::move(session));
    --lent_;
    returned_.notify_all();
}

}  // namespace imc::ldap
