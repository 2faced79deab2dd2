#include "admin/text_sum.h"

#include <array>
#include <new>
#include <openssl/evp.h>

namespace imc::admin {

struct TextSum::State {
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

TextSum::TextSum() : state_{std::make_unique<State>()}
{
    if (!state_->context || EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1)
        throw std::bad_alloc{};
}
TextSum::~TextSum() = default;
TextSum::TextSum(TextSum&&) noexcept = default;
TextSum& TextSum::operator=(TextSum&&) noexcept = default;

void TextSum::append(std::string_view octets)
{
    if (EVP_DigestUpdate(state_->context.get(), octets.data(), octets.size()) != 1)
        throw std::bad_alloc{};
}

std::string TextSum::hex()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(state_->context.get(), sum.data(), &size) != 1) throw std::bad_alloc{};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (unsigned i = 0; i < size; ++i)
        out += {digits[sum[i] >> 4U], digits[sum[i] & 15U]};
    return out;
}

}  // namespace imc::admin
