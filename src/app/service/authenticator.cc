#include "app/service/authenticator.h"

#include "base/offload.h"
#include "base/text.h"
#include "event/post_contained.h"
#include "smtp/sasl/mechanism.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstring>

namespace imc::app {

namespace net = boost::asio;
namespace sasl = smtp::sasl;
using namespace std::chrono_literals;
using smtp::SaslStep;
using Kind = SaslStep::Kind;

namespace {

constexpr auto look_up_time = 20s;
constexpr std::size_t nonce_octets = 24;

net::awaitable<void> wait_on_timer(std::chrono::steady_clock::time_point until)
{
    const auto executor = co_await net::this_coro::executor;
    net::steady_timer timer{executor, until};
    co_await timer.async_wait(net::use_awaitable);
}

bool contains(const std::vector<std::string>& list, std::string_view word)
{
    return std::ranges::any_of(list, [&](const auto& one) { return same_word(one, word); });
}

sasl::ChannelBindings bindings_of(const smtp::SessionFacts& facts)
{
    if (!facts.tls) return {};
    return {facts.tls->exporter, facts.tls->end_point};
}

}  // namespace

struct DirectoryAuthenticator::Shared {
    config::ConfigPtr config;
    Accounts accounts;
    AuthDesk& desk;
    WaitUntil wait;
    Now now;
    std::atomic<bool> scram{false};

    bool allowed(const smtp::SessionFacts& facts) const
    {
        const auto& auth = config->auth;
        if (auth.disabled || (facts.role == "mx" && !auth.on_mx)) return false;
        if (facts.tls) return true;
        return std::ranges::any_of(config->listeners, [&](const config::ListenerSetting& l) {
            return l.plain_auth && l.to_string() == facts.listener;
        });
    }

    bool offered(std::string_view mechanism, const smtp::SessionFacts& facts) const
    {
        const auto& chosen = config->auth.mechanisms;
        if (!chosen.empty() && !contains(chosen, mechanism)) return false;
        if (mechanism == "SCRAM-SHA-256-PLUS") return scram && bindings_of(facts).any();
        if (mechanism == "SCRAM-SHA-256") return scram;
        if (mechanism == "EXTERNAL") return facts.tls && !facts.tls->client_fingerprint.empty();
        return true;
    }
};

namespace {

class Exchange final : public smtp::SaslExchange {
public:
    using Shared = DirectoryAuthenticator::Shared;
    Exchange(std::shared_ptr<Shared> shared, std::unique_ptr<sasl::Mechanism> mechanism,
             std::string name, const smtp::SessionFacts& facts)
        : shared_{std::move(shared)}, mechanism_{std::move(mechanism)}, name_{std::move(name)},
          peer_{"[" + facts.peer.address + "]"}, group_{sasl::address_group(facts.peer.address)}
    {
        if (facts.tls) {
            fingerprint_ = facts.tls->client_fingerprint;
            subject_ = facts.tls->client_subject;
        }
    }

    net::awaitable<SaslStep> step(std::optional<std::string> response) override
    {
        begun_ = shared_->now();
        if (awaits_proof_) {
            auto step = co_await prove(std::move(response));
            co_return step;
        }
        auto turn = mechanism_->on_response(std::move(response));
        if (auto* check = std::get_if<sasl::CheckPassword>(&turn)) {
            auto step = co_await check_password(std::move(*check));
            co_return step;
        }
        if (auto* need = std::get_if<sasl::NeedKeys>(&turn)) {
            auto step = co_await find_keys(std::move(*need));
            co_return step;
        }
        if (auto* check = std::get_if<sasl::CheckCertificate>(&turn)) {
            auto step = co_await check_certificate(std::move(*check));
            co_return step;
        }
        if (auto* failed = std::get_if<sasl::Failed>(&turn)) {
            auto step = co_await refuse(std::move(failed->reason));
            co_return step;
        }
        if (auto* challenge = std::get_if<sasl::Challenge>(&turn))
            co_return SaslStep{Kind::challenge, std::move(challenge->data)};
        if (std::holds_alternative<sasl::Finished>(turn)) co_return done();
        co_return SaslStep{Kind::malformed};
    }

private:
    /// Looks an account up and works on its password, away from this thread.
    template <class Work>
    net::awaitable<std::invoke_result_t<Work&>> at_desk(Work work)
    {
        auto result = co_await offload(shared_->desk.pool(), std::move(work));
        co_return result;
    }

