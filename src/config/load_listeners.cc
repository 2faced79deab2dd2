#include "base/text.h"
#include "config/load_parts.h"
#include "config/parse.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace imc::config {
namespace {

std::string in_row(std::size_t row, const std::string& what)
{
    return "row " + std::to_string(row) + ": " + what;
}

std::string text_of(const sockaddr& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* octets = nullptr;
    if (address.sa_family == AF_INET)
        octets = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    else if (address.sa_family == AF_INET6)
        octets = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (octets == nullptr) return {};
    const char* done = ::inet_ntop(address.sa_family, octets, text.data(), text.size());
    return done != nullptr ? done : "";
}

/// What the interfaces have now. Nothing when the kernel does not say.
std::vector<std::string> interface_addresses()
{
    std::vector<std::string> out;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return out;
    for (const auto* one = first; one != nullptr; one = one->ifa_next)
        if (one->ifa_addr != nullptr)
            if (auto text = text_of(*one->ifa_addr); !text.empty()) out.push_back(std::move(text));
    ::freeifaddrs(first);
    return out;
}

}  // namespace

void Loader::own_addresses()
{
    auto& all = config_.own_addresses;
    all = interface_addresses();
    for (const auto& listener : config_.listeners)
        if (listener.address != "0.0.0.0" && listener.address != "::")
            all.push_back(listener.address);
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
}

void Loader::listeners()
{
    Rows sound;
    const auto flawed = [&](std::size_t row, const std::string& what) {
        sound.flaws.push_back(in_row(row, what));
    };
    const auto rows = settings_->list("Listeners").value_or(std::vector<std::string>{});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto listener = parse_listener(rows[i]);
        if (!listener) {
            flawed(i + 1, listener.error().detail());
            continue;
        }
        std::string clash;
        for (const auto& other : config_.listeners)
            if (clash.empty()) clash = listener_clash(other, *listener);
        if (!clash.empty())
            flawed(i + 1, clash);
        else {
            config_.listeners.push_back(std::move(*listener));
            sound.kept.push_back(rows[i]);
        }
    }
    flawed_rows("Listeners", sound,
                "ADDRESS:PORT [role=...] [tls=...] [name=...] [without=...] [plain-auth], one a "
                "line, no two for the same address and port",
                "0.0.0.0:25");
}

void Loader::certificates()
{
    auto& tls = config_.tls;
    Rows sound;
    const auto flawed = [&](std::size_t row, const std::string& what) {
        sound.flaws.push_back(in_row(row, what));
    };
    auto rows = settings_->list("TlsCertificates").value_or(std::vector<std::string>{});
    if (rows.empty()) rows = {"*;imc.crt;imc.key"};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto row = parse_certificate(rows[i], paths_.tls());
        if (!row)
            flawed(i + 1, row.error().detail());
        else if (std::ranges::find(tls.certificates, row->name, &CertificateSetting::name) !=
                 tls.certificates.end())
            flawed(i + 1, "a second row for " + printable(row->name));
        else {
            tls.certificates.push_back(std::move(*row));
            sound.kept.push_back(rows[i]);
        }
    }
    flawed_rows("TlsCertificates", sound,
                "NAME;CERTIFICATE FILE;KEY FILE, one a line, each name once");
    tls.client_ca_file = trim(settings_->text("TlsClientCAFile").value_or(""));
    if (!tls.client_ca_file.empty() && !tls.client_ca_file.starts_with('/'))
        tls.client_ca_file = paths_.tls() + "/" + tls.client_ca_file;
    tls.outbound_ca_file = trim(settings_->text("OutboundCAFile").value_or(""));
    if (!tls.outbound_ca_file.empty() && !tls.outbound_ca_file.starts_with('/'))
        tls.outbound_ca_file = paths_.tls() + "/" + tls.outbound_ca_file;
    number("TlsExpiryWarningDays", tls.expiry_warning);
    number("TlsHandshakeTimeout", tls.handshake_timeout);
}

}  // namespace imc::config
