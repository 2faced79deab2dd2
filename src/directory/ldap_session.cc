#include "directory/ldap_session.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <sys/socket.h>
#include <thread>

namespace imc::ldap {
namespace {

using std::chrono::milliseconds;

milliseconds left(Deadline deadline)
{
    return std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
}

timeval to_timeval(milliseconds time)
{
    return {.tv_sec = time.count() / 1000,
            .tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

std::string take(char* text)
{
    if (text == nullptr) return {};
    std::string out{text};
    ldap_memfree(text);
    return out;
}

/// "ldap://host:636" for "ldaps://host": TCP first, so that there is a socket to guard.
std::string plain_url(const std::string& url)
{
    LDAPURLDesc* parts = nullptr;
    if (!url.starts_with("ldaps") || ldap_url_parse(url.c_str(), &parts) != LDAP_URL_SUCCESS)
        return url;
    std::string host = parts->lud_host == nullptr ? "" : parts->lud_host;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    const int port = parts->lud_port;
    ldap_free_urldesc(parts);
    return "ldap://" + host + ":" + std::to_string(port);
}

/// " 192.0.2.7"; empty: a socket of this host.
std::string peer_of(LDAP* handle)
{
    int descriptor = -1;
    if (ldap_get_option(handle, LDAP_OPT_DESC, &descriptor) != LDAP_OPT_SUCCESS) return {};
    sockaddr_storage address{};
    socklen_t octets = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (getpeername(descriptor, any, &octets) != 0) return {};
    if (any->sa_family != AF_INET && any->sa_family != AF_INET6) return {};
    char text[NI_MAXHOST];
    if (getnameinfo(any, octets, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return {};
    return std::string{" "} + text;
}

/// Ends a wait inside libldap that knows no time-out, by ending what can be read. Writing stays
/// open: the goodbye of TLS into a closed socket would be a SIGPIPE.
class Guard {
public:
    Guard(LDAP* handle, Deadline deadline)
    {
        int descriptor = -1;
        if (ldap_get_option(handle, LDAP_OPT_DESC, &descriptor) != LDAP_OPT_SUCCESS) return;
        thread_ = std::thread{[this, descriptor, deadline] {
            std::unique_lock lock{mutex_};
            if (!ended_.wait_until(lock, deadline, [this] { return done_; }))
                shutdown(descriptor, SHUT_RD);
        }};
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard()
    {
        {
            const std::lock_guard lock{mutex_};
            done_ = true;
        }
        ended_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    std::mutex mutex_;
    std::condition_variable ended_;
    bool done_ = false;
    std::thread thread_;
};

}  // namespace

int install_tls(LDAP* handle, Deadline deadline)
{
    const Guard guard{handle, deadline};
    return ldap_install_tls(handle);
}

Handle new_handle(const LdapSettings& settings, const std::string& url, bool verify,
                  milliseconds network_timeout)
{
    LDAP* raw = nullptr;
    if (ldap_initialize(&raw, plain_url(url).c_str()) != LDAP_SUCCESS) return {};
    Handle handle{raw};
    const int version = LDAP_VERSION3;
    const int no_deref = LDAP_DEREF_NEVER;
    const timeval network = to_timeval(std::max(network_timeout, milliseconds{1}));
    ldap_set_option(raw, LDAP_OPT_PROTOCOL_VERSION, &version);
    ldap_set_option(raw, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    ldap_set_option(raw, LDAP_OPT_RESTART, LDAP_OPT_ON);
    ldap_set_option(raw, LDAP_OPT_DEREF, &no_deref);
    ldap_set_option(raw, LDAP_OPT_NETWORK_TIMEOUT, &network);
    ldap_set_option(raw, LDAP_OPT_TIMEOUT, &network);
    if (!url.starts_with("ldapi")) {
        const int demand = verify ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
        const char* authorities = settings.ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt"
                                                           : settings.ca_file.c_str();
        const int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
        const int client = 0;
        if (verify) ldap_set_option(raw, LDAP_OPT_X_TLS_CACERTFILE, authorities);
        ldap_set_option(raw, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
        ldap_set_option(raw, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least);
        // Without a context of its own the handle would use the process's, and the machine's
        // ldap.conf would decide what is verified.
        if (ldap_set_option(raw, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_OPT_SUCCESS &&
            (url.starts_with("ldaps") || settings.tls != LdapSettings::Tls::none))
            return {};
    }
    return handle;
}

Session::Session(const LdapSettings& settings, std::string url)
    : settings_{settings}, url_{std::move(url)}
{}

Result<std::unique_ptr<Session>> Session::open(const LdapSettings& settings, const std::string& url,
                                               Deadline deadline)
{
    const Deadline bounded = std::min(deadline, after(settings.connect_timeout));
    auto session = open_unbound(settings, url, bounded);
    if (!session) return session;
    if (auto done = (*session)->bind(bounded); !done) return done.error();
    return session;
}

Result<std::unique_ptr<Session>> Session::open_unbound(const LdapSettings& settings,
                                                       const std::string& url, Deadline deadline)
{
    std::unique_ptr<Session> session{new Session{settings, url}};
    const Deadline bounded = std::min(deadline, after(settings.connect_timeout));
    if (auto done = session->connect(bounded); !done) return done.error();
    return session;
}

Outcome Session::bind_as(const std::string& dn, std::string_view password, Deadline deadline)
{
    // libldap asks for a pointer it may write through, and does not.
    berval credentials{.bv_len = password.size(), .bv_val = const_cast<char*>(password.data())};
    int message_id = 0;
    bound_socket(deadline);
    const int sent = ldap_sasl_bind(handle_.get(), dn.c_str(), LDAP_SASL_SIMPLE, &credentials,
                                    nullptr, nullptr, &message_id);
    return result_of(sent, message_id, deadline);
}

Error Session::unreachable(const Outcome& outcome, const std::string& doing) const
{
    return to_error(outcome, url_ + " " + doing);
}

Result<> Session::connect(Deadline deadline)
{
    const auto time = left(deadline);
    if (time <= milliseconds::zero())
        return Error{EventId::directory_unreachable, url_ + ": no time left to connect"};
    handle_ = new_handle(settings_, url_, settings_.verify, time);
    if (!handle_)
        return Error{EventId::directory_tls_failed,
                     url_ + ": the address or the CA file " +
                         (settings_.ca_file.empty() ? "(the system's)" : settings_.ca_file) +
                         " cannot be used"};
    errno = 0;
    const int code = ldap_connect(handle_.get());
    const int os_code = errno;
    if (code != LDAP_SUCCESS) {
        const bool late = left(deadline) <= milliseconds{1} || code == LDAP_TIMEOUT;
        return Error{EventId::directory_unreachable,
                     url_ + ": " +
                         (late ? "no answer in time"
                               : "cannot connect" +
                                     (os_code != 0 ? std::string{": "} + std::strerror(os_code)
                                                   : std::string{})),
                     static_cast<unsigned>(os_code)};
    }
    server_ = url_ + peer_of(handle_.get());
    if (url_.starts_with("ldaps")) return secure(false, deadline);
    if (settings_.tls == LdapSettings::Tls::start_tls && url_.starts_with("ldap://"))
        return secure(true, deadline);
    return {};
}

Result<> Session::secure(bool start_tls, Deadline deadline)
{
    if (start_tls) {
        int message_id = 0;
        bound_socket(deadline);
        const int sent = ldap_start_tls(handle_.get(), nullptr, nullptr, &message_id);
        const auto answer = result_of(sent, message_id, deadline);
        if (is_unreachable(answer)) return unreachable(answer, "does not answer StartTLS");
        if (answer.code != LDAP_SUCCESS)
            return Error{EventId::directory_tls_failed,
                         to_error(answer, url_ + " refuses StartTLS").detail()};
    }
    if (const int code = install_tls(handle_.get(), deadline); code != LDAP_SUCCESS) {
        const auto outcome = from_handle(code);
        if (left(deadline) <= milliseconds{1})
            return Error{EventId::directory_unreachable, url_ + ": no TLS handshake in time"};
        auto reason = certificate_reason(settings_, url_, start_tls, deadline);
        if (reason.empty())
            reason = "the TLS handshake failed: " + printable(outcome.diagnostic, 200);
        return Error{EventId::directory_tls_failed, url_ + ": " + reason};
    }
    return {};
}

Result<> Session::bind(Deadline deadline)
{
    const bool external = settings_.sasl_external;
    std::string password;
    if (!external && !settings_.bind_dn.empty()) {
        auto read = read_password(settings_.password_file);
        if (!read) return read.error();
        password = *std::move(read);
    }
    berval credentials{.bv_len = password.size(), .bv_val = password.data()};
    int message_id = 0;
    bound_socket(deadline);
    const int sent = ldap_sasl_bind(handle_.get(), external ? "" : settings_.bind_dn.c_str(),
                                    external ? "EXTERNAL" : nullptr, &credentials, nullptr, nullptr,
                                    &message_id);
    explicit_bzero(password.data(), password.size());
    const auto answer = result_of(sent, message_id, deadline);
    if (answer.code == LDAP_SUCCESS) return {};
    if (is_unreachable(answer)) return unreachable(answer, "does not answer the bind");
    return Error{EventId::directory_refused,
                 to_error(answer, url_ + " refused the bind as " +
                                      (external                    ? "SASL EXTERNAL"
                                       : settings_.bind_dn.empty() ? "nobody (anonymous)"
                                                                   : settings_.bind_dn))
                     .detail()};
}

std::optional<timeval> Session::remaining(Deadline deadline) const
{
    const auto time = left(deadline);
    if (time <= milliseconds::zero()) return std::nullopt;
    return to_timeval(time);
}

/// libldap polls with our time-out, but then reads and writes whole pieces on a blocking socket: a
/// server that stops in the middle of one would hold us for ever.
void Session::bound_socket(Deadline deadline) const
{
    int descriptor = -1;
    if (ldap_get_option(handle_.get(), LDAP_OPT_DESC, &descriptor) != LDAP_OPT_SUCCESS) return;
    const auto time = to_timeval(std::max(left(deadline), milliseconds{1}));
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

bool Session::is_alive() const
{
    int descriptor = -1;
    if (ldap_get_option(handle_.get(), LDAP_OPT_DESC, &descriptor) != LDAP_OPT_SUCCESS)
        return false;
    // Nothing is expected now: an end, or a notice of disconnection, lies there if anything does.
    char octet = 0;
    const auto got = recv(descriptor, &octet, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Outcome Session::from_handle(int code)
{
    char* text = nullptr;
    ldap_get_option(handle_.get(), LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void*>(&text));
    Outcome outcome{code, take(text), {}};
    if (code < 0 && is_unreachable(outcome)) broken_ = true;
    return outcome;
}

Outcome Session::timed_out(int message_id)
{
    broken_ = true;
    ldap_abandon_ext(handle_.get(), message_id, nullptr, nullptr);
    return {LDAP_TIMEOUT, "no answer in time", {}};
}

Outcome Session::parse(LDAPMessage* message, std::string* cookie)
{
    int code = LDAP_OTHER;
    char* text = nullptr;
    char** referrals = nullptr;
    LDAPControl** controls = nullptr;
    const int parsed =
        ldap_parse_result(handle_.get(), message, &code, nullptr, &text, &referrals, &controls, 0);
    Outcome outcome{parsed == LDAP_SUCCESS ? code : parsed, take(text), {}};
    if (referrals != nullptr) {
        if (referrals[0] != nullptr) outcome.referral = referrals[0];
        ldap_memvfree(reinterpret_cast<void**>(referrals));
    }
    if (cookie != nullptr) {
        cookie->clear();
        LDAPControl* page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
        berval value{};
        ber_int_t estimate = 0;
        if (page != nullptr && ldap_parse_pageresponse_control(handle_.get(), page, &estimate,
                                                               &value) == LDAP_SUCCESS) {
            if (value.bv_val != nullptr) cookie->assign(value.bv_val, value.bv_len);
            ber_memfree(value.bv_val);
        }
    }
    if (controls != nullptr) ldap_controls_free(controls);
    if (outcome.code < 0) broken_ = true;
    return outcome;
}

Outcome Session::result_of(int sent, int message_id, Deadline deadline)
{
    if (sent != LDAP_SUCCESS) return from_handle(sent);
    for (;;) {
        auto time = remaining(deadline);
        if (!time) return timed_out(message_id);
        LDAPMessage* raw = nullptr;
        const int type = ldap_result(handle_.get(), message_id, LDAP_MSG_ALL, &*time, &raw);
        const Message message{raw};
        if (type == 0) return timed_out(message_id);
        if (type < 0) {
            int code = LDAP_SERVER_DOWN;
            ldap_get_option(handle_.get(), LDAP_OPT_RESULT_CODE, &code);
            return from_handle(code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
        }
        if (type != LDAP_RES_INTERMEDIATE) return parse(raw, nullptr);
    }
}

}  // namespace imc::ldap
