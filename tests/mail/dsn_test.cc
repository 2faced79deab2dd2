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
    report.recipients = {{"bob@example.net", "", Action::failed, "5.1.1",
                          "mx.example.net[192.0.2.7]:25", "550 5.1.1 no such user"}};
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

TEST(Report, TellsWhenAHostWasAskedLastAndNotWhenTheReportWasMade)
{
    auto report = sample();
    EXPECT_EQ(write_report(report).find("Last-Attempt-Date"), std::string::npos)
        << "nobody was asked";
    report.recipients[0].last_attempt = report.now - std::chrono::hours{1};
    EXPECT_NE(write_report(report).find("Last-Attempt-Date: " +
                                        rfc5322_date(report.now - std::chrono::hours{1})),
              std::string::npos);
}

TEST(Report, SubjectOfGoodNewsSaysNoMoreThanIsKnown)
{
    const auto subject = [](Action action) {
        auto report = sample();
        report.recipients[0].action = action;
        const auto text = write_report(report);
        const auto at = text.find("Subject: ");
        return text.substr(at, text.find("\r\n", at) - at);
    };
    EXPECT_EQ(subject(Action::delivered), "Subject: Your mail was delivered");
    EXPECT_EQ(subject(Action::relayed), "Subject: Your mail was passed on");
    EXPECT_EQ(subject(Action::expanded), "Subject: Your mail was sent to a list");
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

// ndr-reason-code-invalid (Q230288)
TEST(Report, StatusIsAlwaysOneThatProgramsCanRead)
{
    EXPECT_EQ(valid_status("5.1.1", "", Action::failed), "5.1.1");
    EXPECT_EQ(valid_status("", "550 5.7.26 no", Action::failed), "5.7.26");
    for (const char* wrong : {"", "-1", "5.1", "5.1.1234", "5.1.1.1", "5.1.1 x", "2.0.0"})
        EXPECT_EQ(valid_status(wrong, "550 no", Action::failed), "5.0.0") << wrong;
    EXPECT_EQ(valid_status("4.4.7", "", Action::failed), "5.4.7");
    EXPECT_EQ(valid_status("5.1.1", "", Action::delayed), "4.0.0");
    EXPECT_EQ(valid_status("", "250 2.1.5 ok", Action::relayed), "2.1.5");
    auto report = sample();
    report.recipients[0].status = "nonsense";
    report.recipients[0].reply = "999 nonsense";
    EXPECT_NE(write_report(report).find("\r\nStatus: 5.0.0\r\n"), std::string::npos);
}

// ndr-size-text-wrong (Q257264, Q270910, Q153754)
TEST(Report, OfASizeSaysHowLargeItIsAndWhoseTheLimitIs)
{
    auto report = sample();
    report.octets = 73'400'320;
    report.recipients[0].status = "5.3.4";
    report.recipients[0].reply = "552 5.3.4 at most 10485760";
    const auto theirs = write_report(report);
    EXPECT_NE(theirs.find("too large"), theirs.npos);
    EXPECT_NE(theirs.find("It has 73400320 octets. The limit is that of mx.example.net:"),
              theirs.npos);
    EXPECT_NE(theirs.find("said: 552 5.3.4 at most 10485760"), theirs.npos);
    report.recipients[0].host.clear();
    EXPECT_NE(write_report(report).find("The limit is ours, at mail.example.org:"),
              std::string::npos);
}

TEST(Report, OfADelaySaysThatNothingNeedsToBeDoneAndUntilWhen)
{
    auto report = sample();
    report.recipients[0].action = Action::delayed;
    report.recipients[0].status = "4.4.1";
    report.recipients[0].retry_until = report.now + std::chrono::hours{24};
    const auto text = write_report(report);
    EXPECT_NE(text.find("NOTHING NEEDS TO BE DONE"), text.npos);
    EXPECT_NE(text.find("\r\nWill-Retry-Until: " + rfc5322_date(report.recipients[0].retry_until)),
              text.npos);
    EXPECT_NE(text.find("Subject: Your mail is delayed"), text.npos);
    EXPECT_NE(text.find("\r\nFinal-Log-ID: 0000000000001\r\n"), text.npos);
}

// Words first: what happened, why, what to do.
TEST(Report, SaysInWordsWhyAndWhatTheSenderCanDo)
{
    const auto text = write_report(sample());
    const auto words = text.substr(0, text.find("message/delivery-status"));
    for (const char* line :
         {"could not be delivered", "  <bob@example.net>\r\n", "Nobody has this address there.",
          "What you can do: Look at its spelling",
          "mx.example.net[192.0.2.7]:25 said: 550 5.1.1 no such user"})
        EXPECT_NE(words.find(line), words.npos) << line;
}

TEST(Report, AddressBeyondAsciiFitsASevenBitReport)
{
    EXPECT_EQ(typed_address("bob@example.net", false), "rfc822; bob@example.net");
    EXPECT_EQ(typed_address("b\u00f6b@example.net", false), "utf-8; b\\x{F6}b@example.net");
    EXPECT_EQ(typed_address("\U0001f4a9@x", false), "utf-8; \\x{1F4A9}@x");
    EXPECT_EQ(typed_address("b\u00f6b@example.net", true), "utf-8; b\u00f6b@example.net");
}

// ndr-supplementary-info-too-long (Q238419): what a peer says is bounded, whatever it says.
TEST(Report, ReplyOfAnyLengthIsCut)
{
    auto report = sample();
    report.recipients[0].reply = "550 " + std::string(1 << 20, 'x');
    EXPECT_LT(write_report(report).size(), 10'000U);
}

TEST(Report, WhatIsReturnedWholeCannotEndItsPart)
{
    auto report = sample();
    const auto first = write_report(report);
    const auto at = first.find("boundary=\"") + 10;
    const auto boundary = first.substr(at, first.find('"', at) - at);
    const std::string original = "Subject: x\r\n\r\n--" + boundary + "--\r\n";
    report.original = original;
    report.whole = true;
    EXPECT_EQ(write_report(report).find("boundary=\"" + boundary + "\""), std::string::npos);
    EXPECT_TRUE(can_be_returned(original));
    for (const auto& bad : {std::string{"a\nb\r\n"}, std::string{"a\rb\r\n"}, std::string{"a"},
                            std::string("a\0b\r\n", 5), std::string(999, 'x') + "\r\n"})
        EXPECT_FALSE(can_be_returned(bad));
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