    net::awaitable<SaslStep> check_password(sasl::CheckPassword check)
    {
        user_ = std::move(check.user);
        if (!enter()) co_return SaslStep{Kind::temporary};
        const AuthDesk::Place place{shared_->desk};
        if (!place.admitted()) co_return undecided({});
        const auto deadline = after(look_up_time);
        const auto work = [this, &check, deadline]() -> Accounts::Checked {
            account_ = shared_->accounts.by_name(user_, deadline);
            auto checked = shared_->accounts.check(account_, check.password, deadline);
            explicit_bzero(check.password.data(), check.password.size());
            return checked;
        };
        auto checked = co_await at_desk(work);
        if (auto* silent = std::get_if<CannotSay>(&checked)) co_return undecided(silent);
        shared_->desk.answered();
        learn();
        std::string reason;
        if (auto* nobody = std::get_if<Accounts::Nobody>(&checked)) reason = nobody->reason;
        auto step = co_await judge(std::move(reason), std::move(check.authorization));
        co_return step;
    }

    net::awaitable<SaslStep> check_certificate(sasl::CheckCertificate check)
    {
        user_ = check.authorization;
        const AuthDesk::Place place{shared_->desk};
        if (!place.admitted()) co_return SaslStep{Kind::temporary};
        const auto deadline = after(look_up_time);
        const auto work = [this, deadline] {
            return shared_->accounts.by_certificate(fingerprint_, subject_, deadline);
        };
        account_ = co_await at_desk(work);
        if (auto* silent = std::get_if<CannotSay>(&account_)) co_return say_silent(*silent);
        shared_->desk.answered();
        // Who has the key of a certificate does not guess: nothing is counted.
        if (auto* nobody = std::get_if<Accounts::Nobody>(&account_)) {
            auto step = co_await refuse(nobody->reason);
            co_return step;
        }
        if (!Accounts::may_act_as(std::get<Entry>(account_), check.authorization)) {
            auto step = co_await refuse("the certificate is another account's");
            co_return step;
        }
        co_return done();
    }

    /// The first half of SCRAM: nothing has been guessed yet, so nothing is counted.
    net::awaitable<SaslStep> find_keys(sasl::NeedKeys need)
    {
        user_ = std::move(need.user);
        authorization_ = std::move(need.authorization);
        const AuthDesk::Place place{shared_->desk};
        if (!place.admitted()) co_return SaslStep{Kind::temporary};
        const auto deadline = after(look_up_time);
        const auto work = [this, deadline] { return shared_->accounts.by_name(user_, deadline); };
        account_ = co_await at_desk(work);
        if (auto* silent = std::get_if<CannotSay>(&account_)) co_return say_silent(*silent);
        shared_->desk.answered();
        std::optional<ScramKeys> keys;
        if (const auto* entry = std::get_if<Entry>(&account_)) {
            keys = find_scram_keys(entry->all("userPassword"));
            if (keys)
                shared_->desk.saw(*keys);
            else
                account_ = Accounts::Nobody{"the account has no SCRAM keys"};
        }
        auto turn =
            mechanism_->on_keys(keys ? *keys : shared_->desk.false_keys(user_), keys.has_value());
        awaits_proof_ = true;
        if (auto* challenge = std::get_if<sasl::Challenge>(&turn))
            co_return SaslStep{Kind::challenge, std::move(challenge->data)};
        co_return SaslStep{Kind::malformed};
    }

    net::awaitable<SaslStep> prove(std::optional<std::string> response)
    {
        awaits_proof_ = false;
        if (!enter()) co_return SaslStep{Kind::temporary};
        auto turn = mechanism_->on_response(std::move(response));
        if (std::holds_alternative<sasl::Malformed>(turn)) co_return SaslStep{Kind::malformed};
        std::string reason;
        if (auto* failed = std::get_if<sasl::Failed>(&turn)) reason = std::move(failed->reason);
        if (const auto* nobody = std::get_if<Accounts::Nobody>(&account_)) reason = nobody->reason;
        auto step = co_await judge(std::move(reason), std::move(authorization_));
        if (step.kind != Kind::done) co_return step;
        step.kind = Kind::challenge;
        step.data = std::get<sasl::Proved>(turn).data;
        co_return step;
    }

    /// Counts the attempt. @return  false: locked
    bool enter()
    {
        const auto gate = shared_->desk.attempts().enter(user_, group_, begun_);
        if (gate.open) return true;
        shared_->desk.metrics().counter("auth_locked", "Sign-ins refused by a lock").add();
        if (gate.first_refusal)
            raise_failure("locked for " + std::to_string(shared_->config->auth.lock_time.count()) +
                          " s after too many failures of this name or address");
        return false;
    }

    /// What the account's own lock and its other names have to say. @param reason  empty: proved
    net::awaitable<SaslStep> judge(std::string reason, std::string authorization)
    {
        if (const auto* entry = std::get_if<Entry>(&account_)) {
            const auto gate =
                shared_->desk.attempts().enter_account(Accounts::alias(*entry), group_, begun_);
            if (!gate.open)
                reason = "the account is locked after too many failures under several names";
            else if (reason.empty() && !Accounts::may_act_as(*entry, authorization))
                reason = "the authorization identity is another account's";
        }
        if (!reason.empty()) {
            auto step = co_await refuse(std::move(reason));
            co_return step;
        }
        shared_->desk.attempts().succeeded(user_, alias(), group_, begun_);
        co_return done();
    }

