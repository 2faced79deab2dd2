#pragma once
/// @file directory/embedded_readers.h  Connections that only read, lent one at a time.
///
/// SQLite in WAL mode lets them work at the same time as each other and as the writer; one
/// connection shared under a lock would not. Opened when all others are lent, at most 16.
///
/// For embedded*.cc only. Threads: any.
#include "directory/embedded_connection.h"

#include <condition_variable>
#include <mutex>

namespace imc::embedded {

class Readers {
public:
    explicit Readers(std::string path);

    /// Goes back when it is destroyed.
    class Loan {
    public:
        Loan(Readers& readers, std::unique_ptr<Connection> connection)
            : readers_{&readers}, connection_{std::move(connection)}
        {}
        Loan(Loan&& other) noexcept = default;
        Loan& operator=(Loan&&) = delete;
        ~Loan()
        {
            if (connection_) readers_->take_back(std::move(connection_));
        }
        Connection& operator*() const noexcept { return *connection_; }
        Connection* operator->() const noexcept { return connection_.get(); }

    private:
        Readers* readers_;
        std::unique_ptr<Connection> connection_;
    };

    /// A connection that is armed for `deadline`.
    Result<Loan> borrow(Deadline deadline);

    /// 40001 when another file, or none, is where ours was: what is read from ours then is history,
    /// and what is written into it is lost.
    Result<> check_file() const;

private:
    void take_back(std::unique_ptr<Connection> connection);

    const std::string path_;
    const std::uint64_t inode_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Connection>> idle_;
    unsigned count_ = 0;  ///< idle and lent
};

}  // namespace imc::embedded
