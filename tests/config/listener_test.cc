#include "config/parse.h"

#include <gtest/gtest.h>

namespace imc::config {
namespace {

std::string flaw(const std::string& row)
{
    const auto parsed = parse_listener(row);
    return parsed ? "none" : parsed.error().detail();
}

TEST(Listener, IsAddressAndPort)
{
    EXPECT_EQ(parse_listener("127.0.0.1:25")->to_string(), "127.0.0.1:25");
    EXPECT_EQ(parse_listener("[::1]:2525,mx")->to_string(), "[::1]:2525");
    EXPECT_EQ(parse_listener("25")->to_string(), "[::]:25");
    for (const char* text :
         {"", " ", "host:25", "127.0.0.1:0", "127.0.0.1:70000", "::1:25", "127.0.0.1:25,fax"})
        EXPECT_FALSE(parse_listener(text)) << text;
}

TEST(Listener, PortSaysWhatIsMeantWhenTheRowDoesNot)
{
    const auto mx = parse_listener("0.0.0.0:25");
    EXPECT_EQ(mx->role, "mx");
    EXPECT_EQ(mx->tls, ListenerTls::optional);
    const auto submissions = parse_listener("[::]:465");
    EXPECT_EQ(submissions->role, "submissions");
    EXPECT_EQ(submissions->tls, ListenerTls::implicit);
    const auto submission = parse_listener("[::]:587");
    EXPECT_EQ(submission->role, "submission");
    EXPECT_EQ(submission->tls, ListenerTls::required);
    EXPECT_FALSE(submission->plain_auth);
    // A role on another port brings its own TLS.
    EXPECT_EQ(parse_listener("127.0.0.1:2465 role=submissions")->tls, ListenerTls::implicit);
    EXPECT_EQ(parse_listener("127.0.0.1:587 role=mx")->tls, ListenerTls::optional);
}

TEST(Listener, RowSaysEverythingElse)
{
    const auto row =
        parse_listener("192.0.2.1:587\trole=Submission  TLS=optional name=Mail.Example.org "
                       "without=chunking,SMTPUTF8 plain-auth");
    ASSERT_TRUE(row) << row.error().detail();
    EXPECT_EQ(row->tls, ListenerTls::optional);
    EXPECT_EQ(row->banner_name, "mail.example.org");
    EXPECT_EQ(row->without, (std::vector<std::string>{"CHUNKING", "SMTPUTF8"}));
    EXPECT_TRUE(row->plain_auth);
    EXPECT_FALSE(row->offers("CHUNKING"));
    EXPECT_FALSE(row->offers("BINARYMIME")) << "RFC 3030: it needs CHUNKING";
    EXPECT_TRUE(row->offers("SIZE"));
    EXPECT_EQ(row->to_row(), "192.0.2.1:587 tls=optional name=mail.example.org "
                             "without=CHUNKING,SMTPUTF8 plain-auth");
    EXPECT_EQ(*parse_listener(row->to_row()), *row);
}

TEST(Listener, FlawNamesTheWordAndWhatWasExpected)
{
    EXPECT_EQ(flaw("25 role=fax"), "\"25 role=fax\": \"role=fax\" found, role=mx, submission or "
                                   "submissions expected");
    EXPECT_EQ(
        flaw("25 tls=ssl"),
        "\"25 tls=ssl\": \"tls=ssl\" found, tls=none, optional, required or implicit expected");
    EXPECT_NE(flaw("25 colour=red").find("\"colour=red\" found, role=, tls=, name="),
              std::string::npos);
    EXPECT_NE(flaw("25 tls").find("\"tls\" found"), std::string::npos);
    EXPECT_NE(flaw("25 plain-auth=yes").find("found"), std::string::npos);
    EXPECT_NE(flaw("25 name=mail").find("at least 2 expected"), std::string::npos);
    EXPECT_NE(flaw("25 without=TURN").find("\"TURN\" found"), std::string::npos);
    EXPECT_NE(flaw("25 without=STARTTLS").find("tls=none"), std::string::npos);
    EXPECT_NE(flaw("25 tls=none tls=none").find("each word once"), std::string::npos);
    EXPECT_NE(flaw("25,mx role=mx").find("each word once"), std::string::npos);
}

TEST(Listener, ContradictionsAreRefused)
{
    EXPECT_NE(flaw("465 tls=required").find("tls=implicit"), std::string::npos);
    EXPECT_NE(flaw("587 tls=implicit").find("role=submissions"), std::string::npos);
    EXPECT_NE(flaw("587 plain-auth").find("tls=none or tls=optional"), std::string::npos);
    EXPECT_NE(flaw("465 plain-auth").find("in the clear"), std::string::npos);
    EXPECT_TRUE(parse_listener("465 tls=none")) << "TLS may end in front of us";
}

TEST(Listener, RowsThatCannotBothBeBoundAreNamed)
{
    const auto clash = [](const char* a, const char* b) {
        return listener_clash(*parse_listener(a), *parse_listener(b));
    };
    EXPECT_EQ(clash("127.0.0.1:25", "127.0.0.1:25 tls=none"), "127.0.0.1:25 stands in two rows");
    EXPECT_EQ(clash("[::1]:25", "[0:0::1]:25"), "[::1]:25 stands in two rows");
    EXPECT_NE(clash("[::]:25", "0.0.0.0:25").find("takes IPv4 as well"), std::string::npos);
    EXPECT_NE(clash("0.0.0.0:25", "25").find("takes IPv4 as well"), std::string::npos);
    EXPECT_EQ(clash("[::]:25", "0.0.0.0:587"), "");
    EXPECT_EQ(clash("192.0.2.1:25", "192.0.2.2:25"), "");
}

TEST(CertificateRow, HasThreeColumns)
{
    const auto row =
        parse_certificate("Mail.Example.org; mail.crt ;/keys/mail.key", "/etc/imc/tls");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->name, "mail.example.org");
    EXPECT_EQ(row->certificate, "/etc/imc/tls/mail.crt");
    EXPECT_EQ(row->key, "/keys/mail.key");
    for (const char* name : {"*", "*.example.org", "192.0.2.1:465", "[2001:db8::1]:465"})
        EXPECT_TRUE(parse_certificate(std::string{name} + ";a;b", "/f")) << name;
    for (const char* text : {"", "*;a", "*;a;b;c", ";a;b", "mail;a;b", "*.;a;b", "25;a;b", "*;;b",
                             "*;a;", "*.*.example.org;a;b", "192.0.2.1;a;b"})
        EXPECT_FALSE(parse_certificate(text, "/f")) << text;
}

}  // namespace
}  // namespace imc::config
