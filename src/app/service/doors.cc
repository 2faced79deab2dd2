#include "app/service/doors.h"

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace imc::app {
namespace {

/// Why this configuration takes no mail; empty when it does.
std::string refusing(const config::Config& config)
{
    const bool takes =
        config.mode == config::TransferMode::both || config.mode == config::TransferMode::inbound;
    return takes ? std::string{}
                 : "takes no mail in its transfer mode (" +
                       std::to_string(static_cast<int>(config.mode)) + ")";
}

}  // namespace

Sockets::~Sockets()
{
    for (const int descriptor : descriptors_)
        if (descriptor != -1) ::close(descriptor);
}

std::string Doors::names_of(const Listeners& listeners)
{
    std::string out;
    for (const auto& listener : listeners)
        out += (out.empty() ? "" : " ") + listener->name();
    return out.empty() ? "nothing" : out;
}

smtp::Listener* Doors::find(const Listeners& in, const config::ListenerSetting& where)
{
    const auto there =
        std::ranges::find_if(in, [&](const auto& l) { return l->name() == where.to_string(); });
    return there == in.end() ? nullptr : there->get();
}

Result<Sockets> Doors::bind(const config::Config& config) const
{
    Sockets sockets;
    for (const auto& where : config.listeners) {
        // The socket stays open; what the row says of it may have changed.
        const auto* there = find(open_, where);
        if (const int same = there != nullptr ? there->duplicate() : -1; same != -1) {
            sockets.add(same);
            continue;
        }
        const auto descriptor = smtp::bind_listener(where.address, where.port);
        if (!descriptor) return descriptor.error();
        sockets.add(*descriptor);
    }
    return sockets;
}

void Doors::open(const config::Config& config, Sockets sockets)
{
    held_.clear();
    Listeners next;
    for (std::size_t i = 0; i < config.listeners.size(); ++i)
        next.push_back(listen(config.listeners[i], sockets.take(i), config, refusing(config)));
    open_ = std::move(next);
}

void Doors::hold(const std::vector<config::ListenerSetting>& listeners, const std::string& host,
                 const std::string& text)
{
    config::Config names;
    names.host_name = host;
    for (const auto& where : listeners) {
        // A client of implicit TLS could not read our 421; a port that is closed it understands.
        if (where.tls == config::ListenerTls::implicit) continue;
        if (auto* there = find(held_, where)) {
            there->hold(text);
            continue;
        }
        const auto descriptor = smtp::bind_listener(where.address, where.port);
        if (descriptor) held_.push_back(listen(where, *descriptor, names, text));
    }
}

void Doors::close()
{
    held_.clear();
    open_.clear();
}

void Doors::name_sockets_nobody_wants() const
{
    for (const auto& given : smtp::inherited_listeners())
        if (std::ranges::none_of(open_, [&](const auto& l) { return l->name() == given; }))
            events_.raise(EventId::inherited_socket_unused, {{"listener", given}});
}

std::unique_ptr<smtp::Listener> Doors::listen(const config::ListenerSetting& where, int descriptor,
                                              const config::Config& config,
                                              const std::string& held_text)
{
    smtp::ListenerSettings settings{where.to_string(),
                                    descriptor,
                                    config.max_connections,
                                    config.max_connections_per_host,
                                    config.host_name,
                                    held_text,
                                    where.tls == config::ListenerTls::implicit};
    return std::make_unique<smtp::Listener>(
        std::move(settings), executors_(), sessions_,
        [this, where](std::unique_ptr<smtp::Stream> stream, smtp::Peer peer) {
            return answer_(where, std::move(stream), std::move(peer));
        },
        events_);
}

}  // namespace imc::app
