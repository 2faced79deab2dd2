#include "smtp/sasl/client.h"

#include "base/text.h"
#include "directory/saslprep.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace imc::smtp::sasl {
namespace {

constexpr std::uint32_t fewest_iterations = 4096, most_iterations = 1'000'000;
constexpr std::size_t most_nonce = 1024, most_salt = 256;

std::string escaped(std::string_view name)
{
    std::string out;
    for (const char c : name)
        out += c == ',' ? std::string{"=2C"} : c == '=' ? std::string{"=3D"} : std::string(1, c);
    return out;
}

class Plain final : public Exchange {
public:
    explicit Plain(std::shared_ptr<const Credentials> c) : credentials_{std::move(c)} {}
    std::optional<std::string> initial() override
    {
        return std::string(1, '\0') + credentials_->user() + '\0' + credentials_->password();
    }
    std::optional<std::string> on_challenge(std::string_view) override
    {
        if (std::exchange(asked_, true)) return {};
        return initial();  // a server that did not hear it with the command
    }
    bool may_succeed() const override { return true; }

private:
    std::shared_ptr<const Credentials> credentials_;
    bool asked_ = false;
};

class Login final : public Exchange {
public:
    explicit Login(std::shared_ptr<const Credentials> c) : credentials_{std::move(c)} {}
    std::optional<std::string> on_challenge(std::string_view) override
    {
        switch (asked_++) {
        case 0: return credentials_->user();
        case 1: return credentials_->password();
        default: return {};
        }
    }
    bool may_succeed() const override { return asked_ == 2; }

private:
    std::shared_ptr<const Credentials> credentials_;
    int asked_ = 0;
};

class ScramClient final : public Exchange {
public:
    ScramClient(std::shared_ptr<const Credentials> c, std::string nonce)
        : credentials_{std::move(c)}, nonce_{std::move(nonce)},
          bare_{"n=" + escaped(credentials_->user()) + ",r=" + nonce_}
    {}
    std::optional<std::string> initial() override { return "n,," + bare_; }
    std::optional<std::string> on_challenge(std::string_view challenge) override
    {
        switch (state_) {
        case State::begin: return last(challenge);
        case State::asked: return judge(challenge);
        case State::over: break;
        }
        return {};
    }
    bool may_succeed() const override { return proved_; }

private:
    enum class State : std::uint8_t { begin, asked, over };

    std::optional<std::string> last(std::string_view challenge)
    {
        state_ = State::over;
        const auto first = parse_scram_server_first(challenge);
        if (!first || first->nonce.size() <= nonce_.size() || !first->nonce.starts_with(nonce_))
            return {};
        Digest salted = credentials_->salted(first->salt, first->iterations);
        const std::string without_proof = "c=biws,r=" + first->nonce;
        const auto text = bare_ + "," + std::string{challenge} + "," + without_proof;
        Digest client_key = hmac_sha256(salted, "Client Key");
        const auto signature = hmac_sha256(sha256(octets(client_key)), text);
        for (std::size_t i = 0; i < client_key.size(); ++i)
            client_key[i] = static_cast<std::uint8_t>(client_key[i] ^ signature[i]);
        expected_ = hmac_sha256(hmac_sha256(salted, "Server Key"), text);
        const auto proof = base64_encode(octets(client_key));
        OPENSSL_cleanse(salted.data(), salted.size());
        state_ = State::asked;
        return without_proof + ",p=" + proof;
    }

    std::optional<std::string> judge(std::string_view challenge)
    {
        state_ = State::over;
        const auto verifier = parse_scram_server_final(challenge);
        proved_ = verifier && CRYPTO_memcmp(verifier->data(), expected_.data(), 32) == 0;
        if (!proved_) return {};
        return std::string{};
    }

