#pragma once
/// @file tests/kit/copies.h  A CopyKeeper that remembers, and is full when it is told to be.
#include "queue/copy_keeper.h"

#include <mutex>
#include <string>
#include <vector>

namespace imc::kit {

class Copies final : public queue::CopyKeeper {
public:
    struct Kept {
        spool::MessageId id;
        std::vector<std::string> recipients;
        std::string peer;
        std::optional<Before> before;
        bool was_known;  ///< by evidence of an earlier copy
    };
    bool on = true, full = false;

    bool wants() const override { return on; }
    Result<> keep(spool::NewMessage& message, std::optional<Before> before) override
    {
        if (full) return Error{EventId::archive_full, "told to be full"};
        note(message, before);
        return {};
    }
    void keep_report(spool::NewMessage& report) override
    {
        if (broken) throw std::runtime_error{"a defect"};
        note(report, std::nullopt);
    }
    void discard(const spool::NewMessage& message) override
    {
        const std::lock_guard lock{mutex_};
        discarded_.push_back(message.id);
    }

    bool broken = false;  ///< what no archive does, but some defect might
    std::vector<Kept> kept() const
    {
        const std::lock_guard lock{mutex_};
        return kept_;
    }
    std::vector<spool::MessageId> discarded() const
    {
        const std::lock_guard lock{mutex_};
        return discarded_;
    }

private:
    void note(spool::NewMessage& message, std::optional<Before> before)
    {
        const std::lock_guard lock{mutex_};
        if (message.id.number == 0) message.id = spool::MessageId{++last_};
        bool was_known = false;
        for (const auto& evidence : message.evidence)
            was_known = was_known || evidence.key == queue::archived_evidence;
        kept_.push_back({message.id, {}, message.envelope.peer, before, was_known});
        for (const auto& recipient : message.envelope.recipients)
            kept_.back().recipients.push_back(recipient.address);
    }

    mutable std::mutex mutex_;
    std::vector<Kept> kept_;
    std::vector<spool::MessageId> discarded_;
    std::uint64_t last_ = 4'700'000;  ///< apart from those that spools give
};

}  // namespace imc::kit
