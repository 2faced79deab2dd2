#include "smtp/client/etrn.h"

#include "smtp/client/kit.h"

namespace imc::smtp::client {
namespace {

const std::string offers = "250-mx\r\n250-PIPELINING\r\n250 ETRN\r\n";

struct Etrn : Client {
    EtrnTalk ask(std::vector<std::string> nodes)
    {
        settings.dialogue.hostname = "mail.example.org";
        auto finder = std::make_unique<FixedHosts>(hosts);
        return kit::run(ask_for_mail(settings, std::move(finder), dialer, std::move(nodes)));
    }
    static std::string outcomes(const EtrnTalk& talk)
    {
        std::string out;
        for (const auto& answer : talk.answers)
            out += (out.empty() ? "" : " ") + answer.node + "=" +
                   std::string{to_string(answer.outcome)};
        return out;
    }
};

// etrn-domain-selection (Q269771): exactly what is written down is asked for, in one session.
TEST_F(Etrn, EachNodeIsAskedForInOneSession)
{
    peers = {peer({hello, offers, "253 3 pending messages for node example.org started\r\n",
                   "251 OK, no messages waiting for node @example.com\r\n",
                   "250 OK, queuing for node #ann started\r\n", "221 bye\r\n"})};
    const auto talk = ask({"example.org", "@example.com", "#ann"});
    EXPECT_EQ(outcomes(talk), "example.org=started @example.com=nothing #ann=started");
    EXPECT_EQ(talk.trouble, "");
    EXPECT_EQ(peers[0].heard, "EHLO mail.example.org\r\nETRN example.org\r\nETRN @example.com\r\n"
                              "ETRN #ann\r\nQUIT\r\n");
}

TEST_F(Etrn, EveryReplyOfRfc1985HasItsMeaning)
{
    const auto meaning = [](int code) {
        return std::string{to_string(etrn_outcome(PeerReply{code, {}, {"x"}}))};
    };
    for (const auto& [code, expected] : {std::pair{250, "started"},
                                         {251, "nothing"},
                                         {252, "started"},
                                         {253, "started"},
                                         {458, "unable"},
                                         {459, "not-allowed"},
                                         {500, "not-supported"},
                                         {501, "malformed"},
                                         {502, "not-supported"},
                                         {421, "unable"},
                                         {451, "unable"},
                                         {530, "not-allowed"},
                                         {550, "not-allowed"},
                                         {354, "unable"}})
        EXPECT_EQ(meaning(code), expected) << code;
    EXPECT_FALSE(is_refusal(EtrnOutcome::nothing));
    EXPECT_TRUE(is_refusal(EtrnOutcome::unable));
}

TEST_F(Etrn, ARefusalOfOneNodeIsNotThatOfTheNext)
{
    peers = {peer({hello, offers, "459 Node a.example not allowed\r\n", "253 1 pending\r\n"})};
    const auto talk = ask({"a.example", "b.example"});
    EXPECT_EQ(outcomes(talk), "a.example=not-allowed b.example=started");
    EXPECT_EQ(talk.answers[0].reply, "459 Node a.example not allowed");
}

TEST_F(Etrn, AHostThatDoesNotOfferItIsNotAsked)
{
    peers = {peer({hello, piped, "221 bye\r\n"})};
    EXPECT_EQ(outcomes(ask({"a.example"})), "a.example=not-supported");
    EXPECT_EQ(peers[0].heard.find("ETRN"), std::string::npos);
}

TEST_F(Etrn, AHostThatHangsUpOrIsSilentIsNamed)
{
    peers = {peer({hello, offers, "253 1 pending\r\n"})};
    auto talk = ask({"a.example", "b.example"});
    EXPECT_EQ(outcomes(talk), "a.example=started");
    EXPECT_NE(talk.trouble.find("connection lost while sending ETRN"), std::string::npos)
        << talk.trouble;
    dialer.next_peer = 0;
    peers = {peer({hello, offers}, ScriptedPeer::Then::falls_silent)};
    talk = ask({"a.example"});
    EXPECT_NE(talk.trouble.find("timed out while sending ETRN"), std::string::npos) << talk.trouble;
}

TEST_F(Etrn, AHostThatClosesWith421IsNotAskedFurther)
{
    peers = {peer({hello, offers, "421 4.3.2 going down\r\n"})};
    const auto talk = ask({"a.example", "b.example"});
    EXPECT_EQ(outcomes(talk), "a.example=unable");
    EXPECT_NE(talk.trouble.find("421"), std::string::npos) << talk.trouble;
}

TEST_F(Etrn, TheNextAddressIsTriedWhenOneDoesNotAnswer)
{
    dialer.refused = {"192.0.2.1"};
    peers = {peer({hello, offers, "250 ok\r\n"})};
    EXPECT_EQ(outcomes(ask({"a.example"})), "a.example=started");
    EXPECT_EQ(dialer.dialled, (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
}

TEST_F(Etrn, OurOwnListenerIsNeverAsked)
{
    settings.is_ourselves = [](const auto&, auto) { return true; };
    const auto talk = ask({"a.example"});
    EXPECT_TRUE(dialer.dialled.empty());
    EXPECT_FALSE(talk.trouble.empty());
}

TEST_F(Etrn, WhereTlsIsDemandedNothingIsAskedInTheClear)
{
    settings.dialogue.tls = OutboundTls::encrypt;
    hosts = std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}}};
    peers = {peer({hello, offers, "221 bye\r\n"})};
    const auto talk = ask({"a.example"});
    EXPECT_TRUE(talk.answers.empty());
    EXPECT_EQ(peers[0].heard.find("ETRN"), std::string::npos);
}

}  // namespace
}  // namespace imc::smtp::client
