#include "app/service/tls_doors.h"
#include "base/files.h"

#include "base/files.h"
#include "cli/certificate.h"
#include "config/parse.h"
#include "event/sinks.h"
#include "kit/certificates.h"

#include <gtest/gtest.h>

namespace imc::app {
namespace {

class Doors : public testing::Test {
protected:
    Doors()
    {
        events_.add(ring_sink(ring_));
        (void)cli::make_certificate(real_files(), folder_ / "", "mail.example.org");
        config_.host_name = "mail.example.org";
        config_.tls.certificates = {{"*", folder_ / "imc.crt", folder_ / "imc.key"}};
        listen({"127.0.0.1:25", "127.0.0.1:465 name=submit.example.org", "127.0.0.1:26 tls=none"});
    }

    void listen(const std::vector<std::string>& rows)
    {
        config_.listeners.clear();
        for (const auto& row : rows)
            config_.listeners.push_back(*config::parse_listener(row));
    }

    kit::Folder folder_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
    EventLog events_;
    config::Config config_;
};

TEST_F(Doors, EachListenerWithTlsHasItsOwn)
{
    TlsDoors doors{events_};
    doors.take(config_);
    ASSERT_TRUE(doors.server("127.0.0.1:25"));
    EXPECT_TRUE(doors.server("127.0.0.1:25")->ready());
    EXPECT_EQ(doors.server("127.0.0.1:25")->banner(), "mail.example.org");
    EXPECT_EQ(doors.server("127.0.0.1:465")->banner(), "submit.example.org");
    EXPECT_FALSE(doors.server("127.0.0.1:26")) << "tls=none";
    EXPECT_FALSE(doors.server("127.0.0.1:27"));
}

TEST_F(Doors, GenerationThatChangesNothingHereKeepsThem)
{
    TlsDoors doors{events_};
    doors.take(config_);
    const auto before = doors.server("127.0.0.1:25");
    listen({"127.0.0.1:25 without=DSN", "127.0.0.1:587"});
    doors.take(config_);
    EXPECT_EQ(doors.server("127.0.0.1:25"), before);
    EXPECT_TRUE(doors.server("127.0.0.1:587"));
    EXPECT_FALSE(doors.server("127.0.0.1:465"));
}

// Sessions and their tickets outlive the settings they came from.
TEST_F(Doors, OtherCertificatesMakeOtherDoorsWithTheSameTicketKeys)
{
    TlsDoors doors{events_};
    doors.take(config_);
    const auto before = doors.server("127.0.0.1:25");
    config_.tls.certificates.push_back({"x.example", folder_ / "imc.crt", folder_ / "imc.key"});
    doors.take(config_);
    const auto now = doors.server("127.0.0.1:25");
    EXPECT_NE(now, before);
    EXPECT_EQ(now->certificates().in_use().size(), 2u);
    EXPECT_EQ(now->certificates().ticket_keys(), before->certificates().ticket_keys());
    EXPECT_TRUE(before->ready());
}

TEST_F(Doors, MissingCertificateIsSaidAndTakenWhenItComes)
{
    config_.tls.certificates = {{"*", folder_ / "later.crt", folder_ / "later.key"}};
    TlsDoors doors{events_};
    doors.take(config_);
    EXPECT_FALSE(doors.server("127.0.0.1:25")->ready());
    const auto made = kit::make_certificate({.name = "later.example"});
    kit::write_key(made, folder_ / "later.key");
    kit::write_certificate(made, folder_ / "later.crt");
    doors.refresh();
    doors.refresh();
    EXPECT_TRUE(doors.server("127.0.0.1:25")->ready());
}

}  // namespace
}  // namespace imc::app
