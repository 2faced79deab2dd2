#include "smtp/tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <span>

namespace imc::smtp {
namespace {

template <class Key>
void wipe(std::optional<Key>& key)
{
    if (!key) return;
    OPENSSL_cleanse(&*key, sizeof *key);
    key.reset();
}

bool set_up(EVP_MAC_CTX* mac, std::span<unsigned char> key)
{
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 3> with{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, with.data()) == 1;
}

}  // namespace

TicketKeys::~TicketKeys()
{
    wipe(current_);
    wipe(before_);
}

bool TicketKeys::rotate(WallTime now)
{
    if (before_ && now - before_->made >= 2 * period) wipe(before_);
    // A clock that was set back must not keep a key for ever.
    if (current_ && now - current_->made < period && now >= current_->made) return true;
    wipe(before_);
    if (current_ && now - current_->made < 2 * period && now >= current_->made) before_ = current_;
    wipe(current_);
    Key made{};
    made.made = now;
    if (RAND_bytes(made.name.data(), static_cast<int>(made.name.size())) != 1 ||
        RAND_priv_bytes(made.cipher.data(), static_cast<int>(made.cipher.size())) != 1 ||
        RAND_priv_bytes(made.mac.data(), static_cast<int>(made.mac.size())) != 1)
        return false;
    current_ = made;
    OPENSSL_cleanse(&made, sizeof made);
    return true;
}

int TicketKeys::use(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac, bool encrypt)
{
    const std::lock_guard lock{mutex_};
    if (!rotate(clock_.now())) return -1;
    if (encrypt) {
        std::ranges::copy(current_->name, name);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1 ||
            EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, current_->cipher.data(), iv) !=
                1 ||
            !set_up(mac, current_->mac))
            return -1;
        return 1;
    }
    for (auto* key : {&current_, &before_}) {
        if (!*key || !std::equal((*key)->name.begin(), (*key)->name.end(), name)) continue;
        if (!set_up(mac, (*key)->mac) ||
            EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, (*key)->cipher.data(), iv) != 1)
            return -1;
        return key == &current_ ? 1 : 2;
    }
    return 0;
}

}  // namespace imc::smtp
