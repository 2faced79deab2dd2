#pragma once
/// @file smtp/socket_stream.h  A Stream on a socket, in the clear until accept_tls or connect_tls.
/// For listeners and connectors.
#include "smtp/stream.h"

#include <boost/asio/generic/stream_protocol.hpp>

#include <memory>

namespace imc::smtp {

std::unique_ptr<Stream> socket_stream(net::generic::stream_protocol::socket connected);

}  // namespace imc::smtp
