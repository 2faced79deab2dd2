#include "queue/reports.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace imc::queue {
namespace {

using namespace std::chrono_literals;
using mail::Action;
using mail::Automatic;

struct ReportsTest : testing::Test {
    config::Config config;
    spool::Envelope envelope;
    std::string text = "From: ann@example.org\r\nSubject: x\r\nMessage-ID: <m@x>\r\n\r\ntext\r\n";
    WallTime now{std::chrono::hours{24 * 365 * 50}};
    DoubleBounces bounces;

    ReportsTest()
    {
        config.host_name = "mail.example.org";
        config.local_domains = {"example.org", "fabrikam.example"};
        config.administrator.address = "admin@example.org";
        envelope.sender = "ann@example.net";
        envelope.recipients = {{"bob@example.com"}, {"carol@example.com"}, {"dave@example.com"}};
        envelope.arrived_at = now - 1h;
    }
    Reports make(const std::vector<Told>& told)
    {
        const spool::Body body = std::make_shared<const std::string>(text);
        return make_reports(config, envelope, body, spool::MessageId{7}, told, now, &bounces);
    }
    static Told failed(std::uint32_t i, const std::string& status = "5.1.1")
    {
        return {i, Action::failed, status, "550 " + status + " no", "mx.example.com[192.0.2.7]:25"};
    }
    static Told with(std::uint32_t i, Action action)
    {
        return {i, action, action == Action::delayed ? "4.4.1" : "2.0.0", "250 ok", "mx"};
    }
    static std::string body_of(const Reports& reports, std::size_t i = 0)
    {
        return std::string{reports.messages.at(i).body.memory()};
    }
    static std::vector<std::string> to(const Reports& reports)
    {
        std::vector<std::string> out;
        for (const auto& message : reports.messages)
            out.push_back(message.envelope.recipients.at(0).address);
        return out;
    }
    using Names = std::vector<std::string>;
};

// ndr-null-sender (Q200059, Q250507)
TEST_F(ReportsTest, EveryReportHasNoSenderAndSaysThatAProgramMadeIt)
{
    for (const auto action :
         {Action::failed, Action::delayed, Action::delivered, Action::relayed, Action::expanded}) {
        envelope.recipients[0].notify = 2 | 4 | 8;
        const auto reports = make({with(0, action)});
        ASSERT_EQ(to(reports), Names{"ann@example.net"}) << to_string(action);
        EXPECT_EQ(reports.messages[0].envelope.sender, "");
        const auto report = body_of(reports);
        EXPECT_NE(report.find("\r\nAuto-Submitted: auto-replied\r\n"), report.npos);
        EXPECT_NE(report.find("\r\nAction: " + std::string{to_string(action)}), report.npos);
        EXPECT_NE(report.find("\r\nIn-Reply-To: <m@x>\r\n"), report.npos);
    }
}

// RFC 3461 4.1: nothing said means failures and delays.
TEST_F(ReportsTest, NotifyDecidesWhatTheSenderHears)
{
    const std::map<std::uint8_t, std::set<Action>> wanted{
        {0, {Action::failed, Action::delayed}},
        {1, {}},
        {2, {Action::delivered, Action::relayed, Action::expanded}},
        {4, {Action::failed}},
        {8, {Action::delayed}},
        {2 | 8, {Action::delivered, Action::relayed, Action::expanded, Action::delayed}},
    };
    for (const auto& [notify, actions] : wanted)
        for (const auto action : {Action::failed, Action::delayed, Action::delivered,
                                  Action::relayed, Action::expanded}) {
            envelope.recipients[0].notify = notify;
            EXPECT_EQ(make({with(0, action)}).messages.size(), actions.contains(action) ? 1U : 0U)
                << int{notify} << " " << to_string(action);
        }
}

// One report for the sender, and each recipient in it with what became of it.
TEST_F(ReportsTest, OneReportTellsOfAllRecipientsWhoAsked)
{
    envelope.recipients[1].notify = 2;
    envelope.recipients[2].notify = 1;
    const auto reports = make({failed(0), with(1, Action::delivered), failed(2)});
    ASSERT_EQ(to(reports), Names{"ann@example.net"});
    const auto report = body_of(reports);
    EXPECT_NE(report.find("Final-Recipient: rfc822; bob@example.com\r\nAction: failed\r\n"),
              report.npos);
    EXPECT_NE(report.find("Final-Recipient: rfc822; carol@example.com\r\nAction: delivered\r\n"),
              report.npos);
    EXPECT_EQ(report.find("dave@"), report.npos);
    EXPECT_EQ(reports.of, (std::vector<ReportOf>{{0, 0}, {1, 0}, {2, {}}}));
}

// ndr-wrong-recipients-large-dl (Q220882), ndr-array-overrun (Q194896): whoever failed is reported,
// and nobody else, however many there are.
TEST_F(ReportsTest, AmongHundredsExactlyThoseThatFailedAreReported)
{
    std::mt19937 random{3};
    for (int round = 0; round < 5; ++round) {
        envelope.recipients.clear();
        std::vector<Told> told;
        std::set<std::string> expected;
        for (std::uint32_t i = 0; i < 700; ++i) {
            envelope.recipients.push_back({"m" + std::to_string(i) + "@example.com"});
            if (random() % 3 != 0) continue;
            told.push_back(failed(i));
            told.back().reply += std::string(2000, 'x');
            expected.insert(envelope.recipients[i].address);
        }
        const auto reports = make(told);
        ASSERT_EQ(reports.messages.size(), 1U);
        const auto report = body_of(reports);
        EXPECT_LT(report.size(), 2U << 20U);
        std::set<std::string> seen;
        const std::string field = "\r\nFinal-Recipient: rfc822; ";
        for (auto at = report.find(field); at != report.npos; at = report.find(field, at + 1))
            seen.insert(
                report.substr(at + field.size(), report.find("\r\n", at + 2) - at - field.size()));
        EXPECT_EQ(seen, expected);
    }
}

// ndr-dl-member-name (Q246881)
TEST_F(ReportsTest, MemberOfAListIsTheOneThatFailedAndTheListWhatWasWritten)
{
    envelope.recipients[0].original = "rfc822;staff@example.org";
    const auto report = body_of(make({failed(0)}));
    EXPECT_NE(report.find("Original-Recipient: rfc822; staff@example.org\r\n"
                          "Final-Recipient: rfc822; bob@example.com\r\n"),
              report.npos)
        << report;
}

// Q251441: a report came from whatever domain it left by.
TEST_F(ReportsTest, ReportIsFromThePostmasterOfTheSendersDomainWhenThatIsOurs)
{
    EXPECT_NE(body_of(make({failed(0)})).find("<postmaster@example.org>"), std::string::npos);
    envelope.sender = "ann@Fabrikam.example";
    EXPECT_NE(body_of(make({failed(0)})).find("<postmaster@fabrikam.example>"), std::string::npos);
}

// dsn-ret-hdrs (Q156063)
TEST_F(ReportsTest, RetDecidesWhetherTheTextComesBack)
{
    const auto comes_back = [this](const std::string& ret, Action action = Action::failed) {
        envelope.ret = ret;
        envelope.recipients[0].notify = 2 | 4;
        return body_of(make({with(0, action)})).find("\r\n\r\ntext\r\n") != std::string::npos;
    };
    EXPECT_FALSE(comes_back("HDRS"));
    EXPECT_NE(body_of(make({failed(0)})).find("Content-Type: text/rfc822-headers"),
              std::string::npos);
    EXPECT_FALSE(comes_back(""));
    EXPECT_FALSE(comes_back("FULL", Action::delivered));
    EXPECT_TRUE(comes_back("FULL"));
    EXPECT_NE(body_of(make({failed(0)})).find("Content-Type: message/rfc822"), std::string::npos);
    config.reports.returned_octets = text.size() - 1;
    EXPECT_FALSE(comes_back("FULL"));
    config.reports.returned_octets = text.size();
    EXPECT_TRUE(comes_back("FULL"));
    text += std::string(2000, 'x') + "\r\n";
    config.reports.returned_octets = 10'000;
    EXPECT_FALSE(comes_back("FULL")) << "no MIME part may hold such a line";
}

TEST_F(ReportsTest, EnvidAndOrcptComeBackAsTheyWereGiven)
{
    envelope.envid = "QQ314159";
    envelope.recipients[0].original = "rfc822;Bob@Example.com";
    const auto report = body_of(make({failed(0)}));
    EXPECT_NE(report.find("Original-Envelope-Id: QQ314159\r\n"), report.npos);
    EXPECT_NE(report.find("Original-Recipient: rfc822; Bob@Example.com\r\n"), report.npos);
}

// RFC 6533: for a sender who used SMTPUTF8 addresses come back as they are.
TEST_F(ReportsTest, SenderInUtf8GetsAReportInUtf8)
{
    envelope.smtp_utf8 = true;
    envelope.sender = "\u00e4nne@example.net";
    envelope.recipients[0].address = "b\u00f6b@example.com";
    const auto reports = make({failed(0)});
    const auto report = body_of(reports);
    EXPECT_TRUE(reports.messages[0].envelope.smtp_utf8);
    for (const char* line :
         {"report-type=global-delivery-status", "Content-Type: message/global-delivery-status",
          "Content-Type: message/global-headers",
          "Final-Recipient: utf-8; b\u00f6b@example.com\r\n", "To: <\u00e4nne@example.net>\r\n"})
        EXPECT_NE(report.find(line), report.npos) << line;
}

// ndr-admin-copy-550 (Q190708), ndr-admin-copy-unselected (Q217195, Q159835)
TEST_F(ReportsTest, AdministratorGetsExactlyTheCategoriesChosen)
{
    const std::map<std::string, config::ReportCategory> statuses{
        {"5.1.1", config::ReportCategory::recipient_not_found},
        {"5.1.4", config::ReportCategory::ambiguous},
        {"5.1.2", config::ReportCategory::host_not_found},
        {"5.4.4", config::ReportCategory::host_not_found},
        {"5.5.1", config::ReportCategory::protocol_error},
        {"5.6.3", config::ReportCategory::conversion},
        {"5.4.7", config::ReportCategory::time_out},
        {"5.3.4", config::ReportCategory::size},
        {"5.2.2", config::ReportCategory::mailbox_full},
        {"5.7.1", config::ReportCategory::policy},
    };
    EXPECT_EQ(to(make({failed(0)})), Names{"ann@example.net"}) << "copies are off";
    config.notify_administrator = true;
    for (std::size_t chosen = 0; chosen < config::report_categories.size(); ++chosen) {
        config.reports.copies = 1U << chosen;
        for (const auto& [status, category] : statuses)
            EXPECT_EQ(make({failed(0, status)}).messages.size(),
                      static_cast<std::size_t>(category) == chosen ? 2U : 1U)
                << status << " with " << config::report_categories[chosen];
    }
    config.reports.copies = ~0U;
    envelope.recipients[0].notify = 1;
    const auto reports = make({failed(0), failed(1)});
    EXPECT_EQ(to(reports), (Names{"ann@example.net", "admin@example.org"}));
    EXPECT_EQ(body_of(reports).find("bob@"), std::string::npos);
    EXPECT_NE(body_of(reports, 1).find("bob@"), std::string::npos);
    EXPECT_EQ(reports.of, (std::vector<ReportOf>{{0, 1}, {1, 0}}));
}

// ndr-for-ndr (Q238498, Q216161), ndr-quota-full-originator: nobody gets a report on a report but
// the administrator, and of his own mailbox not even he.
TEST_F(ReportsTest, ReportThatFailsIsToldTheAdministratorAndNobodyElse)
{
    envelope.sender = "";
    const auto reports = make({failed(0), failed(1)});
    EXPECT_EQ(to(reports), Names{"admin@example.org"});
    EXPECT_EQ(reports.messages[0].envelope.sender, "");
    EXPECT_EQ(reports.of, (std::vector<ReportOf>{{0, 0}, {1, 0}}));
    envelope.recipients[1].address = "ADMIN@example.org";
    const auto own = make({failed(1)});
    EXPECT_TRUE(own.messages.empty());
    EXPECT_EQ(own.of, (std::vector<ReportOf>{{1, {}}}));
    config.reports.double_bounces_per_hour = 0;
    EXPECT_TRUE(make({failed(0)}).messages.empty());
}

TEST_F(ReportsTest, DoubleBouncesBeyondTheirRateAreAbsorbedAndThatIsSaidOnceAnHour)
{
    envelope.sender = "";
    config.reports.double_bounces_per_hour = 2;
    std::vector<std::size_t> made;
    std::vector<bool> said;
    for (int i = 0; i < 5; ++i) {
        const auto reports = make({failed(0)});
        made.push_back(reports.messages.size());
        said.push_back(reports.too_many_double_bounces);
        ASSERT_EQ(reports.of.size(), 1U);
    }
    EXPECT_EQ(made, (std::vector<std::size_t>{1, 1, 0, 0, 0}));
    EXPECT_EQ(said, (std::vector<bool>{false, false, true, false, false}));
    now += 61min;
    EXPECT_EQ(make({failed(0)}).messages.size(), 1U);
    EXPECT_EQ(make({failed(0)}).messages.size(), 1U);
    now -= 24h;  // a clock that was set back blocks nothing
    EXPECT_EQ(make({failed(0)}).messages.size(), 1U);
}

// delay-notice-for-receipt (Q143197), autoreply-to-report (Q216161), RFC 3834: programs hear of
// failures only.
TEST_F(ReportsTest, ProgramsHearNothingOfDelaysAndSuccess)
{
    for (auto& recipient : envelope.recipients)
        recipient.notify = 2 | 4 | 8;
    for (const char* header :
         {"Auto-Submitted: auto-generated\r\n", "Auto-Submitted: auto-replied\r\n",
          "Precedence: bulk\r\n", "List-Id: <l.example.net>\r\n",
          "Content-Type: multipart/report; report-type=disposition-notification\r\n"}) {
        text = std::string{header} + "\r\nx\r\n";
        const auto reports = make({with(0, Action::delayed), with(1, Action::delivered)});
        EXPECT_TRUE(reports.messages.empty()) << header;
        EXPECT_EQ(reports.of, (std::vector<ReportOf>{{0, {}}, {1, {}}})) << "tracked, not silent";
        EXPECT_EQ(make({failed(0)}).messages.size(), 1U) << header;
    }
    envelope.sender = "";
    text = "Subject: x\r\n\r\n";
    EXPECT_TRUE(make({with(0, Action::delayed), with(1, Action::delivered)}).messages.empty());
}

// delivery-receipt-loop (Q178436): a report is never asked for a report.
TEST_F(ReportsTest, ReportOfSuccessCausesNoReportWhereItArrives)
{
    envelope.recipients[0].notify = 2;
    auto first = make({with(0, Action::delivered)});
    ASSERT_EQ(first.messages.size(), 1U);
    envelope = first.messages[0].envelope;
    text = std::string{first.messages[0].body.memory()};
    EXPECT_TRUE(make({with(0, Action::delivered)}).messages.empty());
    envelope.recipients[0].notify = 2;
    EXPECT_TRUE(make({with(0, Action::delivered)}).messages.empty());
}

// return-receipt-empty (Q113824), read-receipt-to-blank (Q217160): who asks in a header asks
// nobody here, with an address or without.
TEST_F(ReportsTest, ReturnReceiptToIsNoRequest)
{
    for (const char* header : {"Return-Receipt-To:\r\n", "Return-Receipt-To: ann@example.net\r\n",
                               "Disposition-Notification-To:\r\n"}) {
        text = std::string{header} + "\r\nx\r\n";
        EXPECT_TRUE(make({with(0, Action::delivered)}).messages.empty()) << header;
    }
}

// Q216162
TEST_F(ReportsTest, ReportsOfSuccessToOtherDomainsCanBeKeptBack)
{
    envelope.recipients[0].notify = 2;
    config.reports.suppress_delivery_reports = true;
    const auto kept = make({with(0, Action::delivered)});
    EXPECT_TRUE(kept.messages.empty());
    EXPECT_EQ(kept.of.size(), 1U);
    envelope.sender = "ann@example.org";
    EXPECT_EQ(make({with(0, Action::delivered)}).messages.size(), 1U);
}

// autoforward-disabled-silent (Q289854, Q181636), forward-all-loop (Q272113)
TEST_F(ReportsTest, WhoseForwardIsKeptInIsToldAndWhoRepliesAutomaticallyIsNot)
{
    auto told = failed(0, "5.7.1");
    told.suppressed = Automatic::forward;
    EXPECT_EQ(make({told}).messages.size(), 1U);
    for (const auto kind : {Automatic::reply, Automatic::out_of_office}) {
        told.suppressed = kind;
        const auto reports = make({told});
        EXPECT_TRUE(reports.messages.empty());
        EXPECT_EQ(reports.of, (std::vector<ReportOf>{{0, {}}}));
    }
    envelope.sender = "";
    told.suppressed = Automatic::forward;
    EXPECT_TRUE(make({told}).messages.empty()) << "a bounce that was forwarded ends here";
}

}  // namespace
}  // namespace imc::queue
