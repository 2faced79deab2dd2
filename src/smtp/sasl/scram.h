#pragma once
/// @file smtp/sasl/scram.h  SCRAM-SHA-256, with and without channel binding: the server.
///
/// Rules:   RFC 5802 (5: messages, 6: binding, 3: arithmetic), RFC 7677, RFC 9266.
///          A client that could bind but was told we cannot ('y') is the victim of somebody who
///          shortened our list: refused when we can (section 6).
/// Threads: one owner at a time.
#include "smtp/sasl/mechanism.h"

namespace imc::smtp::sasl {

class Scram final : public Mechanism {
public:
    enum class Kind : std::uint8_t { plain, plus };

    Scram(Kind kind, ChannelBindings bindings, std::string nonce);

    Turn on_response(std::optional<std::string> response) override;
    Turn on_keys(const ScramKeys& keys, bool known) override;

private:
    enum class State : std::uint8_t { begin, asking, challenged, proved, over };

    Turn first(const std::string& response);
    Turn last(const std::string& response);

    Kind kind_;
    ChannelBindings bindings_;
    std::string nonce_;  ///< ours; then the client's and ours
    State state_ = State::begin;
    ScramFirst first_;
    std::string bound_;  ///< what "c=" must hold
    std::string server_first_;
    ScramKeys keys_;
    bool known_ = false;
};

}  // namespace imc::smtp::sasl
