#include "config/link_settings.h"

#include "base/text.h"
#include "config/parse.h"

#include <cerrno>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace imc::config {

namespace {

constexpr std::size_t most_nodes = 1000;
constexpr std::size_t most_words = 64;

Error wrong(std::string_view row, const std::string& what)
{
    return Error{EventId::value_invalid, "\"" + printable(row) + "\": " + what};
}

}  // namespace

Result<LinkHook> parse_link_hook(std::string_view row)
{
    const auto columns = split(row, ';');
    if (columns.size() != 3)
        return wrong(row, std::to_string(columns.size()) + " columns where 3 are expected");
    LinkHook out;
    const auto when = trim(columns[0]);
    out.opens = same_word(when, "open");
    if (!out.opens && !same_word(when, "close"))
        return wrong(row, "\"" + printable(when) + "\" where open or close is expected");
    for (const auto word : split(columns[1], ' '))
        if (!word.empty()) out.words.emplace_back(word);
    if (out.words.empty() || !out.words.front().starts_with('/'))
        return wrong(row, "no program with an absolute path");
    if (out.words.size() > most_words) return wrong(row, "more than 64 words");
    for (const auto& word : out.words)
        for (const char c : word)
            if (is_control(c)) return wrong(row, "a control character");
    const auto seconds = parse_number(trim(columns[2]));
    if (!seconds || *seconds < 1 || *seconds > 3600)
        return wrong(row, "\"" + printable(trim(columns[2])) + "\" where 1 to 3600 s are expected");
    out.limit = std::chrono::seconds{*seconds};
    return out;
}

std::optional<ProgramFlaw> hook_program_flaw(const std::string& path)
{
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0)
        return ProgramFlaw{std::generic_category().message(errno), ""};
    if (!S_ISREG(status.st_mode)) return ProgramFlaw{"it is no file", ""};
    const auto quoted = shell_word(path);
    if ((status.st_mode & 022U) != 0)
        return ProgramFlaw{"others can write it, mode " + octal(status.st_mode & 07777U),
                           "chmod go-w " + quoted};
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        return ProgramFlaw{"it belongs to uid " + std::to_string(status.st_uid) +
                               ", neither root nor us",
                           "chown root " + quoted};
    if (::access(path.c_str(), X_OK) != 0)
        return ProgramFlaw{"it cannot be run by us", "chmod a+x " + quoted};
    return {};
}

Result<std::string> parse_etrn_node(std::string_view text)
{
    text = trim(text);
    if (text.starts_with('#')) {
        // RFC 1985 5.3: what a queue is called is the other side's business.
        for (const char c : text)
            if (is_control(c) || c == ' ') return wrong(text, "a space or a control character");
        if (text.size() < 2 || text.size() > 255)
            return wrong(text, "1 to 254 characters behind #");
        return std::string{text};
    }
    const bool below = text.starts_with('@');
    const auto domain = parse_domain(below ? text.substr(1) : text);
    if (!domain) return wrong(text, "a domain (in A-labels), @domain or #queue is expected");
    return (below ? "@" : "") + *domain;
}

Result<EtrnJob> parse_etrn_job(std::string_view row)
{
    const auto columns = split(row, ';');
    if (columns.size() != 2)
        return wrong(row, std::to_string(columns.size()) + " columns where 2 are expected");
    EtrnJob out;
    auto host = parse_host(columns[0], 25);
    if (!host) return wrong(row, host.error().detail());
    out.host = std::move(*host);
    for (const auto piece : split(columns[1], ',')) {
        auto node = parse_etrn_node(piece);
        if (!node) return wrong(row, node.error().detail());
        out.nodes.push_back(std::move(*node));
    }
    if (out.nodes.size() > most_nodes) return wrong(row, "more than 1000 domains");
    return out;
}

std::string host_and_port(const Host& host)
{
    const bool six = host.name.find(':') != std::string::npos;
    return (six ? "[" + host.name + "]" : host.name) + ":" + std::to_string(host.port);
}

std::string to_row(const EtrnJob& job)
{
    auto out = host_and_port(job.host) + ";";
    for (std::size_t i = 0; i < job.nodes.size(); ++i)
        out += (i == 0 ? "" : ",") + job.nodes[i];
    return out;
}

}  // namespace imc::config
