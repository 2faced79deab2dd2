#include "app/service/pickup.h"

#include "app/service/local_account.h"
#include "app/service/pickup_folder.h"
#include "base/offload.h"
#include "base/text.h"
#include "event/caught.h"
#include "mail/mime_depth.h"
#include "mail/pickup.h"
#include "mail/submission.h"
#include "mail/trace.h"
#include "queue/local_sender.h"
#include "smtp/server/parameters.h"
#include "spool/working.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <exception>
#include <limits>
#include <map>
#include <set>
#include <unistd.h>

namespace imc::app {

namespace net = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto interval = 1s;
constexpr auto mark = queue::pickup_mark;

struct Stored {
    spool::MessageId id;
    spool::Envelope envelope;
    spool::Body body;  ///< null: not read back yet
};

}  // namespace

struct Pickup::State : std::enable_shared_from_this<State> {
    explicit State(PickupParts p)
        : parts{std::move(p)}, folder{parts.paths, parts.events, parts.files,
                                      [this] { return parts.config()->message_octets; }}
    {}

    PickupParts parts;
    PickupFolder folder;
    std::map<std::string, Stored> held;  ///< by claimed name: durable, but the file is still there
    std::unique_ptr<spool::WorkingFile> working;  ///< inodes; null: deaths are not counted
    std::atomic<bool> stopping{false};
    std::shared_ptr<net::steady_timer> timer;

    /// Of files that an earlier process was working on.
    void count_deaths()
    {
        auto opened = spool::WorkingFile::open(parts.paths.spool() + "/pickup-working");
        if (!opened) return parts.events.raise(opened.error());
        working = std::move(*opened);
        std::set<std::uint64_t> inodes;
        for (const auto inode : working->left())
            inodes.insert(inode.number);
        folder.note_deaths(inodes);
        working->clear_left();
    }

    std::optional<spool::NewMessage> message_of(const Taken& taken)
    {
        const auto config = parts.config();
        if (const auto flaw = far_over_limits(taken.octets, *config); !flaw.empty()) {
            folder.set_aside(taken, flaw);
            return {};
        }
        auto parsed = mail::parse_pickup(taken.octets, config->local_domains.front());
        auto flaw = parsed ? std::string{} : parsed.error().what;
        spool::NewMessage message;
        auto& envelope = message.envelope;
        if (flaw.empty()) flaw = read_envelope(*parsed, envelope);
        if (flaw.empty()) flaw = over_limits(*parsed, *config);
        if (flaw.empty())
            if (const auto hops = mail::count_received(parsed->text); hops > config->max_hops)
                flaw = std::to_string(hops) + " Received lines, at most " +
                       std::to_string(config->max_hops) +
                       " (MaxHops): the message goes round in circles";
        if (!flaw.empty()) {
            folder.set_aside(taken, flaw);
            return {};
        }
        const auto now = wall_clock().now();
        std::string unique{"pickup."};
        for (const char c : taken.identity)
            unique += c == '-' ? '.' : c;
        std::string text = "Received: by " + config->host_name + " (imc pickup";
        if (taken.owner != ::geteuid()) text += ", from userid " + std::to_string(taken.owner);
        text += ");\r\n\t" + mail::rfc5322_date(now) + "\r\n";
        text += mail::completion(parsed->text, now, unique, config->host_name);
        mail::MimeDepth nesting{config->session.mime_depth};
        nesting.feed(parsed->text);
        if (nesting.over_limit()) text += mail::MimeDepth::tag();
        text += parsed->text;
        envelope.eight_bit = has_high(text);
        envelope.arrived_at = now;
        envelope.account = local_account(taken, config->pickup_accounts, ::geteuid());
        envelope.peer = std::string{mark} + printable(taken.name, 200) + " " + taken.identity;
        message.body = std::make_shared<const std::string>(std::move(text));
        return message;
    }

    static std::string over(std::uint64_t found, std::uint64_t most, const char* what,
                            const char* value)
    {
        if (found <= most) return {};
        return std::to_string(found) + " " + what + ", at most " + std::to_string(most) + " (" +
               value + ")";
    }

