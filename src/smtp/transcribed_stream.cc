#include "smtp/transcribed_stream.h"

namespace imc::smtp {
namespace {

class Transcribed final : public Stream {
public:
    Transcribed(std::unique_ptr<Stream> stream, Ours ours, Transcript transcript)
        : stream_{std::move(stream)}, ours_{ours}, transcript_{std::move(transcript)}
    {}
    ~Transcribed() override
    {
        const auto& t = transcript_;
        transcript_.note("closed: " + std::to_string(t.client_octets()) +
                         " octets of the client, " + std::to_string(t.server_octets()) +
                         " of the server");
    }

    net::awaitable<IoResult<std::size_t>> read_some(std::span<char> into,
                                                    Deadline deadline) override
    {
        const auto begun = std::chrono::steady_clock::now();
        auto got = co_await stream_->read_some(into, deadline);
        if (got)
            peer_says({into.data(), *got});
        else
            failed("waiting", got.error(), deadline, begun);
        co_return got;
    }
    net::awaitable<IoResult<std::string_view>> read(std::size_t most, Deadline deadline) override
    {
        const auto begun = std::chrono::steady_clock::now();
        auto got = co_await stream_->read(most, deadline);
        if (got)
            peer_says(*got);
        else
            failed("waiting", got.error(), deadline, begun);
        co_return got;
    }
    net::awaitable<IoResult<>> write(std::string_view octets, Deadline deadline) override
    {
        if (ours_ == Ours::client)
            transcript_.client(octets);
        else
            transcript_.server(octets);
        const auto begun = std::chrono::steady_clock::now();
        auto done = co_await stream_->write(octets, deadline);
        if (!done) failed("sending", done.error(), deadline, begun);
        co_return done;
    }
    net::awaitable<void> close(Deadline deadline) override { co_await stream_->close(deadline); }
    net::awaitable<IoResult<TlsFacts>> accept_tls(const TlsServer& tls, Deadline deadline) override
    {
        auto facts = co_await stream_->accept_tls(tls, deadline);
        begun(facts);
        co_return facts;
    }
    net::awaitable<IoResult<TlsFacts>> connect_tls(const TlsClient& tls, std::string name,
                                                   Deadline deadline) override
    {
        auto facts = co_await stream_->connect_tls(tls, std::move(name), deadline);
        begun(facts);
        co_return facts;
    }

private:
    void peer_says(std::string_view octets)
    {
        if (ours_ == Ours::client)
            transcript_.server(octets);
        else
            transcript_.client(octets);
    }
    void begun(const IoResult<TlsFacts>& facts)
    {
        transcript_.restart();
        transcript_.note(facts ? facts->version + " " + facts->cipher
                               : "TLS failed: " + facts.error().message());
    }
    void failed(std::string_view what, const boost::system::error_code& why, Deadline deadline,
                std::chrono::steady_clock::time_point begun)
    {
        std::string fact{what};
        fact += ": " + why.message();
        if (why == net::error::timed_out)
            fact +=
                " after " +
                std::to_string(std::chrono::round<std::chrono::seconds>(deadline - begun).count()) +
                " s";
        transcript_.note(fact);
    }

    std::unique_ptr<Stream> stream_;
    const Ours ours_;
    Transcript transcript_;
};

}  // namespace

std::unique_ptr<Stream> transcribed(std::unique_ptr<Stream> stream, Ours ours,
                                    Transcript transcript)
{
    return std::make_unique<Transcribed>(std::move(stream), ours, std::move(transcript));
}

}  // namespace imc::smtp
