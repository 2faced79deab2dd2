#pragma once
/// @file base/tried_hosts.h  Hosts that were asked on the way to one that took mail, or in vain.
///
/// Threads: immutable.
#include <memory>
#include <string>
#include <vector>

namespace imc {

struct TriedHost {
    std::string host;  ///< "mx.example.net[192.0.2.7]:25"
    std::string said;  ///< "connecting failed: Connection refused", or the host's words
    friend bool operator==(const TriedHost&, const TriedHost&) = default;
};

/// In the order in which they were asked; of one attempt, shared by all its recipients. Null: the
/// first one took it.
using TriedHosts = std::shared_ptr<const std::vector<TriedHost>>;

}  // namespace imc
