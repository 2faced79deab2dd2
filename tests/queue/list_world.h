#pragma once
/// @file tests/queue/list_world.h  A queue with an organization behind it, whose background a test
/// may run step by step, and which may crash between two steps.
#include "scheduler_world.h"

#include "kit/remember.h"
#include "spool/memory_spool.h"
#include "transfer/people.h"

#include <algorithm>
#include <deque>

namespace imc::queue {

class ListWorld : public testing::Test, Couriers {
protected:
    struct Taken {
        std::string address, sender, text, original, envid;
        std::uint8_t notify = 0;
        bool on_disk = false;  ///< the text, but for its beginning
    };

    ListWorld()
    {
        events_.add(std::make_unique<kit::Remember>(raised_));
        config_.host_name = "mail.contoso.example";
        config_.local_domains = {"contoso.example"};
        config_.organization = *Dn::parse("o=Contoso");
        config_.administrator.address = "admin@contoso.example";
        config_.retry_after = {900s};
    }
    ~ListWorld() override { crash(); }

    /// "m0" to "m9", at a.example.
    std::vector<std::string> crowd(std::size_t count)
    {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < count; ++i) {
            names.push_back("m" + std::to_string(i));
            entries_.push_back(transfer::person(names.back(), names.back() + "@a.example"));
        }
        return names;
    }
    Entry& list(const std::string& name, const std::vector<std::string>& members)
    {
        return entries_.emplace_back(transfer::list_of(name, members));
    }

    void start()
    {
        io_.emplace();
        spool_ = *spool::open_memory_spool(store_);
        if (through_) spool_ = through_(std::move(spool_));
        people_ = std::make_shared<transfer::Tired>(entries_);
        const std::shared_ptr<Directory> asked = instead_ ? instead_ : people_;
        const auto config = std::make_shared<const config::Config>(config_);
        QueueParts parts{*spool_,
                         *this,
                         events_,
                         {io_->get_executor()},
                         [this](std::function<void()> work) {
                             if (stepwise_)
                                 background_.push_back(std::move(work));
                             else
                                 work();
                         },
                         clock_};
        parts.idle_courier = 1ms;
        parts.steady = [this] { return clock_.steady; };
        parts.recipients_of_copy = portion_;
        parts.record_again = 1ms;
        queue_ = std::make_unique<Queue>(
            std::move(parts), config, std::make_shared<transfer::RecipientResolver>(config, asked));
        auto found = spool_->recover();
        found_ = found.size();
        queue_->start(std::move(found));
    }
    /// Nothing is ended or said; what is durable stays.
    void crash()
    {
        background_.clear();
        queue_.reset();
        io_.reset();
        spool_.reset();
    }

    spool::MessageId send(const std::vector<std::string>& recipients)
    {
        spool::Envelope envelope;
        envelope.sender = "ann@elsewhere.example";
        for (const auto& each : recipients)
            envelope.recipients.push_back({each});
        return post(std::move(envelope));
    }
    spool::MessageId post(spool::Envelope envelope, const std::string& header = {})
    {
        envelope.arrived_at = clock_.wall;
        spool::NewMessage message;
        message.envelope = std::move(envelope);
        message.body = std::make_shared<const std::string>(header + "Subject: x\r\n\r\n" + text_);
        auto kept = message;
        const auto id = *kit::run(*io_, spool_->store(std::move(message)));
        queue_->add(id, std::move(kept.envelope), std::move(kept.body));
        return id;
    }

    void settle_down()
    {
        io_->restart();
        while (io_->run_one_for(20ms) > 0) {
        }
    }
    /// One piece of work in the background, and what follows from it.
    bool step()
    {
        settle_down();
        if (background_.empty()) return false;
        auto work = std::move(background_.front());
        background_.pop_front();
        work();
        settle_down();
        return true;
    }
    void pass(std::chrono::milliseconds time)
    {
        clock_.pass(time);
        queue_->look_at_the_clock();
        settle_down();
    }

    /// "m0@a.example m1@a.example": who got one, each as often as he did.
    std::string reached() const
    {
        std::vector<std::string> all;
        for (const auto& each : taken_)
            all.push_back(each.address);
        std::ranges::sort(all);
        std::string out;
        for (const auto& each : all)
            out += (out.empty() ? "" : " ") + each;
        return out;
    }
    const Taken* taken_by(const std::string& address) const
    {
        const auto found = std::ranges::find(taken_, address, &Taken::address);
        return found == taken_.end() ? nullptr : &*found;
    }
    std::size_t raised(EventId id) const
    {
        return static_cast<std::size_t>(std::ranges::count(raised_, id, &EventRecord::id));
    }
    std::string field(EventId id, const std::string& name) const
    {
        for (const auto& record : raised_)
            if (record.id == id)
                for (const auto& [key, value] : record.fields)
                    if (key == name) return value;
        return {};
    }
    std::size_t waiting() const { return queue_->counts().recipients; }

    std::vector<Entry> entries_;
    std::shared_ptr<transfer::Tired> people_;
    std::shared_ptr<Directory> instead_;  ///< of people_
    std::function<std::unique_ptr<spool::Spool>(std::unique_ptr<spool::Spool>)> through_;
    config::Config config_;
    std::string text_ = "text\r\n";
    std::size_t portion_ = 5000;
    std::size_t found_ = 0;  ///< messages, at the last start
    bool stepwise_ = false;
    std::deque<std::function<void()>> background_;
    std::function<DeliveryResult(const std::string&)> answer_ = [](const auto&) {
        return delivered;
    };
    std::vector<Taken> taken_;  ///< and delivered
    std::vector<EventRecord> raised_;
    EventLog events_;
    MovedClock clock_;
    std::shared_ptr<spool::MemoryStore> store_ = spool::make_memory_store();
    std::optional<net::io_context> io_;
    std::unique_ptr<spool::Spool> spool_;
    std::unique_ptr<Queue> queue_;

private:
    class Carrier final : public Courier {
    public:
        explicit Carrier(ListWorld& world) : world_{world} {}
        net::awaitable<std::vector<DeliveryResult>> deliver(const Job& job) override
        {
            std::vector<DeliveryResult> results;
            for (std::size_t i = 0; i < job.addresses.size(); ++i) {
                results.push_back(world_.answer_(job.addresses[i]));
                if (results.back().delivery != Delivery::delivered) continue;
                const auto& recipient = job.envelope->recipients[job.recipients[i]];
                std::string text;
                OctetsReader reader{job.body};
                for (auto piece = reader.next(); piece && !piece->empty(); piece = reader.next())
                    text += *piece;
                world_.taken_.push_back({job.addresses[i], job.envelope->sender, text,
                                         recipient.original, job.envelope->envid, recipient.notify,
                                         job.body.blocks()});
            }
            co_return results;
        }
        bool reusable() const override { return true; }
        net::awaitable<void> close() override { co_return; }

    private:
        ListWorld& world_;
    };
    std::unique_ptr<Courier> hire(const Place&) override
    {
        return std::make_unique<Carrier>(*this);
    }
};

}  // namespace imc::queue
