#include "mail/list_header.h"

#include <gtest/gtest.h>

namespace imc::mail {
namespace {

// RFC 2369, RFC 2919, RFC 9228
TEST(ListHeader, NamesTheListWhereNobodyHasNamedOneBefore)
{
    const ListNames staff{"staff@contoso.example", "Our \"Staff\"", "owner@contoso.example"};
    EXPECT_EQ(list_header(staff, "Subject: x\r\n"),
              "Delivered-To: staff@contoso.example\r\n"
              "List-Id: \"Our \\\"Staff\\\"\" <staff.contoso.example>\r\n"
              "List-Post: <mailto:staff@contoso.example>\r\n"
              "List-Owner: <mailto:owner@contoso.example>\r\n"
              "List-Help: <mailto:owner@contoso.example>\r\n"
              "Precedence: list\r\n");
    EXPECT_EQ(list_header(staff, "list-id: <other.example>\r\nList-Post: NO\r\nPrecedence: bulk\r\n"
                                 "List-Owner: <mailto:x@y>\r\nList-Help: <mailto:x@y>\r\n"),
              "Delivered-To: staff@contoso.example\r\n");
}

TEST(ListHeader, OfAMailboxTellsNothingButWhereTheCopyWas)
{
    EXPECT_EQ(list_header({"alice@contoso.example", "Alice", "", false}, ""),
              "Delivered-To: alice@contoso.example\r\n");
}

// Who names a list must not write fields.
TEST(ListHeader, WordsOfTheDirectoryNeverBecomeStructure)
{
    const auto text = list_header({"a@b.example\r\nBcc: x", "x\r\nBcc: y <z>", "o\r\n>,<x"}, "");
    EXPECT_EQ(text.find("\r\nBcc"), text.npos) << text;
    EXPECT_NE(text.find("List-Id: \"xBcc: y z\" <"), text.npos) << text;
}

TEST(ListHeader, IdIsMadeOfDotsLettersAndDigits)
{
    EXPECT_EQ(list_id("Staff@Contoso.Example"), "staff.contoso.example");
    EXPECT_EQ(list_id("a..b+c.@contoso.example"), "a.-b-c.contoso.example");
    EXPECT_EQ(list_id("staff"), "staff");
}

TEST(ListHeader, CopyThatComesBackIsKnown)
{
    EXPECT_TRUE(has_been_at("Delivered-To: <STAFF@contoso.example>\r\n", "staff@contoso.example"));
    EXPECT_TRUE(
        has_been_at("Delivered-To: x@example.net\r\ndelivered-to:\r\n staff@contoso.example\r\n",
                    "staff@Contoso.example"));
    EXPECT_FALSE(
        has_been_at("Delivered-To: staff@contoso.example.net\r\n", "staff@contoso.example"));
    EXPECT_FALSE(has_been_at("To: staff@contoso.example\r\n", "staff@contoso.example"));
}

}  // namespace
}  // namespace imc::mail
