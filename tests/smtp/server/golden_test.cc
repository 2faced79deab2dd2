/// Whole conversations as a mail administrator would write them down: tests/data/golden/*.txt.
///
/// "C: " a line of the client (CRLF is added; \r \n \t \xNN are escapes, a final \c leaves the CRLF
/// out, \*N repeats the octet before), "S: " a line of the server, "#" a comment, "W: " what this
/// world is like (Script::set). Each file is run four times: with a read for each client line, by a
/// client of OpenSSL under TLS over a pair of sockets, with a read for each octet, and with all of
/// it in one read. Otherwise TLS is a handshake that the script only claims. A file named after an
/// id of the regression list shows that the old defect is not ours.
#include "base/text.h"
#include "kit/bare_tls.h"
#include "kit/paths.h"
#include "kit/scripted_stream.h"
#include "kit/smtp_world.h"
#include "kit/tls_peer.h"
#include "smtp/server/session.h"
#include "smtp/socket_stream.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

namespace imc::smtp {
namespace {

std::string unescaped(std::string_view text, bool& crlf)
{
    std::string out;
    crlf = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        switch (text[++i]) {
        case 'r': out += '\r'; break;
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'c': crlf = false; break;
        case '*': {  // \*N: the octet before, N times
            std::size_t n = 0;
            while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9')
                n = n * 10 + static_cast<std::size_t>(text[++i] - '0');
            out.append(n - 1, out.back());
            break;
        }
        case 'x':
            out += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
            i += 2;
            break;
        default: out += text[i];
        }
    }
    return out;
}

/// What stands in a file.
struct Script {
    std::vector<std::string> sends;  ///< one for each C: line
    std::string expected;
    Terms terms;
    Peer peer{"192.0.2.1", 4711, "192.0.2.250", 25};
    bool accounts = false, accounts_in_the_clear = true, dequeue = false;
    std::string code;  ///< that opens the record of a refusal

    void set(std::string_view word)
    {
        const auto equals = std::min(word.find('='), word.size());
        const auto name = word.substr(0, equals);
        const auto value = word.substr(std::min(equals + 1, word.size()));
        if (name == "tls") {
            terms.tls = value == "broken"     ? TlsTerms::broken
                        : value == "required" ? TlsTerms::required
                        : value == "withheld" ? TlsTerms::withheld
                        : value == "implicit" ? TlsTerms::implicit
                                              : TlsTerms::optional;
        } else if (name == "etrn") {
            dequeue = true;
        } else if (name == "auth") {
            accounts = true;
            accounts_in_the_clear = value != "tls";
        } else if (name == "submission") {
            terms.auth_required = true;
        } else if (name == "without") {
            for (const auto one : split(value, ','))
                terms.offered.remove(extension_named(one).value());
        } else if (name == "xclient") {
            terms.xclient_from = {config::Network::parse("192.0.2.0/24").value()};
        } else if (name == "proxy") {
            terms.proxy_from = {config::Network::parse("192.0.2.0/24").value()};
        } else if (name == "verify") {
            terms.verify = true;
        } else if (name == "expand") {
            terms.expand = value == "authenticated" ? config::ExpandFor::authenticated
                                                    : config::ExpandFor::everybody;
        } else if (name == "recipients") {
            terms.limits.recipients = parse_number(value).value();
        } else if (name == "peer") {
            peer.address = value;
        } else if (name == "code") {
            code = value;
        } else if (name == "messages") {
            terms.limits.messages = parse_number(value).value();
        } else if (name == "idle") {
            terms.limits.idle_commands = static_cast<unsigned>(parse_number(value).value());
        } else if (name == "errors") {
            terms.limits.protocol_errors = static_cast<unsigned>(parse_number(value).value());
        } else if (name == "refusals") {
            terms.limits.refusals = static_cast<unsigned>(parse_number(value).value());
        } else {
            ADD_FAILURE() << "no such word: " << word;
        }
    }
};

Script read_script(const std::string& name)
{
    Script script;
    script.terms.host = "mail.example.org";
    script.terms.limits = {.message_octets = 2000,
                           .text_line_octets = 1000,
                           .header_octets = 1500,
                           .header_lines = 20,
                           .recipients = 2,
                           .protocol_errors = 4};
    std::ifstream file{imc::kit::source_dir() + "/tests/data/golden/" + name};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("C: ")) {
            bool crlf = true;
            auto text = unescaped(std::string_view{line}.substr(3), crlf);
            script.sends.push_back(text + (crlf ? "\r\n" : ""));
        } else if (line.starts_with("S: ")) {
            script.expected += line.substr(3) + "\r\n";
        } else if (line.starts_with("W: ")) {
            for (const auto word : split(std::string_view{line}.substr(3), ' '))
                script.set(word);
        } else {
            EXPECT_TRUE(line.empty() || line.starts_with('#')) << line;
        }
    }
    return script;
}

