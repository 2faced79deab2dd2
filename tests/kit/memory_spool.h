#pragma once
/// @file tests/kit/memory_spool.h  A Spool without a disk, which fails when it is told to.
#include "kit/octets.h"
#include "spool/spool.h"

#include <map>
#include <mutex>
#include <optional>

namespace imc::kit {

class MemorySpool final : public spool::Spool {
public:
    using Id = spool::MessageId;

    /// The next `times` commits answer `with`.
    void fail_commits(int times, EventId with = EventId::spool_write_failed)
    {
        const std::lock_guard lock{mutex_};
        failing_ = times;
        failure_ = with;
    }
    /// The next `times` commits throw: what no spool does, but some defect might.
    void break_commits(int times)
    {
        const std::lock_guard lock{mutex_};
        breaking_ = times;
    }
    /// body() throws: likewise.
    void break_bodies(bool broken)
    {
        const std::lock_guard lock{mutex_};
        broken_ = broken;
    }
    /// The text of this message does not fit its checksum.
    void damage(Id id)
    {
        const std::lock_guard lock{mutex_};
        damaged_ = id;
    }
    void set_working(spool::WorkingFile* file) { working_ = file; }
    spool::WorkingFile* working() override { return working_; }
    bool holds(Id id) const
    {
        const std::lock_guard lock{mutex_};
        return messages_.contains(id);
    }

    Id new_id() override
    {
        const std::lock_guard lock{mutex_};
        return Id{++last_};
    }
    Result<std::unique_ptr<spool::TextWriter>> begin_text() override
    {
        return std::unique_ptr<spool::TextWriter>{std::make_unique<Writer>(new_id())};
    }

    boost::asio::awaitable<Result<Id>> store(spool::NewMessage message) override
    {
        co_return keep(std::move(message));
    }

    boost::asio::awaitable<Result<std::vector<Id>>> commit(spool::Commit change) override
    {
        if (const auto event = fails()) co_return Error{*event, "told to fail"};
        std::vector<Id> ids;
        for (auto& message : change.caused)
            ids.push_back(keep(std::move(message)));
        co_return ids;
    }

    boost::asio::awaitable<Result<std::vector<Id>>>
    commit_all(std::vector<spool::Commit> changes) override
    {
        if (const auto event = fails()) co_return Error{*event, "told to fail"};
        std::vector<Id> ids;
        for (auto& change : changes)
            for (auto& message : change.caused)
                ids.push_back(keep(std::move(message)));
        co_return ids;
    }

    Result<spool::Body> body(Id id) override
    {
        const std::lock_guard lock{mutex_};
        if (broken_) throw std::runtime_error{"a defect"};
        if (id == damaged_) return Error{EventId::spool_damaged, "it does not fit its checksum"};
        const auto found = messages_.find(id);
        if (found == messages_.end()) return Error{EventId::spool_no_such_message, id.to_string()};
        return found->second.body;
    }

    Result<std::vector<spool::Evidence>> evidence(Id id) override
    {
        const std::lock_guard lock{mutex_};
        const auto found = messages_.find(id);
        if (found == messages_.end()) return Error{EventId::spool_no_such_message, id.to_string()};
        return found->second.evidence;
    }

    void forget_body(Id) override {}
    std::vector<spool::Recovered> recover(std::size_t) override { return {}; }
    spool::Health health() const override { return {}; }
    void close() override {}

private:
    class Writer final : public spool::TextWriter {
    public:
        explicit Writer(Id id) : id_{id} {}
        Id id() const override { return id_; }
        Result<> append(std::string_view octets) override
        {
            text_ += octets;
            return {};
        }
        Result<> finish() override { return {}; }
        std::uint64_t size() const override { return text_.size(); }
        std::shared_ptr<const OctetsFile> read_back() const override
        {
            return std::make_shared<PiecesOf>(text_, 64 * 1024);
        }

    private:
        Id id_;
        std::string text_;
    };

    Id keep(spool::NewMessage message)
    {
        const std::lock_guard lock{mutex_};
        const Id id{message.rest        ? message.rest->id()
                    : message.id.number ? message.id
                                        : Id{++last_}};
        messages_.emplace(id, std::move(message));
        return id;
    }
    std::optional<EventId> fails()
    {
        const std::lock_guard lock{mutex_};
        if (breaking_ > 0) {
            --breaking_;
            throw std::runtime_error{"a defect"};
        }
        if (failing_ == 0) return {};
        --failing_;
        return failure_;
    }

    mutable std::mutex mutex_;
    std::map<Id, spool::NewMessage> messages_;
    std::uint64_t last_ = 0;
    int failing_ = 0, breaking_ = 0;
    EventId failure_ = EventId::spool_write_failed;
    bool broken_ = false;
    Id damaged_{};
    spool::WorkingFile* working_ = nullptr;
};

}  // namespace imc::kit
