#pragma once
/// @file tests/admin/notebook.h  An audit log in memory.
#include "admin/audit_note.h"

#include <vector>

namespace imc::admin {

/// What was noted before it was done, and what came to nothing.
class Notebook final : public Auditor {
public:
    boost::asio::awaitable<Result<std::uint64_t>> note(Caller, Change change) override
    {
        if (full) co_return Error{EventId::folder_unusable, "no room for the audit log"};
        changes.push_back(std::move(change));
        co_return changes.size();
    }
    boost::asio::awaitable<void> came_to_nothing(std::uint64_t number, Caller, std::string) override
    {
        in_vain.push_back(number);
        co_return;
    }

    boost::asio::awaitable<void> came_of(std::uint64_t number, Caller, Change outcome) override
    {
        outcomes.emplace_back(number, std::move(outcome));
        co_return;
    }

    bool full = false;
    std::vector<Change> changes;
    std::vector<std::uint64_t> in_vain;
    std::vector<std::pair<std::uint64_t, Change>> outcomes;  ///< of which number
};

}  // namespace imc::admin
