#pragma once
/// @file app/service/mail_rules.h  What couriers must obey whatever they are, and what they bring
/// back beyond their result.
///
/// Automatic mail that policy keeps in is not given to a courier for other domains: its recipients
/// fail with 5.7.1, `suppressed` says which sort (event 4123, tracking 40734). What was given to a
/// mail store or an LMTP server is a final delivery (RFC 3461 6).
///
/// The sender of what we pass on to other domains (copies of lists, contacts, alternate recipients)
/// is rewritten on the wire, unless it is one of ours: mail/srs.h.
///
/// Threads: as queue::Couriers.
#include "config/config.h"
#include "queue/courier.h"

#include <functional>

namespace imc::app {

class ObedientCouriers final : public queue::Couriers {
public:
    ObedientCouriers(queue::Couriers& inner, std::function<config::ConfigPtr()> config)
        : inner_{inner}, config_{std::move(config)}
    {}
    std::unique_ptr<queue::Courier> hire(const queue::Place& place) override;

private:
    queue::Couriers& inner_;
    std::function<config::ConfigPtr()> config_;
};

}  // namespace imc::app
