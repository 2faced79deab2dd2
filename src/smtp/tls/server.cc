#include "smtp/tls/server.h"

#include "smtp/tls/contexts.h"

#include <map>
#include <mutex>

namespace imc::smtp {

using namespace std::chrono_literals;

struct TlsServer::State {
    std::shared_ptr<TlsCertificates> certificates;
    std::string listener, banner;
    const WallClock& clock;

    struct Reason {
        WallTime said{};
        std::uint64_t since = 0;  ///< failures since then
    };
    std::mutex mutex;
    std::map<std::string, Reason> reasons;  ///< as many as OpenSSL has texts
    std::uint64_t failures = 0;
};

TlsServer::TlsServer(std::shared_ptr<TlsCertificates> certificates, std::string listener,
                     std::string banner, const WallClock& clock)
    : state_{new State{
          std::move(certificates), std::move(listener), std::move(banner), clock, {}, {}, 0}}
{}

TlsServer::~TlsServer() = default;

bool TlsServer::ready() const { return !state_->certificates->contexts()->all.empty(); }

std::chrono::seconds TlsServer::handshake_timeout() const
{
    return state_->certificates->settings().handshake_timeout;
}

void TlsServer::handshake_failed(const std::string& peer,
                                 const boost::system::error_code& why) const
{
    const auto text = why.message();
    std::uint64_t count = 0;
    {
        const std::lock_guard lock{state_->mutex};
        ++state_->failures;
        auto& reason = state_->reasons[text];
        ++reason.since;
        const auto now = state_->clock.now();
        if (now - reason.said < 1min) return;
        reason.said = now;
        count = std::exchange(reason.since, 0);
    }
    state_->certificates->events().raise(EventId::tls_handshake_failed,
                                         {{"listener", state_->listener},
                                          {"peer", peer},
                                          {"detail", text},
                                          {"count", std::to_string(count)}});
}

std::uint64_t TlsServer::failures() const
{
    const std::lock_guard lock{state_->mutex};
    return state_->failures;
}

const TlsCertificates& TlsServer::certificates() const { return *state_->certificates; }
const std::string& TlsServer::listener() const { return state_->listener; }
const std::string& TlsServer::banner() const { return state_->banner; }

}  // namespace imc::smtp
