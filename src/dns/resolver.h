#pragma once
/// @file dns/resolver.h  The questions imc asks of DNS, and answers that cannot be misread.
///
/// Absolute names only: no search list (Q150969), no hosts file (Q146944). Failure to answer is
/// never "no such name".
///
/// Rules:   RFC 5321 5.1 (MX, implicit MX), RFC 7505 (null MX), RFC 1034 3.6.2 (CNAME)
/// Errors:  CannotSay carries 40300 (no server answered in time, SERVFAIL, bogus) with the cause,
///          or 40301 (more than 10 aliases, or they go round; Q146795).
/// Threads: any; completes on the awaiting coroutine's executor.
#include "base/answer.h"
#include "base/time.h"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace imc::dns {

namespace net = boost::asio;

struct Mx {
    std::uint16_t preference;
    std::string host;  ///< lower case, no trailing dot; empty: the null MX
    friend bool operator==(const Mx&, const Mx&) = default;
};

template <class T>
struct Records {
    std::vector<T> values;  ///< never empty when found
    bool secure = false;    ///< DNSSEC-validated
    std::chrono::seconds ttl{0};
    std::vector<std::string> aliases = {};  ///< CNAMEs led through these; the last has the records
};

class Resolver {
public:
    virtual ~Resolver() = default;
    virtual net::awaitable<Answer<Records<Mx>>> mx(std::string domain, Deadline deadline) = 0;
    /// A and AAAA, as text; IPv6 first when both exist and `prefer_ipv6`.
    virtual net::awaitable<Answer<Records<std::string>>> addresses(std::string host,
                                                                   Deadline deadline) = 0;
    virtual net::awaitable<Answer<Records<std::string>>> txt(std::string name,
                                                             Deadline deadline) = 0;
    virtual net::awaitable<Answer<Records<std::string>>> ptr(std::string address,
                                                             Deadline deadline) = 0;
};

}  // namespace imc::dns
