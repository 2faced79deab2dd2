#include "smtp/sasl/messages.h"

#include <gtest/gtest.h>

namespace imc::smtp::sasl {
namespace {

std::string plain(std::string_view authorization, std::string_view user, std::string_view password)
{
    return std::string{authorization} + '\0' + std::string{user} + '\0' + std::string{password};
}

// RFC 4616 section 4.
TEST(PlainMessage, HoldsThreeTexts)
{
    const auto message = parse_plain(plain("Ursel", "Kurt", "xipj3plmq"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->authorization, "Ursel");
    EXPECT_EQ(message->user, "Kurt");
    EXPECT_EQ(message->password, "xipj3plmq");
}

TEST(PlainMessage, AnythingElseIsNone)
{
    EXPECT_FALSE(parse_plain(""));
    EXPECT_FALSE(parse_plain("tim"));
    EXPECT_FALSE(parse_plain(std::string{"tim\0tanstaaftanstaaf", 20}));
    EXPECT_FALSE(parse_plain(plain("", "", "p")));
    EXPECT_FALSE(parse_plain(plain("", "u", "")));
    EXPECT_FALSE(parse_plain(plain("", "u", std::string{"p\0x", 3})));
    EXPECT_FALSE(parse_plain(plain("", "u\xff", "p")));
    EXPECT_FALSE(parse_plain(plain("", "u", std::string(1025, 'p'))));
    EXPECT_TRUE(parse_plain(plain("", "u", std::string(1024, 'p'))));
}

// RFC 5802 section 5: the example of SCRAM-SHA-1 has the same messages.
TEST(ScramFirst, IsReadAsTheRfcWritesIt)
{
    const auto message = parse_scram_first("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->binding, Binding::none);
    EXPECT_EQ(message->header, "n,,");
    EXPECT_EQ(message->user, "user");
    EXPECT_EQ(message->nonce, "fyko+d2lbbFgONRv9qkxdawL");
    EXPECT_EQ(message->bare, "n=user,r=fyko+d2lbbFgONRv9qkxdawL");
}

TEST(ScramFirst, NamesAreUnescapedAndExtensionsPassedOver)
{
    const auto message = parse_scram_first("p=tls-exporter,a=x=3Dy,n=a=2Cb,r=1,x=some,Y=more");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->binding, Binding::required);
    EXPECT_EQ(message->binding_type, "tls-exporter");
    EXPECT_EQ(message->authorization, "x=y");
    EXPECT_EQ(message->user, "a,b");
    EXPECT_EQ(message->header, "p=tls-exporter,a=x=3Dy,");
}

TEST(ScramFirst, AnythingElseIsNone)
{
    for (const auto* bad : {"",
                            "n",
                            "n,",
                            "n,,",
                            "n=user,r=1",
                            "n,,r=1,n=user",
                            "n,,n=,r=1",
                            "n,,n=u,r=",
                            "n,,n=u",
                            "x,,n=u,r=1",
                            "p=,,n=u,r=1",
                            "p=a_b,,n=u,r=1",
                            "n,b=x,n=u,r=1",
                            "n,,n=a=b,r=1",
                            "n,,n=a=2,r=1",
                            "n,,n=u,r=1,",
                            "n,,n=u,r=1,m=ext",
                            "n,,m=ext,n=u,r=1",
                            "n,,n=u,r=a b",
                            "n,a=,n=u,r=1",
                            "n,,n=u\xff,r=1",
                            "n,,n=u,r=1,x",
                            "n,,n=u,r=1,x=",
                            "n,,n=u,r=1,,"})
        EXPECT_FALSE(parse_scram_first(bad)) << bad;
    EXPECT_FALSE(parse_scram_first(std::string{"n,,n=u\0v,r=1", 12}));
    EXPECT_FALSE(parse_scram_first("n,,n=u,r=" + std::string(513, 'r')));
}

TEST(ScramFinal, IsReadAsTheRfcWritesIt)
{
    const auto message =
        parse_scram_final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                          "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->binding, "n,,");
    EXPECT_EQ(message->nonce, "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    EXPECT_EQ(message->proof.size(), 32U);
    EXPECT_EQ(message->without_proof,
              "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
}

TEST(ScramFinal, AnythingElseIsNone)
{
    const std::string proof = ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    EXPECT_TRUE(parse_scram_final("c=biws,r=1" + proof));
    EXPECT_TRUE(parse_scram_final("c=biws,r=1,x=some" + proof));
    for (const auto& bad :
         {std::string{}, std::string{"c=biws,r=1"}, proof, "c=biws" + proof, "r=1,c=biws" + proof,
          "c=bi!s,r=1" + proof, "c=,r=1" + proof, "c=biws,r=" + proof, "c=biws,r=1," + proof,
          "c=biws,r=1,m=x" + proof, "c=biws,r=1" + proof + "=", "c=biws,r=1" + proof + ",x=1",
          std::string{"c=biws,r=1,p=AA=="}})
        EXPECT_FALSE(parse_scram_final(bad)) << bad;
}

}  // namespace
}  // namespace imc::smtp::sasl
