#include "policy/filter_table.h"

#include "config/policy_rows.h"

#include <gtest/gtest.h>

namespace imc::policy {
namespace {

std::vector<config::FilterRow> rows(std::initializer_list<const char*> texts)
{
    std::vector<config::FilterRow> out;
    for (const auto* text : texts)
        out.push_back(*config::parse_filter_row(text, 1, config::FilterAction::reject));
    return out;
}

std::string row_for(const FilterTable& table, std::string_view address)
{
    const auto* row = table.find(address);
    return row == nullptr ? "none" : row->text;
}

// turf-exact-vs-subdomain, Q193437, Q247296
TEST(Regression, TurfExactVsSubdomainDecides)
{
    const FilterTable table{
        rows({"user@one.example", "@two.example", "#@three.example", "#four.example", "friend",
              "joe@[192.0.2.1]", "@[192.0.2.2]", "<>"})};
    EXPECT_EQ(row_for(table, "user@one.example"), "user@one.example");
    EXPECT_EQ(row_for(table, "other@one.example"), "none");
    EXPECT_EQ(row_for(table, "user@sub.one.example"), "none");
    EXPECT_EQ(row_for(table, "x@two.example"), "@two.example");
    EXPECT_EQ(row_for(table, "x@a.b.two.example"), "@two.example");
    EXPECT_EQ(row_for(table, "x@nottwo.example"), "none");
    EXPECT_EQ(row_for(table, "x@three.example"), "#@three.example");
    EXPECT_EQ(row_for(table, "x@sub.three.example"), "none");
    EXPECT_EQ(row_for(table, "x@four.example"), "#four.example");
    EXPECT_EQ(row_for(table, "friend@anywhere.example"), "friend");
    EXPECT_EQ(row_for(table, "friendly@anywhere.example"), "none");
    EXPECT_EQ(row_for(table, "joe@[192.0.2.1]"), "joe@[192.0.2.1]");
    EXPECT_EQ(row_for(table, "x@[192.0.2.2]"), "@[192.0.2.2]");
    EXPECT_EQ(row_for(table, ""), "<>");
}

// turf-case-and-whitespace, Q155683
TEST(Regression, TurfCaseAndWhitespaceDecides)
{
    const FilterTable table{rows({"  Spam@DOM.example "})};
    EXPECT_EQ(row_for(table, "SPAM@Dom.Example"), "Spam@DOM.example");
    EXPECT_EQ(row_for(table, "spam@dom.example."), "Spam@DOM.example");
    EXPECT_EQ(row_for(table, "\"spam\"@dom.example"), "Spam@DOM.example");
}

TEST(FilterTable, ClosestRowDecides)
{
    const FilterTable table{
        rows({"joe", "@example", "@b.example", "#@b.example", "joe@b.example"})};
    EXPECT_EQ(row_for(table, "joe@b.example"), "joe@b.example");
    EXPECT_EQ(row_for(table, "ann@b.example"), "#@b.example");
    EXPECT_EQ(row_for(table, "ann@c.b.example"), "@b.example");
    EXPECT_EQ(row_for(table, "joe@z.example"), "@example");
    EXPECT_EQ(row_for(table, "joe@elsewhere.test"), "joe");
}

TEST(FilterTable, EveryAddressOfEveryFromFieldIsCompared)
{
    const FilterTable table{rows({"@bad.example", "<>"})};
    const auto hit = [&](std::string_view header) {
        const auto found = table.judge_header(header);
        return found ? found->matched : std::string{"none"};
    };
    EXPECT_EQ(hit("From: \"good@fine.example\" <x@bad.example>\r\n\r\n"), "x@bad.example");
    EXPECT_EQ(hit("From: \"x@bad.example\" <good@fine.example>\r\n\r\n"), "none");
    EXPECT_EQ(hit("From: good@fine.example\r\n (comment),\r\n\tX@Bad.Example\r\n\r\n"),
              "X@Bad.Example");
    EXPECT_EQ(hit("From: good@fine.example\r\nfrom : x@bad.example\r\n\r\n"), "x@bad.example");
    EXPECT_EQ(hit("From: team: a@fine.example, b@bad.example;\r\n\r\n"), "b@bad.example");
    EXPECT_EQ(hit("From: <x@bad.example\r\n\r\n"), "x@bad.example") << "a flaw must not hide it";
    EXPECT_EQ(hit("From: x(a)@(b)bad.example\r\n\r\n"), "x@bad.example");
    EXPECT_EQ(hit("From:\r\n\r\n"), "<>");
    EXPECT_EQ(hit("To: x@bad.example\r\n\r\nFrom: x@bad.example\r\n"), "none");
}

TEST(FilterTable, HitsAreCountedAndGoOnInTheNextGeneration)
{
    const FilterTable first{rows({"@bad.example", "@worse.example"})};
    first.count(first.judge_sender("x@bad.example").value());
    first.count(first.judge_sender("y@bad.example").value());
    first.count(first.judge_header("From: x@worse.example\r\n\r\n").value());
    const FilterTable next{rows({"@worse.example", "@new.example", "@bad.example"}), &first};
    const auto counts = next.counts();
    ASSERT_EQ(counts.size(), 3U);
    EXPECT_EQ(counts[0].hits, 1U);
    EXPECT_EQ(counts[1].hits, 0U);
    EXPECT_EQ(counts[2].hits, 2U);
    // Q285860: a row that was removed stayed in force.
    const FilterTable last{{}, &next};
    EXPECT_FALSE(last.judge_sender("x@bad.example"));
}

}  // namespace
}  // namespace imc::policy
