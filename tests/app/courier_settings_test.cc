#include "app/service/courier_settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace imc::app {
namespace {

class CourierDeskTest : public testing::Test {
protected:
    CourierDeskTest() { config_.host_name = "mail.example.org"; }
    ~CourierDeskTest() override { std::filesystem::remove_all(folder_); }

    Result<smtp::client::CourierSettings> settings()
    {
        return desk_.settings(config_, profile_, "smtp:[relay]:25");
    }
    void write(const std::string& text, unsigned mode = 0600)
    {
        profile_.auth_user = "ann";
        profile_.auth_password_file = folder_ + "/p";
        std::ofstream{profile_.auth_password_file, std::ios::trunc} << text;
        std::filesystem::permissions(profile_.auth_password_file,
                                     static_cast<std::filesystem::perms>(mode));
    }

    std::string folder_ = [] {
        auto pattern = (std::filesystem::temp_directory_path() / "imc-desk-XXXXXX").string();
        return std::string{::mkdtemp(pattern.data())};
    }();
    smtp::client::HostMemory hosts_;
    CourierDesk desk_{hosts_};
    config::Config config_;
    config::DomainProfile profile_;
};

TEST_F(CourierDeskTest, EachFieldOfTheProfileReachesTheCourier)
{
    profile_.hosts = {{"relay", 25}};
    profile_.tls = config::OutboundTls::encrypt;
    profile_.eight_bit = config::EightBitMail::refuse;
    profile_.recipients_per_transaction = 7;
    profile_.message_octets = 1000;
    profile_.source_address = "192.0.2.1";
    profile_.source_address6 = "2001:db8::1";
    const auto made = settings();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->dialogue.hostname, "mail.example.org");
    EXPECT_EQ(made->dialogue.tls, config::OutboundTls::encrypt);
    EXPECT_EQ(made->dialogue.eight_bit, config::EightBitMail::refuse);
    EXPECT_EQ(made->dialogue.recipients, 7u);
    EXPECT_EQ(made->dialogue.most_octets, 1000u);
    EXPECT_EQ(made->source, (smtp::client::Source{"192.0.2.1", "2001:db8::1"}));
    EXPECT_TRUE(made->tls);
    EXPECT_EQ(made->hosts, &hosts_);
    EXPECT_FALSE(made->dialogue.credentials);
    // Couriers of one route take turns together.
    EXPECT_EQ(made->turn, settings()->turn);
}

TEST_F(CourierDeskTest, HostsOfDnsTakeNoTurns) { EXPECT_FALSE(settings()->turn); }

TEST_F(CourierDeskTest, PasswordIsReadAgainWhenItsFileChanges)
{
    write("one\n");
    const auto first = settings()->dialogue.credentials;
    EXPECT_EQ(first->password(), "one");
    EXPECT_EQ(settings()->dialogue.credentials, first);
    write("two\n");
    EXPECT_EQ(settings()->dialogue.credentials->password(), "two");
}

TEST_F(CourierDeskTest, PasswordThatOthersCanReadOrThatIsGoneIs40625)
{
    write("secret\n", 0644);
    auto made = settings();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().event(), EventId::peer_password_unusable);
    EXPECT_EQ(made.error().detail().find("secret"), std::string::npos);
    profile_.auth_password_file += ".gone";
    EXPECT_EQ(settings().error().event(), EventId::peer_password_unusable);
}

TEST_F(CourierDeskTest, AuthoritiesThatCannotBeReadAreAnError)
{
    profile_.tls = config::OutboundTls::verify;
    config_.tls.outbound_ca_file = folder_ + "/none.crt";
    EXPECT_FALSE(settings());
    config_.tls.outbound_ca_file.clear();
    EXPECT_TRUE(settings());
}

}  // namespace
}  // namespace imc::app
