#include "policy/connection_table.h"

#include "config/policy_rows.h"

#include <gtest/gtest.h>

namespace imc::policy {
namespace {

ConnectionTable table(std::initializer_list<const char*> texts)
{
    std::vector<config::ConnectionRow> rows;
    for (const auto* text : texts)
        rows.push_back(*config::parse_connection_row(text, rows.size() + 1));
    return ConnectionTable{std::move(rows)};
}

bool rejected(const ConnectionTable& rows, const char* peer)
{
    return judge_connection(rows.find(peer), peer).has_value();
}

// rejected-host-wrong-code, Q173279, Q155920: a build greeted with 220 and failed later.
TEST(Regression, RejectedHostWrongCode)
{
    const auto rows = table({"192.0.2.0/24 reject", "198.51.100.0/24 reject 521 no mail from here",
                             "203.0.113.0/24 reject 421"});
    const auto plain = judge_connection(rows.find("192.0.2.1"), "192.0.2.1");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->code, 554);
    EXPECT_EQ(plain->enhanced, "5.7.1");
    EXPECT_EQ(plain->rule, "ConnectionTable 192.0.2.0/24");
    EXPECT_TRUE(plain->close);
    const auto own = judge_connection(rows.find("198.51.100.9"), "198.51.100.9");
    EXPECT_EQ(own->code, 521);
    EXPECT_EQ(own->text, "no mail from here");
    EXPECT_EQ(judge_connection(rows.find("203.0.113.1"), "203.0.113.1")->enhanced, "4.7.1");
    EXPECT_FALSE(rejected(rows, "192.0.3.1"));
}

// accept-inside-reject-precedence, Q155920, Q316205
TEST(Regression, AcceptInsideRejectPrecedence)
{
    for (const auto& rows : {table({"157.57.0.0/16 reject", "157.57.10.0/24 accept"}),
                             table({"157.57.10.0/24 accept", "157.57.0.0/16 reject"})}) {
        EXPECT_TRUE(rejected(rows, "157.57.1.1"));
        EXPECT_FALSE(rejected(rows, "157.57.10.1"));
    }
    const auto all = table({"0.0.0.0/0 reject", "157.57.10.0/24 accept"});
    EXPECT_TRUE(rejected(all, "198.51.100.1"));
    EXPECT_FALSE(rejected(all, "157.57.10.1"));
    EXPECT_FALSE(rejected(all, "2001:db8::1"));
    EXPECT_EQ(table({"10.0.0.0/8 reject", "10.0.0.0/9 accept", "10.128.0.0/9 accept"}).idle_rows(),
              std::vector<std::string>{"10.0.0.0/8 reject"});
}

TEST(ConnectionTable, TermsOfANetworkAreDemandedAtMail)
{
    const auto rows = table({"192.0.2.0/24 require-tls,require-auth"});
    const auto* row = rows.find("192.0.2.1");
    EXPECT_FALSE(judge_connection(row, "192.0.2.1"));
    EXPECT_EQ(judge_terms(row, false, true)->rule, "ConnectionTable 192.0.2.0/24 require-tls");
    EXPECT_EQ(judge_terms(row, true, false)->code, 530);
    EXPECT_FALSE(judge_terms(row, true, true));
    EXPECT_FALSE(judge_terms(nullptr, false, false));
}

TEST(ConnectionTable, RowsThatNeverDecideAreAWarning)
{
    config::Config config;
    config.policy.connections = {*config::parse_connection_row("10.0.0.0/9 accept", 1),
                                 *config::parse_connection_row("10.0.0.0/8 reject", 2),
                                 *config::parse_connection_row("10.128.0.0/9 accept", 3)};
    std::vector<config::Assertion> out;
    judge_connection_table(config, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out.front().status, config::Status::warning);
    EXPECT_EQ(out.front().found, "\"10.0.0.0/8 reject\"");
}

}  // namespace
}  // namespace imc::policy
