#pragma once
/// @file smtp/sasl/attempts.h  How often somebody guessed wrong: waits that double, then a lock.
///
/// Counted are the name as it was typed, the account it leads to (the directory knows several names
/// of one), and the client's address (the /64 of IPv6). An attempt counts as failed when it begins
/// and is forgiven when it turns out well or could not be decided: a hundred at once get no more
/// guesses than a hundred in a row.
///
/// An account is not locked for an address from which it signed in while this table remembers:
/// strangers cannot keep its owner out. That address's own count still holds.
///
/// The table has a fixed size; the entry touched longest ago goes first, a locked one only when
/// all that are near it are locked.
///
/// Threads: any.
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace imc::smtp::sasl {

/// "192.0.2.1", "2001:db8:1:2::/64": whom an address is counted with.
std::string address_group(std::string_view address);

struct AttemptRules {
    unsigned account_failures = 10;  ///< that lock it
    unsigned address_failures = 50;
    std::chrono::seconds window{600};  ///< in which they are counted; then the count begins anew
    std::chrono::seconds lock{900};
    std::chrono::milliseconds wait{1000};  ///< before the first "no"; doubles
    std::chrono::milliseconds longest_wait{16'000};
    std::size_t entries = 20'000;
};

class Attempts {
public:
    using Clock = std::chrono::steady_clock;

    explicit Attempts(AttemptRules rules) : rules_{rules} {}
    void set_rules(AttemptRules rules);

    struct Gate {
        bool open;
        bool first_refusal = false;  ///< of this lock: worth a record
    };
    /// Counts an attempt for a name that was typed, from an address.
    Gate enter(std::string_view name, std::string_view group, Clock::time_point now);
    /// And for the account, when the name led to one.
    Gate enter_account(std::string_view account, std::string_view group, Clock::time_point now);

    /// It failed. @return  how long after its begin the client hears so
    std::chrono::milliseconds failed(std::string_view name, std::string_view group,
                                     Clock::time_point now);
    /// It went well: name and account start anew; the address is forgiven this attempt only.
    void succeeded(std::string_view name, std::string_view account, std::string_view group,
                   Clock::time_point now);
    /// Nobody could tell: as if it had not been. @param account  empty: not known yet
    void undecided(std::string_view name, std::string_view account, std::string_view group);

    std::size_t size() const;

private:
    struct Row {
        std::string key;
        unsigned failures = 0;
        Clock::time_point since{};  ///< the first of them
        Clock::time_point locked_until{};
        bool told = false;  ///< its first refusal was
    };
    using Rows = std::list<Row>;

    Row& row(std::string key, Clock::time_point now);
    Gate charge(Row& row, unsigned most, Clock::time_point now) const;
    void forgive(const std::string& key, bool all);
    void shrink(Clock::time_point now);

    mutable std::mutex mutex_;
    AttemptRules rules_;
    Rows rows_;  ///< touched last first
    std::unordered_map<std::string, Rows::iterator> index_;
};

}  // namespace imc::smtp::sasl
