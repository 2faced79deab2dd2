#pragma once
/// @file tests/app/pickup_world.h  A pickup folder over a spool on a disk, and what the queue is
/// shown.
#include "app/service/pickup.h"

#include "kit/coroutine.h"
#include "kit/remember.h"
#include "kit/stuck_files.h"
#include "spool/log_spool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <new>
#include <unistd.h>

namespace imc::app {

namespace fs = std::filesystem;

inline constexpr const char* good =
    "From: ann@ours.example\nTo: bob@ours.example\nSubject: x\n\nbody\n.\nend\n";

class PickupWorld : public testing::Test {
protected:
    void SetUp() override
    {
        fs::remove_all(root_);
        fs::create_directories(root_ + "/spool");
        events_.add(std::make_unique<kit::Remember>(raised_));
        auto config = std::make_shared<config::Config>();
        config->host_name = "mail1.ours.example";
        config->message_octets = 10'000;
        config->local_domains = {"ours.example"};
        config_ = config;
        open();
    }
    void TearDown() override
    {
        pickup_.reset();
        spool_->close();
        spool_.reset();
        fs::remove_all(root_);
    }

    void open()
    {
        spool::LogSpoolSettings settings;
        settings.folder = root_ + "/spool";
        settings.low_water_octets = 0;
        spool_ = spool::open_log_spool(std::move(settings), real_files(), events_).value();
        recovered_ = spool_->recover();
        pickup_ = std::make_unique<Pickup>(
            PickupParts{Paths{root_}, *spool_, events_, metrics_, background_,
                        [this] {
                            if (when_asked_) when_asked_();
                            if (fails_ > 0 && fails_-- > 0) throw std::bad_alloc{};
                            return config_;
                        },
                        [this](spool::MessageId, spool::Envelope envelope, spool::Body body) {
                            files_when_queued_ = files();
                            queued_.push_back({std::move(envelope), std::move(body)});
                        },
                        disk_});
        pickup_->settle(recovered_);
    }
    void restart()
    {
        pickup_.reset();
        spool_->close();
        spool_.reset();
        open();
    }

    std::string drop(const std::string& name, const std::string& text)
    {
        const auto path = root_ + "/pickup/" + name;
        std::ofstream{path + ".tmp"} << text;
        fs::rename(path + ".tmp", path);
        return path;
    }
    std::size_t look() { return kit::run(io_, pickup_->look()); }

    std::vector<std::string> files() const
    {
        std::vector<std::string> out;
        for (const auto& entry : fs::recursive_directory_iterator(root_ + "/pickup"))
            if (entry.is_regular_file() && !entry.is_symlink())
                out.push_back(entry.path().filename());
        return out;
    }

    std::string root_ =
        (fs::temp_directory_path() / ("imc-pickup-" + std::to_string(::getpid()))).string();
    boost::asio::io_context io_;  // outlives the threads that post to it
    std::vector<EventRecord> raised_;
    EventLog events_;
    metrics::Registry metrics_;
    boost::asio::thread_pool background_{1};
    config::ConfigPtr config_;
    std::atomic<int> fails_{0};         ///< so often what is asked for a file throws
    std::function<void()> when_asked_;  ///< while a file is worked on, among other times
    kit::StuckFiles disk_;
    std::unique_ptr<spool::Spool> spool_;
    std::vector<spool::Recovered> recovered_;
    std::vector<spool::NewMessage> queued_;
    std::vector<std::string> files_when_queued_;
    std::unique_ptr<Pickup> pickup_;
};

}  // namespace imc::app
