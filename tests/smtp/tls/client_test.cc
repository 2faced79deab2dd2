#include "smtp/tls/kit.h"

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>

namespace imc::smtp {
namespace {

/// Our client against our server, on one loop.
class TlsClientTest : public TlsFixture {
protected:
    IoResult<TlsFacts> connect(const TlsClientSettings& settings, const std::string& name)
    {
        const auto client = TlsClient::make(settings);
        if (!client) return boost::system::error_code{net::error::invalid_argument};
        net::io_context io;
        net::local::stream_protocol::socket here{io}, there{io};
        net::local::connect_pair(here, there);
        net::co_spawn(io,
                      talk(socket_stream(net::generic::stream_protocol::socket{std::move(there)}),
                           *server_, after(10s), outcome_),
                      [](const std::exception_ptr&, bool) {});
        auto stream = socket_stream(net::generic::stream_protocol::socket{std::move(here)});
        return kit::run(io, speak(*stream, **client, name));
    }

    static net::awaitable<IoResult<TlsFacts>> speak(Stream& stream, const TlsClient& client,
                                                    std::string name)
    {
        const auto deadline = after(10s);
        auto facts = co_await stream.connect_tls(client, std::move(name), deadline);
        if (facts) {
            (void)co_await stream.write("EHLO", deadline);
            std::array<char, 64> room{};
            const auto octets = co_await stream.read_some(room, deadline);
            EXPECT_TRUE(octets);
            EXPECT_EQ(std::string_view(room.data(), octets ? *octets : 0), "heard EHLO");
        }
        co_await stream.close(after(1s));
        co_return facts;
    }

    void serve_signed(kit::CertificateWish wish)
    {
        const auto authority = kit::make_certificate({.name = "An authority", .authority = true});
        kit::write_certificate(authority, folder_ / "ca.crt");
        wish.issuer = &authority;
        serve_with({{pair("*", "server", wish)}});
    }
    TlsClientSettings trusting(TlsVerify verify) { return {verify, folder_ / "ca.crt"}; }
};

TEST_F(TlsClientTest, VerifiesChainAndName)
{
    serve_signed({.name = "mx.example.net"});
    const auto facts = connect(trusting(TlsVerify::required), "mx.example.net");
    ASSERT_TRUE(facts) << facts.error().message();
    EXPECT_EQ(facts->peer_flaw, "");
    EXPECT_EQ(outcome_.facts->server_name, "mx.example.net");
    EXPECT_EQ(facts->exporter, outcome_.facts->exporter);
    EXPECT_EQ(facts->end_point, outcome_.facts->end_point);
}

TEST_F(TlsClientTest, RequiredNameThatDiffersEndsTheHandshake)
{
    serve_signed({.name = "mx.example.net"});
    const auto facts = connect(trusting(TlsVerify::required), "mx.example.com");
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error(), verify_error(X509_V_ERR_HOSTNAME_MISMATCH));
}

TEST_F(TlsClientTest, RequiredChainToAnotherAuthorityEndsTheHandshake)
{
    serve_signed({.name = "mx.example.net"});
    kit::write_certificate(kit::make_certificate({.name = "Another", .authority = true}),
                           folder_ / "ca.crt");
    EXPECT_FALSE(connect(trusting(TlsVerify::required), "mx.example.net"));
}

TEST_F(TlsClientTest, OpportunisticGoesOnAndSaysWhatIsWrong)
{
    serve_signed({.name = "mx.example.net", .from_seconds = -7200, .to_seconds = -3600});
    const auto facts = connect(trusting(TlsVerify::opportunistic), "mx.example.net");
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->peer_flaw, "certificate has expired");
}

TEST_F(TlsClientTest, WithoutVerificationAnyCertificateDoes)
{
    serve_one();
    const auto facts = connect({TlsVerify::none, {}}, "elsewhere.example");
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->peer_flaw, "not asked");
}

// cert-name-vs-ip (Q273948): the name we meant to reach counts, an address only if it is in there.
TEST_F(TlsClientTest, RegressionCertNameVsIp)
{
    serve_signed({.name = "mx.example.net"});
    EXPECT_TRUE(connect(trusting(TlsVerify::required), "mx.example.net"));
    const auto facts = connect(trusting(TlsVerify::required), "192.0.2.7");
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error(), verify_error(X509_V_ERR_IP_ADDRESS_MISMATCH));
}

// RFC 6066 3: an address is no server name.
TEST_F(TlsClientTest, AddressIsNotSentAsServerName)
{
    serve_one();
    EXPECT_TRUE(connect({TlsVerify::none, {}}, "192.0.2.7"));
    EXPECT_EQ(outcome_.facts->server_name, "");
}

TEST_F(TlsClientTest, AuthoritiesThatCannotBeReadAreAnError)
{
    const auto made = TlsClient::make({TlsVerify::required, folder_ / "missing.crt"});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().detail().find("missing.crt"), std::string::npos);
}

// Nothing of a server that answers in the clear may pass for TLS.
TEST_F(TlsClientTest, ServerThatGoesOnInTheClearIsAnError)
{
    const auto client = TlsClient::make({TlsVerify::none, {}});
    net::io_context io;
    net::local::stream_protocol::socket here{io}, there{io};
    net::local::connect_pair(here, there);
    net::write(there, net::buffer("250 go on in the clear\r\n", 24));
    auto stream = socket_stream(net::generic::stream_protocol::socket{std::move(here)});
    const auto facts = kit::run(io, stream->connect_tls(**client, "mx.example.net", after(10s)));
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error(), make_error_code(TlsError::not_tls));
}

}  // namespace
}  // namespace imc::smtp