    /// Limits of SMTP hold here, too. First of all that may be parsed, which takes a multiple of
    /// its octets: the header with the envelope's lines.
    static std::string far_over_limits(std::string_view octets, const config::Config& config)
    {
        constexpr std::uint64_t longest_line = 1000;  // an address and its parameters
        const auto header = octets.substr(0, std::min(octets.find("\n\n"), octets.find("\n\r\n")));
        auto flaw =
            over(header.size(), config.session.header_octets + longest_line * config.max_recipients,
                 "octets of header and envelope", "MaxHeaderSize");
        if (!flaw.empty()) return flaw;
        return over(static_cast<std::uint64_t>(std::ranges::count(header, '\n')) + 1,
                    std::uint64_t{config.session.header_lines} + 2 * config.max_recipients,
                    "lines of header and envelope", "MaxHeaderLines");
    }

    static std::string over_limits(const mail::PickupMessage& parsed, const config::Config& config)
    {
        auto flaw = over(parsed.recipients.size(), config.max_recipients, "recipients",
                         "MaxRecipientsPerMessage");
        if (!flaw.empty()) return flaw;
        const std::string_view text{parsed.text};
        const auto header = text.substr(0, text.starts_with("\r\n") ? 0 : text.find("\r\n\r\n"));
        flaw =
            over(header.size(), config.session.header_octets, "octets of header", "MaxHeaderSize");
        if (!flaw.empty()) return flaw;
        return over(static_cast<std::uint64_t>(std::ranges::count(header, '\n')) + 1,
                    config.session.header_lines, "lines of header", "MaxHeaderLines");
    }

    /// What is wrong with it; empty: nothing. The parameters are those of SMTP, read by its
    /// parsers.
    static std::string read_envelope(mail::PickupMessage& parsed, spool::Envelope& into)
    {
        const smtp::Extensions all;
        smtp::Envelope said;
        if (const auto flaw = smtp::read_mail_parameters(
                parsed.parameters, all, std::numeric_limits<std::uint64_t>::max(), said))
            return "X-Sender: " + flaw->text;
        into.sender = std::move(parsed.sender);
        into.envid = std::move(said.envid);
        into.ret = std::move(said.ret);
        into.smtp_utf8 = said.smtp_utf8 || has_high(into.sender);
        into.priority = said.priority > 0   ? spool::Priority::urgent
                        : said.priority < 0 ? spool::Priority::non_urgent
                                            : spool::Priority::normal;
        for (auto& recipient : parsed.recipients) {
            smtp::Recipient one;
            if (const auto flaw = smtp::read_rcpt_parameters(recipient.parameters, all, true, one))
                return "X-Receiver: " + flaw->text;
            into.smtp_utf8 = into.smtp_utf8 || has_high(recipient.address);
            into.recipients.push_back(
                {std::move(recipient.address), std::move(one.original), one.notify});
        }
        return {};
    }

    static bool has_high(std::string_view text)
    {
        return std::ranges::any_of(text, [](char c) { return (c & '\x80') != 0; });
    }

    /// @return  true: the queue has it
    net::awaitable<bool> finish(std::string name, Stored stored)
    {
        const auto end_it = [this, &name, &stored] {
            const auto end = folder.finish(name);
            if (end != PickupFolder::End::still_there && !stored.body)
                if (auto body = parts.spool.body(stored.id)) stored.body = std::move(*body);
            return end;
        };
        const auto end = co_await offload(parts.background, end_it);
        if (end == PickupFolder::End::still_there) {
            if (!held.contains(name))
                folder.tell(name, "it can be neither removed nor renamed",
                            "in " + folder.claimed_folder() +
                                ", and its message, durable in the spool, is delivered when that "
                                "can be done");
            held.insert_or_assign(std::move(name), std::move(stored));
            co_return false;
        }
        if (end == PickupFolder::End::marked)
            folder.tell(name, "it is sent, but cannot be removed",
                        "in " + folder.claimed_folder() + ", as done." + name);
        held.erase(name);
        parts.queue(stored.id, std::move(stored.envelope), std::move(stored.body));
        parts.metrics.counter("pickup_messages", "Messages taken from the pickup folder").add();
        co_return true;
    }

