/// The client over a pair of sockets, with a server of real OpenSSL at the other end.
#include "kit/certificates.h"
#include "smtp/client/kit.h"
#include "smtp/socket_stream.h"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <openssl/err.h>

#include <future>
#include <sys/socket.h>
#include <sys/time.h>

namespace imc::smtp::client {
namespace {

/// Answers each line by its verb, in the clear and then under TLS; blocks, in a thread of its own.
class RealServer {
public:
    explicit RealServer(int descriptor, const kit::TestCertificate& certificate, bool implicit)
        : descriptor_{descriptor}
    {
        const timeval limit{20, 0};
        ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        context_.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_use_certificate(context_.get(), certificate.certificate.get());
        SSL_CTX_use_PrivateKey(context_.get(), certificate.key.get());
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), descriptor);
        if (implicit) shake_hands();
    }
    ~RealServer() { ::close(descriptor_); }

    /// @return all lines that came under TLS
    std::string serve(const std::string& behind_220)
    {
        std::string under_tls;
        if (!under_tls_ && failed_) return {};
        say("220 mx\r\n");
        bool text = false;
        for (std::string line; !(line = next_line()).empty();) {
            if (under_tls_) under_tls += line;
            if (text) {
                if (line != ".\r\n") continue;
                text = false;
                say("250 2.0.0 ok\r\n");
            } else if (line.starts_with("EHLO")) {
                say(under_tls_ ? "250-mx\r\n250 PIPELINING\r\n"
                               : "250-mx\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
            } else if (line == "STARTTLS\r\n") {
                say("220 go\r\n" + behind_220);
                if (!shake_hands()) break;
            } else if (line == "DATA\r\n") {
                text = true;
                say("354 go\r\n");
            } else if (line == "QUIT\r\n") {
                say("221 bye\r\n");
                break;
            } else {
                say("250 2.0.0 ok\r\n");
            }
        }
        if (under_tls_) SSL_shutdown(ssl_.get());
        return under_tls;
    }
    const std::string& server_name() const { return name_; }

private:
    bool shake_hands()
    {
        failed_ = SSL_accept(ssl_.get()) != 1;
        under_tls_ = !failed_;
        if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name))
            name_ = name;
        ERR_clear_error();
        return under_tls_;
    }
    void say(const std::string& text)
    {
        if (under_tls_)
            SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        else
            (void)::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    }
    std::string next_line()
    {
        for (;;) {
            const auto end = waiting_.find('\n');
            if (end != std::string::npos) {
                auto line = waiting_.substr(0, end + 1);
                waiting_.erase(0, end + 1);
                return line;
            }
            std::array<char, 16384> room{};
            const auto octets =
                under_tls_ ? SSL_read(ssl_.get(), room.data(), static_cast<int>(room.size()))
                           : static_cast<int>(::recv(descriptor_, room.data(), room.size(), 0));
            if (octets <= 0) return {};
            waiting_.append(room.data(), static_cast<std::size_t>(octets));
        }
    }

    int descriptor_;
    openssl::Context context_;
    openssl::Ssl ssl_;
    std::string waiting_, name_;
    bool under_tls_ = false, failed_ = false;
};

struct Met {
    std::string heard, server_name;
};

/// Each connection reaches a server of its own.
struct PairDialer final : Dialer {
    net::awaitable<IoResult<Line>> dial(Call call, Deadline) override
    {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
        servers.push_back(std::async(std::launch::async, [this, end = ends[1]] {
            RealServer server{end, certificate, implicit};
            auto heard = server.serve(behind_220);
            return Met{std::move(heard), server.server_name()};
        }));
        const auto executor = co_await net::this_coro::executor;
        net::local::stream_protocol::socket ours{executor, net::local::stream_protocol{}, ends[0]};
        Line line;
        line.stream = socket_stream(net::generic::stream_protocol::socket{std::move(ours)});
        line.address = call.address;
        co_return line;
    }
    kit::TestCertificate certificate;
    std::string behind_220;
    bool implicit = false;
    std::vector<std::future<Met>> servers;
};

