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

}  // namespace
}  // namespace imc::dns
