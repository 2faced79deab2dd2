#include "queue/said.h"

namespace imc::queue {

const Said* SaidBook::note(std::string_view status, std::string_view reply, std::string_view host)
{
    if (status.empty() && reply.empty() && host.empty()) return nullptr;
    Said said;
    said.text_.reserve(status.size() + reply.size() + host.size());
    said.text_.append(status).append(reply).append(host);
    said.host_at_ = static_cast<std::uint32_t>(status.size() + reply.size());
    said.reply_octets_ = static_cast<std::uint32_t>(reply.size());
    const auto place = known_.insert(std::move(said)).first;
    ++place->holders_;
    return &*place;
}

void SaidBook::forget(const Said* said)
{
    if (said == nullptr || --said->holders_ > 0) return;
    known_.erase(*said);
}

}  // namespace imc::queue
