#include "directory/password.h"

#include "directory/saslprep.h"

#include <gtest/gtest.h>

namespace imc {
namespace {

std::string hex(const Digest& digest)
{
    std::string out;
    for (const auto octet : digest) {
        constexpr std::string_view digits = "0123456789abcdef";
        out += digits[octet >> 4U];
        out += digits[octet & 15U];
    }
    return out;
}

// RFC 4013 section 3: the examples.
TEST(Saslprep, ExamplesOfTheRfcComeOutAsItSays)
{
    EXPECT_EQ(saslprep("I\xc2\xadX", Prepared::to_keep), "IX");
    EXPECT_EQ(saslprep("user", Prepared::to_keep), "user");
    EXPECT_EQ(saslprep("USER", Prepared::to_keep), "USER");
    EXPECT_EQ(saslprep("\xc2\xaa", Prepared::to_keep), "a");
    EXPECT_EQ(saslprep("\xe2\x85\xa8", Prepared::to_keep), "IX");
    EXPECT_EQ(saslprep("\x07", Prepared::to_keep), std::nullopt);
    EXPECT_EQ(saslprep("\xd8\xa7\x31", Prepared::to_keep), std::nullopt);  // bidirectional check
}

TEST(Saslprep, TextsThatNobodyCanCompareAreNone)
{
    EXPECT_EQ(saslprep("", Prepared::to_ask), std::nullopt);
    EXPECT_EQ(saslprep("\xc2\xad", Prepared::to_ask), std::nullopt);  // nothing is left of it
    EXPECT_EQ(saslprep("a\xff", Prepared::to_ask), std::nullopt);
    EXPECT_EQ(saslprep(std::string_view{"a\0b", 3}, Prepared::to_ask), std::nullopt);
}

// RFC 3454 section 7: a question may hold what is younger than our tables, a kept text may not.
TEST(Saslprep, YoungCharactersAreAskedForButNotKept)
{
    const auto* young = "pa\xe2\xb1\xa0ss";  // U+2C60, Unicode 5.0
    EXPECT_TRUE(saslprep(young, Prepared::to_ask));
    EXPECT_FALSE(saslprep(young, Prepared::to_keep));
}

// RFC 7677 section 3: user "user", password "pencil".
TEST(ScramKeys, AreThoseOfTheRfcsExample)
{
    const auto salt = base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==");
    ASSERT_TRUE(salt);
    const auto keys = make_scram_keys("pencil", *salt, 4096);
    EXPECT_EQ(to_user_password(keys), "{SCRAM-SHA-256}4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                                      "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                                      "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

TEST(ScramKeys, AreReadInOurFormAndInDovecots)
{
    const auto keys = make_scram_keys("pencil", "salt of 16 octet", 5000);
    EXPECT_EQ(parse_scram_keys(to_user_password(keys)), keys);
    auto commas = to_user_password(keys);
    for (char& c : commas)
        if (c == ':' || c == '$') c = ',';
    EXPECT_EQ(parse_scram_keys(commas), keys);
}

TEST(ScramKeys, AnythingElseIsNone)
{
    const auto good = to_user_password(make_scram_keys("pencil", "salt of 16 octet", 5000));
    for (const auto& bad :
         {std::string{}, std::string{"secret"}, good.substr(1), good.substr(0, good.size() - 4),
          good + "=", "{SCRAM-SHA-256}0" + good.substr(19),
          std::string{"{SCRAM-SHA-256}99999999999:AA==$AA==:AA=="}})
        EXPECT_FALSE(parse_scram_keys(bad)) << bad;
}

// RFC 4231, test case 2.
TEST(Hmac, IsThatOfTheRfcsExample)
{
    const std::string key = "Jefe";
    const std::span octets_of_key{reinterpret_cast<const std::uint8_t*>(key.data()), key.size()};
    EXPECT_EQ(hex(hmac_sha256(octets_of_key, "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Base64, EveryOctetComesBackAndNothingElseIsRead)
{
    std::string all;
    for (int i = 0; i < 256; ++i)
        all += static_cast<char>(i);
    for (std::size_t size = 0; size < 5; ++size) {
        const auto some = all.substr(250, size);
        EXPECT_EQ(base64_decode(base64_encode(some)), some);
    }
    EXPECT_EQ(base64_decode(base64_encode(all)), all);
    for (const auto* bad :
         {"A", "AA", "AAA", "AB==", "AAB=", "A===", "====", "AA==AA==", "AA=A", "A A="})
        EXPECT_FALSE(base64_decode(bad)) << bad;
}

TEST(PasswordHash, MatchesItsPasswordAndNoOther)
{
    const auto values = new_user_passwords("correct horse");
    ASSERT_EQ(values.size(), 2U);
    EXPECT_TRUE(values[0].starts_with("{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$"));
    EXPECT_TRUE(password_matches(values, "correct horse"));
    EXPECT_FALSE(password_matches(values, "correct horsf"));
    EXPECT_FALSE(password_matches(values, ""));
    EXPECT_NE(hash_password("a"), hash_password("a"));  // salted
}

TEST(PasswordHash, ScramKeysAloneTellItAsWell)
{
    const std::vector values{to_user_password(make_scram_keys("pencil", "salt of 16 octet", 4096))};
    EXPECT_TRUE(password_matches(values, "pencil"));
    EXPECT_FALSE(password_matches(values, "pencils"));
}

// A password in the clear, however it came into the directory, opens nothing.
TEST(PasswordHash, OtherSchemesMatchNothing)
{
    for (const auto* value :
         {"secret", "{CLEARTEXT}secret", "{PLAIN}secret", "{ARGON2}", "{ARGON2}$argon2i$x"})
        EXPECT_FALSE(password_matches(std::vector<std::string>{value}, "secret")) << value;
}

// Whoever may write a hash must not be able to make the service take all memory.
TEST(PasswordHash, UnaffordableParametersAreNotTried)
{
    auto value = hash_password("secret");
    value.replace(value.find("m=19456"), 7, "m=4194304");
    EXPECT_FALSE(password_matches(std::vector{value}, "secret"));
}

}  // namespace
}  // namespace imc