enum class Wire { as_written, under_tls, octet_by_octet, all_at_once };

/// The same octets, cut otherwise. What stands in one C: line with STARTTLS comes before TLS.
ScriptedPeer client_of(const Script& script, Wire wire)
{
    ScriptedPeer client;
    if (script.terms.tls == TlsTerms::implicit) client.handshakes.push_back(0);
    std::string flight;
    const auto fly = [&] {
        if (flight.empty()) return;
        if (wire == Wire::octet_by_octet)
            for (const char c : flight)
                client.sends.emplace_back(1, c);
        else
            client.sends.push_back(flight);
        flight.clear();
    };
    for (const auto& send : script.sends) {
        flight += send;
        const bool before_tls = starts_with_word(send, "STARTTLS\r\n");
        if (wire != Wire::all_at_once || before_tls) fly();
        if (before_tls) client.handshakes.push_back(client.sends.size());
    }
    fly();
    return client;
}

/// Made once: keys and contexts cost more than all the dialogues.
const TlsServer* real_tls_server()
{
    struct Once {
        imc::kit::Folder folder;
        EventLog silent;
        std::unique_ptr<TlsServer> server;
        Once()
        {
            const auto made = imc::kit::make_certificate({.name = "mail.example.org"});
            imc::kit::write_certificate(made, folder / "imc.crt");
            imc::kit::write_key(made, folder / "imc.key");
            TlsSettings settings{{{"*", folder / "imc.crt", folder / "imc.key"}}};
            server = std::make_unique<TlsServer>(
                std::make_shared<TlsCertificates>(std::move(settings),
                                                  std::make_shared<TicketKeys>(), silent),
                "127.0.0.1:25", "mail.example.org");
        }
    };
    static const Once once;
    return once.server.get();
}

bool starts_tls(const std::string& send) { return starts_with_word(send, "STARTTLS\r\n"); }

/// The client's half, in a thread of its own. @return  all it heard
std::string converse(const Script& script, int descriptor)
{
    imc::kit::TlsPeer peer{descriptor, {}};
    std::string heard;
    bool sealed = script.terms.tls == TlsTerms::implicit;
    if (sealed && !peer.handshake()) return "no handshake";
    for (const auto& send : script.sends) {
        if (sealed)
            peer.say(send);
        else
            (void)::send(descriptor, send.data(), send.size(), MSG_NOSIGNAL);
        if (sealed || !starts_tls(send)) continue;
        // What is heard in the clear ends with the go-ahead.
        constexpr std::string_view go = "220 2.0.0 Begin TLS\r\n";
        for (const auto end = script.expected.find(go, heard.size()) + go.size();
             heard.size() < end;) {
            std::array<char, 4096> room{};
            const auto octets = ::recv(descriptor, room.data(), room.size(), 0);
            if (octets <= 0) return heard + "(the end)";
            heard.append(room.data(), static_cast<std::size_t>(octets));
        }
        sealed = peer.handshake();
        if (!sealed) return heard + "(no handshake)";
    }
    peer.say_goodbye();
    for (std::string more = peer.hear(); !more.empty(); more = peer.hear())
        heard += more;
    return heard;
}

