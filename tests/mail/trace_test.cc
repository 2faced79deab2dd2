#include "mail/trace.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace imc::mail
