#include "mail/local_message.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

using List = std::vector<std::string>;

TEST(LocalMessage, EveryKindOfLineEndBecomesCrlf)
{
    const auto m = read_local_message("To: a\nCc: b\r\r\n\nx\ry\r\nz\r");
    EXPECT_EQ(m.header, "To: a\r\nCc: b\r\n");
    EXPECT_EQ(m.body, "x\r\ny\r\nz\r\n");
}

TEST(LocalMessage, HeaderEndsAtTheFirstLineThatIsNoField)
{
    EXPECT_EQ(read_local_message("hello\nTo: a\n").header, "");
    EXPECT_EQ(read_local_message("hello\nTo: a\n").body, "hello\r\nTo: a\r\n");
    const auto m = read_local_message("To: a\n b\nthis is text\nCc: c\n");
    EXPECT_EQ(m.header, "To: a\r\n b\r\n");
    EXPECT_EQ(m.body, "this is text\r\nCc: c\r\n");
    EXPECT_EQ(read_local_message(" folded: first\n").header, "");
    EXPECT_EQ(read_local_message("\nTo: a\n").body, "To: a\r\n");
    EXPECT_EQ(read_local_message("To: a").header, "To: a\r\n");
    EXPECT_EQ(read_local_message("").header, "");
}

TEST(LocalMessage, LineOfAnMboxIsLeftOut)
{
    EXPECT_EQ(read_local_message("From ann Tue Nov 24 12:00:00 2026\nTo: a\n\nx").header,
              "To: a\r\n");
    EXPECT_EQ(read_local_message("From : ann\n\nx").header, "From : ann\r\n");
    EXPECT_EQ(read_local_message("From ann\nTo: a\n", Mbox::none).body, "From ann\r\nTo: a\r\n");
}

TEST(LocalMessage, RecipientsAreThoseOfTheHeaderEachOnce)
{
    EXPECT_EQ(
        *header_recipients("To: ann, Bob <bob@c.example>\r\nCc: ann\r\nBcc: (x) e@c.example\r\n"
                           "Subject: f@c.example\r\n"),
        (List{"ann", "bob@c.example", "e@c.example"}));
    EXPECT_EQ(*header_recipients("To: a\r\nResent-To: b\r\nResent-Bcc: c\r\n"), (List{"b", "c"}));
    EXPECT_EQ(header_recipients("To: ann, bro ken@\r\n").error().what,
              "To: \"broken@\": several words");
    EXPECT_EQ(header_recipients("To: ann, ann@\r\n").error().what,
              "To: \"ann@\": no domain after '@'");
    EXPECT_EQ(*header_recipients("To: x@local.invalid\r\n"), List{"x@local.invalid"});
    EXPECT_FALSE(header_recipients("To: Our Team\r\n"));
}

TEST(LocalMessage, MailboxIsQuotedOrEncodedWhereItMustBe)
{
    EXPECT_EQ(mailbox("", "ann"), "ann");
    EXPECT_EQ(mailbox("Ann Lee", "ann"), "Ann Lee <ann>");
    EXPECT_EQ(mailbox("Lee, \"Ann\"", "ann"), "\"Lee, \\\"Ann\\\"\" <ann>");
    EXPECT_EQ(mailbox("J\xc3\xb6rg", "j@c.example"), "=?UTF-8?B?SsO2cmc=?= <j@c.example>");
    EXPECT_EQ(mailbox("a\r\nBcc: b", "ann"), "\"aBcc: b\" <ann>");
    EXPECT_EQ(mailbox("\xff", "ann"), "\"?\" <ann>");
}

}  // namespace
}  // namespace imc::mail
