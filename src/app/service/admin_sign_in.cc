#include "app/service/admin_sign_in.h"

#include "base/offload.h"
#include "base/text.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstring>
#include <optional>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;
using admin::SignIn;
using Outcome = SignIn::Outcome;

namespace {

constexpr auto look_up_time = 20s;
constexpr std::uint32_t most_failures = 5;
constexpr unsigned most_working = 8;  // each takes 19 MiB

net::awaitable<void> wait_on_timer(AdminSignIn::Clock::time_point until)
{
    const auto executor = co_await net::this_coro::executor;
    net::steady_timer timer{executor, until};
    co_await timer.async_wait(net::use_awaitable);
}

/// Under which names a row may mean this account.
std::vector<std::string> names_of(const Entry& account)
{
    std::vector<std::string> out{lower(Accounts::alias(account)), "dn:" + account.dn.normalized()};
    for (const auto& proxy : account.all("proxyAddresses"))
        if (starts_with_word(proxy, "smtp:")) out.push_back(lower(proxy.substr(5)));
    return out;
}

/// Differs when the account's password, or what locks it, does; as far as we may read that.
std::string mark_of(const Entry& account, std::string_view key)
{
    constexpr std::string_view attributes[] = {
        "userPassword",         "unicodePwd",         "pwdChangedTime", "pwdLastSet",
        "pwdAccountLockedTime", "userAccountControl", "nsAccountLock",  "shadowExpire"};
    std::string text;
    for (const auto attribute : attributes) {
        const auto all = account.all(attribute);
        std::vector<std::string> values{all.begin(), all.end()};
        std::ranges::sort(values);
        text += std::string{attribute} + " " + std::to_string(values.size()) + "\n";
        for (const auto& value : values)
            text += std::to_string(value.size()) + ":" + value;
    }
    const auto digest =
        hmac_sha256({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()}, text);
    explicit_bzero(text.data(), text.size());
    return {digest.begin(), digest.end()};
}

std::string name_in(const config::AdministratorRow& row)
{
    if (row.account.find('=') != std::string::npos)
        if (const auto dn = Dn::parse(row.account)) return "dn:" + dn->normalized();
    return lower(row.account);
}

/// One of those that work on passwords.
class Place {
public:
    explicit Place(std::atomic<unsigned>& working)
        : working_{working}, admitted_{++working <= most_working}
    {}
    ~Place() { --working_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    bool admitted() const { return admitted_; }

private:
    std::atomic<unsigned>& working_;
    bool admitted_;
};

}  // namespace

/// Of one attempt, off the threads of connections.
struct AdminSignIn::Found {
    std::string reason = {};           ///< not empty: it is refused, and why
    std::optional<Error> silent = {};  ///< nobody can say
    admin::Caller who = {};
    bool in_directory = false;
    AdminKeep::Known known = {};
};

AdminSignIn::AdminSignIn(AdminKeep& keep, EventLog& events, net::thread_pool& pool, WaitUntil wait,
                         Now now)
    : keep_{keep}, events_{events}, pool_{pool},
      wait_{wait ? std::move(wait) : WaitUntil{wait_on_timer}},
      now_{now ? std::move(now) : Now{Clock::now}}
{}

void AdminSignIn::use(std::vector<config::AdministratorRow> administrators,
                      const config::AuthSettings& auth, std::shared_ptr<Accounts> accounts,
                      smtp::sasl::Attempts* smtp)
{
    keep_.attempts.set_rules(
        {.account_failures = std::min(auth.account_failures, most_failures),
         .address_failures = std::min(auth.address_failures, 4 * most_failures),
         .window = auth.failure_window,
         .lock = auth.lock_time,
         .wait = auth.backoff,
         .longest_wait = auth.backoff_most});
    const std::lock_guard lock{mutex_};
    asked_ = {std::move(administrators), std::move(accounts), smtp, auth.lock_time};
}

AdminSignIn::Asked AdminSignIn::asked() const
{
    const std::lock_guard lock{mutex_};
    return asked_;
}

/// Of several rows the one with the most rights.
const config::AdministratorRow*
AdminSignIn::row_of(const std::vector<config::AdministratorRow>& rows,
                    const std::vector<std::string>& names)
{
    const config::AdministratorRow* best = nullptr;
    for (const auto& row : rows) {
        if (std::ranges::find(names, name_in(row)) == names.end()) continue;
        if (best == nullptr || *admin::parse_role(row.role) > *admin::parse_role(best->role))
            best = &row;
    }
    return best;
}

AdminSignIn::Found AdminSignIn::look_up(const Asked& asked, const admin::PasswordGiven& given) const
{
    Found out;
    if (same_word(given.account, admin::EmergencyAccount::name)) {
        const auto right = keep_.emergency.check(given.password);
        if (!right) {
            events_.raise(right.error());
            out.reason = "the emergency account's file cannot be used";
            return out;
        }
        if (!*right) out.reason = "wrong password of the emergency account, or there is none";
        out.who.account = admin::EmergencyAccount::name;
        out.who.role = admin::Role::administrator;
        return out;
    }
    if (!asked.accounts) {
        out.silent = Error{EventId::service_held,
                           "accounts of the directory cannot be asked while the service is held; "
                           "on the host: imc admin link"};
        return out;
    }
    const auto deadline = after(look_up_time);
    const auto account = asked.accounts->by_name(given.account, deadline);
    const auto checked = asked.accounts->check(account, given.password, deadline);
    const auto* entry = std::get_if<Entry>(&account);
    if (entry != nullptr) {
        out.in_directory = true;
        out.who.account = Accounts::alias(*entry);
        out.known = {names_of(*entry), mark_of(*entry, keep_.key)};
    }
    if (const auto* silent = std::get_if<CannotSay>(&checked)) {
        out.silent = silent->reason;
        return out;
    }
    if (const auto* nobody = std::get_if<Accounts::Nobody>(&checked)) {
        out.reason = nobody->reason;
        return out;
    }
    const auto* row = row_of(asked.rows, out.known.names);
    if (row == nullptr) {
        out.reason = "the account is not named in imcAdministrator";
        return out;
    }
    out.who.role = *admin::parse_role(row->role);
    out.who.domain = row->domain;
    return out;
}

net::awaitable<SignIn> AdminSignIn::judge(admin::PasswordGiven given)
{
    const auto begun = now_();
    const auto group = smtp::sasl::address_group(given.address);
    const auto now_asked = asked();
    const auto gate = keep_.attempts.enter(given.account, group, begun);
    if (!gate.open) co_return locked(given, now_asked, gate.first_refusal);
    if (now_asked.smtp != nullptr) {
        const auto there = now_asked.smtp->enter(given.account, group, begun);
        if (!there.open) {
            // It was no guess: nobody looked at the password.
            keep_.attempts.undecided(given.account, {}, group);
            co_return locked(given, now_asked, there.first_refusal);
        }
    }
    const auto undecided = [this, &given, &group, &now_asked] {
        keep_.attempts.undecided(given.account, {}, group);
        if (now_asked.smtp != nullptr) now_asked.smtp->undecided(given.account, {}, group);
    };
    SignIn out;
    std::optional<Place> place{std::in_place, working_};
    if (!place->admitted()) {
        undecided();
        out.outcome = Outcome::cannot_say;
        out.why = Error{EventId::admin_refused, "too many sign in at once; try again"};
        co_return out;
    }
    const auto work = [this, &now_asked, &given] {
        auto found = look_up(now_asked, given);
        explicit_bzero(given.password.data(), given.password.size());
        return found;
    };
    auto found = co_await offload(pool_, work);
    place.reset();  // who waits for a "no" keeps nobody out
    if (found.silent) {
        undecided();
        const bool doubled = found.silent->event() == EventId::account_not_unique;
        auto& said = doubled ? name_doubled_ : silent_;
        if (now_asked.accounts && !said.exchange(true)) events_.raise(*found.silent);
        out.outcome = Outcome::cannot_say;
        // Whoever it is has not proved it: which objects they are is not for him.
        out.why = doubled ? Error{EventId::account_not_unique,
                                  "the name is there twice; the event log names the objects"}
                          : *found.silent;
        co_return out;
    }
    if (found.in_directory) silent_ = name_doubled_ = false;
    if (found.in_directory) {
        const auto own = keep_.attempts.enter_account(found.who.account, group, begun);
        if (!own.open)
            found.reason = "the account is locked after too many failures under several names";
    }
    if (!found.reason.empty()) {
        auto refused = co_await refuse(given, group, begun, now_asked.smtp, found.reason);
        co_return refused;
    }
    keep_.attempts.succeeded(given.account, found.who.account, group, begun);
    if (now_asked.smtp != nullptr)
        now_asked.smtp->succeeded(given.account, found.who.account, group, begun);
    if (found.in_directory) remember(found.who.account, std::move(found.known));
    out.outcome = Outcome::proved;
    out.who = std::move(found.who);
    out.in_directory = found.in_directory;
    co_return out;
}

net::awaitable<SignIn> AdminSignIn::refuse(const admin::PasswordGiven& given, std::string group,
                                           Clock::time_point begun, smtp::sasl::Attempts* smtp,
                                           std::string reason)
{
    events_.raise(EventId::admin_sign_in_failed, {{"user", printable(given.account, 200)},
                                                  {"peer", given.peer},
                                                  {"detail", std::move(reason)}});
    if (smtp != nullptr) (void)smtp->failed(given.account, group, begun);
    const auto wait = keep_.attempts.failed(given.account, group, begun);
    co_await wait_(begun + wait);
    co_return SignIn{};
}

SignIn AdminSignIn::locked(const admin::PasswordGiven& given, const Asked& asked, bool say)
{
    SignIn out;
    out.outcome = Outcome::locked;
    out.retry_after = asked.lock;
    if (say)
        events_.raise(EventId::admin_sign_in_locked,
                      {{"user", printable(given.account, 200)},
                       {"peer", given.peer},
                       {"seconds", std::to_string(out.retry_after.count())}});
    return out;
}

admin::WebSessions::Standing AdminSignIn::standing(const std::string& account) const
{
    const auto now_asked = asked();
    const std::lock_guard lock{keep_.mutex};
    const auto known = keep_.known.find(account);
    if (known == keep_.known.end()) return {};
    const auto* row = row_of(now_asked.rows, known->second.names);
    if (row == nullptr) return {};
    return {*admin::parse_role(row->role), row->domain};
}

/// Sessions that an older password has opened end.
void AdminSignIn::remember(const std::string& account, AdminKeep::Known now)
{
    bool other = false;
    {
        const std::lock_guard lock{keep_.mutex};
        auto& known = keep_.known[account];
        other = !known.mark.empty() && known.mark != now.mark;
        known = std::move(now);
    }
    if (other) keep_.sessions.close_all_of(account, true);
}

void AdminSignIn::judge_again(Deadline deadline)
{
    const auto now_asked = asked();
    if (!now_asked.accounts) return;
    for (const auto& account : keep_.sessions.accounts_of_directory()) {
        const auto found = now_asked.accounts->by_name(account, deadline);
        if (std::holds_alternative<CannotSay>(found)) continue;
        const auto* entry = std::get_if<Entry>(&found);
        const std::lock_guard lock{keep_.mutex};
        const auto known = keep_.known.find(account);
        if (known == keep_.known.end()) continue;
        if (entry == nullptr || mark_of(*entry, keep_.key) != known->second.mark)
            keep_.known.erase(known);
        else
            known->second.names = names_of(*entry);
    }
    keep_.sessions.judge_again([this](const std::string& account) { return standing(account); });
}

std::vector<admin::NamedAdministrator> AdminSignIn::administrators() const
{
    std::vector<admin::NamedAdministrator> out;
    for (const auto& row : asked().rows)
        out.push_back({row.account, row.role, row.domain, "imcAdministrator"});
    if (const auto set = keep_.emergency.is_set(); set && *set)
        out.push_back({std::string{admin::EmergencyAccount::name},
                       "administrator",
                       {},
                       "secrets/admin-password"});
    return out;
}

}  // namespace imc::app
