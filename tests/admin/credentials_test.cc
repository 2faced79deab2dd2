#include "admin/credentials.h"

#include <gtest/gtest.h>

namespace imc::admin {
namespace {

TEST(Credentials, CookieIsFoundAmongOthersByItsWholeName)
{
    EXPECT_EQ(cookie_of("a=1; imc_session=xyz; b=2", session_cookie), "xyz");
    EXPECT_EQ(cookie_of("imc_session=xyz", session_cookie), "xyz");
    EXPECT_EQ(cookie_of("imc_session2=xyz; ximc_session=q", session_cookie), "");
    EXPECT_EQ(cookie_of("", session_cookie), "");
    EXPECT_EQ(cookie_of("imc_session", session_cookie), "");
    EXPECT_EQ(cookie_of("imc_session=a=b", session_cookie), "a=b");
}

// One was planted by a page under another name of this host, and which one cannot be seen.
TEST(Credentials, TwoCookiesOfTheNameAreNone)
{
    EXPECT_EQ(cookie_of("imc_session=a; imc_session=b", session_cookie), "");
}

TEST(Credentials, BearerTokenIsOneWordOfPrintableAscii)
{
    EXPECT_EQ(bearer_of("Bearer imc_12"), "imc_12");
    EXPECT_EQ(bearer_of("bearer  imc_12 "), "imc_12");
    EXPECT_EQ(bearer_of("Basic YTpi"), "");
    EXPECT_EQ(bearer_of("Bearer"), "");
    EXPECT_EQ(bearer_of("Bearer a b"), "");
    EXPECT_EQ(bearer_of("Bearer " + std::string(201, 'x')), "");
    EXPECT_EQ(bearer_of("Bearer \xc3\xa4"), "");
}

TEST(Credentials, HostIsReadWithoutPortAndInLowerCase)
{
    EXPECT_EQ(host_of("Admin.Example.org:8025"), "admin.example.org");
    EXPECT_EQ(host_of("admin.example.org."), "admin.example.org");
    EXPECT_EQ(host_of("127.0.0.1:80"), "127.0.0.1");
    EXPECT_EQ(host_of("[::1]:80"), "::1");
    EXPECT_EQ(host_of("[::1]"), "::1");
    EXPECT_FALSE(host_of(std::string_view{"[::1\0evil]:8", 12})) << "an address ends with its text";
}

TEST(Credentials, WhatIsNoAuthorityIsNoHost)
{
    for (const char* text : {"", ":80", "a b", "a:b", "a:0", "a:99999", "[::1", "[x]:80", "[]",
                             "[127.0.0.1]", "[::1]80", "user@host", "a/b", "a\tb", "..%2f"})
        EXPECT_FALSE(host_of(text)) << text;
}

TEST(Credentials, OriginIsOursWhenItsAuthorityIsTheHosts)
{
    EXPECT_TRUE(same_origin("http://a.example:80", "a.example:80"));
    EXPECT_TRUE(same_origin("https://A.example", "a.example"));
    EXPECT_FALSE(same_origin("http://a.example", "a.example:80"));
    EXPECT_FALSE(same_origin("http://evil.example", "a.example"));
    EXPECT_FALSE(same_origin("http://a.example.evil.example", "a.example"));
    EXPECT_FALSE(same_origin("null", "a.example"));
    EXPECT_FALSE(same_origin("ftp://a.example", "a.example"));
    EXPECT_FALSE(same_origin("http://", ""));
}

TEST(Credentials, SecretsAreTheSameWhenEveryOctetIs)
{
    EXPECT_TRUE(same_secret("abc", "abc"));
    EXPECT_FALSE(same_secret("abc", "abd"));
    EXPECT_FALSE(same_secret("abc", "ab"));
    EXPECT_FALSE(same_secret("", "a"));
}

TEST(Caller, EachRoleMayWhatStandsBeforeIt)
{
    Caller who;
    EXPECT_FALSE(who.may(Role::view));
    EXPECT_TRUE(who.may(Role::nobody));
    who.role = Role::operates;
    EXPECT_TRUE(who.may(Role::view));
    EXPECT_TRUE(who.may(Role::help_desk));
    EXPECT_TRUE(who.may(Role::operates));
    EXPECT_FALSE(who.may(Role::administrator));
}

TEST(Caller, RolesAreReadAsTheyAreWritten)
{
    for (const auto role : {Role::view, Role::help_desk, Role::operates, Role::administrator})
        EXPECT_EQ(parse_role(name_of(role)), role);
    EXPECT_EQ(parse_role("Help-Desk"), Role::help_desk);
    EXPECT_FALSE(parse_role("nobody"));
    EXPECT_FALSE(parse_role(""));
}

TEST(Caller, HelpDeskOfADomainSeesThatDomainOnly)
{
    Caller who;
    who.role = Role::help_desk;
    EXPECT_TRUE(who.sees("bob@other.example"));
    who.domain = "contoso.example";
    EXPECT_TRUE(who.sees("bob@CONTOSO.example"));
    EXPECT_TRUE(who.sees("<bob@contoso.example>"));
    EXPECT_FALSE(who.sees("bob@other.example"));
    EXPECT_FALSE(who.sees("bob@x.contoso.example"));
    EXPECT_FALSE(who.sees("<>"));
    EXPECT_FALSE(who.sees(""));
}

}  // namespace
}  // namespace imc::admin
