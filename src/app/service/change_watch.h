#pragma once
/// @file app/service/change_watch.h  When a change of registry or directory is to be tested.
///
/// A series of edits is one change: it is tested after 2 s of quiet. One that could not be judged,
/// because the directory did not answer, is tested again until it could be: an edit made during an
/// outage must not be forgotten.
///
/// Threads: one.
#include "base/time.h"

#include <cstdint>
#include <string>

namespace imc::app {

class ChangeWatch {
public:
    static constexpr std::chrono::seconds quiet{2};
    static constexpr std::chrono::seconds ask_again{5};

    /// @param mark  differs when the file does
    void saw_registry(std::string mark, Deadline now);
    /// @param mark  the directory's revision
    void saw_directory(std::uint64_t mark, Deadline now);

    /// Marks of what has been tested already; no change.
    void knows_registry(std::string mark) { registry_ = std::move(mark); }
    void knows_directory(std::uint64_t mark) { directory_ = mark; }
    std::uint64_t directory() const { return directory_; }

    /// Whether to test now; true once for each change.
    bool due(Deadline now);
    /// The test came to nothing, since the directory did not answer.
    void unjudged(Deadline now) { test_at_ = now + ask_again; }

private:
    std::string registry_;
    std::uint64_t directory_ = 0;
    Deadline test_at_ = Deadline::max();
};

}  // namespace imc::app
