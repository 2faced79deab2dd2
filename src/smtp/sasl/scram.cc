#include "smtp/sasl/scram.h"

#include <openssl/crypto.h>

namespace imc::smtp::sasl {

Scram::Scram(Kind kind, ChannelBindings bindings, std::string nonce)
    : kind_{kind}, bindings_{std::move(bindings)}, nonce_{std::move(nonce)}
{}

Turn Scram::on_response(std::optional<std::string> response)
{
    switch (state_) {
    case State::begin:
        if (!response) return Challenge{};
        return first(*response);
    case State::challenged: return last(response.value_or(""));
    case State::proved:
        state_ = State::over;
        if (response && !response->empty()) return Malformed{"an answer to the last word"};
        return Finished{};
    case State::asking:
    case State::over: break;
    }
    return Malformed{"a message too many"};
}

Turn Scram::first(const std::string& response)
{
    state_ = State::over;
    auto message = parse_scram_first(response);
    if (!message) return Malformed{"no SCRAM client-first-message"};
    first_ = std::move(*message);
    const bool binds = first_.binding == Binding::required;
    if (binds != (kind_ == Kind::plus))
        return Malformed{binds ? "channel binding in a mechanism without"
                               : "no channel binding in a mechanism of it"};
    if (first_.binding == Binding::not_offered && bindings_.any())
        return Failed{"the client was told that channel binding is not offered"};
    bound_ = first_.header;
    if (binds) {
        const auto& data = first_.binding_type == "tls-exporter"           ? bindings_.exporter
                           : first_.binding_type == "tls-server-end-point" ? bindings_.end_point
                                                                           : std::string{};
        if (data.empty()) return Failed{"channel binding of a type that is not offered"};
        bound_ += data;
    }
    state_ = State::asking;
    return NeedKeys{first_.user, first_.authorization};
}

Turn Scram::on_keys(const ScramKeys& keys, bool known)
{
    if (state_ != State::asking) return Malformed{"keys nobody asked for"};
    keys_ = keys;
    known_ = known;
    nonce_ = first_.nonce + nonce_;
    server_first_ =
        "r=" + nonce_ + ",s=" + base64_encode(keys.salt) + ",i=" + std::to_string(keys.iterations);
    state_ = State::challenged;
    return Challenge{server_first_};
}

Turn Scram::last(const std::string& response)
{
    state_ = State::over;
    const auto message = parse_scram_final(response);
    if (!message) return Malformed{"no SCRAM client-final-message"};
    if (message->nonce != nonce_) return Failed{"a nonce that is not of this exchange"};
    if (message->binding != bound_) return Failed{"the channel binding does not match"};

    const auto text = first_.bare + "," + server_first_ + "," + message->without_proof;
    const auto signature = hmac_sha256(keys_.stored_key, text);
    Digest client_key{};
    for (std::size_t i = 0; i < client_key.size(); ++i)
        client_key[i] =
            static_cast<std::uint8_t>(static_cast<unsigned char>(message->proof[i]) ^ signature[i]);
    const auto stored = sha256(octets(client_key));
    const bool right =
        CRYPTO_memcmp(stored.data(), keys_.stored_key.data(), keys_.stored_key.size()) == 0;
    OPENSSL_cleanse(client_key.data(), client_key.size());
    if (!known_ || !right) return Failed{known_ ? "wrong password" : "no such account"};
    state_ = State::proved;
    return Proved{"v=" + base64_encode(octets(hmac_sha256(keys_.server_key, text)))};
}

}  // namespace imc::smtp::sasl
