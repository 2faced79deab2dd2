#include "queue/calendar.h"
#include "queue/packed_envelope.h"
#include "queue/reason.h"
#include "queue/said.h"

#include <gtest/gtest.h>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;

TEST(PackedEnvelope, GivesBackWhatWasPutIn)
{
    spool::Envelope envelope;
    envelope.sender = "ann@contoso.example";
    envelope.recipients = {{"bob@example.net", "rfc822;b@example.org", 12},
                           {"\xc3\xa5@example.net"}};
    envelope.recipients.push_back({std::string(300, 'x') + "@example.net"});
    envelope.envid = "QQ314159";
    envelope.ret = "HDRS";
    envelope.eight_bit = true;
    envelope.smtp_utf8 = true;
    envelope.priority = spool::Priority::non_urgent;
    envelope.arrived_at = WallTime{1'700'000'000'123ms};
    envelope.peer = "[192.0.2.1]:4711 (client.example)";
    envelope.account = "ann";
    const PackedEnvelope packed{envelope};
    EXPECT_EQ(packed.unpack(), envelope);
    EXPECT_EQ(packed.sender(), envelope.sender);
    std::vector<std::string> walked;
    for (PackedEnvelope::Walk walk{packed}; walk.next();) {
        EXPECT_EQ(walk.address(), envelope.recipients[walk.index()].address);
        EXPECT_EQ(walk.notify(), envelope.recipients[walk.index()].notify);
        walked.emplace_back(walk.address());
    }
    EXPECT_EQ(walked.size(), 3U);
    EXPECT_EQ(PackedEnvelope{spool::Envelope{}}.unpack(), spool::Envelope{});
}

TEST(SaidBook, TheSameWordsAreKeptOnceAndOnlyWhileSomebodyHoldsThem)
{
    SaidBook book;
    const auto* a = book.note("4.2.1", "450 later", "mx");
    EXPECT_EQ(book.note("4.2.1", "450 later", "mx"), a);
    const auto* other = book.note("4.2.14", "50 later", "mx");
    EXPECT_NE(other, a);
    EXPECT_EQ(a->status(), "4.2.1");
    EXPECT_EQ(a->reply(), "450 later");
    EXPECT_EQ(a->host(), "mx");
    EXPECT_EQ(book.size(), 2U);
    book.forget(a);
    EXPECT_EQ(book.size(), 2U);
    book.forget(a);
    EXPECT_EQ(book.size(), 1U);
    EXPECT_EQ(book.note("", "", ""), nullptr);
    book.forget(nullptr);
}

struct Thing : Dated {};

TEST(Calendar, GivesWhatIsDueAndNothingBefore)
{
    const WallTime noon{1'700'000'000'000ms};
    Calendar<Thing> calendar;
    Thing a, b, c;
    calendar.put(a, noon + 1ms);
    calendar.put(b, noon);
    calendar.put(c, noon + 48h);
    EXPECT_EQ(calendar.take(noon - 1ms), nullptr);
    EXPECT_EQ(calendar.take(noon), &b);
    EXPECT_EQ(calendar.take(noon), nullptr);
    EXPECT_EQ(calendar.take(noon + Calendar<Thing>::grain), &a);
    EXPECT_EQ(calendar.next(), noon + 48h);
    calendar.put(c, noon);
    EXPECT_EQ(calendar.next(), noon);
    calendar.remove(c);
    EXPECT_EQ(calendar.next(), std::nullopt);
    calendar.remove(c);
}

TEST(Reason, EachHasANameThatIsReadBack)
{
    for (std::size_t i = 0; i < reasons; ++i) {
        const auto reason = static_cast<Reason>(i);
        EXPECT_EQ(reason_named(name_of(reason)), reason);
        EXPECT_FALSE(explained(reason).empty());
    }
    EXPECT_FALSE(reason_named("whim"));
}

TEST(Reason, OfTheNextAttemptFollowsFromTheLastReply)
{
    EXPECT_EQ(reason_after("4.2.1", "450 later"), Reason::due_later);
    EXPECT_EQ(reason_after("4.7.5", "no TLS"), Reason::tls_unmet);
    EXPECT_EQ(reason_after("4.4.3", "SERVFAIL"), Reason::no_route);
    EXPECT_EQ(reason_after("4.7.4", "AUTH is not offered"), Reason::due_later) << "that is no TLS";
    EXPECT_EQ(reason_after("4.7.5", "530 5.7.0 Must issue a STARTTLS"), Reason::tls_unmet);
    for (const char* status : {"4.4.3", "4.4.4", "4.7.5", "4.7.10"})
        EXPECT_EQ(reason_after(status, std::string{"451 "} + status + " try later"),
                  Reason::due_later)
            << "what a host says of its own DNS and policy is not ours";
    EXPECT_EQ(reason_after("4.3.0", "the directory cannot say: 40001"),
              Reason::directory_cannot_say);
}

}  // namespace
}  // namespace imc::queue
