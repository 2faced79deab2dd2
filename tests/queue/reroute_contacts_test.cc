#include "list_world.h"

#include "config/parse.h"

namespace imc::queue {
namespace {

class RerouteOfContacts : public ListWorld {};

// He exists, whatever rows of connectors say.
TEST_F(RerouteOfContacts, MailForAnotherTypeWaitsForAConnectorAndDoesNotBounce)
{
    auto& dora = entries_.emplace_back(transfer::person("dora"));
    dora.attributes["objectClass"] = {"imcContact"};
    dora.attributes["targetAddress"] = {"X400:c=US;a= ;p=Contoso;s=Lee"};
    config::SiteConnector x400;
    x400.name = "x400";
    x400.hosts = {{"x400.contoso.example", 25}};
    x400.spaces = {*config::parse_address_space("X400:*;1;organization")};
    x400.mode = config::TransferMode::inbound;
    config_.connectors = {x400};
    start();
    send({"dora@contoso.example"});
    settle_down();
    ASSERT_EQ(waiting(), 1U) << "no report, and not given up";
    EXPECT_EQ(queue_->counts().failed, 0U);
    const auto rows = queue_->list({.recipient = "dora@contoso.example"});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_NE(rows.front().recipients.front().why.find("No connector of the site carries mail"),
              std::string::npos)
        << rows.front().recipients.front().why;
    crash();
    config_.connectors.front().mode = config::TransferMode::both;
    start();
    pass(2000s);
    EXPECT_EQ(waiting(), 0U);
    ASSERT_EQ(taken_.size(), 1U);
    EXPECT_TRUE(taken_.front().address.starts_with("IMCEAX400-")) << taken_.front().address;
}

}  // namespace
}  // namespace imc::queue
