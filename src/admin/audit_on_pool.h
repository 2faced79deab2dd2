#pragma once
/// @file admin/audit_on_pool.h  The audit log for handlers: the disk is waited for elsewhere.
#include "admin/audit.h"
#include "base/offload.h"

namespace imc::admin {

class AuditOnPool final : public Auditor {
public:
    /// Both outlive this.
    AuditOnPool(Audit& audit, boost::asio::thread_pool& pool) : audit_{audit}, pool_{pool} {}

    boost::asio::awaitable<Result<std::uint64_t>> note(Caller who, Change change) override;
    boost::asio::awaitable<void> came_to_nothing(std::uint64_t number, Caller who,
                                                 std::string why) override;
    boost::asio::awaitable<void> came_of(std::uint64_t number, Caller who, Change outcome) override;

private:
    Audit& audit_;
    boost::asio::thread_pool& pool_;
};

}  // namespace imc::admin
