#include "config/contoso_host.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

using namespace std::chrono_literals;

struct LogSettings : ContosoHost {
    ConfigPtr with(const std::string& values)
    {
        std::ofstream{Paths{folder_}.registry(), std::ios::app} << values;
        return load(Paths{folder_}, after(10s), {directory_}).config;
    }
};

TEST_F(LogSettings, WithoutValuesNothingIsCopiedAndEveryCategoryIsAtNone)
{
    const auto config = with("");
    ASSERT_TRUE(config);
    EXPECT_TRUE(config->diagnostics.empty());
    EXPECT_FALSE(config->archival.inbound || config->archival.outbound);
    EXPECT_FALSE(config->archival.stops_mail);
    EXPECT_EQ(config->archival.quota_octets, 10240ULL << 20);
    EXPECT_EQ(config->tracking_log_octets, 20480ULL << 20);
}

TEST_F(LogSettings, AreReadWithTheirUnits)
{
    const auto config =
        with("\"MessageArchival\"=\"Both\"\r\n\"ArchiveQuotaMiB\"=dword:00000002\r\n"
             "\"ArchiveWhenFull\"=\"stop\"\r\n\"TrackingLogMiB\"=dword:00000003\r\n"
             "\"DiagnosticsAddressing\"=dword:00000005\r\n"
             "\"ProtocolLogLevel\"=dword:00000001\r\n"
             "\"ProtocolLogPeers\"=hex(7):31,00,30,00,2e,00,30,00,2e,00,30,00,2e,00,"
             "30,00,2f,00,38,00,00,00,6d,00,78,00,2e,00,61,00,62,00,00,00,00,00\r\n");
    ASSERT_TRUE(config);
    EXPECT_TRUE(config->archival.inbound && config->archival.outbound);
    EXPECT_EQ(config->archival.quota_octets, 2ULL << 20);
    EXPECT_TRUE(config->archival.stops_mail);
    EXPECT_EQ(config->tracking_log_octets, 3ULL << 20);
    EXPECT_EQ(config->diagnostics, (std::vector<std::pair<std::string, unsigned>>{
                                       {"Addressing", 5}, {"SMTP Protocol Log", 1}}));
    EXPECT_TRUE(config->protocol_log.wants("10.1.2.3", ""));
    EXPECT_TRUE(config->protocol_log.wants("192.0.2.1", "mx.ab"));
    EXPECT_FALSE(config->protocol_log.wants("192.0.2.1", "mx.example.net"));
}

TEST(ProtocolLogPeers, AreNetworksAndNamesAndNothingElse)
{
    ProtocolLogSettings log;
    EXPECT_TRUE(log.add_peer(" 192.0.2.0/24 "));
    EXPECT_TRUE(log.add_peer("MX.Example.NET"));
    EXPECT_FALSE(log.add_peer("not a host"));
    EXPECT_FALSE(log.add_peer(""));
    EXPECT_TRUE(log.wants("192.0.2.7", ""));
    EXPECT_TRUE(log.wants("198.51.100.1", "mx.example.net"));
    EXPECT_FALSE(log.wants("198.51.100.1", "example.net"));
}

}  // namespace
}  // namespace imc::config
