#pragma once
/// @file tests/admin/moved_clocks.h  Clocks that a test moves, a folder that goes, events that
/// stay.
#include "base/time.h"
#include "event/log.h"
#include "event/sinks.h"

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace imc::admin {

class MovedWall final : public WallClock {
public:
    WallTime now() const override { return time; }
    WallTime time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} +
                  std::chrono::hours{12}};
};

struct MovedSteady {
    std::chrono::steady_clock::time_point time{std::chrono::hours{1000}};
    auto now()
    {
        return [this] { return time; };
    }
};

class TemporaryFolder {
public:
    TemporaryFolder()
    {
        char name[] = "/tmp/imc-admin-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct KeptEvents {
    std::shared_ptr<Ring> ring = std::make_shared<Ring>();
    EventLog log;
    KeptEvents() { log.add(ring_sink(ring)); }
    std::size_t count(EventId id) const
    {
        std::size_t out = 0;
        for (const auto& record : ring->records())
            out += record.id == id ? 1 : 0;
        return out;
    }
    std::string last(EventId id) const
    {
        std::string out;
        for (const auto& record : ring->records())
            if (record.id == id) out = record.description;
        return out;
    }
};

}  // namespace imc::admin
