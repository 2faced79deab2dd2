#pragma once
/// @file smtp/tls/ticket_keys.h  Keys of session tickets: made in memory, never written.
///
/// A ticket lets a client come back without a whole handshake (RFC 5077, RFC 8446 4.6.1). Who
/// steals its key reads recorded TLS 1.2 sessions, so a key encrypts for `period` only, decrypts
/// for one period more, and is then wiped. All listeners share one ring.
///
/// Threads: any.
#include "base/time.h"

#include <openssl/types.h>

#include <array>
#include <mutex>
#include <optional>

namespace imc::smtp {

class TicketKeys {
public:
    static constexpr std::chrono::hours period{12};

    explicit TicketKeys(const WallClock& clock = wall_clock()) : clock_{clock} {}
    ~TicketKeys();
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    /// As SSL_CTX_set_tlsext_ticket_key_evp_cb asks: 1 done, 2 done but give a new ticket, 0 not
    /// one of ours, -1 failed.
    int use(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
            bool encrypt);

private:
    struct Key {
        std::array<unsigned char, 16> name;
        std::array<unsigned char, 32> cipher;
        std::array<unsigned char, 32> mac;
        WallTime made;
    };
    bool rotate(WallTime now);

    const WallClock& clock_;
    std::mutex mutex_;
    std::optional<Key> current_, before_;
};

}  // namespace imc::smtp
