#pragma once
/// @file policy/limits.h  How much a client may ask for: connections at once, and things per time.
///
/// A thing per time is a bucket of NUMBER tokens that fills up again evenly; so a burst of NUMBER
/// is served, and then one each UNIT/NUMBER. Buckets live in a table of fixed size. All limits that
/// apply are asked before any is charged. The rules may change from call to call (another
/// generation): what was used up stays used up.
///
/// Threads: any.
#include "base/time.h"
#include "config/policy.h"
#include "policy/refusal.h"

#include <memory>
#include <span>

namespace imc::policy {

struct Client {
    std::string_view address;
    std::string_view account = {};  ///< empty: nobody has authenticated
};

class Limits {
public:
    /// @param buckets  most clients whose past is remembered
    explicit Limits(std::size_t buckets = 1U << 16U);
    ~Limits();
    Limits(const Limits&) = delete;
    Limits& operator=(const Limits&) = delete;

    /// Connections that are counted until this is gone.
    class Held {
    public:
        Held();
        Held(Held&&) noexcept;
        Held& operator=(Held&&) noexcept;
        ~Held();

    private:
        friend class Limits;
        struct Places;
        std::unique_ptr<Places> places_;
    };

    /// One more connection: 421 4.7.0 when there are too many at once, or too many new ones.
    Verdict connect(std::span<const config::LimitRow> rules, const Client& client, Deadline now,
                    Held& held);
    /// The client has become `client.account`: its account's connections count from now on.
    Verdict authenticate(std::span<const config::LimitRow> rules, const Client& client, Held& held);

    /// 450 4.7.1.
    Verdict message(std::span<const config::LimitRow> rules, const Client& client, Deadline now);
    /// 450 4.7.1.
    Verdict recipient(std::span<const config::LimitRow> rules, const Client& client, Deadline now);

    /// Something was refused.
    void error(std::span<const config::LimitRow> rules, const Client& client, Deadline now);
    /// 421 4.7.0 when there were too many of them.
    Verdict errors(std::span<const config::LimitRow> rules, const Client& client, Deadline now);

    std::size_t buckets() const;  ///< in use

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace imc::policy
