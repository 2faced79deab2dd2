#include "config/network.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace imc::config {
namespace {

AddressOctets last_of(const Network& network)
{
    auto last = network.address;
    for (unsigned i = network.bits; i < 128; ++i)
        last[i / 8] = static_cast<std::uint8_t>(last[i / 8] | (0x80U >> (i % 8)));
    return last;
}

/// False when there is none behind it.
bool advance(AddressOctets& address)
{
    for (auto i = address.size(); i-- > 0;)
        if (++address[i] != 0) return true;
    return false;
}

}  // namespace

NetworkIndex::NetworkIndex(std::span<const Network> networks) : count_{networks.size()}
{
    std::vector<std::uint32_t> order(networks.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](auto a, auto b) {
        return std::tie(networks[a].address, networks[a].bits, a) <
               std::tie(networks[b].address, networks[b].bits, b);
    });
    const auto begin_at = [this](const AddressOctets& begin, std::uint32_t network) {
        if (!pieces_.empty() && pieces_.back().begin == begin)
            pieces_.back().network = network;
        else
            pieces_.push_back({begin, network});
    };
    std::vector<std::uint32_t> open;  // each lies within the one before it
    const auto close_to = [&](const AddressOctets* next) {
        while (!open.empty()) {
            auto end = last_of(networks[open.back()]);
            if (next != nullptr && *next <= end) return;
            open.pop_back();
            if (advance(end)) begin_at(end, open.empty() ? 0 : open.back() + 1);
        }
    };
    v6_.reserve(networks.size());
    for (const auto& network : networks)
        v6_.push_back(!network.is_v4());
    for (const auto i : order) {
        const auto& network = networks[i];
        close_to(&network.address);
        if (!open.empty() && networks[open.back()].address == network.address &&
            networks[open.back()].bits == network.bits)
            continue;
        begin_at(network.address, i + 1);
        open.push_back(i);
    }
    close_to(nullptr);
}

std::optional<std::size_t> NetworkIndex::find(const AddressOctets& address) const
{
    const auto behind = std::ranges::upper_bound(pieces_, address, {}, &Piece::begin);
    if (behind == pieces_.begin()) return {};
    const auto network = std::prev(behind)->network;
    if (network == 0) return {};
    const std::size_t index = network - 1;
    if (v6_[index] && is_v4(address)) return {};
    return index;
}

std::vector<std::size_t> NetworkIndex::idle() const
{
    std::vector<bool> decides(count_);
    for (const auto& piece : pieces_)
        if (piece.network != 0) decides[piece.network - 1] = true;
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < count_; ++i)
        if (!decides[i]) out.push_back(i);
    return out;
}

const Network* NetworkSet::find(std::string_view address) const
{
    const auto octets = parse_octets(address);
    const auto found = octets ? index_.find(*octets) : std::nullopt;
    return found ? &rows_[*found] : nullptr;
}

}  // namespace imc::config
