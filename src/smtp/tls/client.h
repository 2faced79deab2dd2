#pragma once
/// @file smtp/tls/client.h  How we ask other servers for TLS.
///
/// Threads: any; immutable.
#include "base/error.h"

#include <memory>

namespace imc::smtp {

enum class TlsVerify : std::uint8_t {
    none,           ///< any certificate does: encryption against those who only listen
    opportunistic,  ///< the handshake goes on, TlsFacts::peer_flaw says what is wrong
    required,       ///< a chain to the CA file, and the name we meant; else the handshake fails
};

struct TlsClientSettings {
    TlsVerify verify = TlsVerify::opportunistic;
    std::string ca_file = {};  ///< PEM; empty: the system's
};

class TlsClient {
public:
    /// Errors: 40110 when the CA file cannot be used.
    static Result<std::shared_ptr<const TlsClient>> make(const TlsClientSettings& settings);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    struct State;  ///< smtp/tls/client_state.h
    const State& state() const { return *state_; }

private:
    explicit TlsClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace imc::smtp
