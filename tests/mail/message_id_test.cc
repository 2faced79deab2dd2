#include "mail/trace.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

TEST(MessageId, IsFoundInTheHeaderHoweverItIsWritten)
{
    EXPECT_EQ(message_id("A: b\r\nmessage-id:<x@y>\r\n\r\n"), "<x@y>");
    EXPECT_EQ(message_id("Message-ID:\r\n <long@y>\r\n\r\n"), "<long@y>");
    EXPECT_EQ(message_id("Message-ID: <x@y>"), "<x@y>");
    EXPECT_EQ(message_id("Message-ID: <x\t@\x01y>\r\n"), "<x\\x09@\\x01y>");
}

TEST(MessageId, OfTheTextIsNone)
{
    EXPECT_EQ(message_id("A: b\r\n\r\nMessage-ID: <x@y>\r\n"), "");
    EXPECT_EQ(message_id(""), "");
    EXPECT_EQ(message_id("Message-ID:"), "");
    EXPECT_EQ(message_id("\n\n"), "");
}

}  // namespace
}  // namespace imc::mail
