/// AUTH: who is it? RFC 4954.
#include "base/base64.h"
#include "base/text.h"
#include "smtp/server/dialogue.h"
#include "smtp/server/ports.h"

#include <algorithm>

namespace imc::smtp {

Step Dialogue::on_auth(std::string_view argument)
{
    if (state_ == State::connected || !facts_.extended)
        return protocol_error(503, "5.5.1", "EHLO first");
    if (!facts_.account.empty()) return protocol_error(503, "5.5.1", "Authenticated already");
    if (in_transaction()) return protocol_error(503, "5.5.1", "Not inside a transaction");
    if (mechanisms_.empty()) {
        // RFC 4954 4: what is wrong is only that nobody may listen.
        if (tls_helps() && offers(Extension::auth))
            return protocol_error(538, "5.7.11", "Begin with STARTTLS");
        return protocol_error(502, "5.5.1", "Not supported");
    }
    const auto space = std::min(argument.find(' '), argument.size());
    const auto initial = trim(argument.substr(space));
    mechanism_ = upper(argument.substr(0, space));
    const auto offered = split(mechanisms_, ' ');
    if (mechanism_.empty()) return protocol_error(501, "5.5.4", "Name a mechanism");
    if (std::ranges::find(offered, mechanism_) == offered.end())
        return protocol_error(504, "5.5.4", "Mechanism not offered");
    sasl_response_.reset();
    if (initial == "=") {  // an initial response, and an empty one
        sasl_response_ = "";
    } else if (!initial.empty()) {
        sasl_response_ = base64_decode(initial);
        if (!sasl_response_) return protocol_error(501, "5.5.2", "Not base64");
    }
    sasl_ = Sasl::running;
    return Step{std::nullopt, Next::sasl_step};
}

Step Dialogue::on_no_mechanism()
{
    sasl_ = Sasl::none;
    return protocol_error(504, "5.5.4", "Mechanism not offered");
}

Step Dialogue::on_response(std::string_view line)
{
    settle();
    rule_.clear();
    if (line == "*") {
        sasl_ = Sasl::none;
        return protocol_error(501, "5.0.0", "Authentication given up");
    }
    auto decoded = line.size() + 2 > limits().auth_octets ? std::nullopt : base64_decode(line);
    if (!decoded) {
        sasl_ = Sasl::none;
        return protocol_error(501, "5.5.2", "Not base64; authentication given up");
    }
    // What a server says last needs a response, too, which is empty (RFC 4422 3.6).
    if (sasl_ == Sasl::finishing) {
        if (decoded->empty()) return authenticated();
        sasl_ = Sasl::none;
        return protocol_error(501, "5.5.2", "An empty response was due");
    }
    sasl_response_ = std::move(decoded);
    return Step{std::nullopt, Next::sasl_step};
}

Step Dialogue::on_sasl(const SaslStep& outcome)
{
    using Kind = SaslStep::Kind;
    switch (outcome.kind) {
    case Kind::challenge: return reply(334, "", base64_encode(outcome.data), Next::read_response);
    case Kind::done:
        account_ = outcome.account;  // kept until the client has agreed
        if (outcome.data.empty()) return authenticated();
        sasl_ = Sasl::finishing;
        return reply(334, "", base64_encode(outcome.data), Next::read_response);
    case Kind::failed:
        sasl_ = Sasl::none;
        return protocol_error(535, "5.7.8", "Authentication failed");
    case Kind::malformed:
        sasl_ = Sasl::none;
        return protocol_error(501, "5.5.2", "Not what the mechanism says");
    case Kind::temporary: break;
    }
    sasl_ = Sasl::none;
    return reply(454, "4.7.0", "Cannot authenticate now; try again later");
}

Step Dialogue::authenticated()
{
    sasl_ = Sasl::none;
    facts_.account = std::exchange(account_, {});
    facts_.mechanism = mechanism_;
    return reply(235, "2.7.0", "Authenticated");
}

}  // namespace imc::smtp
