#include "directory/embedded_readers.h"

#include "base/files.h"

namespace imc::embedded {
namespace {

constexpr unsigned most = 16;

std::uint64_t inode_of(const std::string& path)
{
    const auto status = real_files().status(path);
    return status ? status->inode : 0;
}

}  // namespace

Readers::Readers(std::string path) : path_{std::move(path)}, inode_{inode_of(path_)} {}

Result<> Readers::check_file() const
{
    if (inode_of(path_) == inode_) return {};
    return Error{EventId::directory_unreachable,
                 path_ + ": the file was removed or replaced while in use; put it back, or restart "
                         "to use the one that is there"};
}

Result<Readers::Loan> Readers::borrow(Deadline deadline)
{
    if (auto same = check_file(); !same) return same.error();
    std::unique_ptr<Connection> connection;
    {
        std::unique_lock lock{mutex_};
        if (!returned_.wait_until(lock, deadline, [&] { return !idle_.empty() || count_ < most; }))
            return Error{EventId::directory_unreachable,
                         path_ + ": all " + std::to_string(most) + " readers are busy"};
        if (!idle_.empty()) {
            connection = std::move(idle_.back());
            idle_.pop_back();
        } else {
            ++count_;
        }
    }
    if (!connection) {
        auto opened = Connection::open(path_, Connection::Use::read);
        if (!opened) {
            const std::lock_guard lock{mutex_};
            --count_;
            returned_.notify_one();
            return opened.error();
        }
        connection = std::move(*opened);
    }
    Loan loan{*this, std::move(connection)};
    if (auto armed = loan->arm(deadline); !armed) return armed.error();
    return loan;
}

void Readers::take_back(std::unique_ptr<Connection> connection)
{
    const std::lock_guard lock{mutex_};
    idle_.push_back(std::move(connection));
    returned_.notify_one();
}

}  // namespace imc::embedded
