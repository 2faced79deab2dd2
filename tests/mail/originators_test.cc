#include "mail/originators.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

using List = std::vector<std::string>;

List from(const std::string& value)
{
    const auto found = read_originators("Subject: x\r\nFrom: " + value + "\r\n\r\n");
    return found.flaw.empty() ? found.from : List{"flaw"};
}

// RFC 5322 3.4 and appendix A.
TEST(Originators, AddressesAreFoundInEveryFormOfAMailbox)
{
    EXPECT_EQ(from("ann@example.org"), List{"ann@example.org"});
    EXPECT_EQ(from("Ann <ann@example.org>"), List{"ann@example.org"});
    EXPECT_EQ(from("\"Ann, of <x@y>\" <ann@example.org>"), List{"ann@example.org"});
    EXPECT_EQ(from("\"Joe Q. Public\" <john.q.public@example.com>"),
              List{"john.q.public@example.com"});
    EXPECT_EQ(from("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
              List{"pete@silly.test"});
    EXPECT_EQ(from("=?utf-8?q?Andr=C3=A9?= Pirard <a@b.c>"), List{"a@b.c"});
    EXPECT_EQ(from("ann (Ann (of Oslo)) @ example . org"), List{"ann@example.org"});
    EXPECT_EQ(from("\"ann b\"@example.org"), List{"\"ann b\"@example.org"});
    EXPECT_EQ(from("<@relay,@other:ann@example.org>"), List{"ann@example.org"});
    EXPECT_EQ(from("ann@[192.0.2.1]"), List{"ann@[192.0.2.1]"});
    EXPECT_EQ(from("Ann\r\n <ann@example.org>"), List{"ann@example.org"});
    EXPECT_EQ(from("b@x <ann@example.org>"), List{"ann@example.org"});
}

TEST(Originators, ListsAndGroupsAreReadWhole)
{
    EXPECT_EQ(from("a@x, B <b@x>,, c@x"), (List{"a@x", "b@x", "c@x"}));
    EXPECT_EQ(from("A Group:Ed Jones <joe@where.test>,john@one.test;, x@y"),
              (List{"joe@where.test", "john@one.test", "x@y"}));
}

// Somebody's reader might show what we passed over: a line that cannot be read says so.
TEST(Originators, WhatCannotBeReadIsAFlaw)
{
    for (const auto* bad :
         {"", "ann", "@example.org", "ann@", "<>", "ann@x bob@y", "<ann@x> <bob@y>", "<ann@x> bob",
          "\"ann@x", "(ann@x", "Ann <ann@x", "<<ann@x>>", "ann@x>", "a:b:c@x;", "<ann bob@x>",
          "undisclosed:;", "<@relay ann@x>", "ann\\@x"})
        EXPECT_EQ(from(bad), List{"flaw"}) << bad;
}

// One field twice is how two readers are made to see two authors.
TEST(Originators, EveryFromAndSenderLineCounts)
{
    const auto found = read_originators("From: ann@x\r\nfrom : eve@y\r\nSENDER: bob@z\r\n"
                                        "X-From: no@x\r\nSubject: a\r\n From: no@x\r\n\r\n"
                                        "From: body@x\r\n");
    EXPECT_EQ(found.from, (List{"ann@x", "eve@y"}));
    EXPECT_EQ(found.sender, List{"bob@z"});
    EXPECT_EQ(found.from_lines, 2U);
    EXPECT_EQ(found.sender_lines, 1U);
    EXPECT_EQ(found.flaw, "");
    EXPECT_EQ(read_originators("Subject: x\r\n\r\n").from_lines, 0U);
    EXPECT_NE(read_originators("From: a@x\r\nSender: nobody\r\n").flaw, "");
}

}  // namespace
}  // namespace imc::mail
