#include "spool/memory_spool.h"

#include "spool/changes.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

namespace imc::spool {

class MemoryStore {
public:
    struct Message {
        Envelope envelope;
        std::vector<RecipientState> states;
        std::vector<Evidence> evidence;
        Body body;
    };

    std::mutex mutex;
    std::map<std::uint64_t, Message> messages;
    std::uint64_t last_id = 0;
    bool in_use = false;
};

namespace {

/// A text that was written piece by piece.
class WholeText final : public OctetsFile {
public:
    explicit WholeText(std::string text) : text_{std::move(text)} {}
    std::uint64_t size() const override { return text_.size(); }
    Result<std::string> piece(std::uint64_t at) const override
    {
        return text_.substr(static_cast<std::size_t>(at), large_octets);
    }

private:
    const std::string text_;
};

class MemoryWriter final : public TextWriter {
public:
    explicit MemoryWriter(MessageId id) : id_{id} {}
    Result<> append(std::string_view octets) override
    {
        text_ += octets;
        return {};
    }
    Result<> finish() override
    {
        finished_ = std::make_shared<const WholeText>(text_);
        return {};
    }
    std::uint64_t size() const override { return text_.size(); }
    MessageId id() const override { return id_; }
    std::shared_ptr<const OctetsFile> read_back() const override { return finished_; }

private:
    const MessageId id_;
    std::string text_;
    std::shared_ptr<const OctetsFile> finished_;
};

class MemorySpool final : public Spool {
public:
    explicit MemorySpool(std::shared_ptr<MemoryStore> store) : store_{std::move(store)}
    {
        for (const auto& [id, message] : store_->messages)
            recovered_.push_back({MessageId{id}, message.envelope, message.states,
                                  message.body.size(), message.evidence});
    }
    MemorySpool(const MemorySpool&) = delete;
    MemorySpool& operator=(const MemorySpool&) = delete;
    ~MemorySpool() override
    {
        const std::lock_guard lock{store_->mutex};
        store_->in_use = false;
    }

    MessageId new_id() override
    {
        const std::lock_guard lock{store_->mutex};
        return MessageId{++store_->last_id};
    }

    Result<std::unique_ptr<TextWriter>> begin_text() override
    {
        return std::unique_ptr<TextWriter>{std::make_unique<MemoryWriter>(new_id())};
    }

    net::awaitable<Result<MessageId>> store(NewMessage message) override
    {
        const std::lock_guard lock{store_->mutex};
        if (closed_) co_return closed();
        if (message.rest && !message.rest->read_back())
            co_return Error{EventId::spool_write_failed, "a text that is not finished"};
        co_return keep(std::move(message));
    }

    net::awaitable<Result<std::vector<MessageId>>> commit(Commit change) override
    {
        std::vector<Commit> one;
        one.push_back(std::move(change));
        return commit_all(std::move(one));
    }

    net::awaitable<Result<std::vector<MessageId>>> commit_all(std::vector<Commit> changes) override
    {
        const std::lock_guard lock{store_->mutex};
        if (closed_) co_return closed();
        std::vector<MessageId> ids;
        for (auto& change : changes) {
            for (auto& message : change.caused)
                ids.push_back(keep(std::move(message)));
            take(change);
        }
        co_return ids;
    }

    Result<Body> body(MessageId id) override
    {
        const std::lock_guard lock{store_->mutex};
        const auto found = store_->messages.find(id.number);
        if (found == store_->messages.end())
            return Error{EventId::spool_no_such_message,
                         "message " + id.to_string() + " is not in the queue"};
        return found->second.body;
    }

    Result<std::vector<Evidence>> evidence(MessageId id) override
    {
        const std::lock_guard lock{store_->mutex};
        const auto found = store_->messages.find(id.number);
        if (found == store_->messages.end())
            return Error{EventId::spool_no_such_message,
                         "message " + id.to_string() + " is not in the queue"};
        return found->second.evidence;
    }

    void forget_body(MessageId) override {}
    std::vector<Recovered> recover(std::size_t most) override
    {
        const auto count = std::min(most, recovered_.size());
        const auto from = recovered_.end() - static_cast<std::ptrdiff_t>(count);
        std::vector<Recovered> out{std::make_move_iterator(from),
                                   std::make_move_iterator(recovered_.end())};
        recovered_.erase(from, recovered_.end());
        return out;
    }

    Health health() const override
    {
        const std::lock_guard lock{store_->mutex};
        Health health;
        health.live_messages = store_->messages.size();
        return health;
    }

    void close() override
    {
        const std::lock_guard lock{store_->mutex};
        closed_ = true;
    }

private:
    static Error closed() { return {EventId::spool_write_failed, "the spool is closed"}; }

    MessageId keep(NewMessage message)
    {
        const auto id = message.rest        ? message.rest->id()
                        : message.id.number ? message.id
                                            : MessageId{++store_->last_id};
        MemoryStore::Message kept{
            std::move(message.envelope), {}, std::move(message.evidence), std::move(message.body)};
        kept.states.resize(kept.envelope.recipients.size());
        store_->messages.insert_or_assign(id.number, std::move(kept));
        return id;
    }

    void take(const Commit& change)
    {
        const auto found = store_->messages.find(change.message.number);
        if (found == store_->messages.end()) return;
        auto& message = found->second;
        for (const auto& each : change.added)
            message.states.push_back(each.state);
        spool::Changes changes;
        add(changes, change, message.states.size());
        apply(changes, message.envelope, message.evidence);
        for (const auto& result : change.results)
            if (result.recipient < message.states.size())
                message.states[result.recipient] = result.state;
        const bool settles = !change.results.empty() || !change.added.empty();
        const bool waits =
            std::ranges::count(message.states, Outcome::waiting, &RecipientState::outcome) > 0;
        if (change.done || (settles && !waits)) store_->messages.erase(found);
    }

    const std::shared_ptr<MemoryStore> store_;
    std::vector<Recovered> recovered_;
    bool closed_ = false;
};

}  // namespace

std::shared_ptr<MemoryStore> make_memory_store() { return std::make_shared<MemoryStore>(); }

Result<std::unique_ptr<Spool>> open_memory_spool(std::shared_ptr<MemoryStore> store)
{
    const std::lock_guard lock{store->mutex};
    if (std::exchange(store->in_use, true))
        return Error{EventId::spool_in_use, "another spool is open on that store"};
    return std::unique_ptr<Spool>{std::make_unique<MemorySpool>(std::move(store))};
}

}  // namespace imc::spool
