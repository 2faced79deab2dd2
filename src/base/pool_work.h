#pragma once
/// @file base/pool_work.h  What a pool is doing, for a stop that waits for it and can say so.
///
/// It belongs to the pool, as a service of Asio's. offload() counts by itself.
///
/// Threads: any.
#include <boost/asio/execution_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <mutex>

namespace imc {

class PoolWork final : public boost::asio::execution_context::service {
public:
    using Clock = std::chrono::steady_clock;
    static inline boost::asio::execution_context::id id;  // Asio finds it by this

    explicit PoolWork(boost::asio::execution_context& pool) : service{pool} {}

    static PoolWork& of(boost::asio::thread_pool& pool)
    {
        return boost::asio::use_service<PoolWork>(pool);
    }

    /// One piece of work, while it lives.
    class Piece : public boost::intrusive::list_base_hook<> {
    public:
        explicit Piece(boost::asio::thread_pool& pool) : book_{of(pool)}
        {
            const std::lock_guard lock{book_.mutex_};
            book_.pieces_.push_back(*this);
        }
        Piece(const Piece&) = delete;
        Piece& operator=(const Piece&) = delete;
        ~Piece()
        {
            const std::lock_guard lock{book_.mutex_};
            book_.pieces_.erase(book_.pieces_.iterator_to(*this));
        }

    private:
        friend class PoolWork;
        PoolWork& book_;
        const Clock::time_point begun_ = Clock::now();
    };

    struct Running {
        std::size_t pieces = 0;
        Clock::duration longest{};  ///< how long the oldest of them has been at work
    };
    Running running(Clock::time_point now = Clock::now()) const
    {
        const std::lock_guard lock{mutex_};
        if (pieces_.empty()) return {};
        return {pieces_.size(), now - pieces_.front().begun_};
    }

private:
    void shutdown() override {}

    mutable std::mutex mutex_;
    boost::intrusive::list<Piece> pieces_;  ///< oldest first
};

}  // namespace imc