class RealTls : public testing::Test {
protected:
    RealTls()
    {
        events_.add(std::make_unique<CountingSink>(raised_));
        kit::write_certificate(authority_, folder_ / "ca.crt");
        settings_.route = "mx:example.net";
        settings_.dialogue.hostname = "mail.example.org";
        settings_.dialogue.tls = OutboundTls::verify;
        settings_.hosts = &memory_;
        settings_.tls = *TlsClient::make({TlsVerify::required, folder_ / "ca.crt"});
        show("a.example.net");
    }
    void show(const std::string& name, bool of_authority = true)
    {
        dialer_.certificate =
            kit::make_certificate({.name = name, .issuer = of_authority ? &authority_ : nullptr});
    }
    std::vector<RecipientOutcome> deliver(std::vector<std::string> recipients = {"b@example.net"})
    {
        Transaction t;
        t.sender = "a@example.org";
        t.recipients = std::move(recipients);
        t.body = kit::octets("Subject: x\r\n\r\nhi\r\n");
        courier_ = std::make_unique<Courier>(
            settings_,
            std::make_unique<FixedHosts>(std::vector<Host>{{"a.example.net", 25, {"192.0.2.1"}}}),
            dialer_, events_, outages_);
        net::io_context io;
        auto result = kit::run(io, all(t));
        courier_.reset();
        return result;
    }
    net::awaitable<std::vector<RecipientOutcome>> all(const Transaction& t)
    {
        auto result = co_await courier_->deliver(t);
        co_await courier_->close();
        co_return result;
    }

    kit::Folder folder_;
    kit::TestCertificate authority_ =
        kit::make_certificate({.name = "An authority", .authority = true});
    PairDialer dialer_;
    std::vector<EventId> raised_;
    EventLog events_;
    Outages outages_;
    HostMemory memory_;
    CourierSettings settings_;
    std::unique_ptr<Courier> courier_;
};

// Regression cert-name-vs-ip (Q273948): the host's name counts, never its address.
TEST_F(RealTls, RegressionCertNameVsIpVerifiedHostGetsTheMailAndHearsItsName)
{
    const auto result = deliver();
    EXPECT_EQ(result[0].status, "2.0.0") << result[0].reply;
    EXPECT_TRUE(result[0].tls.starts_with("TLSv1.3 ")) << result[0].tls;
    const auto met = dialer_.servers.at(0).get();
    EXPECT_EQ(met.server_name, "a.example.net");
    EXPECT_NE(met.heard.find("EHLO mail.example.org\r\nMAIL FROM:<a@example.org>\r\n"),
              std::string::npos)
        << met.heard;
}

TEST_F(RealTls, CertificateOfAnotherNameOrAuthorityLetsTheMailWait)
{
    for (const bool other_name : {true, false}) {
        show(other_name ? "mx.example.com" : "a.example.net", other_name);
        const auto result = deliver();
        EXPECT_EQ(result[0].delivery, Delivery::deferred);
        EXPECT_EQ(result[0].status, "4.7.5");
        EXPECT_NE(result[0].reply.find(other_name ? "hostname mismatch" : "self-signed"),
                  std::string::npos)
            << result[0].reply;
    }
    EXPECT_EQ(raised_, std::vector<EventId>{EventId::outbound_tls_unmet});
}

TEST_F(RealTls, EncryptTakesAnyCertificate)
{
    settings_.dialogue.tls = OutboundTls::encrypt;
    settings_.tls = *TlsClient::make({TlsVerify::none, {}});
    show("elsewhere.example", false);
    EXPECT_EQ(deliver()[0].status, "2.0.0");
}

TEST_F(RealTls, ImplicitTlsComesFirst)
{
    settings_.dialogue.tls = OutboundTls::implicit;
    dialer_.implicit = true;
    EXPECT_EQ(deliver()[0].status, "2.0.0");
}

// What comes in the clear behind the answer is refused when it came with it, and no TLS otherwise.
TEST_F(RealTls, ServerThatGoesOnInTheClearGetsNothing)
{
    dialer_.behind_220 = "250-mx\r\n250 AUTH PLAIN\r\n";
    const auto result = deliver();
    EXPECT_EQ(result[0].status, "4.7.5");
    EXPECT_EQ(dialer_.servers.at(0).get().heard, "");
}

// Regression tls-many-recipients-heap (Q214640).
TEST_F(RealTls, RegressionTlsManyRecipientsHeap)
{
    std::vector<std::string> recipients;
    for (int i = 0; i < 5000; ++i)
        recipients.push_back("recipient-" + std::to_string(i) + "@example.net");
    settings_.dialogue.recipients = 1000;
    const auto result = deliver(recipients);
    EXPECT_TRUE(std::ranges::all_of(result, [](const auto& o) { return o.status == "2.0.0"; }));
    const auto heard = dialer_.servers.at(0).get().heard;
    std::size_t texts = 0;
    for (auto at = heard.find("DATA\r\n"); at != std::string::npos;
         at = heard.find("DATA\r\n", at + 1))
        ++texts;
    EXPECT_EQ(texts, 5u);
}

}  // namespace
}  // namespace imc::smtp::client
