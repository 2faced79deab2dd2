#include "base/files.h"
#include "directory/ldap_session.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace imc::ldap {
namespace {

struct FreeCertificate {
    void operator()(X509* c) const { X509_free(c); }
};
struct FreeStore {
    void operator()(X509_STORE* s) const { X509_STORE_free(s); }
};
struct FreeContext {
    void operator()(X509_STORE_CTX* c) const { X509_STORE_CTX_free(c); }
};

std::string host_of(const std::string& url)
{
    LDAPURLDesc* parts = nullptr;
    if (ldap_url_parse(url.c_str(), &parts) != LDAP_URL_SUCCESS) return {};
    std::string host = parts->lud_host == nullptr ? "" : parts->lud_host;
    ldap_free_urldesc(parts);
    return host;
}

std::string judge(X509* certificate, const LdapSettings& settings, const std::string& host)
{
    const std::unique_ptr<X509_STORE, FreeStore> store{X509_STORE_new()};
    const int loaded = settings.ca_file.empty()
                           ? X509_STORE_set_default_paths(store.get())
                           : X509_STORE_load_file(store.get(), settings.ca_file.c_str());
    if (loaded != 1) return "the CA file " + settings.ca_file + " cannot be read";
    const std::unique_ptr<X509_STORE_CTX, FreeContext> context{X509_STORE_CTX_new()};
    if (X509_STORE_CTX_init(context.get(), store.get(), certificate, nullptr) != 1) return {};
    if (X509_verify_cert(context.get()) != 1)
        return std::string{"the server's certificate is not accepted: "} +
               X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
    if (X509_check_host(certificate, host.c_str(), host.size(), 0, nullptr) != 1 &&
        X509_check_ip_asc(certificate, host.c_str(), 0) != 1)
        return "the server's certificate is for another name than " + host;
    return {};
}

}  // namespace

std::string certificate_reason(const LdapSettings& settings, const std::string& url, bool start_tls,
                               Deadline deadline)
{
    if (!settings.verify) return {};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    const auto handle = new_handle(settings, url, false, left);
    if (!handle || ldap_connect(handle.get()) != LDAP_SUCCESS) return {};
    if (start_tls) {
        int id = 0;
        LDAPMessage* raw = nullptr;
        timeval time{.tv_sec = left.count() / 1000, .tv_usec = left.count() % 1000 * 1000};
        if (ldap_start_tls(handle.get(), nullptr, nullptr, &id) != LDAP_SUCCESS) return {};
        const int type = ldap_result(handle.get(), id, LDAP_MSG_ALL, &time, &raw);
        const Message answer{raw};
        if (type != LDAP_RES_EXTENDED) return {};
    }
    if (install_tls(handle.get(), deadline) != LDAP_SUCCESS) return {};
    berval der{};
    if (ldap_get_option(handle.get(), LDAP_OPT_X_TLS_PEERCERT, &der) != LDAP_OPT_SUCCESS ||
        der.bv_val == nullptr)
        return {};
    const auto* octets = reinterpret_cast<const unsigned char*>(der.bv_val);
    const std::unique_ptr<X509, FreeCertificate> certificate{
        d2i_X509(nullptr, &octets, static_cast<long>(der.bv_len))};
    ber_memfree(der.bv_val);
    if (!certificate) return "the server's certificate cannot be read";
    return judge(certificate.get(), settings, host_of(url));
}

Result<std::string> read_password(const std::string& path)
{
    const auto unusable = [&](const std::string& why) {
        return Error{EventId::directory_password_unusable, why};
    };
    if (path.empty()) return unusable("DirectoryBindDN is set, DirectoryPasswordFile is not");
    auto& files = real_files();
    const auto status = files.status(path);
    if (!status) return unusable(path + ": " + status.error().message());
    if ((status->mode & 077U & ~040U) != 0 || ((status->mode & 040U) != 0 && status->owner != 0))
        return unusable(path + " can be read by others; mend it: chmod 600 " + path);
    auto text = read_file(files, path);
    if (!text) return unusable(path + ": " + text.error().message());
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r'))
        text->pop_back();
    // An empty password would be an anonymous bind that succeeds (RFC 4513 section 5.1.2).
    if (text->empty()) return unusable(path + " is empty");
    return *std::move(text);
}

}  // namespace imc::ldap
