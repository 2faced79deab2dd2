#pragma once
/// @file queue/site.h  Where mail waits for a connection: lanes (a route, as one profile has it)
/// lead to sites (hosts that many domains may share).
///
/// All of it is guarded by the queue's lock.
#include "queue/courier.h"
#include "queue/load.h"
#include "queue/profiles.h"
#include "queue/ready_queue.h"
#include "queue/window.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

namespace imc::queue {

/// A courier without work that waits a moment for more.
struct Idle {
    net::any_io_executor executor;
    net::steady_timer timer;
    bool dismissed = false;  ///< its place is wanted elsewhere
};

struct Site {
    Site(std::string k, Place p, bool far)
        : key{std::move(k)}, place{std::move(p)}, remote{far},
          window{place.profile->connections, far ? 5 : place.profile->connections}
    {
        pace.set(place.profile->messages_per_minute);
    }

    const std::string key;  ///< hosts and terms
    Place place;
    const bool remote;
    ReadyQueue<Load> ready;
    std::vector<std::shared_ptr<Idle>> idle;
    std::size_t couriers = 0;
    std::size_t flying = 0;  ///< couriers with a message
    Window window;
    Pace pace;
    bool in_line = false;    ///< for one of all connections
    bool impatient = false;  ///< somebody waits here for whom no retries are configured
    std::size_t to_reroute = 0;
    bool unused = false;       ///< stands in State::unused
    Steady confirmed_until{};  ///< DNS has said until then that mail for it goes here
    Steady wakes_at = Steady::max();
    Steady used_at{};
    WallTime down_since{};
    DeliveryResult last_failure{Delivery::deferred, "4.4.1", "", ""};
    TriedHosts tried = {};  ///< in vain, when it was called last

    std::size_t most() const { return std::max<std::size_t>(place.profile->connections, 1); }
};

/// Counts are kept by Items.
struct Lane : boost::intrusive_ref_counter<Lane> {
    transfer::Route route;  ///< without address
    ProfilePtr profile;
    bool remote = true;
    std::weak_ptr<Site> site;
    Steady fresh_until{};  ///< `site` may be used without asking
    bool asking = false;   ///< a look-up is under way or in line
    std::vector<Load> waiting;
    std::size_t locating = 0;  ///< recipients
    std::size_t ready = 0;
    bool silent = false;  ///< the last look-up led nowhere, for now
    DeliveryResult last_failure{Delivery::deferred, "4.4.3", "", ""};
    WallTime silent_since{};
    unsigned vain = 0;
    Steady ask_at{};  ///< not before
    Steady wakes_at = Steady::max();
    Steady open_until{};  ///< held for ETRN, but its host has asked
};
using LanePtr = boost::intrusive_ptr<Lane>;

}  // namespace imc::queue