    net::awaitable<bool> take(std::string name)
    {
        if (const auto again = held.find(name); again != held.end()) {
            Stored stored = again->second;
            co_return co_await finish(std::move(name), std::move(stored));
        }
        const auto open = [this, &name]() -> std::optional<spool::NewMessage> {
            if (PickupFolder::is_poison(name)) {
                folder.set_aside(PickupFolder::named(name),
                                 "the service died twice while it worked on this file");
                return {};
            }
            const spool::WorkingOn at_work{working.get(),
                                           spool::MessageId{PickupFolder::inode_of(name)}};
            try {
                const auto taken = folder.read(name);
                if (!taken) return {};
                auto message = message_of(*taken);
                if (!message || !spool::keep_rest_on_disk(parts.spool, *message)) return {};
                return message;
            } catch (const std::exception& failure) {  // memory: the others must not wait for it
                folder.set_aside(PickupFolder::named(name),
                                 std::string{"it could not be read: "} + failure.what());
                return {};
            }
        };
        auto opened = co_await offload(parts.background, open);
        if (!opened) co_return false;
        Stored stored;
        stored.envelope = opened->envelope;
        stored.body = opened->body;
        const auto id = co_await parts.spool.store(std::move(*opened));
        if (!id) co_return false;  // the spool has told; the next look tries again
        stored.id = *id;
        co_return co_await finish(std::move(name), std::move(stored));
    }

    static net::awaitable<void> run(std::shared_ptr<State> self)
    {
        while (!self->stopping) {
            try {
                (void)co_await look(self);
            } catch (...) {
                const auto* const words = caught_words();
                contained(self->parts.events, "the pickup folder",
                          [&] { self->folder.tell_once(self->parts.paths.pickup(), words); });
            }
            boost::system::error_code ignored;
            self->timer->expires_after(interval);
            co_await self->timer->async_wait(net::redirect_error(net::use_awaitable, ignored));
        }
    }

    static net::awaitable<std::size_t> look(std::shared_ptr<State> self)
    {
        const auto ask = [&self] { return self->folder.claim(); };
        auto names = co_await offload(self->parts.background, ask);
        // One that is no longer in the list, but was held: somebody else has removed it.
        const auto listed = static_cast<std::ptrdiff_t>(names.size());
        for (const auto& [name, stored] : self->held)
            if (!std::binary_search(names.begin(), names.begin() + listed, name))
                names.push_back(name);
        std::size_t taken = 0;
        for (const auto& name : names) {
            if (self->stopping) break;
            bool sent = false;
            try {
                sent = co_await self->take(name);
            } catch (...) {  // the others do not wait for it; it stays where it is
                raise_caught(self->parts.events, "the pickup folder's file", name);
            }
            if (sent) ++taken;
        }
        co_return taken;
    }
};

Pickup::Pickup(PickupParts parts) : state_{std::make_shared<State>(std::move(parts))}
{
    // A lease that is broken is announced by SIGIO, which would end the process.
    std::signal(SIGIO, SIG_IGN);
}

Pickup::~Pickup() = default;

void Pickup::settle(std::vector<spool::Recovered>& recovered)
{
    const auto identity = [](const spool::Recovered& message) -> std::string_view {
        const std::string_view peer{message.envelope.peer};
        return peer.starts_with(mark) ? peer.substr(peer.rfind(' ') + 1) : std::string_view{};
    };
    state_->folder.open();
    if (!state_->working) state_->count_deaths();
    state_->folder.clean();
    std::set<std::string, std::less<>> stored;
    for (const auto& message : recovered)
        if (const auto one = identity(message); !one.empty()) stored.emplace(one);
    if (stored.empty()) return;
    for (auto& [one, name] : state_->folder.finish_all(stored)) {
        const auto at = std::ranges::find(recovered, std::string_view{one}, identity);
        if (at == recovered.end()) continue;
        const auto is_fresh = [](const spool::RecipientState& r) {
            return r.outcome == spool::Outcome::waiting && r.attempts == 0;
        };
        if (!std::ranges::all_of(at->states, is_fresh)) continue;  // it was shown to the queue
        state_->held.try_emplace(std::move(name), Stored{at->id, std::move(at->envelope), {}});
        recovered.erase(at);
    }
}

void Pickup::start(net::any_io_executor executor)
{
    state_->timer = std::make_shared<net::steady_timer>(executor);
    net::co_spawn(executor, State::run(state_), net::detached);
}

void Pickup::stop() { state_->stopping = true; }

net::awaitable<std::size_t> Pickup::look() { return State::look(state_); }

}  // namespace imc::app
