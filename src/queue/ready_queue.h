#pragma once
/// @file queue/ready_queue.h  Whose turn it is at one site. Pure.
///
/// Three lines, by priority; of 13 transactions 8 go to urgent mail, 4 to normal, 1 to non-urgent,
/// while all three wait. In a line the oldest message goes first, but a smaller one may come
/// between the transactions of a larger: each `slot_cost` transactions of the larger earn a slot,
/// and the smaller spends as many as it has transactions. So one person's mail passes a mailing of
/// 50,000 after a few transactions, and the mailing never takes more than twice as long.
///
/// Source:  Postfix SCHEDULER_README (preemptive scheduling: slots, loan, discount)
#include "spool/spool.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace imc::queue {

inline constexpr double slot_cost = 1;      ///< transactions that earn one slot
inline constexpr double slot_loan = 3;      ///< a smaller message may be so far ahead of its slots
inline constexpr double slot_discount = 2;  ///< it needs only its transactions by this beforehand
inline constexpr std::uint32_t never_interrupted = 3;  ///< with fewer transactions left

/// @tparam Job  movable; has `std::uint64_t order` (grows) and `std::uint32_t transactions` (how
///              many are left, at least 1)
template <class Job>
class ReadyQueue {
public:
    void push(spool::Priority priority, Job job)
    {
        auto& line = lines_[static_cast<std::size_t>(priority)];
        // One that slept must not be owed what the others had meanwhile.
        if (line.jobs == 0) line.pass = std::max(line.pass, pass_);
        ++line.jobs;
        ++jobs_;
        newest_ = std::max(newest_, job.order);
        line.waiting[size_class(job.transactions)].push_back(std::move(job));
    }

    bool empty() const { return jobs_ == 0; }
    std::size_t jobs() const { return jobs_; }

    /// The one whose turn it is; null: nobody waits. Take one transaction, then took() or drop().
    Job* next()
    {
        if (empty()) return nullptr;
        turn_ = nullptr;
        for (auto& line : lines_)
            if (line.jobs > 0 && (turn_ == nullptr || line.pass < turn_->pass)) turn_ = &line;
        if (turn_->begun.empty())
            begin(oldest(*turn_));
        else if (const auto smaller = who_may_pass(*turn_); smaller != turn_->waiting.end())
            begin(smaller);
        return &turn_->begun.back().job;
    }

    /// One transaction of next() has been taken; `transactions` says how many are left.
    void took()
    {
        auto& top = turn_->begun.back();
        top.slots += 1 / slot_cost;
        pass_ = turn_->pass;
        turn_->pass += share_[static_cast<std::size_t>(turn_ - lines_.data())];
        if (top.job.transactions > 1)
            --top.job.transactions;
        else
            drop();
    }

    /// Nothing of next() waits any more.
    void drop()
    {
        turn_->begun.pop_back();
        --turn_->jobs;
        --jobs_;
    }

    /// Takes up to `most` of them, in no order.
    std::vector<Job> take_any(std::size_t most)
    {
        std::vector<Job> out;
        for (auto& line : lines_) {
            for (; out.size() < most && !line.begun.empty(); line.begun.pop_back())
                out.push_back(std::move(line.begun.back().job)), --line.jobs, --jobs_;
            while (out.size() < most && !line.waiting.empty()) {
                auto& jobs = line.waiting.begin()->second;
                for (; out.size() < most && !jobs.empty(); jobs.pop_front())
                    out.push_back(std::move(jobs.front())), --line.jobs, --jobs_;
                if (jobs.empty()) line.waiting.erase(line.waiting.begin());
            }
        }
        return out;
    }

private:
    struct Begun {
        Job job;
        double slots = 0;
    };
    using Waiting = std::deque<Job>;
    struct Line {
        std::vector<Begun> begun;  ///< each was passed by the next; the last has its turn
        std::map<unsigned, Waiting>
            waiting;  ///< by transactions: 1, 2 to 3, 4 to 7, ...; none empty
        std::size_t jobs = 0;
        double pass = 0;
    };

    using Place = typename std::map<unsigned, Waiting>::iterator;

    static unsigned size_class(std::uint32_t transactions)
    {
        return static_cast<unsigned>(std::bit_width(transactions));
    }

    static Place oldest(Line& line)
    {
        return std::ranges::min_element(line.waiting, {},
                                        [](const auto& each) { return each.second.front().order; });
    }

    /// The best ratio of waiting to size among the oldest of each size; end: nobody.
    Place who_may_pass(Line& line)
    {
        const auto nobody = line.waiting.end();
        auto& top = line.begun.back();
        if (top.job.transactions < never_interrupted) return nobody;
        const double left = top.job.transactions;
        auto best = nobody;
        double best_score = 0;
        for (auto place = line.waiting.begin(); place != nobody; ++place) {
            const auto& job = place->second.front();
            const double needs = job.transactions;
            if (needs >= left || needs > left / slot_cost + top.slots + slot_loan) continue;
            const double score = static_cast<double>(newest_ - job.order + 1) / needs;
            if (score > best_score) best = place, best_score = score;
        }
        if (best == nobody) return nobody;
        const double needs = best->second.front().transactions;
        if (top.slots + slot_loan < needs / slot_discount) return nobody;
        top.slots -= needs;
        return best;
    }

    void begin(Place place)
    {
        turn_->begun.push_back({std::move(place->second.front())});
        place->second.pop_front();
        if (place->second.empty()) turn_->waiting.erase(place);
    }

    static constexpr std::array<double, 3> share_{1.0 / 8, 1.0 / 4, 1.0};
    std::array<Line, 3> lines_;
    Line* turn_ = nullptr;
    std::size_t jobs_ = 0;
    std::uint64_t newest_ = 0;
    double pass_ = 0;
};

}  // namespace imc::queue
