#include "smtp/sasl/mechanism.h"

#include "base/text.h"
#include "smtp/sasl/scram.h"

#include <cstring>

namespace imc::smtp::sasl {
namespace {

class Plain final : public Mechanism {
public:
    Turn on_response(std::optional<std::string> response) override
    {
        if (!response) return Challenge{};
        auto message = parse_plain(*response);
        explicit_bzero(response->data(), response->size());
        if (!message) return Malformed{"no PLAIN message"};
        return CheckPassword{std::move(message->user), std::move(message->password),
                             std::move(message->authorization)};
    }
};

class Login final : public Mechanism {
public:
    Turn on_response(std::optional<std::string> response) override
    {
        if (!response) return Challenge{"Username:"};
        const bool readable = !response->empty() && response->size() <= most_name_octets &&
                              is_utf8(*response) && response->find('\0') == std::string::npos;
        if (!readable) return Malformed{user_.empty() ? "no user name" : "no password"};
        if (!user_.empty()) return CheckPassword{user_, std::move(*response), {}};
        user_ = std::move(*response);
        return Challenge{"Password:"};
    }

private:
    std::string user_;
};

class External final : public Mechanism {
public:
    Turn on_response(std::optional<std::string> response) override
    {
        if (!response) return Challenge{};
        auto name = parse_external(*response);
        if (!name) return Malformed{"no EXTERNAL message"};
        return CheckCertificate{std::move(*name)};
    }
};

}  // namespace

Turn Mechanism::on_keys(const ScramKeys&, bool) { return Failed{"not a mechanism of keys"}; }

std::unique_ptr<Mechanism> make_mechanism(std::string_view name, const ChannelBindings& bindings,
                                          std::string nonce)
{
    if (same_word(name, "PLAIN")) return std::make_unique<Plain>();
    if (same_word(name, "LOGIN")) return std::make_unique<Login>();
    if (same_word(name, "EXTERNAL")) return std::make_unique<External>();
    if (same_word(name, "SCRAM-SHA-256"))
        return std::make_unique<Scram>(Scram::Kind::plain, bindings, std::move(nonce));
    if (same_word(name, "SCRAM-SHA-256-PLUS"))
        return std::make_unique<Scram>(Scram::Kind::plus, bindings, std::move(nonce));
    return nullptr;
}

}  // namespace imc::smtp::sasl
