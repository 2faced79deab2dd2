#pragma once
/// @file app/service/dequeue_desk.h  Who may ask for mail by ETRN, and what is set free for him.
///
/// A domain is held when its profile says imcHoldForEtrn; imcEtrnFrom says who may ask. The mail
/// leaves over connections of ours to the hosts of the profile, never over the client's.
///
/// Rules:   RFC 1985
/// KB:      Q184051, Q258292 (DisableETRN)
/// Events:  40665
/// Threads: any; one per generation.
#include "config/config.h"
#include "event/log.h"
#include "queue/queue.h"
#include "smtp/server/ports.h"

#include <functional>

namespace imc::app {

class DequeueDesk final : public smtp::Dequeue {
public:
    /// @param may_sign_in  whether this client could sign in where it is; asked only when accounts
    ///                     are named
    /// @param link_is_open  mail could go now
    DequeueDesk(config::ConfigPtr config, queue::Queue& queue, EventLog& events,
                std::function<bool(const smtp::SessionFacts&)> may_sign_in,
                std::function<bool()> link_is_open);

    bool offered(const smtp::SessionFacts& facts) const override;
    boost::asio::awaitable<smtp::DequeueAnswer> start(const smtp::SessionFacts& facts,
                                                      std::string node) override;

private:
    struct Row {
        const config::DomainProfile* profile;  ///< of config_
        config::NetworkSet networks;
        std::vector<std::string> accounts;      ///< lower case
        std::vector<std::string> certificates;  ///< SHA-256, lower-case hex
        bool allows(const smtp::SessionFacts& facts) const;
    };

    config::ConfigPtr config_;
    queue::Queue& queue_;
    EventLog& events_;
    std::function<bool(const smtp::SessionFacts&)> may_sign_in_;
    std::function<bool()> link_is_open_;
    std::vector<Row> rows_;
};

}  // namespace imc::app