    std::shared_ptr<const Credentials> credentials_;
    std::string nonce_, bare_;
    Digest expected_{};
    State state_ = State::begin;
    bool proved_ = false;
};

/// Takes "X=value" and the comma behind it off the front.
std::optional<std::string_view> take(std::string_view& text, char attribute)
{
    if (text.size() < 2 || text[0] != attribute || text[1] != '=') return {};
    const auto end = std::min(text.find(','), text.size());
    const auto value = text.substr(2, end - 2);
    text.remove_prefix(std::min(end + 1, text.size()));
    return value;
}

void replace_all(std::string& text, std::string_view what)
{
    if (what.empty()) return;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 3))
        text.replace(at, what.size(), "***");
}

}  // namespace

Credentials::Credentials(std::string_view user, std::string_view password)
    : user_{saslprep(user, Prepared::to_ask).value_or(std::string{user})},
      password_{saslprep(password, Prepared::to_ask).value_or(std::string{password})}
{}

Credentials::~Credentials()
{
    OPENSSL_cleanse(password_.data(), password_.size());
    OPENSSL_cleanse(salted_.data(), salted_.size());
}

Digest Credentials::salted(std::string_view salt, std::uint32_t iterations) const
{
    const std::lock_guard lock{mutex_};
    if (iterations_ == iterations && salt_ == salt) return salted_;
    if (PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()),
                          reinterpret_cast<const unsigned char*>(salt.data()),
                          static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                          static_cast<int>(salted_.size()), salted_.data()) != 1)
        throw std::runtime_error{"PBKDF2 failed"};
    salt_ = salt;
    iterations_ = iterations;
    return salted_;
}

std::string Credentials::redacted(std::string text) const
{
    replace_all(text, password_);
    replace_all(text, printable(password_));  // as it stands in what was made fit for a log
    replace_all(text, base64_encode(password_));
    replace_all(text, base64_encode(std::string(1, '\0') + user_ + '\0' + password_));
    return text;
}

std::string choose_mechanism(std::span<const std::string> offered)
{
    for (const std::string_view known : {"SCRAM-SHA-256", "PLAIN", "LOGIN"})
        if (std::ranges::find(offered, known) != offered.end()) return std::string{known};
    return {};
}

std::unique_ptr<Exchange> make_exchange(std::string_view mechanism,
                                        std::shared_ptr<const Credentials> credentials,
                                        std::string nonce)
{
    if (mechanism == "PLAIN") return std::make_unique<Plain>(std::move(credentials));
    if (mechanism == "LOGIN") return std::make_unique<Login>(std::move(credentials));
    if (mechanism != "SCRAM-SHA-256") return nullptr;
    if (nonce.empty()) nonce = base64_encode(random_octets(24));
    return std::make_unique<ScramClient>(std::move(credentials), std::move(nonce));
}

std::optional<ScramServerFirst> parse_scram_server_first(std::string_view text)
{
    ScramServerFirst out;
    // "m=" in front is an extension that must be understood; we understand none.
    const auto nonce = take(text, 'r');
    const auto salt = nonce ? take(text, 's') : std::nullopt;
    const auto iterations = salt ? take(text, 'i') : std::nullopt;
    if (!iterations || nonce->empty() || nonce->size() > most_nonce ||
        !std::ranges::all_of(*nonce, [](char c) { return c > 0x20 && c < 0x7f; }))
        return {};
    auto plain = base64_decode(*salt);
    const auto number = parse_number(*iterations);
    if (!plain || plain->empty() || plain->size() > most_salt || !number ||
        *number < fewest_iterations || *number > most_iterations)
        return {};
    out.nonce = *nonce;
    out.salt = std::move(*plain);
    out.iterations = static_cast<std::uint32_t>(*number);
    return out;
}

std::optional<std::string> parse_scram_server_final(std::string_view text)
{
    const auto value = take(text, 'v');
    auto plain = value ? base64_decode(*value) : std::nullopt;
    if (!plain || plain->size() != 32) return {};
    return plain;
}

}  // namespace imc::smtp::sasl
