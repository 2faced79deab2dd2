#include "smtp/server/dialogue.h"

#include "event/catalogue.h"
#include "kit/dialogue_driver.h"

#include <gtest/gtest.h>

namespace imc::smtp {
namespace {

Dialogue after_mail_from()
{
    Dialogue d{"mail.example.org", Limits{.recipients = 2, .protocol_errors = 3}};
    (void)kit::greet(d);
    (void)kit::say(d, "EHLO client.example.net");
    (void)kit::say(d, "MAIL FROM:<ann@example.net>");
    return d;
}

// RFC 5321 3.3: RCPT may be refused and the transaction goes on.
TEST(Dialogue, UnknownRecipientIsRefusedAndTheNextOneStillAccepted)
{
    auto d = after_mail_from();

    EXPECT_EQ(kit::say(d, "RCPT TO:<nobody@example.org>").next, Next::check_recipient);
    EXPECT_EQ(d.on_recipient(verdict::Unknown{}).reply->enhanced, "5.1.1");

    EXPECT_EQ(kit::say(d, "RCPT TO:<bob@example.org>").next, Next::check_recipient);
    EXPECT_EQ(d.pending_recipient(), "bob@example.org");
    EXPECT_EQ(d.on_recipient(verdict::Accepted{}).reply->code, 250);
    EXPECT_EQ(d.envelope().recipients, std::vector<Recipient>{{"bob@example.org"}});
}

// Each has a name, by which the reject journal is searched and refusals are counted.
TEST(Dialogue, RecipientThatIsNotTakenIsRefusedByARule)
{
    auto d = after_mail_from();
    const auto rule_of = [&d](RecipientVerdict verdict) {
        (void)kit::say(d, "RCPT TO:<bob@example.org>");
        (void)d.on_recipient(std::move(verdict));
        return d.rule();
    };
    EXPECT_EQ(rule_of(verdict::Unknown{}), "recipient: unknown");
    EXPECT_EQ(rule_of(verdict::Unknown{"recipient: unknown, proved"}),
              "recipient: unknown, proved");
    EXPECT_EQ(rule_of(verdict::Ambiguous{}), "recipient: held by several objects");
    const Error outage{EventId::directory_unreachable, "ldap://127.0.0.1:389 refused"};
    EXPECT_EQ(rule_of(verdict::CannotSay{outage}), "recipient: the directory cannot say");
    EXPECT_EQ(rule_of(verdict::Accepted{}), "");
}

// A directory outage must never turn into a permanent bounce.
TEST(Dialogue, DirectoryOutageDefersInsteadOfRefusing)
{
    auto d = after_mail_from();
    (void)kit::say(d, "RCPT TO:<bob@example.org>");

    const Error outage{EventId::directory_unreachable, "ldap://127.0.0.1:389 refused"};
    const auto step = d.on_recipient(verdict::CannotSay{outage});

    EXPECT_EQ(to_wire(*step.reply), "451 4.3.0 Directory not answering; try again later\r\n");
    EXPECT_EQ(step.next, Next::read_command);
}

// 2.1.5 would say that the address is valid, which nobody knows.
TEST(Dialogue, RecipientTakenUnaskedIsNotCalledValid)
{
    auto d = after_mail_from();
    (void)kit::say(d, "RCPT TO:<bob@example.org>");
    const auto step = d.on_recipient(verdict::Accepted{.unasked = true});
    EXPECT_EQ(to_wire(*step.reply), "250 2.0.0 Taken; the directory is asked later\r\n");
    EXPECT_EQ(d.envelope().recipients, std::vector<Recipient>{{"bob@example.org"}});
}

// Q251152: two objects with one address are mended by hand, and then the mail should still come.
TEST(Dialogue, ByWhichFactsARecipientWasAcceptedGoesWithTheEnvelope)
{
    auto d = after_mail_from();
    (void)kit::say(d, "RCPT TO:<carol@example.org>");
    (void)d.on_recipient(verdict::Accepted{"to=maildir:carol"});
    ASSERT_EQ(d.envelope().recipients.size(), 1u);
    EXPECT_EQ(d.envelope().recipients.front().decided, "to=maildir:carol");
    (void)kit::say(d, "RCPT TO:<dan@example.org>");
    (void)d.on_recipient(verdict::Accepted{});
    ASSERT_EQ(d.envelope().recipients.size(), 2u);
    EXPECT_EQ(d.envelope().recipients.back().decided, "");
}

TEST(Dialogue, AmbiguousRecipientIsDeferred)
{
    auto d = after_mail_from();
    (void)kit::say(d, "RCPT TO:<bob@example.org>");
    EXPECT_EQ(d.on_recipient(verdict::Ambiguous{}).reply->enhanced, "4.1.4");
}

// The sender's administrator gets something to quote, ours something to look up.
TEST(Dialogue, RefusedRecipientHearsWhichRule)
{
    auto d = after_mail_from();
    (void)kit::say(d, "RCPT TO:<board@example.org>");
    EXPECT_EQ(to_wire(*d.on_recipient(verdict::Refused{"members-only"}).reply),
              "550 5.7.1 Refused by rule members-only\r\n");
}

// What is no rule of this session has a code of its own, and its words are not ours to trust.
TEST(Dialogue, RefusalWithACodeOfItsOwnIsSaidSo)
{
    auto d = after_mail_from();
    (void)kit::say(d, "RCPT TO:<board@example.org>");
    const verdict::Refused gone{"imcDisabled", 550, "5.2.1", "Mailbox disabled"};
    EXPECT_EQ(to_wire(*d.on_recipient(gone).reply), "550 5.2.1 Mailbox disabled\r\n");
    (void)kit::say(d, "RCPT TO:<board@example.org>");
    const verdict::Refused row{"a row", 550, "5.7.1", "We have\r\n250 moved"};
    const auto said = to_wire(*d.on_recipient(row).reply);
    EXPECT_EQ(said.find("\r\n250"), std::string::npos) << said;
}

TEST(Dialogue, DataBeforeAnyRecipientIsOutOfOrder)
{
    auto d = after_mail_from();
    EXPECT_EQ(kit::say(d, "DATA").reply->code, 503);
}

// One mistake is answered, a stranger who only makes mistakes is sent away.
TEST(Dialogue, OnlyRepeatedProtocolErrorsClose)
{
    auto d = after_mail_from();
    EXPECT_EQ(d.on_read_failure(ReadFailure::too_long).next, Next::read_command);
    EXPECT_EQ(kit::say(d, "XYZZY").next, Next::read_command);

    const auto third = kit::say(d, "\x01");
    EXPECT_EQ(third.reply->code, 421);
    EXPECT_EQ(third.next, Next::close);
}

// Q297269: a second EHLO was once refused; it acts as RSET.
TEST(Dialogue, SecondEhloForgetsTheTransaction)
{
    auto d = after_mail_from();
    EXPECT_EQ(to_wire(*kit::say(d, "ehlo client.example.net").reply),
              "250-mail.example.org\r\n250-PIPELINING\r\n250-SIZE 67108864\r\n250-8BITMIME\r\n"
              "250-SMTPUTF8\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-DSN\r\n"
              "250-ENHANCEDSTATUSCODES\r\n250-LIMITS MAILMAX=10000 RCPTMAX=2\r\n"
              "250-MT-PRIORITY\r\n250 HELP\r\n");
    EXPECT_EQ(kit::say(d, "RCPT TO:<bob@example.org>").reply->code, 503);
}

// The front-end's certificate would let every client behind it relay and sign in as its owner.
TEST(Dialogue, XclientLeavesTheFrontEndsCertificateBehind)
{
    auto terms = std::make_shared<Terms>();
    terms->xclient_from = {*config::Network::parse("192.0.2.1/32")};
    Peer peer;
    peer.address = "192.0.2.1";
    Dialogue d{terms, peer};
    (void)kit::greet(d);
    auto& tls = d.facts().tls.emplace();
    tls.version = "TLSv1.3";
    tls.client_subject = "CN=front.example.org";
    tls.client_fingerprint = "00aa";
    (void)kit::say(d, "EHLO front.example.org");
    EXPECT_EQ(kit::say(d, "XCLIENT ADDR=198.51.100.7").reply->code, 220);
    EXPECT_EQ(d.facts().peer.address, "198.51.100.7");
    ASSERT_TRUE(d.facts().tls);
    EXPECT_EQ(d.facts().tls->version, "TLSv1.3");
    EXPECT_EQ(d.facts().tls->client_subject, "");
    EXPECT_EQ(d.facts().tls->client_fingerprint, "");
}

TEST(Error, ExplainsItselfInOneLine)
{
    const Error e = Error{EventId::config_load_failed, "SiteDN names ou=Oslo"}.because(
        Error{EventId::exception_handled, "no such object", 2140});
    EXPECT_EQ(e.to_string(),
              "4086: SiteDN names ou=Oslo; because 4037: no such object (error 2140)");
    EXPECT_EQ(to_string(info(EventId::config_load_failed).type), "Error");
}

// recipients-over-32766, Q272672: a message for 32,767 was never delivered, nor ever returned.
// Those within the limit are taken and get it; who never stops is closed on.
TEST(Regression, RecipientsOver32766)
{
    Dialogue d{"mail.example.org", Limits{.recipients = 1000}};
    (void)kit::greet(d);
    (void)kit::say(d, "EHLO client.example.net");
    (void)kit::say(d, "MAIL FROM:<ann@example.net>");
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(kit::say(d, "RCPT TO:<r" + std::to_string(i) + "@example.org>").next,
                  Next::check_recipient);
        EXPECT_EQ(d.on_recipient(verdict::Accepted{}).reply->code, 250);
    }
    for (int i = 1000; i < 32'767; ++i) {
        const auto step = kit::say(d, "RCPT TO:<r" + std::to_string(i) + "@example.org>");
        ASSERT_EQ(to_wire(*step.reply),
                  "452 4.5.3 Too many recipients; send the rest separately\r\n")
            << i;
    }
    EXPECT_EQ(kit::say(d, "DATA").next, Next::receive_message);
    EXPECT_EQ(d.envelope().recipients.size(), 1000U);

    (void)d.on_message(std::string{"Q1"});
    (void)kit::say(d, "MAIL FROM:<ann@example.net>");
    for (int i = 0; i < 1000; ++i) {
        (void)kit::say(d, "RCPT TO:<r@example.org>");
        (void)d.on_recipient(verdict::Accepted{});
    }
    int more = 0;
    while (kit::say(d, "RCPT TO:<r@example.org>").next != Next::close)
        ASSERT_LT(++more, 1'000'000);
}

}  // namespace
}  // namespace imc::smtp
