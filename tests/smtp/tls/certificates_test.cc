#include "smtp/tls/kit.h"

#include <filesystem>

namespace imc::smtp {
namespace {

namespace fs = std::filesystem;

class Certificates : public TlsFixture {
protected:
    std::chrono::sys_seconds now() const
    {
        return std::chrono::floor<std::chrono::seconds>(clock_.now());
    }
};

TEST_F(Certificates, GoodPairIsShownWithItsFacts)
{
    const auto verdict = judge_pair(pair("mail.example.org", "mail.example.org"), now());
    ASSERT_TRUE(verdict.facts);
    EXPECT_FALSE(verdict.flaw);
    EXPECT_EQ(verdict.facts->subject, "CN=mail.example.org");
    EXPECT_EQ(verdict.facts->names, std::vector<std::string>{"mail.example.org"});
    EXPECT_TRUE(verdict.facts->self_signed);
    EXPECT_EQ(verdict.facts->fingerprint.size(), 64u);
}

TEST_F(Certificates, EachFlawNamesFileAndWhatWasFound)
{
    const auto good = pair("*", "good");
    const auto found = [&](const CertificateFiles& files) {
        const auto verdict = judge_pair(files, now());
        EXPECT_FALSE(verdict.facts);
        return verdict.flaw ? verdict.flaw->file.substr(verdict.flaw->file.rfind('/') + 1) + ": " +
                                  verdict.flaw->found
                            : "no flaw";
    };
    EXPECT_EQ(found({"*", folder_ / "gone.crt", good.key}), "gone.crt: No such file or directory");
    EXPECT_EQ(found({"*", good.certificate, folder_ / "gone.key"}),
              "gone.key: No such file or directory");
    EXPECT_EQ(found({"*", good.certificate, pair("*", "other").key}),
              "other.key: a key that is not the certificate's");
    std::ofstream{folder_ / "noise.crt"} << "noise\n";
    EXPECT_EQ(found({"*", folder_ / "noise.crt", good.key}),
              "noise.crt: no certificate: no start line");
    std::ofstream{folder_ / "noise.key"} << "noise\n";
    fs::permissions(folder_ / "noise.key", fs::perms::owner_read);
    EXPECT_TRUE(found({"*", good.certificate, folder_ / "noise.key"})
                    .starts_with("noise.key: no private key"));
    for (const auto& [mode, text] : {std::pair{0644, "0644"}, {0660, "0660"}, {0604, "0604"}}) {
        fs::permissions(good.key, static_cast<fs::perms>(mode));
        EXPECT_EQ(found(good), std::string{"good.key: mode "} + text);
    }
    fs::permissions(good.key, static_cast<fs::perms>(0640));
    EXPECT_TRUE(judge_pair(good, now()).facts);
}

TEST_F(Certificates, KeyUnderAPassPhraseIsNamedAndNobodyIsAsked)
{
    const auto files = pair("*", "locked");
    const auto made = kit::make_certificate({.name = "locked"});
    const openssl::Bio bio{BIO_new(BIO_s_mem())};
    char word[] = "secret";
    kit::sure(PEM_write_bio_PKCS8PrivateKey(bio.get(), made.key.get(), EVP_aes_256_cbc(), word, 6,
                                            nullptr, nullptr) == 1);
    kit::write_text(files.key, bio.get(), 0600);
    const auto verdict = judge_pair(files, now());
    ASSERT_TRUE(verdict.flaw);
    EXPECT_EQ(verdict.flaw->found, "a key under a pass phrase");
}

TEST_F(Certificates, DatesAndNamesAreLesserFlaws)
{
    const auto judged = [&](const std::string& row, const kit::CertificateWish& wish) {
        const auto verdict = judge_pair(pair(row, "x", wish), now());
        EXPECT_TRUE(verdict.facts);
        return verdict.flaw ? verdict.flaw->found.substr(0, 12) : "";
    };
    EXPECT_EQ(judged("*", {.name = "a.example", .to_seconds = -60}), "expired on 2");
    EXPECT_EQ(judged("*", {.name = "a.example", .from_seconds = 7200}), "not valid be");
    EXPECT_EQ(judged("b.example", {.name = "a.example"}), "a certificat");
    EXPECT_EQ(judged("*.b.example", {.name = "*.b.example"}), "");
    EXPECT_EQ(judged("192.0.2.1:465", {.name = "a.example"}), "");
}

TEST_F(Certificates, OneThatCannotBeUsedIsAnEventAndTlsIsNotOffered)
{
    serve_with({{{"*", folder_ / "a.crt", folder_ / "a.key"}}});
    EXPECT_FALSE(server_->ready());
    auto said = events(EventId::tls_certificate_unusable);
    ASSERT_EQ(said.size(), 1u);
    EXPECT_NE(said[0].description.find("a.crt: found No such file"), std::string::npos);
    EXPECT_EQ(events(EventId::tls_not_offered).size(), 1u);

    // Said once, not at each look.
    look();
    EXPECT_EQ(events(EventId::tls_certificate_unusable).size(), 1u);

    pair("*", "a");
    certificates_->refresh();
    EXPECT_FALSE(server_->ready()) << "half of a renewal may have been seen";
    certificates_->refresh();
    EXPECT_TRUE(server_->ready());
    EXPECT_EQ(events(EventId::tls_certificate_in_force).size(), 1u);
}

TEST_F(Certificates, BrokenRenewalLeavesTheOldOneInForce)
{
    serve_one();
    const auto before = certificates_->in_use().at(0).facts.fingerprint;
    kit::write_key(kit::make_certificate({.name = "other"}), folder_ / "mail.example.org.key");
    look();
    EXPECT_TRUE(server_->ready());
    EXPECT_EQ(certificates_->in_use().at(0).facts.fingerprint, before);
    EXPECT_EQ(events(EventId::tls_certificate_unusable).size(), 1u);

    pair("*", "mail.example.org");
    look();
    EXPECT_NE(certificates_->in_use().at(0).facts.fingerprint, before);
    EXPECT_EQ(events(EventId::tls_certificate_in_force).size(), 1u);
}

TEST_F(Certificates, ExpiryIsSaidOnceADayFromTheDayItIsNear)
{
    serve_one();  // 90 days
    EXPECT_TRUE(events(EventId::tls_certificate_expires).empty());
    clock_.pass(24h * 75);
    certificates_->refresh();
    EXPECT_TRUE(events(EventId::tls_certificate_expires).empty());
    clock_.pass(24h * 2);
    for (int i = 0; i < 3; ++i)
        certificates_->refresh();
    auto said = events(EventId::tls_certificate_expires);
    ASSERT_EQ(said.size(), 1u);
    EXPECT_NE(said[0].description.find("in 12 day(s)"), std::string::npos) << said[0].description;
    clock_.pass(24h * 20);
    certificates_->refresh();
    said = events(EventId::tls_certificate_expires);
    ASSERT_EQ(said.size(), 2u);
    EXPECT_NE(said[1].description.find("has expired on"), std::string::npos);
    EXPECT_TRUE(server_->ready());
}

TEST_F(Certificates, UnusableAuthoritiesOfClientsCostOnlyClientCertificates)
{
    TlsSettings settings{{pair("*", "mail.example.org")}};
    settings.client_ca_file = folder_ / "gone.crt";
    serve_with(settings);
    EXPECT_TRUE(server_->ready());
    EXPECT_EQ(events(EventId::tls_certificate_unusable).size(), 1u);
}

}  // namespace
}  // namespace imc::smtp
