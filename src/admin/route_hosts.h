#pragma once
/// @file admin/route_hosts.h  Which hosts a route leads to now: DNS is asked as the service asks
/// it.
///
/// Each host with preference, addresses, TTL and DNSSEC status in the order in which it would be
/// tried (equals are shuffled anew for each delivery), and those left out with the reason.
#include "base/time.h"
#include "config/config.h"
#include "dns/mx_hosts.h"
#include "transfer/route.h"

#include <boost/json/object.hpp>

#include <iosfwd>
#include <optional>

namespace imc::admin {

/// Nothing for a route without hosts (Maildir, socket).
/// @return 40300 when DnsServers or resolv.conf cannot be used
Result<std::optional<dns::Decision>> hosts_now(const config::Config& config,
                                               const transfer::NextHop& hop, Deadline deadline);

boost::json::object to_json(const dns::Decision& decision);

/// For people: one line per host.
void print(std::ostream& out, const dns::Decision& decision);

}  // namespace imc::admin