class Golden : public testing::TestWithParam<std::tuple<std::string, Wire>> {};

TEST_P(Golden, DialogueGoesAsItIsWrittenDown)
{
    auto script = read_script(std::get<0>(GetParam()));
    const auto wire = std::get<1>(GetParam());
    ASSERT_FALSE(script.expected.empty());
    auto client = client_of(script, wire);
    const bool real = wire == Wire::under_tls;
    if (real && script.terms.tls == TlsTerms::none) script.terms.tls = TlsTerms::implicit;

    net::io_context io;
    kit::Directory directory;
    kit::Sink sink;
    kit::Rules rules;
    rules.code = script.code;
    kit::Accounts accounts;
    kit::Waiting waiting;
    accounts.in_the_clear = script.accounts_in_the_clear;
    EventLog events;
    const TlsServer* tls = real ? real_tls_server() : imc::kit::bare_tls_server();
    const Ports ports{directory,
                      sink,
                      rules,
                      events,
                      script.accounts ? &accounts : nullptr,
                      tls,
                      script.dequeue ? &waiting : nullptr};
    auto dialogue =
        std::make_unique<Dialogue>(std::make_shared<const Terms>(script.terms), script.peer);
    std::unique_ptr<Stream> stream = std::make_unique<ScriptedStream>(client);
    std::future<std::string> heard;
    if (real) {
        std::signal(SIGPIPE, SIG_IGN);  // a session that was ended may be written to
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        net::local::stream_protocol::socket ours{io, net::local::stream_protocol{}, ends[0]};
        stream = socket_stream(net::generic::stream_protocol::socket{std::move(ours)});
        heard = std::async(std::launch::async, [&script, end = ends[1]] {
            auto all = converse(script, end);
            ::close(end);
            return all;
        });
    }
    net::co_spawn(io, serve(std::move(stream), std::move(dialogue), ports),
                  [](std::exception_ptr e) {
                      if (e) std::rethrow_exception(e);
                  });
    io.run();
    if (real) {
        EXPECT_EQ(heard.get(), script.expected);
        return;
    }
    EXPECT_EQ(client.heard, script.expected);
    EXPECT_TRUE(client.closed);
}

std::vector<std::tuple<std::string, Wire>> cases()
{
    std::vector<std::tuple<std::string, Wire>> out;
    for (const auto& entry :
         std::filesystem::directory_iterator{imc::kit::source_dir() + "/tests/data/golden"}) {
        const std::string name = entry.path().filename();
        const auto script = read_script(name);
        // Not with a real client: an answer in the clear to a handshake it would not begin, and a
        // header before it.
        const auto wanted = std::ranges::count_if(script.sends, starts_tls);
        const bool in_the_clear =
            (script.terms.tls != TlsTerms::none && script.terms.tls != TlsTerms::implicit &&
             wanted != 1) ||
            (wanted == 1 && script.expected.find("Begin TLS") == std::string::npos) ||
            !script.terms.proxy_from.empty();
        for (const auto wire :
             {Wire::as_written, Wire::under_tls, Wire::octet_by_octet, Wire::all_at_once})
            if (wire != Wire::under_tls || !in_the_clear) out.emplace_back(name, wire);
    }
    std::ranges::sort(out);
    return out;
}

std::string name_of(const testing::TestParamInfo<Golden::ParamType>& info)
{
    const auto& file = std::get<0>(info.param);
    std::string name = file.substr(0, file.rfind('.'));
    std::ranges::replace_if(
        name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    constexpr const char* wires[] = {"", "_under_tls", "_octet_by_octet", "_all_at_once"};
    return name + wires[static_cast<std::size_t>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(Dialogues, Golden, testing::ValuesIn(cases()), name_of);

}  // namespace
}  // namespace imc::smtp
