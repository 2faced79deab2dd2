#include "app/service/counter_list.h"

#include "kit/paths.h"
#include "queue/reason.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>

namespace imc::app {
namespace {

std::string metric(const CounterRow& row)
{
    return "imc_" + std::string{row.name} + (row.kind == CounterKind::now ? "" : "_total");
}

std::string dash(std::string_view text) { return text.empty() ? "-" : std::string{text}; }

std::string content(const std::string& path)
{
    std::ifstream file{kit::source_dir() + "/" + path};
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

TEST(CounterList, IsTheGoldenOne)
{
    std::string made;
    for (const auto& row : counter_list())
        made += metric(row) + " | " + (row.kind == CounterKind::now ? "gauge" : "counter") + " | " +
                dash(row.historic) + " | " + std::string{row.help} + "\n";
    for (std::size_t i = 0; i < queue::reasons; ++i)
        made += "imc_waiting_" + std::string{queue::name_of(static_cast<queue::Reason>(i))} +
                " | gauge | - | Recipients of which each ...\n";
    auto golden = content("tests/data/counters.txt");
    golden.erase(0, golden.find('\n') + 1);  // the comment
    EXPECT_EQ(made, golden);
}

TEST(CounterList, TheManualShowsEachRow)
{
    const auto manual = content("docs/manual/counters.md");
    for (const auto& row : counter_list()) {
        const auto line = "| `" + metric(row) + "` | " + std::string{row.help} + " | " +
                          dash(row.historic) + " |\n";
        EXPECT_NE(manual.find(line), std::string::npos) << line;
    }
    for (std::size_t i = 0; i < queue::reasons; ++i) {
        const auto name =
            "`imc_waiting_" + std::string{queue::name_of(static_cast<queue::Reason>(i))} + "`";
        EXPECT_NE(manual.find(name), std::string::npos) << name;
    }
}

TEST(CounterList, NoHistoricCounterIsMissing)
{
    constexpr std::array wanted{"Queued MTS-IN",
                                "Bytes Queued MTS-IN",
                                "Messages Entering MTS-IN",
                                "Queued MTS-OUT",
                                "Bytes Queued MTS-OUT",
                                "Messages Entering MTS-OUT",
                                "Messages Leaving MTS-OUT",
                                "Connections Inbound",
                                "Connections Outbound",
                                "Connections Total Outbound",
                                "Connections Total Inbound",
                                "Connections Total Rejected",
                                "Connections Total Failed",
                                "Queued Outbound",
                                "Queued Inbound",
                                "NDRs Total Inbound",
                                "NDRs Total Outbound",
                                "Inbound Bytes Total",
                                "Outbound Bytes Total",
                                "Inbound Messages Total",
                                "Outbound Messages Total",
                                "Total Failed Conversions",
                                "Total Successful Conversions",
                                "Total Inbound Kilobytes",
                                "Total Outbound Kilobytes",
                                "Total Inbound Recipients",
                                "Total Outbound Recipients",
                                "Total Messages Queued",
                                "Total Kilobytes Queued",
                                "Total Recipients Queued",
                                "Total Loops Detected"};
    for (const std::string_view name : wanted)
        EXPECT_EQ(std::ranges::count(counter_list(), name, &CounterRow::historic), 1) << name;
}

TEST(CounterList, TheDashboardAsksForNothingElse)
{
    std::set<std::string> known;
    for (const auto& row : counter_list())
        known.insert(metric(row));
    for (std::size_t i = 0; i < queue::reasons; ++i)
        known.insert("imc_waiting_" + std::string{queue::name_of(static_cast<queue::Reason>(i))});
    const auto text = content("share/grafana/imc.json");
    std::size_t asked = 0;
    for (auto at = text.find("imc_"); at != text.npos; at = text.find("imc_", at + 1)) {
        const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
        EXPECT_TRUE(known.contains(text.substr(at, end - at))) << text.substr(at, end - at);
        ++asked;
    }
    EXPECT_GT(asked, 20U);
}

TEST(CounterList, NoNameStandsTwice)
{
    std::set<std::string_view> names;
    for (const auto& row : counter_list())
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
}

TEST(CounterList, WhatIsDeclaredReadsZeroInsteadOfMissing)
{
    metrics::Registry metrics;
    declare_counters(metrics);
    EXPECT_NE(metrics.open_metrics().find("\nimc_reports_on_outbound_mail_total 0\n"),
              std::string::npos);
}

}  // namespace
}  // namespace imc::app
