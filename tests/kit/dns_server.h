#pragma once
/// @file tests/kit/dns_server.h  A small DNS server on a loopback port that the kernel chooses.
///
/// UDP only. It answers from its table; a name that is not in it does not exist. Its twin for
/// scenarios is tests/kit/dnsserver.py.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace imc::kit {

class DnsServer {
    using udp = boost::asio::ip::udp;

public:
    DnsServer() : socket_{io_, udp::endpoint{boost::asio::ip::address_v4::loopback(), 0}}
    {
        receive();
        thread_ = std::thread{[this] { io_.run(); }};
    }
    DnsServer(const DnsServer&) = delete;
    DnsServer& operator=(const DnsServer&) = delete;
    ~DnsServer()
    {
        io_.stop();
        thread_.join();
    }

    std::string setting() const  ///< for DnsServers
    {
        return "127.0.0.1@" + std::to_string(socket_.local_endpoint().port());
    }

    void a(const std::string& name, const std::string& address)
    {
        const auto octets = boost::asio::ip::make_address_v4(address).to_bytes();
        add(name, 1, {octets.begin(), octets.end()});
    }
    void aaaa(const std::string& name, const std::string& address)
    {
        const auto octets = boost::asio::ip::make_address_v6(address).to_bytes();
        add(name, 28, {octets.begin(), octets.end()});
    }
    void mx(const std::string& name, std::uint16_t preference, const std::string& host)
    {
        add(name, 15, number(preference) + wire(host));
    }
    void cname(const std::string& name, const std::string& target) { add(name, 5, wire(target)); }
    void ptr(const std::string& name, const std::string& target) { add(name, 12, wire(target)); }
    void txt(const std::string& name, const std::string& text)
    {
        add(name, 16, static_cast<char>(text.size()) + text);
    }
    void servfail(const std::string& name) { set(failing_, name); }
    void silent(const std::string& name) { set(silent_, name); }

private:
    static std::string number(unsigned n)
    {
        return {static_cast<char>(n >> 8U & 255U), static_cast<char>(n & 255U)};
    }
    static std::string wire(std::string_view name)
    {
        std::string out;
        while (!name.empty()) {
            const auto label = name.substr(0, name.find('.'));
            out += static_cast<char>(label.size());
            out += label;
            name.remove_prefix(std::min(name.size(), label.size() + 1));
        }
        return out + '\0';
    }
    void add(const std::string& name, int type, std::string rdata)
    {
        const std::lock_guard lock{mutex_};
        table_[name].emplace_back(type, std::move(rdata));
    }
    void set(std::set<std::string>& names, const std::string& name)
    {
        const std::lock_guard lock{mutex_};
        names.insert(name);
    }

    void receive()
    {
        socket_.async_receive_from(boost::asio::buffer(packet_), peer_,
                                   [this](boost::system::error_code e, std::size_t size) {
                                       if (e) return;
                                       answer({packet_.data(), size});
                                       receive();
                                   });
    }

    void answer(std::string_view query)
    {
        if (query.size() < 17) return;
        std::string name;
        std::size_t at = 12;
        while (at < query.size() && query[at] != 0) {
            const auto length = static_cast<unsigned char>(query[at]);
            if (!name.empty()) name += '.';
            for (const char c : query.substr(at + 1, length))
                name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            at += length + 1U;
        }
        if (at + 5 > query.size()) return;
        const int type = static_cast<unsigned char>(query[at + 2]);
        const std::lock_guard lock{mutex_};
        if (silent_.contains(name)) return;
        const auto found = table_.find(name);
        unsigned code = 0;
        if (failing_.contains(name))
            code = 2;
        else if (found == table_.end())
            code = 3;
        std::string answers;
        unsigned count = 0;
        if (code == 0)
            for (const auto& [record_type, rdata] : found->second) {
                if (record_type != type && record_type != 5) continue;
                answers += number(0xc00c) + number(static_cast<unsigned>(record_type)) + number(1) +
                           number(0) + number(60) + number(static_cast<unsigned>(rdata.size())) +
                           rdata;
                ++count;
            }
        std::string reply{query.substr(0, 2)};
        reply += static_cast<char>(0x81);
        reply += static_cast<char>(0x80U | code);
        reply += number(1) + number(count) + number(0) + number(0);
        reply += query.substr(12, at + 5 - 12);
        reply += answers;
        boost::system::error_code nothing;
        socket_.send_to(boost::asio::buffer(reply), peer_, 0, nothing);
    }

    boost::asio::io_context io_{1};
    udp::socket socket_;
    udp::endpoint peer_;
    std::array<char, 4096> packet_{};
    std::mutex mutex_;
    std::map<std::string, std::vector<std::pair<int, std::string>>> table_;
    std::set<std::string> silent_, failing_;
    std::thread thread_;
};

}  // namespace imc::kit
