#pragma once
/// @file tests/kit/fake_resolver.h  DNS written down beforehand. What is not there is proven
/// absent.
#include "dns/resolver.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <set>

namespace imc::kit {

class FakeResolver final : public dns::Resolver {
public:
    std::map<std::string, std::vector<dns::Mx>> mxs;
    std::map<std::string, std::vector<std::string>> hosts, texts, pointers;
    std::set<std::string> silent;  ///< names of which no server says anything
    std::set<std::string> looping;
    std::map<std::string, std::chrono::seconds> ttls;  ///< by name; others: an hour
    std::chrono::seconds slow{0};                      ///< what a reverse look-up takes

    dns::net::awaitable<Answer<dns::Records<dns::Mx>>> mx(std::string n, Deadline) override
    {
        co_return look_up(mxs, n);
    }
    dns::net::awaitable<Answer<dns::Records<std::string>>> addresses(std::string n,
                                                                     Deadline) override
    {
        co_return look_up(hosts, n);
    }
    dns::net::awaitable<Answer<dns::Records<std::string>>> txt(std::string n, Deadline) override
    {
        co_return look_up(texts, n);
    }
    dns::net::awaitable<Answer<dns::Records<std::string>>> ptr(std::string n, Deadline) override
    {
        if (slow.count() > 0) {
            dns::net::steady_timer timer{co_await dns::net::this_coro::executor, slow};
            co_await timer.async_wait(dns::net::use_awaitable);
        }
        co_return look_up(pointers, n);
    }

private:
    template <class T>
    Answer<dns::Records<T>> look_up(const std::map<std::string, std::vector<T>>& table,
                                    const std::string& name) const
    {
        if (silent.contains(name)) return CannotSay{Error{EventId::dns_cannot_say, name}};
        if (looping.contains(name)) return CannotSay{Error{EventId::dns_alias_loop, name}};
        const auto found = table.find(name);
        if (found == table.end()) return ProvenAbsent{};
        dns::Records<T> records;
        records.values = found->second;
        const auto ttl = ttls.find(name);
        records.ttl = ttl == ttls.end() ? std::chrono::hours{1} : ttl->second;
        return records;
    }
};

}  // namespace imc::kit
