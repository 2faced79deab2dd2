#pragma once
/// @file admin/credentials.h  What a stranger's header says of who it is, read strictly.
///
/// Threads: pure functions.
#include "admin/request.h"

namespace imc::admin {

inline constexpr std::string_view session_cookie = "imc_session";

/// The one value of a cookie; empty when there is none, or more than one.
std::string cookie_of(std::string_view header, std::string_view name);

/// "Bearer imc_..." -> "imc_..."; empty: no bearer token.
std::string bearer_of(std::string_view header);

/// "admin.example.org:8025", "[::1]", "127.0.0.1:80": the host in lower case, without port and
/// brackets. Nothing when it is no authority.
std::optional<std::string> host_of(std::string_view authority);
bool is_address(std::string_view host);  ///< of IPv4 or IPv6

/// An Origin header that is the page's own: scheme://AUTHORITY with the Host's authority. The
/// scheme is not judged: a proxy in front may add TLS.
bool same_origin(std::string_view origin, std::string_view authority);

/// Takes as long whatever differs.
bool same_secret(std::string_view a, std::string_view b);

std::string to_hex(std::string_view octets);

}  // namespace imc::admin
