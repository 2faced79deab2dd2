#include "cli/sendmail/dialogue.h"

#include "base/notify.h"
#include "base/text.h"
#include "mail/local_message.h"
#include "smtp/server/session.h"
#include "smtp/xtext.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <sysexits.h>
#include <unistd.h>

namespace imc::cli::sendmail {
namespace {

namespace net = boost::asio;
using smtp::IoResult;

/// Standard input and output, be they a pipe, a socket, a terminal or files. It blocks: there is
/// one session in this process.
class StandardStream final : public smtp::Stream {
public:
    net::awaitable<IoResult<std::size_t>> read_some(std::span<char> into,
                                                    Deadline deadline) override
    {
        co_return get(into, deadline);
    }
    net::awaitable<IoResult<>> write(std::string_view octets, Deadline deadline) override
    {
        co_return put(octets, deadline);
    }
    net::awaitable<void> close(Deadline) override { co_return; }

private:
    static boost::system::error_code last_error()
    {
        return {errno, boost::system::system_category()};
    }

    static IoResult<> wait(int descriptor, short what, Deadline deadline)
    {
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            if (left.count() <= 0) return make_error_code(net::error::timed_out);
            ::pollfd one{descriptor, what, 0};
            const int ready =
                ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left.count(), INT_MAX)));
            if (ready > 0) return {};
            if (ready < 0 && errno != EINTR) return last_error();
        }
    }

    static IoResult<std::size_t> get(std::span<char> into, Deadline deadline)
    {
        for (;;) {
            if (const auto ready = wait(STDIN_FILENO, POLLIN, deadline); !ready)
                return ready.error();
            const auto got = ::read(STDIN_FILENO, into.data(), into.size());
            if (got > 0) return static_cast<std::size_t>(got);
            if (got == 0) return make_error_code(net::error::eof);
            if (errno != EINTR && errno != EAGAIN) return last_error();
        }
    }

    static IoResult<> put(std::string_view octets, Deadline deadline)
    {
        while (!octets.empty()) {
            if (const auto ready = wait(STDOUT_FILENO, POLLOUT, deadline); !ready)
                return ready.error();
            const auto done = ::write(STDOUT_FILENO, octets.data(), octets.size());
            if (done < 0 && errno != EINTR && errno != EAGAIN) return last_error();
            if (done > 0) octets.remove_prefix(static_cast<std::size_t>(done));
        }
        return {};
    }
};

/// "rfc822;a@b" as ORCPT= takes it.
std::string original(const std::string& decoded)
{
    const auto semicolon = decoded.find(';');
    if (decoded.empty() || semicolon == decoded.npos) return {};
    const auto address = std::string_view{decoded}.substr(semicolon + 1);
    return " ORCPT=" + decoded.substr(0, semicolon + 1) +
           (smtp::is_printable_ascii(address) ? smtp::xtext_encode(address) : std::string{address});
}

mail::PickupMessage to_pickup(const smtp::Envelope& envelope, const std::string& text)
{
    mail::PickupMessage out;
    out.sender = envelope.sender;
    if (envelope.smtp_utf8) out.parameters += " SMTPUTF8";
    if (!envelope.ret.empty()) out.parameters += " RET=" + envelope.ret;
    if (!envelope.envid.empty()) out.parameters += " ENVID=" + smtp::xtext_encode(envelope.envid);
    if (envelope.priority != 0)
        out.parameters += " MT-PRIORITY=" + std::to_string(envelope.priority);
    for (const auto& recipient : envelope.recipients)
        out.recipients.push_back(
            {recipient.address,
             (recipient.notify == 0 ? "" : " NOTIFY=" + notify::words(recipient.notify)) +
                 original(recipient.original)});
    const auto message = mail::read_local_message(text, mail::Mbox::none);
    out.text = message.header + "\r\n" + message.body;
    return out;
}

class Ends final : public smtp::RecipientDirectory, public smtp::MessageSink {
public:
    explicit Ends(const SmtpHere& here) : here_{here} {}

    int status() const { return status_; }

    net::awaitable<smtp::RecipientVerdict> look_up(std::string) override
    {
        co_return smtp::verdict::Accepted{};  // judged by the service, as all of the folder
    }

    net::awaitable<Result<std::string>> store(const smtp::SessionFacts&,
                                              const smtp::Envelope& envelope,
                                              smtp::BodyReader& body) override
    {
        std::string text;
        for (;;) {
            const auto piece = co_await body.next();
            if (!piece) co_return piece.error();
            if (piece->empty()) break;
            text += *piece;
        }
        const auto content = pickup_file(to_pickup(envelope, text));
        // The service judges the file whole, the envelope's lines too.
        if (content.size() > here_.most_octets) {
            status_ = EX_UNAVAILABLE;
            co_return Error{EventId::message_too_large,
                            "Message over " + std::to_string(here_.most_octets) + " octets"};
        }
        const auto dropped = here_.drop(content);
        if (const auto* failed = std::get_if<Failure>(&dropped)) {
            status_ = failed->status;
            co_return Error{EventId::spool_write_failed, failed->what};
        }
        status_ = 0;
        const auto& path = std::get<std::string>(dropped);
        co_return path.substr(path.rfind('/') + 1);
    }

private:
    const SmtpHere& here_;
    int status_ = 0;
};

}  // namespace

int speak_smtp(const SmtpHere& here)
{
    smtp::Terms terms;
    terms.host = here.host;
    terms.limits.message_octets = here.most_octets;
    terms.limits.recipients = here.most_recipients;
    for (const auto out : {smtp::Extension::start_tls, smtp::Extension::auth,
                           smtp::Extension::binary_mime, smtp::Extension::xclient})
        terms.offered.remove(out);
    Ends ends{here};
    smtp::Policy nobody_else;
    EventLog events;
    net::io_context io;
    net::co_spawn(
        io,
        smtp::serve(std::make_unique<StandardStream>(),
                    std::make_unique<smtp::Dialogue>(
                        std::make_shared<const smtp::Terms>(std::move(terms)), smtp::Peer{}),
                    {ends, ends, nobody_else, events}),
        net::detached);
    io.run();
    return ends.status();
}

}  // namespace imc::cli::sendmail
