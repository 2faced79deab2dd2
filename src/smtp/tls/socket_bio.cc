#include "smtp/tls/socket_bio.h"

#include <cerrno>
#include <cstdint>
#include <sys/socket.h>

namespace imc::smtp {
namespace {

// The descriptor and "the peer has finished" live in the pointer OpenSSL keeps for us.
constexpr std::uintptr_t finished = 1U << 31U;

std::uintptr_t kept(BIO* bio) { return reinterpret_cast<std::uintptr_t>(BIO_get_data(bio)); }

int descriptor_of(BIO* bio) { return static_cast<int>(kept(bio) & ~finished); }

bool not_now(ssize_t result)
{
    return result == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

int read(BIO* bio, char* into, std::size_t size, std::size_t* octets)
{
    BIO_clear_retry_flags(bio);
    const auto result = ::recv(descriptor_of(bio), into, size, 0);
    if (not_now(result)) BIO_set_retry_read(bio);
    if (result == 0)
        BIO_set_data(bio, reinterpret_cast<void*>(kept(bio) | finished));  // NOLINT: a number
    *octets = result > 0 ? static_cast<std::size_t>(result) : 0;
    return result > 0 ? 1 : 0;
}

int write(BIO* bio, const char* text, std::size_t size, std::size_t* octets)
{
    BIO_clear_retry_flags(bio);
    const auto result = ::send(descriptor_of(bio), text, size, MSG_NOSIGNAL);
    if (not_now(result)) BIO_set_retry_write(bio);
    *octets = result > 0 ? static_cast<std::size_t>(result) : 0;
    return result > 0 ? 1 : 0;
}

long control(BIO* bio, int command, long, void*)
{
    switch (command) {
    case BIO_CTRL_EOF: return (kept(bio) & finished) != 0 ? 1 : 0;
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DUP: return 1;
    default: return 0;
    }
}

BIO_METHOD* method()
{
    static BIO_METHOD* const made = [] {
        auto* const one = BIO_meth_new(
            BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
        BIO_meth_set_read_ex(one, read);
        BIO_meth_set_write_ex(one, write);
        BIO_meth_set_ctrl(one, control);
        return one;
    }();
    return made;
}

}  // namespace

bool attach_socket(SSL* ssl, int descriptor)
{
    BIO* const bio = BIO_new(method());
    if (bio == nullptr) return false;
    BIO_set_data(bio, reinterpret_cast<void*>(  // NOLINT: a number
                          static_cast<std::uintptr_t>(static_cast<unsigned>(descriptor))));
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return true;
}

}  // namespace imc::smtp
