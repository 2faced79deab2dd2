#pragma once
/// @file config/people.h  Where this connector looks up recipients.
///
/// Beside its configuration, below the organization; or in a second directory (RecipientSource).
#include "config/config.h"
#include "directory/recipient_cache.h"

namespace imc::config {

struct People {
    People() = default;
    People(std::shared_ptr<Directory> among) : directory{std::move(among)} {}

    std::shared_ptr<Directory> directory;  ///< null: the one with the configuration
    std::optional<Dn> base;                ///< empty: the organization
    bool administrator = false;            ///< the administrator mailbox is one of them
    RecipientCacheSettings cache;
    bool preloads = false;  ///< everybody is read beforehand
    bool follows = true;    ///< changes are heard of, where the server tells

    const Dn& base_in(const Config& config) const { return base ? *base : config.organization; }
};

}  // namespace imc::config
