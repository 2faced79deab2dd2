#include "admin/live_api.h"

#include "admin/queue_world.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace imc::admin {

namespace net = boost::asio;

namespace {

/// Takes what is written, and closes after so many pieces.
class Taken final : public Pieces {
public:
    explicit Taken(std::size_t most) : most_{most} {}
    net::awaitable<bool> write(std::string piece) override
    {
        text += piece;
        ++pieces;
        co_return pieces < most_;
    }
    bool over() const override { return pieces >= most_; }
    std::string text;
    std::size_t pieces = 0;

private:
    const std::size_t most_;
};

net::awaitable<bool> to_the_end(const Streaming& streaming, Pieces& pieces)
{
    co_await streaming(pieces);
    co_return true;
}

struct Lively : QueueApi {
    metrics::Registry metrics;
    metrics::Rates rates{{"in"}};
    std::shared_ptr<Ring> ring = std::make_shared<Ring>();
    EventLog log;

    Lively()
    {
        log.add(ring_sink(ring));
        metrics.counter("inbound_messages", "Messages taken").add(3);
        LiveParts parts{metrics, rates, *queue_, ring, [] {
                            return json::object{{"state", "running"}, {"verdict", json::object{}}};
                        }};
        parts.picture_each = 0ms;
        parts.overview_each = 1ms;
        parts.look_each = 1ms;
        add_live_api(*server_, parts);
    }
    std::string watch(std::size_t pieces)
    {
        auto answer = get("/api/v1/live");
        EXPECT_TRUE(answer.stream);
        EXPECT_EQ(answer.content_type, "text/event-stream");
        Taken taken{pieces};
        EXPECT_TRUE(kit::run(io_, to_the_end(answer.stream, taken)));
        return taken.text;
    }
};

TEST_F(Lively, ThePictureHasCountersQueueReasonsAndEventsAndNoVerdict)
{
    log.raise(EventId::service_stopped, {{"detail", "\"quoted\""}});
    const auto top = json::parse(get("/api/v1/top").body).as_object();
    EXPECT_EQ(top.at("state").as_string(), "running");
    EXPECT_FALSE(top.contains("verdict"));
    EXPECT_EQ(top.at("counters").at("inbound_messages").to_number<int>(), 3);
    EXPECT_EQ(top.at("queue").at("messages").to_number<int>(), 0);
    EXPECT_TRUE(top.at("sites").is_array());
    ASSERT_EQ(top.at("events").as_array().size(), 1U);
    EXPECT_EQ(top.at("events").at(0).at("id").to_number<int>(), 1001);
}

TEST_F(Lively, AViewBeginsWithTheOverviewAndTheTotalsOfTheQueue)
{
    const auto text = watch(1);
    EXPECT_NE(text.find("event: overview\ndata: {"), std::string::npos) << text;
    EXPECT_NE(text.find("event: queue\ndata: {\"messages\":0,"), std::string::npos) << text;
    EXPECT_EQ(text.find("event: event"), std::string::npos) << "what was before is not new";
}

TEST_F(Lively, WhoComesBackHearsTheEventsThatItMissed)
{
    for (int i = 0; i < 3; ++i)
        log.raise(EventId::service_stopped, {{"detail", "number " + std::to_string(i + 1)}});
    const auto news = ring->after(1);
    EXPECT_EQ(news.first, 2U);
    ASSERT_EQ(news.records.size(), 2U);
    EXPECT_NE(news.records[0].description.find("number 2"), std::string::npos);
    EXPECT_TRUE(ring->after(3).records.empty());
    EXPECT_EQ(ring->after(99).records.size(), 3U) << "a number of before the start is none of ours";
}

TEST_F(Lively, ARingThatForgotSaysFromWhereItKnows)
{
    Ring small{2};
    EventRecord record;
    for (int i = 0; i < 5; ++i)
        small.take(record);
    EXPECT_EQ(small.taken(), 5U);
    EXPECT_EQ(small.after(1).first, 4U);
    EXPECT_EQ(small.after(4).first, 5U);
    EXPECT_EQ(small.after(4).records.size(), 1U);
}

}  // namespace
}  // namespace imc::admin
