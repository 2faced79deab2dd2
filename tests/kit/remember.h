#pragma once
/// @file kit/remember.h  An event sink that keeps what was raised.
#include "event/log.h"

#include <vector>

namespace imc::kit {

class Remember final : public EventSink {
public:
    /// @param into  outlives the log
    explicit Remember(std::vector<EventRecord>& into) : into_{into} {}
    void take(const EventRecord& record) override { into_.push_back(record); }

private:
    std::vector<EventRecord>& into_;
};

}  // namespace imc::kit
