#pragma once
/// @file queue/places.h  Who gets the next of all connections, when there are fewer than wanted.
///
/// Whoever found none stands in line, once, and gets the next that is free. Whoever has one and
/// sees others in line gives it back after `turn` messages, and stands in line again. Pure.
///
/// @tparam Who  copyable
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace imc::queue {

template <class Who>
class Places {
public:
    static constexpr unsigned turn = 10;  ///< messages over one connection while others wait

    void set_most(std::size_t most) { most_ = most; }
    std::size_t taken() const { return taken_; }
    bool others_wait() const { return !line_.empty(); }

    /// Nobody passes those in line. @param in_line  of `who`; set when it must wait
    bool take(const Who& who, bool& in_line)
    {
        if (taken_ < most_ && line_.empty()) return ++taken_, true;
        if (!std::exchange(in_line, true)) line_.push_back(who);
        return false;
    }
    void give_back() { --taken_; }

    /// The first in line has a place now, if there is one; it gives back what it does not want.
    std::optional<Who> next()
    {
        if (taken_ >= most_ || line_.empty()) return {};
        ++taken_;
        auto who = std::move(line_.front());
        line_.pop_front();
        return who;
    }

private:
    std::size_t most_ = 0;
    std::size_t taken_ = 0;
    std::deque<Who> line_;
};

}  // namespace imc::queue
