#pragma once
/// @file directory/seen_changes.h  Which changes a server has: of each provider, up to which.
///
/// A naming context with syncprov shows one contextCSN for each provider whose changes have come
/// there: "20261124130000.123456Z#00002a#001#000000" is the time of its newest, the count within
/// that moment, the provider (its serverID), and the count within one operation. Each provider
/// stamps with its own clock, so stamps are compared with those of the same provider and no others:
/// a server that has the newest change of all may lack another provider's.
///
/// Stamps that are none say nothing: a server that shows nothing else is not judged (ldap.h).
///
/// Sources: OpenLDAP Administrator's Guide, chapter 18; libldap's csn.c.
/// Threads: values; a ChangeMemory any.
#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imc {

struct ChangeStamp {
    std::uint64_t microseconds = 0;  ///< since 1970
    std::uint32_t count = 0;
    std::uint32_t part = 0;

    friend auto operator<=>(const ChangeStamp&, const ChangeStamp&) = default;
};

struct ProviderStamp {
    std::uint16_t provider = 0;  ///< 000 to fff
    ChangeStamp stamp;
};

/// Without a fraction of the second, and with two digits of the provider, too (OpenLDAP 2.3).
std::optional<ProviderStamp> parse_context_csn(std::string_view text);

class SeenChanges {
public:
    /// @param context  the naming context that shows it. Older than what is known: nothing changes.
    void take(const std::string& context, std::string_view csn);
    /// @return  whether there was anything new
    bool take(const SeenChanges& other);

    /// Whether every change of `others` is there.
    bool has(const SeenChanges& others) const { return missing(others).empty(); }
    /// "provider 002: has 2026...#002#..., seen 2026...#002#..."; empty: has(others).
    std::string missing(const SeenChanges& others) const;

    /// Those of one naming context as a cookie has them: "CSN;CSN".
    std::string stamps(const std::string& context) const;

    bool empty() const { return newest_.empty(); }

private:
    struct Known {
        ChangeStamp stamp;
        std::string text;
    };
    struct Key {
        std::string context;
        std::uint16_t provider;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    bool take(const Key& key, const Known& known);

    std::map<Key, Known> newest_;
};

/// The newest changes that anybody has seen of one directory. Whoever opens it shares this memory
/// and outlives nothing of it: a generation that opens the directory anew must not believe a server
/// that the one before it would not have believed.
class ChangeMemory {
public:
    /// @return  whether there was anything new
    bool take(const SeenChanges& changes);
    /// What a server that has `shown` lacks; see SeenChanges::missing.
    std::string missing_in(const SeenChanges& shown) const;

    SeenChanges changes() const;

    /// The naming contexts that show a contextCSN; none: not known yet.
    std::vector<std::string> contexts() const;
    void know(std::vector<std::string> contexts);

private:
    mutable std::mutex mutex_;
    SeenChanges changes_;
    std::vector<std::string> contexts_;
};

}  // namespace imc
