/// How long is waited for what: RFC 5321 4.5.3.2, phase by phase.
#include "kit.h"

#include "smtp/client/session.h"

namespace imc::smtp::client {
namespace {

using std::chrono::seconds;

/// Each wait, with the hundreds of seconds that it may last.
struct Waits {
    std::vector<std::string> seen;
    void note(std::string what, Deadline deadline)
    {
        const auto left = deadline - std::chrono::steady_clock::now();
        const auto hundreds = (std::chrono::duration_cast<seconds>(left).count() + 50) / 100;
        what += " " + std::to_string(hundreds);
        if (seen.empty() || seen.back() != what) seen.push_back(std::move(what));
    }
};

class TimedStream final : public Stream {
public:
    TimedStream(ScriptedPeer& peer, Waits& waits) : inner_{peer}, waits_{waits} {}
    net::awaitable<IoResult<std::size_t>> read_some(std::span<char> into,
                                                    Deadline deadline) override
    {
        waits_.note("reply to " + last_, deadline);
        return inner_.read_some(into, deadline);
    }
    net::awaitable<IoResult<>> write(std::string_view octets, Deadline deadline) override
    {
        last_ = octets.ends_with("\r\n.\r\n")
                    ? "the text"
                    : std::string{octets.substr(0, octets.find_first_of(" \r"))};
        waits_.note(last_, deadline);
        return inner_.write(octets, deadline);
    }
    net::awaitable<void> close(Deadline deadline) override { return inner_.close(deadline); }

private:
    ScriptedStream inner_;
    Waits& waits_;
    std::string last_ = "nothing";
};

TimeLimits hundreds()
{
    TimeLimits out;
    out.greeting = seconds{100};
    out.helo = seconds{200};
    out.mail = seconds{300};
    out.rcpt = seconds{400};
    out.data = seconds{500};
    out.text = seconds{600};
    out.end_of_data = seconds{700};
    out.etrn = seconds{800};
    out.quit = seconds{900};
    return out;
}

Transaction letter()
{
    Transaction out;
    out.sender = "s@example.org";
    out.recipients = {"a@example.net"};
    out.body = kit::octets("Subject: x\r\n\r\nhi\r\n");
    const auto facts = look_at(out.body);
    out.facts = facts ? *facts : TextFacts{};
    return out;
}

net::awaitable<bool> whole_session(ScriptedPeer& script, Waits& waits, const Transaction& mail)
{
    DialogueSettings settings;
    settings.hostname = "mail.example.org";
    Session session{std::make_unique<TimedStream>(script, waits), settings, hundreds()};
    const auto opened = co_await session.open();
    const auto carried = co_await session.carry(mail);
    const auto turned = co_await session.ask("example.org");
    co_await session.quit();
    co_return opened == Next::idle&& carried == Next::idle&& turned.has_value();
}

TEST(TimeLimits, EachPhaseHasItsOwn)
{
    auto script = peer({hello, "250-mx\r\n250 ETRN\r\n", ok, ok, go, ok, ok, "221 bye\r\n"});
    Waits waits;
    const auto mail = letter();
    EXPECT_TRUE(kit::run(whole_session(script, waits, mail)));
    EXPECT_EQ(waits.seen,
              (std::vector<std::string>{"reply to nothing 1", "EHLO 2", "reply to EHLO 2", "MAIL 3",
                                        "reply to MAIL 3", "RCPT 4", "reply to RCPT 4", "DATA 5",
                                        "reply to DATA 5", "the text 6", "reply to the text 7",
                                        "ETRN 8", "reply to ETRN 8", "QUIT 9", "reply to QUIT 9"}));
}

TEST(TimeLimits, AreNoShorterThanTheStandardSays)
{
    const TimeLimits ours;
    EXPECT_GE(ours.greeting, seconds{300});     // 4.5.3.2.1
    EXPECT_GE(ours.mail, seconds{300});         // 4.5.3.2.2
    EXPECT_GE(ours.rcpt, seconds{300});         // 4.5.3.2.3
    EXPECT_GE(ours.data, seconds{120});         // 4.5.3.2.4
    EXPECT_GE(ours.text, seconds{180});         // 4.5.3.2.5
    EXPECT_GE(ours.end_of_data, seconds{600});  // 4.5.3.2.6
    EXPECT_EQ(CourierSettings{}.limits.end_of_data, ours.end_of_data);
}

TEST_F(Client, HostThatFallsSilentIsSaidToDoSoWhereItDid)
{
    const std::vector<std::string> all{hello, bare, ok, ok, go, ok};
    const std::vector<std::string> phases{
        "waiting for the greeting", "sending EHLO",
        "sending MAIL FROM",        "sending RCPT TO",
        "sending the DATA command", "sending end of data -- message may be sent more than once"};
    hosts = std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}}};
    for (std::size_t said = 0; said < phases.size(); ++said) {
        courier.reset();
        peers.push_back(peer({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(said)},
                             ScriptedPeer::Then::falls_silent));
        const auto result = deliver({"a@x"});
        ASSERT_EQ(result.size(), 1U);
        EXPECT_EQ(result[0].status, "4.4.2") << phases[said];
        EXPECT_EQ(result[0].reply, "timed out while " + phases[said]);
    }
}

}  // namespace
}  // namespace imc::smtp::client
