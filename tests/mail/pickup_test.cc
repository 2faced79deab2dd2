#include "mail/pickup.h"

#include "mail/local_message.h"

#include <gtest/gtest.h>

#include <chrono>

namespace imc::mail {
namespace {

using List = std::vector<std::string>;

List addresses(const PickupMessage& message)
{
    List out;
    for (const auto& recipient : message.recipients)
        out.push_back(recipient.address);
    return out;
}

std::string flaw(std::string_view text)
{
    const auto parsed = parse_pickup(text);
    return parsed ? "none" : parsed.error().what;
}

// pickup-sender-precedence, Q201314
TEST(Regression, PickupSenderPrecedence)
{
    const std::string rest =
        "From: Ann <ann@a.example>, b@a.example\r\nTo: t@c.example\r\n\r\nbody\r\n";
    EXPECT_EQ(parse_pickup(rest)->sender, "ann@a.example");
    EXPECT_EQ(parse_pickup("Sender: s@a.example\r\n" + rest)->sender, "s@a.example");
    EXPECT_EQ(parse_pickup("X-Sender: <x@a.example>\r\nSender: s@a.example\r\n" + rest)->sender,
              "x@a.example");
    EXPECT_EQ(parse_pickup("x-sender: <>\r\n" + rest)->sender, "");
    const auto both =
        parse_pickup("X-Receiver: r1@c.example\r\nX-RECEIVER: <r2@c.example>\r\n" + rest);
    EXPECT_EQ(addresses(*both), (List{"r1@c.example", "r2@c.example"}));
    EXPECT_EQ(both->text, rest);
}

// bcc-leak-on-submit, Q161943, Q249273
// cc-recipient-lost-when-bcc (Q231803)
TEST(Regression, BccLeakOnSubmit)
{
    const auto m = parse_pickup("From: a@b.example\nTo: x@c.example\nBCC: secret@c.example,\n "
                                "other@c.example\nSubject: s\n\nBcc: in the body\n");
    ASSERT_TRUE(m);
    EXPECT_EQ(addresses(*m), (List{"x@c.example", "secret@c.example", "other@c.example"}));
    EXPECT_EQ(m->text,
              "From: a@b.example\r\nTo: x@c.example\r\nSubject: s\r\n\r\nBcc: in the body\r\n");
}

// pickup-lone-dot (Q221384), pickup-long-to-header (Q294379)
TEST(Regression, PickupLoneDotAndLongToHeader)
{
    std::string to = "To: r0@c.example";
    for (int i = 1; i < 300; ++i)
        to += ",\r\n\tr" + std::to_string(i) + "@c.example";
    const std::string text =
        "From: a@b.example\r\n" + to + "\r\n\r\nfirst\r\n.\r\nMAIL FROM:<x@y>\r\n";
    const auto m = parse_pickup(text);
    ASSERT_TRUE(m);
    EXPECT_EQ(m->text, text);
    EXPECT_EQ(m->recipients.size(), 300U);
}

TEST(Pickup, FlawIsNamed)
{
    EXPECT_EQ(flaw(""), "the file does not begin with a header");
    EXPECT_EQ(flaw("no header here\r\n\r\n"), "the file does not begin with a header");
    EXPECT_NE(flaw("From: a@b.example\r\n\r\n").find("no recipient"), std::string::npos);
    EXPECT_NE(flaw("To: a@b.example\r\n\r\n").find("no sender"), std::string::npos);
    EXPECT_NE(flaw("X-Sender: a@b.example\r\nX-Receiver: nobody\r\n\r\n").find("X-Receiver"),
              std::string::npos);
    EXPECT_NE(flaw("From: a@b.example\r\nTo: c@d.example, broken@\r\n\r\n").find("broken@"),
              std::string::npos)
        << "nobody is left out without a word";
    EXPECT_EQ(flaw("From: a@b.example\r\nX-Receiver: c@d.example\r\nTo: Team\r\n\r\n"), "none");
    EXPECT_NE(flaw("X-Sender: a@b.example\r\nX-Sender: c@b.example\r\nTo: c@d.example\r\n\r\n")
                  .find("two"),
              std::string::npos);
}

TEST(Pickup, EachRecipientGetsItOnce)
{
    EXPECT_EQ(
        addresses(*parse_pickup("From: a@b.example\r\nTo: c@d.example\r\nCc: c@d.example\r\n\r\n")),
        List{"c@d.example"});
}

TEST(Pickup, ParametersStandBehindTheAddress)
{
    const auto m = parse_pickup("X-Sender: <a@b.example> RET=HDRS\nX-Receiver: <\"a>b\"@c.example> "
                                "NOTIFY=NEVER\nX-Receiver: d@c.example\n\nx\n");
    ASSERT_TRUE(m);
    EXPECT_EQ(m->parameters, " RET=HDRS");
    EXPECT_EQ(m->recipients, (std::vector<PickupRecipient>{{"\"a>b\"@c.example", " NOTIFY=NEVER"},
                                                           {"d@c.example", ""}}));
    EXPECT_NE(flaw("X-Sender: a@b.example RET=HDRS\nX-Receiver: d@c.example\n\nx\n"), "none");
}

// An author's X-Receiver line, of a web form perhaps, must not add a recipient.
TEST(Pickup, EnvelopeEndsAtItsMark)
{
    const auto m =
        parse_pickup("X-Sender: <>\nX-Receiver: <a@b.example>\nx-endofinjectedxheaders: 1\n"
                     "X-Receiver: spam@c.example\nX-Sender: <w@c.example>\nTo: t@c.example\n"
                     "Bcc: u@c.example\n\nx\n");
    ASSERT_TRUE(m);
    EXPECT_EQ(m->sender, "");
    EXPECT_EQ(addresses(*m), List{"a@b.example"});
    EXPECT_EQ(m->text, "X-Receiver: spam@c.example\r\nX-Sender: <w@c.example>\r\nTo: "
                       "t@c.example\r\n\r\nx\r\n");
}

TEST(Pickup, LoneNamesAreCompleted)
{
    const auto m =
        parse_pickup("From: root (Cron Daemon)\nSender: <root>\nTo: ann,\n bob@c.example, "
                     "\"C D\" <cd>, Team: eve;\nSubject: root\n\nTo: root\n",
                     "ours.example");
    ASSERT_TRUE(m) << flaw("");
    EXPECT_EQ(m->sender, "root@ours.example");
    EXPECT_EQ(addresses(*m),
              (List{"ann@ours.example", "bob@c.example", "cd@ours.example", "eve@ours.example"}));
    EXPECT_EQ(m->text,
              "From: root@ours.example (Cron Daemon)\r\nSender: <root@ours.example>\r\nTo: "
              "ann@ours.example,\r\n bob@c.example, \"C D\" <cd@ours.example>, Team: "
              "eve@ours.example;\r\nSubject: root\r\n\r\nTo: root\r\n");
    const auto envelope =
        parse_pickup("X-Sender: root\nX-Receiver: <postmaster>\n\nx\n", "ours.example");
    ASSERT_TRUE(envelope);
    EXPECT_EQ(addresses(*envelope), List{"postmaster@ours.example"});
    EXPECT_FALSE(parse_pickup("From: root\nTo: Our Team\n\nx\n", "ours.example"))
        << "several words are nobody's address";
    EXPECT_EQ(flaw("From: a@b.example\nTo: our team@c.example\n\nx\n"),
              "To: \"ourteam@c.example\": several words");
    EXPECT_EQ(flaw("From: a @ b.example\nTo: our . team@c.example (x)\n\nx\n"), "none");
}

TEST(Pickup, FlawOfTheHeadersSenderDoesNotMatterWhereverXSenderStands)
{
    const std::string from = "From: two words\r\n", sender = "X-Sender: <x@a.example>\r\n",
                      rest = "To: t@c.example\r\n\r\nbody\r\n";
    for (const auto& text : {from + sender + rest, sender + from + rest}) {
        const auto m = parse_pickup(text);
        ASSERT_TRUE(m) << m.error().what;
        EXPECT_EQ(m->sender, "x@a.example");
    }
    EXPECT_NE(flaw(from + rest).find("several words"), std::string::npos);
    EXPECT_NE(flaw("From: two words, b@a.example\r\nSender: s@a.example\r\n" + rest).find("From"),
              std::string::npos);
}

TEST(Pickup, EveryKindOfLineEndBecomesCrLf)
{
    const auto m =
        parse_pickup("From: a@b.example\nTo: x@c.example\r\r\n\r\none\rtwo\r\r\r\nthree");
    ASSERT_TRUE(m);
    EXPECT_EQ(m->text, "From: a@b.example\r\nTo: x@c.example\r\n\r\none\r\ntwo\r\nthree");
}

// Each recipient was once compared with all before it: this took minutes.
TEST(Pickup, HundredThousandRecipientsAreReadInSeconds)
{
    constexpr std::size_t count = 100'000;
    std::string lines, to = "To: r@c.example";
    for (std::size_t i = 0; i < count; ++i) {
        const auto address = "r" + std::to_string(i) + "@c.example";
        lines += "X-Receiver: <" + address + ">\r\n";
        to += ",\r\n " + address;
    }
    const auto begun = std::chrono::steady_clock::now();
    const auto envelope = parse_pickup("X-Sender: <a@b.example>\r\n" + lines + "\r\nx\r\n");
    const auto header = parse_pickup("From: a@b.example\r\n" + to + "\r\n\r\nx\r\n", "b.example");
    const auto named = header_recipients(to + "\r\n");
    EXPECT_EQ(with_crlf(std::string(1 << 20, '\r')).size(), 2U << 20U);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{30});
    ASSERT_TRUE(envelope && header && named);
    EXPECT_EQ(envelope->recipients.size(), count);
    EXPECT_EQ(header->recipients.size(), count + 1);
    EXPECT_EQ(named->size(), count + 1);
}

}  // namespace
}  // namespace imc::mail
