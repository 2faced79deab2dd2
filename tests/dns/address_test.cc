#include "dns/address.h"

#include "dns/rdata.h"

#include <gtest/gtest.h>

namespace imc::dns {
namespace {

TEST(DnsAddress, LiteralsNeedTheirTag)
{
    EXPECT_EQ(parse_address_literal("[192.0.2.1]"), "192.0.2.1");
    EXPECT_EQ(parse_address_literal("[ipv6:2001:DB8::1]"), "2001:db8::1");
    for (const char* wrong :
         {"192.0.2.1", "[2001:db8::1]", "[IPv6:192.0.2.1]", "[]", "[192.0.2.256]", "["})
        EXPECT_FALSE(parse_address_literal(wrong)) << wrong;
}

TEST(DnsAddress, ServersComeInFourSpellings)
{
    EXPECT_EQ(parse_server("192.0.2.1"), (Server{"192.0.2.1", 53}));
    EXPECT_EQ(parse_server("192.0.2.1@54"), (Server{"192.0.2.1", 54}));
    EXPECT_EQ(parse_server("192.0.2.1:54"), (Server{"192.0.2.1", 54}));
    EXPECT_EQ(parse_server("[::1]:54"), (Server{"::1", 54}));
    EXPECT_EQ(parse_server("::1"), (Server{"::1", 53}));
    for (const char* wrong :
         {"", "a.example", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "[::1"})
        EXPECT_FALSE(parse_server(wrong)) << wrong;
}

TEST(DnsAddress, ResolvConfGivesItsServersAndComplains)
{
    std::vector<std::string> bad;
    const auto servers = parse_resolv_conf("# nameserver 192.0.2.9\nsearch example.net\n"
                                           "nameserver 192.0.2.1\nnameserver\t::1 # here\n"
                                           "nameserver nonsense\nnameservers 192.0.2.8\n",
                                           &bad);
    EXPECT_EQ(servers, (std::vector<Server>{{"192.0.2.1", 53}, {"::1", 53}}));
    EXPECT_EQ(bad.size(), 1u);
}

TEST(DnsAddress, ReverseNames)
{
    EXPECT_EQ(reverse_name("192.0.2.1"), "1.2.0.192.in-addr.arpa.");
    EXPECT_TRUE(reverse_name("::1")->starts_with("1.0.0.0."));
    EXPECT_FALSE(reverse_name("x"));
}

TEST(DnsRdata, NonsenseIsNotRead)
{
    EXPECT_FALSE(read_name("\x05"
                           "abc"));
    EXPECT_FALSE(read_name(""));
    EXPECT_FALSE(read_mx(""));
    EXPECT_FALSE(read_a("abc"));
    EXPECT_FALSE(read_txt("\x05"
                          "abc"));
    EXPECT_FALSE(absolute_name("a..b"));
    EXPECT_FALSE(absolute_name("a b"));
    EXPECT_FALSE(absolute_name(std::string(64, 'a') + ".b"));
    EXPECT_EQ(absolute_name("A.b."), "a.b.");
}

/// A reply with one question and two aliases: a.b -> c.b (by a pointer to "b"), c.b -> d.
std::string reply_with_aliases()
{
    const auto bytes = [](std::string_view text) { return std::string{text}; };
    using namespace std::string_view_literals;
    return bytes("\0\0\x81\x80\0\1\0\2\0\0\0\0"sv) + bytes("\1A\1b\0\0\x0f\0\1"sv) +
           bytes("\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1c\xc0\x0e"sv) +
           bytes("\1C\1b\0\0\5\0\1\0\0\0\x3c\0\3\1d\0"sv);
}

TEST(DnsRdata, AliasesAreFollowedThroughAReply)
{
    using Names = std::vector<std::string>;
    EXPECT_EQ(read_aliases(reply_with_aliases(), "A.b."), (Names{"c.b", "d"}));
    EXPECT_EQ(read_aliases(reply_with_aliases(), "c.b"), Names{"d"});
    EXPECT_EQ(read_aliases(reply_with_aliases(), "x"), Names{});
}

TEST(DnsRdata, ReplyThatIsCutOrPointsToItselfEndsThere)
{
    const auto whole = reply_with_aliases();
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_LE(read_aliases(whole.substr(0, size), "a.b").size(), 1U);
    auto circular = whole;
    circular[12] = '\xc0';
    circular[13] = '\x0c';
    EXPECT_TRUE(read_aliases(circular, "a.b").empty());
}

}  // namespace
}  // namespace imc::dns
