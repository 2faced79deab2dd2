#include "base/text.h"
#include "config/parse.h"
#include "config/parse_parts.h"

#include <algorithm>

namespace imc::config {
namespace {

struct Role {
    std::string_view name;
    ListenerTls preset;
    std::vector<ListenerTls> possible;
};

const std::vector<Role>& roles()
{
    using enum ListenerTls;
    static const std::vector<Role> table{
        {"mx", optional, {none, optional, required, implicit}},
        {"submission", required, {none, optional, required}},
        // TLS may end in front of us (PROXY protocol), but there is no STARTTLS (RFC 8314 3.3).
        {"submissions", implicit, {none, implicit}},
    };
    return table;
}

constexpr std::array<std::pair<std::string_view, ListenerTls>, 4> tls_words{
    {{"none", ListenerTls::none},
     {"optional", ListenerTls::optional},
     {"required", ListenerTls::required},
     {"implicit", ListenerTls::implicit}}};

/// What `without` may name. STARTTLS is tls=none; HELP and the like are no extensions.
constexpr std::array<std::string_view, 13> keywords{
    "PIPELINING", "SIZE",   "8BITMIME", "SMTPUTF8",    "CHUNKING", "BINARYMIME", "DSN",
    "AUTH",       "LIMITS", "VRFY",     "MT-PRIORITY", "EXPN",     "ETRN"};

std::string_view word_of(ListenerTls tls)
{
    return std::ranges::find(tls_words, tls, &std::pair<std::string_view, ListenerTls>::second)
        ->first;
}

const Role& role_of(std::string_view name)
{
    const auto& table = roles();
    const auto found = std::ranges::find(table, name, &Role::name);
    return found == table.end() ? table.front() : *found;
}

std::string_view role_of_port(std::uint16_t port)
{
    return port == 465 ? "submissions" : port == 587 ? "submission" : "mx";
}

template <class Table>
std::string listed(const Table& table)
{
    std::string out;
    for (const auto& word : table)
        out += (out.empty() ? "" : ", ") + std::string{word};
    return out;
}

/// What the row says; the rest follows from port and role.
class Words {
public:
    explicit Words(std::string_view row) : row_{row} {}

    Result<> take(std::string_view word, ListenerSetting& into)
    {
        const auto equals = word.find('=');
        const auto name = lower(word.substr(0, equals));
        if (std::ranges::find(seen_, name) != seen_.end()) return wrong(word, "each word once");
        seen_.push_back(name);
        if (name == "plain-auth" && equals == word.npos) {
            into.plain_auth = true;
            return {};
        }
        const auto value = equals == word.npos ? std::string_view{} : word.substr(equals + 1);
        if (equals != word.npos && name == "role") return role(word, lower(value), into);
        if (equals != word.npos && name == "tls") return tls(word, lower(value), into);
        if (equals != word.npos && name == "name") return banner(value, into);
        if (equals != word.npos && name == "without") return without(word, value, into);
        return wrong(word, "role=, tls=, name=, without= or plain-auth");
    }

    Result<> finish(ListenerSetting& into) const
    {
        const auto said = [&](std::string_view word) {
            return std::ranges::find(seen_, word) != seen_.end();
        };
        if (!said("role")) into.role = role_of_port(into.port);
        const auto& role = role_of(into.role);
        if (!said("tls")) into.tls = role.preset;
        if (std::ranges::find(role.possible, into.tls) == role.possible.end())
            return wrong("tls=" + std::string{word_of(into.tls)},
                         into.role == "submissions"
                             ? "tls=implicit (or none, when TLS ends in front of us)"
                             : "tls=none, optional or required; implicit is role=submissions");
        if (into.plain_auth &&
            (into.tls == ListenerTls::required || into.tls == ListenerTls::implicit))
            return wrong("plain-auth", "tls=none or tls=optional beside it: nothing is in the "
                                       "clear here");
        return {};
    }

private:
    Error wrong(std::string_view word, std::string_view expected) const
    {
        return bad(in_quotes(row_) + ": " + in_quotes(word) + " found, " + std::string{expected} +
                   " expected");
    }

    Result<> role(std::string_view word, const std::string& value, ListenerSetting& into) const
    {
        if (value != role_of(value).name) return wrong(word, "role=mx, submission or submissions");
        into.role = value;
        return {};
    }

    Result<> tls(std::string_view word, const std::string& value, ListenerSetting& into) const
    {
        const auto found =
            std::ranges::find(tls_words, value, &std::pair<std::string_view, ListenerTls>::first);
        if (found == tls_words.end())
            return wrong(word, "tls=none, optional, required or implicit");
        into.tls = found->second;
        return {};
    }

    Result<> banner(std::string_view value, ListenerSetting& into) const
    {
        auto name = parse_domain(value, 2);
        if (!name) return bad(in_quotes(row_) + ": name=: " + name.error().detail());
        into.banner_name = std::move(*name);
        return {};
    }

