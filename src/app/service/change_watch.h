#pragma once
/// @file app/service/change_watch.h  When a change of registry or directory is to be tested.
///
/// A series of edits is one change: it is tested after 2 s of quiet, and where there is no quiet
/// (people who are edited all day stand in the same naming context) 10 s after it began, as it is
/// then. The directory is looked at every two seconds, and always before a test: an edit since the
/// last look belongs to the series. One that could not be judged, because the directory did not
/// answer, is tested again until it could be: an edit made during an outage must not be forgotten.
///
/// Threads: one.
#include "base/time.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace imc::app {

class ChangeWatch {
public:
    static constexpr std::chrono::seconds quiet{2};
    static constexpr std::chrono::seconds longest{10};
    static constexpr std::chrono::seconds look_every{2};
    static constexpr std::chrono::seconds ask_again{5};

    /// @param mark  differs when the file does
    void saw_registry(std::string mark, Deadline now);

    /// Marks of what has been tested already; no change.
    void knows_registry(std::string mark) { registry_ = std::move(mark); }
    void knows_directory(std::uint64_t mark) { directory_ = mark; }

    /// The directory's revision; nothing: it does not answer, which is no change.
    using Look = std::function<std::optional<std::uint64_t>()>;
    /// Whether to test now; true once for each change. Call every half second or so.
    bool due(Deadline now, const Look& look);
    /// The test came to nothing, since the directory did not answer.
    void unjudged(Deadline now);

private:
    void changed(Deadline now);

    std::string registry_;
    std::uint64_t directory_ = 0;
    Deadline look_at_{};
    Deadline began_at_{};                 ///< the series that is to be tested
    Deadline test_at_ = Deadline::max();  ///< none is
};

}  // namespace imc::app
