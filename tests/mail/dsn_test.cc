#include "mail/dsn.h"
#include "mail/trace.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

Report sample()
{
    Report report;
    report.id = "0000000000001";
    report.host = "mail.example.org";
    report.from = "postmaster@example.org";
    report.to = "ann@example.org";
    report.now = WallTime{std::chrono::milliseconds{1'790'000'000'000}};
    report.recipients = {{"bob@example.net", "", "failed", "5.1.1", "mx.example.net[192.0.2.7]:25",
                          "550 5.1.1 no such user"}};
    report.original = "Subject: hello\r\nFrom: ann@example.org\r\n\r\nsecret text\r\n";
    return report;
}

TEST(Report, NamesRecipientStatusHostAndReply)
{
    const auto text = write_report(sample());
    for (const char* line :
         {"Content-Type: multipart/report; report-type=delivery-status;",
          "Auto-Submitted: auto-replied\r\n", "Final-Recipient: rfc822; bob@example.net\r\n",
          "Action: failed\r\n", "Status: 5.1.1\r\n", "Remote-MTA: dns; mx.example.net\r\n",
          "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n", "Subject: hello\r\n"})
        EXPECT_NE(text.find(line), text.npos) << line << " expected in\n" << text;
}

TEST(Report, ReturnsTheHeaderAndNotTheText)
{
    EXPECT_EQ(write_report(sample()).find("secret text"), std::string::npos);
}

// multipart-alternative-ndr (Q188013): the report's form does not follow the original's.
TEST(Regression, MultipartAlternativeNdr)
{
    auto report = sample();
    report.original = "MIME-Version: 1.0\r\nSubject: both\r\n"
                      "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n\r\n"
                      "plain\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>\r\n--x--\r\n";
    const auto text = write_report(report);
    EXPECT_NE(text.find("text/rfc822-headers"), text.npos) << text;
    EXPECT_NE(text.find("Subject: both\r\n"), text.npos);
    EXPECT_EQ(text.find("<p>"), text.npos);
    EXPECT_EQ(text.find("\r\n--x\r\n"), text.npos);
}

// What a peer said must not become part of our structure.
TEST(Report, ReplyWithLineBreaksAndEightBitsStaysOneSevenBitLine)
{
    auto report = sample();
    report.recipients[0].reply = "550 evil\r\nContent-Type: text/html\r\n\r\n\xff";
    const auto text = write_report(report);
    EXPECT_EQ(text.find("\r\nContent-Type: text/html"), text.npos);
    for (const char c : text)
        EXPECT_LT(static_cast<unsigned char>(c), 0x80U);
}

TEST(Received, IsCountedInTheHeaderOnly)
{
    EXPECT_EQ(count_received("Received: a\r\nX: y\r\nreceived: b\r\n\r\nReceived: c\r\n"), 2U);
    EXPECT_EQ(count_received("\r\nReceived: c\r\n"), 0U);
}

TEST(Received, ShowsTheRecipientOnlyWhenThereIsOne)
{
    Hop hop{"client.example", "192.0.2.1", "mail.example.org", "ESMTP", "", WallTime{}};
    EXPECT_EQ(received_line(hop).find("for <"), std::string::npos);
    hop.single_recipient = "bob@example.org";
    EXPECT_NE(received_line(hop).find("\r\n\tfor <bob@example.org>; Thu, 01 Jan 1970"),
              std::string::npos);
}

TEST(Received, HeloOfAStrangerCannotBreakTheLine)
{
    const auto line = received_line({"a\r\nX: y) (", "192.0.2.1", "h", "SMTP", "", WallTime{}});
    EXPECT_EQ(line.find("\r\nX:"), line.npos);
}

}  // namespace
}  // namespace imc::mail