    SaslStep done()
    {
        if (!announced_) {
            announced_ = true;
            shared_->desk.metrics().counter("auth_succeeded", "Sign-ins that went well").add();
            if (shared_->config->auth.audit_success)
                shared_->desk.events().raise(
                    EventId::auth_succeeded,
                    {{"peer", peer_}, {"account", alias()}, {"mechanism", name_}, {"user", user_}});
        }
        return {Kind::done, {}, alias()};
    }

    net::awaitable<SaslStep> refuse(std::string reason)
    {
        raise_failure(std::move(reason));
        shared_->desk.metrics().counter("auth_failed", "Sign-ins that failed").add();
        const auto wait = shared_->desk.attempts().failed(user_, group_, begun_);
        co_await shared_->wait(begun_ + wait);
        co_return SaslStep{Kind::failed};
    }

    void raise_failure(std::string reason)
    {
        shared_->desk.events().raise(
            EventId::auth_failed,
            {{"peer", peer_},
             {"user", user_.empty() ? std::string{"-"} : printable(user_, 200)},
             {"mechanism", name_},
             {"detail", std::move(reason)}});
    }

    SaslStep undecided(const CannotSay* silent)
    {
        shared_->desk.attempts().undecided(user_, {}, group_);  // the account's has not begun
        return silent == nullptr ? SaslStep{Kind::temporary} : say_silent(*silent);
    }

    SaslStep say_silent(const CannotSay& silent)
    {
        shared_->desk.raise_once(silent.reason);
        return {Kind::temporary};
    }

    /// Keys seen on the way say that SCRAM can be offered.
    void learn()
    {
        const auto* entry = std::get_if<Entry>(&account_);
        if (entry == nullptr) return;
        if (const auto keys = find_scram_keys(entry->all("userPassword"))) {
            shared_->desk.saw(*keys);
            shared_->scram = true;
        }
    }

    std::string alias() const
    {
        const auto* entry = std::get_if<Entry>(&account_);
        return entry == nullptr ? std::string{} : Accounts::alias(*entry);
    }

    std::shared_ptr<Shared> shared_;
    std::unique_ptr<sasl::Mechanism> mechanism_;
    std::string name_;  ///< of the mechanism
    std::string peer_;
    std::string group_;
    std::string fingerprint_, subject_;  ///< of the client's certificate
    std::chrono::steady_clock::time_point begun_;
    std::string user_;
    std::string authorization_;
    Accounts::Found account_ = Accounts::Nobody{"nobody was named"};
    bool awaits_proof_ = false;
    bool announced_ = false;
};

}  // namespace

DirectoryAuthenticator::DirectoryAuthenticator(config::ConfigPtr config,
                                               const config::People& people, AuthDesk& desk,
                                               WaitUntil wait, Now now)
{
    const bool local = people.directory->is_local();
    auto base = people.base_in(*config);  // before config is moved
    shared_ = std::make_shared<Shared>(
        std::move(config), Accounts{people.directory, std::move(base)}, desk,
        wait ? std::move(wait) : WaitUntil{wait_on_timer}, now ? std::move(now) : Now{Clock::now});
    shared_->scram = local;
    if (local) return;
    post_contained(desk.pool(), desk.events(), "looking for SCRAM keys", [shared = shared_] {
        if (shared->accounts.holds_scram_keys(after(look_up_time))) shared->scram = true;
    });
}

std::vector<std::string> DirectoryAuthenticator::mechanisms(const smtp::SessionFacts& facts) const
{
    std::vector<std::string> out;
    if (!shared_->allowed(facts)) return out;
    for (const auto mechanism : sasl::all_mechanisms)
        if (shared_->offered(mechanism, facts)) out.emplace_back(mechanism);
    return out;
}

std::unique_ptr<smtp::SaslExchange> DirectoryAuthenticator::begin(std::string_view mechanism,
                                                                  const smtp::SessionFacts& facts)
{
    const auto name = upper(mechanism);
    if (!contains(mechanisms(facts), name)) return nullptr;
    // A client that can bind must bind when we offer it; when we do not, it may say that we do not.
    const auto bindings = shared_->offered("SCRAM-SHA-256-PLUS", facts) ? bindings_of(facts)
                                                                        : sasl::ChannelBindings{};
    auto machine = sasl::make_mechanism(name, bindings, base64_encode(random_octets(nonce_octets)));
    if (!machine) return nullptr;
    return std::make_unique<Exchange>(shared_, std::move(machine), name, facts);
}

}  // namespace imc::app
