#include "config/link_settings.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

TEST(LinkSettings, AHookIsAProgramWithWordsAndATimeLimit)
{
    const auto hook = parse_link_hook("open;/usr/sbin/link up  'a b';30").value();
    EXPECT_TRUE(hook.opens);
    EXPECT_EQ(hook.words, (std::vector<std::string>{"/usr/sbin/link", "up", "'a", "b'"}))
        << "no shell reads it";
    EXPECT_EQ(hook.limit, std::chrono::seconds{30});
    EXPECT_FALSE(parse_link_hook("close;/bin/true;1").value().opens);
    for (const auto* row :
         {"", "open", "dial;/bin/true;5", "open;true;5", "open;;5", "open;/bin/true;0",
          "open;/bin/true;3601", "open;/bin/true;", "open;/bin/true;5;6", "open;/bin/tr\x01ue;5"})
        EXPECT_FALSE(parse_link_hook(row)) << row;
}

// etrn-domain-selection (Q269771): what is asked for is what is written.
TEST(LinkSettings, AnEtrnJobNamesItsHostAndEachDomain)
{
    const auto job =
        parse_etrn_job("Mail.Provider.example:26;Contoso.example, @branch.example,#ann").value();
    EXPECT_EQ(job.host, (Host{"mail.provider.example", 26}));
    EXPECT_EQ(job.nodes, (std::vector<std::string>{"contoso.example", "@branch.example", "#ann"}));
    EXPECT_EQ(to_row(job), "mail.provider.example:26;contoso.example,@branch.example,#ann");
    EXPECT_EQ(to_row(parse_etrn_job("[2001:db8::1];a.example").value()),
              "[2001:db8::1]:25;a.example");
    for (const auto* row : {"", "host.example", "host.example;", "host.example;a b", ";a.example",
                            "host.example;a.example,", "host.example;@", "host.example;#",
                            "host.example;a.example;b.example", "host.example;#a\r\nQUIT"})
        EXPECT_FALSE(parse_etrn_job(row)) << row;
}

}  // namespace
}  // namespace imc::config