    Result<> without(std::string_view word, std::string_view value, ListenerSetting& into) const
    {
        for (const auto piece : split(value, ',')) {
            const auto keyword = upper(piece);
            if (keyword == "STARTTLS") return wrong(word, "tls=none, which says the same,");
            if (std::ranges::find(keywords, keyword) == keywords.end())
                return wrong(piece, "without= followed by some of " + listed(keywords));
            if (std::ranges::find(into.without, keyword) == into.without.end())
                into.without.push_back(keyword);
        }
        return {};
    }

    std::string_view row_;
    std::vector<std::string> seen_;
};

Result<> read_place(std::string_view where, std::string_view row, ListenerSetting& into)
{
    if (parse_number(where)) {
        into.address = "::";
        const auto number = parse_port(where, row);
        if (!number) return number.error();
        into.port = *number;
        return {};
    }
    const auto parts = split_port(where);
    if (!parts) return parts.error();
    if (!address_octets(parts->host, nullptr))
        return bad(in_quotes(row) + ": " + in_quotes(parts->host) +
                   " is no address; a listener is ADDRESS:PORT, such as 0.0.0.0:25 or [::]:25");
    into.address = std::string{parts->host};
    if (!parts->port) return {};
    const auto number = parse_port(*parts->port, row);
    if (!number) return number.error();
    into.port = *number;
    return {};
}

}  // namespace

std::string ListenerSetting::to_string() const
{
    const bool v6 = address.find(':') != std::string::npos;
    return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

std::string ListenerSetting::to_row() const
{
    std::string out = to_string();
    if (role != role_of_port(port)) out += " role=" + role;
    if (tls != role_of(role).preset) out += " tls=" + std::string{word_of(tls)};
    if (!banner_name.empty()) out += " name=" + banner_name;
    for (std::size_t i = 0; i < without.size(); ++i)
        out += (i == 0 ? " without=" : ",") + without[i];
    return plain_auth ? out + " plain-auth" : out;
}

bool ListenerSetting::offers(std::string_view keyword) const
{
    const auto missing = [&](std::string_view word) {
        return std::ranges::find(without, word) != without.end();
    };
    // RFC 3030 3: BINARYMIME needs CHUNKING.
    return !missing(keyword) && !(keyword == "BINARYMIME" && missing("CHUNKING"));
}

Result<ListenerSetting> parse_listener(std::string_view text)
{
    ListenerSetting listener;
    Words words{text};
    bool first = true;
    std::string row{text};
    std::ranges::replace(row, '\t', ' ');
    for (const auto word : split(trim(row), ' ')) {
        if (word.empty() && !first) continue;
        if (!std::exchange(first, false)) {
            if (const auto taken = words.take(word, listener); !taken) return taken.error();
            continue;
        }
        const auto comma = word.find(',');
        if (const auto placed = read_place(word.substr(0, comma), text, listener); !placed)
            return placed.error();
        if (comma == word.npos) continue;
        const auto role = "role=" + std::string{word.substr(comma + 1)};
        if (const auto taken = words.take(role, listener); !taken) return taken.error();
    }
    if (const auto sound = words.finish(listener); !sound) return sound.error();
    return listener;
}

std::string listener_clash(const ListenerSetting& a, const ListenerSetting& b)
{
    if (a.port != b.port) return {};
    const auto all_v4 = [](const ListenerSetting& l) { return l.address == "0.0.0.0"; };
    const auto all = [](const ListenerSetting& l) {
        return address_octets(l.address, nullptr) == std::array<std::uint8_t, 16>{};
    };
    if (address_octets(a.address, nullptr) == address_octets(b.address, nullptr))
        return a.to_string() + " stands in two rows";
    if ((all(a) && all_v4(b)) || (all_v4(a) && all(b)))
        return "[::]:" + std::to_string(a.port) +
               " takes IPv4 as well, so 0.0.0.0:" + std::to_string(a.port) +
               " beside it cannot be bound";
    return {};
}

Result<CertificateSetting> parse_certificate(std::string_view text, const std::string& folder)
{
    const auto columns = split(text, ';');
    if (columns.size() != 3)
        return bad(in_quotes(text) + ": " + std::to_string(columns.size()) +
                   " column(s) found, NAME;CERTIFICATE FILE;KEY FILE expected");
    CertificateSetting out;
    out.name = lower(trim(columns[0]));
    if (out.name != "*") {
        const auto place = parse_listener(out.name);
        const bool wild = out.name.starts_with("*.");
        const bool listener = place && place->to_string() == out.name;
        const bool address = address_octets(out.name, nullptr).has_value();
        if (!listener && (address || !parse_domain(wild ? out.name.substr(2) : out.name, 2)))
            return bad(in_quotes(text) + ": name " + in_quotes(columns[0]) +
                       " found, a host name, *.DOMAIN, a listener's ADDRESS:PORT or * expected");
    }
    const auto path = [&](std::string_view column) {
        const auto file = std::string{trim(column)};
        return file.empty() || file.starts_with('/') ? file : folder + "/" + file;
    };
    out.certificate = path(columns[1]);
    out.key = path(columns[2]);
    if (out.certificate.empty() || out.key.empty() || text.find('\0') != text.npos)
        return bad(in_quotes(text) + ": a file name is missing; NAME;CERTIFICATE FILE;KEY FILE "
                                     "expected");
    return out;
}

}  // namespace imc::config
