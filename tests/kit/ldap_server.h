#pragma once
/// @file kit/ldap_server.h  An LDAP server whose answers are a function of the test: for what no
/// server at hand does, as Active Directory's ranges.
///
/// Binds succeed; a search is answered with the objects that the function returns, and success if
/// it says nothing else. A change is answered with the result that the other function returns.
/// Connections are served one after the other. One that dies() after an answer is gone when the
/// answer is there; of a change there is no answer then.
#include "kit/loopback.h"

#include <algorithm>
#include <functional>
#include <lber.h>
#include <ldap.h>
#include <map>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace imc::kit {

struct LdapObject {
    std::string dn;
    std::map<std::string, std::vector<std::string>> attributes;
    int result = 0;  ///< not success: this is no object, but how the search ends
};

class LdapServer {
public:
    /// @param attributes  that are asked for
    using Answers = std::function<std::vector<LdapObject>(
        const std::string& base, const std::vector<std::string>& attributes)>;

    /// @param tag  LDAP_REQ_ADD, ...  @return  LDAP_SUCCESS, ...
    using Changes = std::function<int(ber_tag_t tag, const std::string& dn)>;

    explicit LdapServer(Answers answers, Changes changes = {})
        : answers_{std::move(answers)}, changes_{std::move(changes)}
    {
        const auto listening = listen_on_loopback();
        socket_ = listening.fd;
        url_ = "ldap" + listening.authority;
        thread_ = std::thread{[this] { serve(); }};
    }
    LdapServer(const LdapServer&) = delete;
    LdapServer& operator=(const LdapServer&) = delete;
    /// Whoever asked must be gone: its connection is served to the end.
    ~LdapServer()
    {
        shutdown(socket_, SHUT_RDWR);
        thread_.join();
        close(socket_);
    }

    const std::string& url() const { return url_; }
    /// From within the answers' function: this one is the last.
    void dies() { dies_ = true; }
    /// From within the changes' function: the connection goes instead of an answer.
    void hangs_up() { hangs_up_ = true; }

private:
    struct FreeBer {
        void operator()(BerElement* ber) const { ber_free(ber, 1); }
    };
    using Ber = std::unique_ptr<BerElement, FreeBer>;

    void serve()
    {
        for (;;) {
            const int client = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0) return;
            for (std::string message; next(client, message);)
                if (!answer(client, message)) break;
            close(client);
        }
    }

    static bool read_all(int client, std::string& into, std::size_t count)
    {
        while (count > 0) {
            char octets[4096];
            const auto got = read(client, octets, std::min(count, sizeof octets));
            if (got <= 0) return false;
            into.append(octets, static_cast<std::size_t>(got));
            count -= static_cast<std::size_t>(got);
        }
        return true;
    }

    /// One LDAPMessage, RFC 4511 4.1.1: its length stands behind the first octet.
    static bool next(int client, std::string& message)
    {
        message.clear();
        if (!read_all(client, message, 2)) return false;
        std::size_t length = static_cast<unsigned char>(message[1]);
        if (length >= 0x80) {
            const auto octets = length & 0x7fU;
            if (!read_all(client, message, octets)) return false;
            length = 0;
            for (std::size_t i = 0; i < octets; ++i)
                length = length << 8U | static_cast<unsigned char>(message[2 + i]);
        }
        return read_all(client, message, length);
    }

    static void send(int client, BerElement* ber)
    {
        berval octets{};
        ber_flatten2(ber, &octets, 0);
        for (std::size_t sent = 0; sent < octets.bv_len;) {
            const auto now =
                ::send(client, octets.bv_val + sent, octets.bv_len - sent, MSG_NOSIGNAL);
            if (now <= 0) return;
            sent += static_cast<std::size_t>(now);
        }
    }

    static void send_done(int client, ber_int_t id, ber_tag_t tag, int result = 0)
    {
        const Ber out{ber_alloc_t(LBER_USE_DER)};
        ber_printf(out.get(), "{it{ess}}", id, tag, result, "", "");
        send(client, out.get());
    }

    bool answer(int client, std::string& message)
    {
        berval octets{.bv_len = message.size(), .bv_val = message.data()};
        const Ber in{ber_init(&octets)};
        ber_int_t id = 0;
        ber_tag_t tag = 0;
        if (ber_scanf(in.get(), "{it", &id, &tag) == LBER_ERROR) return false;
        if (tag == LDAP_REQ_BIND) {
            send_done(client, id, LDAP_RES_BIND);
            return true;
        }
        if (changes_ && (tag == LDAP_REQ_ADD || tag == LDAP_REQ_MODIFY || tag == LDAP_REQ_DELETE))
            return answer_change(client, in.get(), id, tag);
        if (tag != LDAP_REQ_SEARCH) return false;
        berval base{}, filter{};
        ber_int_t scope = 0, deref = 0, size = 0, time = 0, types = 0;
        ber_len_t length = 0;
        char** names = nullptr;
        if (ber_scanf(in.get(), "{meeiib", &base, &scope, &deref, &size, &time, &types) ==
                LBER_ERROR ||
            ber_skip_element(in.get(), &filter) == LBER_ERROR ||
            ber_peek_tag(in.get(), &length) == LBER_ERROR ||
            ber_scanf(in.get(), "{v}", &names) == LBER_ERROR)
            return false;
        std::vector<std::string> attributes;
        for (char** name = names; name != nullptr && *name != nullptr; ++name)
            attributes.emplace_back(*name);
        if (names != nullptr) ber_memvfree(reinterpret_cast<void**>(names));
        int result = 0;
        for (const auto& object : answers_({base.bv_val, base.bv_len}, attributes))
            if (object.result == 0)
                send_entry(client, id, object);
            else
                result = object.result;
        if (dies_) shutdown(socket_, SHUT_RDWR);
        send_done(client, id, LDAP_RES_SEARCH_RESULT, result);
        return !dies_;
    }

    bool answer_change(int client, BerElement* in, ber_int_t id, ber_tag_t tag)
    {
        berval dn{};
        // RFC 4511 4.8: of a delete the name is all there is.
        if (ber_scanf(in, tag == LDAP_REQ_DELETE ? "m" : "{m", &dn) == LBER_ERROR) return false;
        const int result = changes_(tag, {dn.bv_val, dn.bv_len});
        if (dies_) shutdown(socket_, SHUT_RDWR);
        if (dies_ || std::exchange(hangs_up_, false)) return false;
        const ber_tag_t answer = tag == LDAP_REQ_ADD      ? LDAP_RES_ADD
                                 : tag == LDAP_REQ_MODIFY ? LDAP_RES_MODIFY
                                                          : LDAP_RES_DELETE;
        send_done(client, id, answer, result);
        return true;
    }

    static void send_entry(int client, ber_int_t id, const LdapObject& object)
    {
        const Ber out{ber_alloc_t(LBER_USE_DER)};
        ber_printf(out.get(), "{it{s{", id, static_cast<ber_tag_t>(LDAP_RES_SEARCH_ENTRY),
                   object.dn.c_str());
        for (const auto& [name, values] : object.attributes) {
            ber_printf(out.get(), "{s[", name.c_str());
            for (const auto& value : values)
                ber_printf(out.get(), "s", value.c_str());
            ber_printf(out.get(), "]}");
        }
        ber_printf(out.get(), "}}}");
        send(client, out.get());
    }

    const Answers answers_;
    const Changes changes_;
    int socket_ = -1;
    bool dies_ = false;      ///< of the serving thread
    bool hangs_up_ = false;  ///< of the serving thread
    std::string url_;
    std::thread thread_;
};

}  // namespace imc::kit
