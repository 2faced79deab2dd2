#pragma once
/// @file cli/explained.h  What became of a recipient, step by step: for people, or as one JSON
/// object.
#include "cli/command.h"
#include "config/config.h"
#include "transfer/procedure.h"

#include <boost/json/object.hpp>

#include <string>

namespace imc::cli {

struct Explained {
    std::string address;
    transfer::Evidence evidence = {};
    bool without_dns = false;
    boost::json::object more = {};  ///< for programs
};

/// Refused or deferred: exit status 1. Which hosts a way leads to now is asked of DNS.
void show(Context& context, const config::Config& config, const Explained& explained,
          const transfer::Resolution& resolution);

}  // namespace imc::cli
