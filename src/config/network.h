#pragma once
/// @file config/network.h  Internet addresses and networks; which of many networks holds an
/// address.
///
/// The narrowest network decides. The nested networks are cut into a sorted row of pieces once; a
/// question is one binary search, with ten rows as with 100,000. The order in which the rows were
/// written never matters.
///
/// KB:      Q155920 (a narrower row wins), Q316205 (a catch-all must not hide others), Q179289
/// Threads: any once built.
#include "base/error.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace imc::config {

/// An address; IPv4 as ::ffff:a.b.c.d, so that one compare does.
using AddressOctets = std::array<std::uint8_t, 16>;

bool is_v4(const AddressOctets& address);

/// Nothing for a text that is no address. A zone ("fe80::1%eth0") is left out.
std::optional<AddressOctets> parse_octets(std::string_view text);

/// IPv4 or IPv6 network.
struct Network {
    AddressOctets address{};
    unsigned bits = 128;
    std::string text;  ///< as written: "10.0.0.0;255.0.0.0", "2001:db8::/32"

    /// CIDR, "net;mask" or a single address. Error 40110 names what is wrong (host bits set, ...).
    static Result<Network> parse(std::string_view text);
    /// @param peer  an address as text; a text that is none is contained nowhere.
    bool contains(std::string_view peer) const;
    bool is_v4() const { return bits >= 96 && config::is_v4(address); }
};

class NetworkIndex {
public:
    NetworkIndex() = default;
    /// Of two equal networks the first one stands.
    explicit NetworkIndex(std::span<const Network> networks);

    /// Index of the narrowest network that holds `address`. A row of IPv6 never holds an IPv4
    /// address, "::/0" neither.
    std::optional<std::size_t> find(const AddressOctets& address) const;

    /// Rows that decide for no address at all: the same network stands before them, or narrower
    /// ones cover it.
    std::vector<std::size_t> idle() const;

private:
    struct Piece {
        AddressOctets begin;    ///< up to where the next one begins
        std::uint32_t network;  ///< index + 1; 0: none
    };
    std::vector<Piece> pieces_;
    std::vector<bool> v6_;  ///< by index: wider than the IPv4 addresses
    std::size_t count_ = 0;
};

/// A list of networks as an administrator wrote it, with its index.
class NetworkSet {
public:
    NetworkSet() = default;
    NetworkSet(std::vector<Network> networks) : rows_{std::move(networks)}, index_{rows_} {}

    /// The narrowest that holds `address`, null when none does or the text is no address.
    const Network* find(std::string_view address) const;

    bool empty() const { return rows_.empty(); }
    std::size_t size() const { return rows_.size(); }
    auto begin() const { return rows_.begin(); }
    auto end() const { return rows_.end(); }

private:
    std::vector<Network> rows_;
    NetworkIndex index_;
};

}  // namespace imc::config
