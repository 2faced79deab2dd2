#pragma once
/// @file tests/queue/restarted.h  A world over a spool that keeps what it is told, so that the
/// queue can begin anew in it.
#include "spool/memory_spool.h"

#include "scheduler_world.h"

namespace imc::queue {

template <class World>
class Restarted : public World {
protected:
    Restarted() { restart(); }
    ~Restarted() override
    {
        this->internet_.open();
        this->queue_.reset();
        this->io_.restart();
        this->io_.run_for(50ms);
    }
    void restart()
    {
        this->queue_.reset();
        this->settle_down();
        if (kept_) kept_->close();
        kept_.reset();
        kept_ = *spool::open_memory_spool(store_);
        this->open(*kept_, kept_->recover());
        this->settle_down();
    }
    void mail(const std::vector<std::string>& to)
    {
        spool::NewMessage message;
        message.envelope = this->envelope(to);
        message.body = std::make_shared<const std::string>("Subject: x\r\n\r\ntext\r\n");
        auto copy = message;
        const auto id = *kit::run(this->io_, kept_->store(std::move(message)));
        this->queue_->add(id, std::move(copy.envelope), std::move(copy.body));
    }

    std::shared_ptr<spool::MemoryStore> store_ = spool::make_memory_store();
    std::unique_ptr<spool::Spool> kept_;
};

}  // namespace imc::queue
