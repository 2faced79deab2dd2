#pragma once
/// @file queue/window.h  How many connections one site gets at a time. Pure: told what happened.
///
/// Grows by one with every full round of successes, shrinks with failures of sessions only (no
/// connection, a refusing greeting, 421): what a host says of one message moves nothing. A round of
/// failures without a success between them: the site is down. Then nobody goes there until the rest
/// is over, and after it one tries for all.
///
/// Source:  Postfix SCHEDULER_README (concurrency feedback 1/N, cohorts)
#include <chrono>
#include <cstddef>

namespace imc::queue {

using Steady = std::chrono::steady_clock::time_point;

class Window {
public:
    /// @param most  connections, at least 1  @param begin  with so many
    explicit Window(std::size_t most = 20, std::size_t begin = 5);

    void set_most(std::size_t most);

    /// Connections that may be at work now.
    std::size_t room(Steady now) const;
    bool down() const { return down_; }
    Steady rests_until() const { return rests_until_; }  ///< if down()

    void succeeded();
    /// @param at_work  connections at work, this one included
    /// @param rest  after the first failure; doubles with each vain attempt
    /// @param longest  never longer  @param dice  0 to 1, of a random source
    /// @return whether the site is down from now on
    bool failed(std::size_t at_work, Steady now, std::chrono::milliseconds rest,
                std::chrono::milliseconds longest, double dice);
    void try_now() { rests_until_ = {}; }

private:
    std::size_t most_;
    std::size_t begin_;
    std::size_t size_;
    double gained_ = 0;
    double lost_ = 0;
    double cohorts_ = 0;  ///< rounds of failures since the last success
    bool down_ = false;
    unsigned vain_ = 0;
    Steady rests_until_{};
};

/// So many messages a minute, evenly.
class Pace {
public:
    void set(std::size_t a_minute) { a_minute_ = a_minute; }
    Steady next() const { return a_minute_ == 0 ? Steady{} : next_; }
    void took(Steady now);

private:
    std::size_t a_minute_ = 0;  ///< 0: no limit
    Steady next_{};
};

}  // namespace imc::queue
