#include "spool/records.h"

#include <algorithm>

namespace imc::spool {

std::optional<RecordPlace> Records::next()
{
    while (!rest_.empty()) {
        Reader in{rest_};
        const auto length = in.u32();
        const auto kind = static_cast<RecordKind>(in.u8());
        if (in.failed() || length == 0 || (with_bodies_ && length - 1 > in.left())) break;
        auto payload = rest_.substr(record_front_octets);
        RecordPlace out{kind, {}, at_ + record_front_octets, length - 1, {}};
        if (kind == RecordKind::message || kind == RecordKind::moved) {
            if (with_bodies_) payload = payload.substr(0, out.octets);
            out.message = skim_message(kind, payload);
            if (out.message && out.message->head + out.message->body_octets != out.octets)
                out.message = {};
            if (!out.message) {
                sound_ = false;
                if (!with_bodies_) break;
                rest_.remove_prefix(record_front_octets + out.octets);
                at_ += record_front_octets + out.octets;
                continue;
            }
            payload = payload.substr(0, out.message->head);
        } else {
            if (out.octets > payload.size()) break;
            payload = payload.substr(0, out.octets);
        }
        out.payload = payload;
        rest_.remove_prefix(record_front_octets +
                            (with_bodies_ ? std::size_t{out.octets} : payload.size()));
        at_ += record_front_octets + out.octets;
        return out;
    }
    if (!rest_.empty()) sound_ = false;
    return {};
}

std::size_t each_beside_holes(const Segment::Salvage& group, std::uint64_t at,
                              const std::function<void(const RecordPlace&)>& take)
{
    const auto is_whole = [&](std::uint64_t from, std::uint64_t octets) {
        return std::ranges::none_of(group.holes, [&](const Segment::Hole& hole) {
            return hole.from < from + octets && hole.to > from;
        });
    };
    std::size_t lost = 0;
    for (std::uint64_t begin = 0; begin < group.octets.size();) {
        const auto rest = std::string_view{group.octets}.substr(begin);
        const auto octets = is_whole(at + begin, record_front_octets)
                                ? std::uint64_t{Reader{rest}.u32()} + 4
                                : std::uint64_t{0};
        if (octets <= 4 || octets > rest.size()) return lost + 1;
        const auto record = Records{rest.substr(0, octets), at + begin, true}.next();
        // A message whose lengths were in the hole looks like anything.
        const bool told =
            record && is_whole(at + begin, record_front_octets + record->payload.size());
        if (told)
            take(*record);
        else
            ++lost;
        begin += octets;
    }
    return lost;
}

std::uint64_t largest_id(std::string_view records)
{
    std::uint64_t largest = 0;
    Reader all{records};
    while (all.left() > 0 && !all.failed()) {
        Reader record{all.text()};
        const auto kind = record.u8();
        const auto id = record.u64();
        if (!record.failed() && kind != 0 && kind <= static_cast<std::uint8_t>(RecordKind::done))
            largest = std::max(largest, id);
    }
    return largest;
}

}  // namespace imc::spool
