#pragma once
/// @file tests/admin/queue_world.h  The queue's part of the API over a queue whose clocks and hosts
/// a test moves.
#include "admin/notebook.h"
#include "admin/queue_actions_api.h"
#include "admin/queue_api.h"
#include "admin/queue_export_api.h"
#include "admin/queue_import_api.h"
#include "queue/scheduler_world.h"
#include "spool/memory_spool.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace imc::admin {

namespace json = boost::json;
using namespace std::chrono_literals;

class QueueApi : public queue::SchedulerWorld {
protected:
    QueueApi()
    {
        internet_.answer = [](const auto&) { return queue::deferred; };
        SchedulerWorld::open(*kept_, {});
        add_all();
    }
    ~QueueApi() override
    {
        background_.join();
        settle_down();  // what is on its way reads from kept_
        queue_.reset();
    }

    void add_all()
    {
        server_ = std::make_unique<Server>("", io_.get_executor());
        server_->audit(notebook_);
        add_queue_api(*server_, *queue_, background_);
        add_queue_actions_api(*server_, *queue_, events_, io_.get_executor());
        add_queue_export_api(*server_, *queue_, background_);
        ImportParts parts{*kept_,
                          *queue_,
                          events_,
                          *came_back_,
                          background_,
                          [this] { return snapshot(); },
                          [this](spool::MessageId id, spool::Envelope envelope, spool::Body body,
                                 const std::vector<spool::Evidence>& evidence,
                                 const std::string& words) {
                              handed_over.push_back(words);
                              queue_->add(id, std::move(envelope), std::move(body), evidence);
                          },
                          [this] { return loaded; },
                          clock_,
                          patience};
        parts.copies = copies_to;
        add_queue_import_api(*server_, std::move(parts), io_.get_executor());
    }

    /// As a start does it.
    void restart()
    {
        queue_.reset();
        kept_.reset();
        kept_ = spool::open_memory_spool(store_).value();
        came_back_ = std::make_unique<CameBack>();
        auto found = kept_->recover();
        for (const auto& message : found)
            came_back_->found(message);
        SchedulerWorld::open(*kept_, std::move(found));
        add_all();
    }

    Response ask(const std::string& method, const std::string& target, std::string body = {},
                 bool is_message = false)
    {
        return kit::run(io_, server_->answer(method, target, std::move(body), is_message));
    }
    Response get(const std::string& target) { return ask("GET", target); }
    std::vector<json::object> lines(const std::string& target)
    {
        const auto answer = get(target);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        std::vector<json::object> out;
        for (const auto line : split(answer.body, '\n'))
            if (!line.empty()) out.push_back(json::parse(line).as_object());
        return out;
    }
    json::object object(const std::string& target)
    {
        const auto answer = get(target);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return answer.status == 200 ? json::parse(answer.body).as_object() : json::object{};
    }
    static std::string text(const json::value& value) { return std::string{value.as_string()}; }

    /// Through spool and queue, as mail that comes.
    std::string put(spool::Envelope letter, std::string octets = "Subject: x\r\n\r\ntext\r\n")
    {
        spool::NewMessage message;
        message.envelope = letter;
        message.body = std::make_shared<const std::string>(std::move(octets));
        spool::keep_rest_on_disk(*kept_, message).value();
        const auto body = message.body;
        const auto id = kit::run(io_, kept_->store(std::move(message))).value();
        queue_->add(id, std::move(letter), body);
        settle_down();
        return id.to_string();
    }
    std::string whole_text(const std::string& id)
    {
        std::string out;
        for (;;) {
            const auto piece =
                get("/api/v1/queue/" + id + "/text?at=" + std::to_string(out.size()));
            EXPECT_EQ(piece.status, 200U) << piece.body;
            if (piece.status != 200 || piece.body.empty()) return out;
            out += piece.body;
        }
    }
    json::object act(const std::string& verb, const json::object& body)
    {
        const auto done = ask("POST", "/api/v1/queue/" + verb, json::serialize(body));
        EXPECT_EQ(done.status, 200U) << done.body;
        settle_down();
        return done.status == 200 ? json::parse(done.body).as_object() : json::object{};
    }
    void order(const std::string& verb, const json::object& body) { (void)act(verb, body); }

    std::shared_ptr<Notebook> notebook_ = std::make_shared<Notebook>();
    bool loaded = true;
    queue::CopyKeeper* copies_to = nullptr;
    std::chrono::milliseconds patience{60'000};
    std::shared_ptr<spool::MemoryStore> store_ = spool::make_memory_store();
    std::unique_ptr<spool::Spool> kept_ = spool::open_memory_spool(store_).value();
    boost::asio::thread_pool background_{1};
    std::vector<std::string> handed_over;
    std::unique_ptr<CameBack> came_back_ = std::make_unique<CameBack>();
    std::unique_ptr<Server> server_;
};

}  // namespace imc::admin
