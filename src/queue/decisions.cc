#include "queue/decisions.h"

#include "base/text.h"

#include <algorithm>

namespace imc::queue {
namespace {

constexpr std::string_view key_begins = "why.";
constexpr std::size_t octets_of_message = 64;  ///< of the map, about

}  // namespace

std::size_t octets_of(const spool::Evidence& each)
{
    return sizeof each + each.key.size() + each.text.size();
}

/// With two digits, so that keys in order are recipients in order.
std::string decision_key(std::uint32_t recipient)
{
    std::string out{key_begins};
    out += "00";
    put_number(out, key_begins.size(), 2, recipient);
    return out;
}

std::optional<std::uint32_t> recipient_of_decision(std::string_view key)
{
    if (!key.starts_with(key_begins)) return {};
    const auto number = parse_number(key.substr(key_begins.size()));
    if (!number || *number >= decisions_kept) return {};
    return static_cast<std::uint32_t>(*number);
}

void DecidedAnew::note(spool::MessageId id, std::uint32_t recipient, std::string line)
{
    if (recipient >= decisions_kept) return;
    spool::Evidence news{decision_key(recipient), std::move(line)};
    const auto message = lines_.find(id.number);
    const auto more = octets_of(news) + (message == lines_.end() ? octets_of_message : 0);
    if (octets_ + more > most_) return;
    octets_ += more;
    auto& lines = message == lines_.end() ? lines_[id.number] : message->second;
    const auto place = std::ranges::find(lines, news.key, &spool::Evidence::key);
    if (place == lines.end()) {
        lines.push_back(std::move(news));
    } else {
        octets_ -= octets_of(*place);
        *place = std::move(news);
    }
}

std::vector<spool::Evidence> DecidedAnew::take(spool::MessageId id)
{
    const auto message = lines_.find(id.number);
    if (message == lines_.end()) return {};
    auto out = std::move(message->second);
    lines_.erase(message);
    octets_ -= octets_of_message;
    for (const auto& each : out)
        octets_ -= octets_of(each);
    return out;
}

const std::vector<spool::Evidence>* DecidedAnew::find(spool::MessageId id) const
{
    const auto message = lines_.find(id.number);
    return message == lines_.end() ? nullptr : &message->second;
}

}  // namespace imc::queue
