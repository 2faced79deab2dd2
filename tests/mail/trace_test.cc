#include "mail/trace.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace imc::mail {
namespace {

// RFC 3848 and RFC 6531 4.3 name them; there is no other.
TEST(Trace, ProtocolIsOneOfTheRegisteredNames)
{
    EXPECT_EQ(with_protocol(false, false, false, false), "SMTP");
    EXPECT_EQ(with_protocol(true, false, false, false), "ESMTP");
    EXPECT_EQ(with_protocol(true, true, true, false), "ESMTPSA");
    EXPECT_EQ(with_protocol(true, false, true, true), "UTF8SMTPA");
    EXPECT_EQ(with_protocol(true, true, false, true), "UTF8SMTPS");
}

TEST(Trace, ReceivedSaysNameAddressAndCipher)
{
    Hop hop;
    hop.helo = "x";
    hop.name = "mx.example.net";
    hop.peer = "2001:db8::1";
    hop.host = "mail.example.org";
    hop.protocol = "ESMTPS";
    hop.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
    EXPECT_EQ(received_line(hop),
              "Received: from x (mx.example.net [IPv6:2001:db8::1])\r\n\tby mail.example.org with "
              "ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384); Thu, 01 Jan 1970 00:00:00 +0000\r\n");
}

TEST(Trace, ReceivedNamesTheIdUnderWhichTheQueueHasTheMessage)
{
    Hop hop;
    hop.helo = "x";
    hop.peer = "192.0.2.1";
    hop.host = "mail.example.org";
    hop.protocol = "ESMTP";
    hop.id = "000000000001A";
    hop.single_recipient = "ann@example.org";
    EXPECT_EQ(received_line(hop),
              "Received: from x ([192.0.2.1])\r\n\tby mail.example.org with ESMTP id "
              "000000000001A\r\n\tfor <ann@example.org>; Thu, 01 Jan 1970 00:00:00 +0000\r\n");
}

// Q326322: a reverse name is a stranger's text, too.
TEST(Trace, AReverseNameOfAnyLengthIsHarmless)
{
    Hop hop;
    hop.helo = "x";
    hop.name = std::string(5000, 'n') + ")\r\nX: y";
    hop.peer = "192.0.2.1";
    const auto line = received_line(hop);
    EXPECT_LT(line.size(), 600u);
    EXPECT_EQ(line.find("\r\nX:"), std::string::npos);
}

// date-nz-dst-13h (Q161839, Q175475): a zone with summer time put the date 13 hours ahead. Ours are
// in UTC, wherever we stand.
TEST(Regression, DateNzDst13h)
{
    const WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} +
                        std::chrono::hours{12}};
    const char* const before = std::getenv("TZ");
    const std::string kept = before != nullptr ? before : "";
    ::setenv("TZ", "NZST-12NZDT,M9.5.0,M4.1.0/3", 1);
    ::tzset();
    EXPECT_EQ(rfc5322_date(noon), "Thu, 15 Jan 2026 12:00:00 +0000");
    if (before != nullptr)
        ::setenv("TZ", kept.c_str(), 1);
    else
        ::unsetenv("TZ");
    ::tzset();
}

// received-comment-with-date (Q190084): trace fields of others are counted, never read.
TEST(Regression, ReceivedCommentWithDate)
{
    EXPECT_EQ(
        count_received("Received: from a by b (5.65/1.1.8.2/14Feb98-0313PM) id AA1; no date\r\n"
                       "Received: (unparsable; 14 Feb 1998\r\nReceived:\r\n\r\n"),
        3U);
}

}  // namespace
}  // namespace imc::mail
