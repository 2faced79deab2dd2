#include "base/base64.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

// RFC 4648 section 10.
TEST(Base64, TextsOfTheRfcAreThere)
{
    EXPECT_EQ(base64_encode(""), "");
    EXPECT_EQ(base64_encode("f"), "Zg==");
    EXPECT_EQ(base64_encode("fo"), "Zm8=");
    EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64_decode("Zm9vYg=="), "foob");
}

// CVE-2018-6789: a length that is no multiple of four was one octet too many.
TEST(Base64, EachLengthComesBackAsItWas)
{
    std::string octets;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(base64_decode(base64_encode(octets)), octets) << i;
        octets += static_cast<char>(i * 7);
    }
}

TEST(Base64, WhatIsNotEncodedSoDoesNotDecode)
{
    for (const char* bad :
         {"Z", "Zg", "Zg=", "Zh==", "Zg==\r\n", "=Zg=", "Zg== Zg==", "Zg-_", "===="})
        EXPECT_FALSE(base64_decode(bad)) << bad;
}

}  // namespace
}  // namespace imc
