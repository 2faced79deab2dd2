#pragma once
/// @file tests/smtp/tls/kit.h  Our stream at one end of a socket pair, OpenSSL's client at the
/// other.
#include "event/sinks.h"
#include "kit/coroutine.h"
#include "kit/tls_peer.h"
#include "smtp/socket_stream.h"
#include "smtp/tls/client.h"
#include "smtp/tls/error.h"
#include "smtp/tls/server.h"

#include <boost/asio/local/stream_protocol.hpp>
#include <gtest/gtest.h>

#include <future>

namespace imc::smtp {

using namespace std::chrono_literals;

struct TestClock final : WallClock {
    std::atomic<std::chrono::milliseconds> at{std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch())};
    WallTime now() const override { return WallTime{at.load()}; }
    void pass(std::chrono::milliseconds time) { at = at.load() + time; }
};

class TlsFixture : public testing::Test {
protected:
    TlsFixture() { events_.add(ring_sink(ring_)); }

    /// Writes NAME.crt and NAME.key.
    CertificateFiles pair(const std::string& row, const std::string& name,
                          kit::CertificateWish wish = {})
    {
        if (wish.name.empty()) wish.name = name;
        const auto made = kit::make_certificate(wish);
        kit::write_certificate(made, folder_ / (name + ".crt"));
        kit::write_key(made, folder_ / (name + ".key"));
        return {row, folder_ / (name + ".crt"), folder_ / (name + ".key")};
    }

    void serve_with(TlsSettings settings, const std::string& banner = "mail.example.org")
    {
        certificates_ =
            std::make_shared<TlsCertificates>(std::move(settings), keys_, events_, clock_);
        server_ = std::make_unique<TlsServer>(certificates_, "192.0.2.1:25", banner, clock_);
    }
    void serve_one() { serve_with({{pair("*", "mail.example.org")}}); }

    /// A look that sees a change, and one that sees that it has settled.
    void look()
    {
        certificates_->refresh();
        certificates_->refresh();
    }

    std::vector<EventRecord> events(EventId id) const
    {
        std::vector<EventRecord> out;
        for (auto& record : ring_->records())
            if (record.id == id) out.push_back(std::move(record));
        return out;
    }

    /// The peer lives in a thread of its own; `act` is what it does. Our half runs here.
    template <class Act>
    auto meet(Act act, kit::TlsPeerWish wish = {}, Deadline deadline = after(10s))
    {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
        auto peer = std::async(std::launch::async, [act, wish, end = ends[1]] {
            kit::TlsPeer one{end, wish};
            auto result = act(one);
            ::close(end);
            return result;
        });
        net::io_context io;
        net::local::stream_protocol::socket ours{io, net::local::stream_protocol{}, ends[0]};
        auto stream = socket_stream(net::generic::stream_protocol::socket{std::move(ours)});
        kit::run(io, talk(std::move(stream), *server_, deadline, outcome_));
        return peer.get();
    }

    struct Outcome {
        IoResult<TlsFacts> facts = boost::system::error_code{};
        std::vector<std::string> heard;
        boost::system::error_code end;  ///< of the read that failed
    };

    /// Handshake; then each piece that comes is answered by "heard PIECE", to the end.
    static net::awaitable<bool> talk(std::unique_ptr<Stream> stream, const TlsServer& tls,
                                     Deadline deadline, Outcome& out)
    {
        out = Outcome{};
        auto facts = co_await stream->accept_tls(tls, deadline);
        out.facts = std::move(facts);
        std::array<char, 32768> room{};
        while (out.facts) {
            const auto octets = co_await stream->read_some(room, deadline);
            if (!octets) {
                out.end = octets.error();
                break;
            }
            out.heard.emplace_back(room.data(), *octets);
            const std::string answer = "heard " + out.heard.back();
            if (!co_await stream->write(answer, deadline)) break;
        }
        co_await stream->close(after(1s));
        co_return true;
    }

    kit::Folder folder_;
    TestClock clock_;
    std::shared_ptr<Ring> ring_ = std::make_shared<Ring>();
    EventLog events_;
    std::shared_ptr<TicketKeys> keys_ = std::make_shared<TicketKeys>(clock_);
    std::shared_ptr<TlsCertificates> certificates_;
    std::unique_ptr<TlsServer> server_;
    Outcome outcome_;
};

}  // namespace imc::smtp
