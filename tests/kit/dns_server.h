#pragma once
/// @file tests/kit/dns_server.h  A small DNS server on a loopback port that the kernel chooses, UDP
/// and TCP.
///
/// It answers from its table; a name that is not in it does not exist, unless "*.its.parent" is
/// there. Single names can be answered wrongly in every way we know. Its twin for scenarios is
/// tests/kit/dnsserver.py.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace imc::kit {

enum class DnsFault : std::uint8_t {
    none,
    servfail,
    silent,
    refused,
    lame,            ///< no answer, but a referral to the root
    other_owner,     ///< the records of this name, said to be of another one
    other_question,  ///< a reply to something that was not asked
    wrong_id,
    truncated,  ///< by UDP only the beginning, and the TC bit; all of it by TCP
    garbage,
};

class DnsServer {
    using udp = boost::asio::ip::udp;
    using tcp = boost::asio::ip::tcp;

public:
    DnsServer()
    {
        const auto loopback = boost::asio::ip::address_v4::loopback();
        for (int attempt = 0; !udp_.is_open(); ++attempt) {
            tcp_ = tcp::acceptor{io_, tcp::endpoint{loopback, 0}};
            boost::system::error_code taken;
            udp_.open(udp::v4());
            udp_.bind({loopback, tcp_.local_endpoint().port()}, taken);
            if (taken && attempt == 50) throw boost::system::system_error{taken};
            if (taken) udp_.close();
        }
        receive();
        accept();
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
        return "127.0.0.1@" + std::to_string(udp_.local_endpoint().port());
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
    void servfail(const std::string& name) { fault(name, DnsFault::servfail); }
    void silent(const std::string& name) { fault(name, DnsFault::silent); }
    void fault(const std::string& name, DnsFault how)
    {
        const std::lock_guard lock{mutex_};
        faults_[name] = how;
    }
    /// From now on there is no such name.
    void remove(const std::string& name)
    {
        const std::lock_guard lock{mutex_};
        table_.erase(name);
    }
    /// Of all records and of what does not exist, in seconds.
    void ttl(unsigned seconds)
    {
        const std::lock_guard lock{mutex_};
        ttl_ = seconds;
    }
    /// How often it was asked for the name, whatever the type.
    unsigned asked(const std::string& name)
    {
        const std::lock_guard lock{mutex_};
        return asked_[name];
    }
    unsigned asked_by_tcp()
    {
        const std::lock_guard lock{mutex_};
        return by_tcp_;
    }

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
    void add(const std::string& name, unsigned type, std::string rdata)
    {
        const std::lock_guard lock{mutex_};
        table_[name].emplace_back(type, std::move(rdata));
    }
    std::string record(const std::string& owner, unsigned type, const std::string& rdata) const
    {
        return owner + number(type) + number(1) + number(ttl_ >> 16U) + number(ttl_) +
               number(static_cast<unsigned>(rdata.size())) + rdata;
    }

    void receive()
    {
        udp_.async_receive_from(boost::asio::buffer(packet_), peer_,
                                [this](boost::system::error_code e, std::size_t size) {
                                    if (e) return;
                                    const auto reply = answer({packet_.data(), size}, false);
                                    boost::system::error_code nothing;
                                    if (!reply.empty())
                                        udp_.send_to(boost::asio::buffer(reply), peer_, 0, nothing);
                                    receive();
                                });
    }

    void accept()
    {
        tcp_.async_accept([this](boost::system::error_code e, tcp::socket socket) {
            if (e) return;
            serve(std::make_shared<tcp::socket>(std::move(socket)));
            accept();
        });
    }

    void serve(const std::shared_ptr<tcp::socket>& socket)
    {
        const auto text = std::make_shared<std::string>(2, '\0');
        const auto length = boost::asio::buffer(*text);
        boost::asio::async_read(*socket, length, [this, socket, text](auto failure, std::size_t) {
            if (failure) return;
            text->resize(static_cast<unsigned char>((*text)[0]) * 256U +
                         static_cast<unsigned char>((*text)[1]));
            const auto query = boost::asio::buffer(*text);
            boost::asio::async_read(*socket, query, [this, socket, text](auto cut, std::size_t) {
                if (cut) return;
                const auto reply = answer(*text, true);
                boost::system::error_code nothing;
                boost::asio::write(
                    *socket,
                    boost::asio::buffer(number(static_cast<unsigned>(reply.size())) + reply),
                    nothing);
                serve(socket);
            });
        });
    }

    auto find(const std::string& name) const
    {
        auto found = table_.find(name);
        if (found == table_.end())
            found = table_.find("*" + name.substr(std::min(name.size(), name.find('.'))));
        return found;
    }

    std::string answer(std::string_view query, bool tcp)
    {
        if (query.size() < 17) return {};
        std::string name;
        std::size_t at = 12;
        while (at < query.size() && query[at] != 0) {
            const auto length = static_cast<unsigned char>(query[at]);
            if (!name.empty()) name += '.';
            for (const char c : query.substr(at + 1, length))
                name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            at += length + 1U;
        }
        if (at + 5 > query.size()) return {};
        const unsigned type = static_cast<unsigned char>(query[at + 2]);
        const std::lock_guard lock{mutex_};
        ++asked_[name];
        by_tcp_ += tcp ? 1 : 0;
        const auto found = find(name);
        const auto how = faults_.contains(name) ? faults_[name] : DnsFault::none;
        if (how == DnsFault::silent) return {};
        if (how == DnsFault::garbage) return std::string{query.substr(0, 2)} + "\x81\x80nonsense";
        const bool short_answer = how == DnsFault::truncated && !tcp;
        unsigned code = found == table_.end() ? 3 : 0;
        if (how == DnsFault::servfail) code = 2;
        if (how == DnsFault::refused) code = 5;
        std::string answers, authority;
        unsigned count = 0;
        if (code == 0 && how != DnsFault::lame && !short_answer)
            for (const auto& [of, rdata] : found->second) {
                if (of != type && of != 5) continue;
                const auto owner =
                    how == DnsFault::other_owner ? wire("liar.test") : number(0xc00c);
                answers += record(owner, of, rdata);
                ++count;
            }
        if (how == DnsFault::lame)
            authority = record(wire(""), 2, wire("root.test"));
        else if (count == 0 && (code == 0 || code == 3) && !short_answer)
            authority = record(wire("test"), 6,
                               wire("ns.test") + wire("admin.test") + std::string(14, '\0') +
                                   number(1) + number(ttl_ >> 16U) + number(ttl_));
        std::string reply{query.substr(0, 2)};
        if (how == DnsFault::wrong_id) reply[1] = static_cast<char>(reply[1] + 1);
        reply += static_cast<char>(short_answer ? 0x83 : 0x81);
        reply += static_cast<char>(0x80U | code);
        reply += number(1) + number(count) + number(authority.empty() ? 0 : 1) + number(0);
        if (how == DnsFault::other_question)
            reply += wire("liar.test") + number(type) + number(1);
        else
            reply += query.substr(12, at + 5 - 12);
        return reply + answers + authority;
    }

    boost::asio::io_context io_{1};
    tcp::acceptor tcp_{io_};
    udp::socket udp_{io_};
    udp::endpoint peer_;
    std::array<char, 4096> packet_{};
    std::mutex mutex_;
    std::map<std::string, std::vector<std::pair<unsigned, std::string>>> table_;
    std::map<std::string, DnsFault> faults_;
    std::map<std::string, unsigned> asked_;
    unsigned ttl_ = 60, by_tcp_ = 0;
    std::thread thread_;
};

}  // namespace imc::kit
