#include "cli/test/address.h"
#include "kit/paths.h"
#include "mail/address.h"
#include "mail/header.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace imc::cli {
namespace {

namespace fs = std::filesystem;

/// "yes yes", "no 4 no 4": envelope, then header.
std::string verdicts(std::string_view text)
{
    const auto found = judge_address(text);
    const auto say = [](const AddressVerdict& v) {
        return v.valid ? std::string{"yes"} : "no " + std::to_string(v.at);
    };
    return say(found.envelope) + " " + say(found.header);
}

TEST(TestAddress, JudgesEnvelopeAndHeaderApart)
{
    const std::string local(64, 'a');
    for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
             {"ann@example.org", "yes yes"},
             {"<ann@example.org>", "yes yes"},
             {"Ann Lee <ann@example.org>", "no 0 yes"},
             {"ann@example.org (work)", "no 15 yes"},
             {"\"a b\"@example.org", "yes yes"},
             {"a b@example.org", "no 1 no 1"},
             {"ann..lee@example.org", "no 4 no 4"},
             {"ann@example.org.", "yes no 15"},
             {"<>", "yes no 1"},
             {"<postmaster>", "yes no 11"},
             {"ann@[192.0.2.1]", "yes yes"},
             {"ann@[IPv6:2001:db8::1]", "yes yes"},
             {"ann@[x400:c=no]", "no 4 yes"},
             {"ann@-example.org", "no 4 yes"},
             {local + "@example.org", "yes yes"},
             {local + "a@example.org", "no 64 yes"},
             {"<@a.example:ann@example.org>", "yes yes"},
             {"j\xc3\xb6rg@b\xc3\xbc"
              "cher.example",
              "yes yes"},
             {"ann@xn--\xc3\xbc.example", "no 4 yes"},
             {"a!b%c@example.org", "yes yes"},
             {"", "no 0 no 0"},
             {"ann@example.org\r\n", "no 15 no 15"},
         })
        EXPECT_EQ(verdicts(text), expected) << text;
}

TEST(TestAddress, NamesTheParts)
{
    const auto found = judge_address("Ann+News@B\xc3\xbc"
                                     "cher.Example");
    EXPECT_EQ(found.local, "Ann+News");
    EXPECT_EQ(found.user, "Ann");
    EXPECT_EQ(found.detail, "News");
    EXPECT_EQ(found.ascii_domain, "xn--bcher-kva.example");
    EXPECT_EQ(found.canonical, "ann+news@xn--bcher-kva.example");
    EXPECT_TRUE(found.smtp_utf8);
    EXPECT_EQ(judge_address("+x@example.org").user, "+x");
    EXPECT_EQ(judge_address("Ann Lee <ann@example.org>").display_name, "Ann Lee");
    EXPECT_EQ(judge_address("Ann Lee <ann@example.org>").local, "ann");
    EXPECT_TRUE(judge_address("ann@[192.0.2.1]").literal);
}

/// Samples of RFC 2822 and of broken mail that others collected: whatever stands there is judged,
/// and what is valid in a header is found there by the tolerant reader, too.
TEST(TestAddress, AddressesOfForeignMessagesAreJudged)
{
    std::size_t judged = 0, valid = 0;
    for (const char* corpus : {"mail-rb", "mime4j-testmsgs", "enmime", "mail-parser"})
        for (const auto& entry : fs::recursive_directory_iterator{
                 imc::kit::source_dir() + "/tests/data/corpora/" + corpus}) {
            if (!entry.is_regular_file()) continue;
            std::ifstream file{entry.path()};
            const std::string text{std::istreambuf_iterator<char>{file}, {}};
            for (const char* field : {"From", "Sender", "Reply-To"})
                for (const auto& value : mail::header_values(text, field)) {
                    const auto found = judge_address(value);
                    ++judged;
                    if (!found.header.valid) {
                        EXPECT_FALSE(found.header.why.empty()) << value;
                        EXPECT_LE(found.header.at, value.size()) << value;
                        continue;
                    }
                    ++valid;
                    const auto tolerant = mail::addresses_in(value);
                    ASSERT_EQ(tolerant.size(), 1U) << value;
                    const auto address = mail::parse_address(tolerant[0]);
                    if (address) {
                        EXPECT_EQ(address->local, found.local) << value;
                    }
                }
        }
    EXPECT_GT(judged, 200U);
    EXPECT_GT(valid, judged * 3 / 4);
}

}  // namespace
}  // namespace imc::cli
