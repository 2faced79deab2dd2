#include "cli/sendmail/sendmail.h"

#include "base/text.h"
#include "cli/sendmail/dialogue.h"
#include "cli/sendmail/options.h"
#include "cli/sendmail/verify.h"
#include "config/config.h"
#include "config/settings_view.h"
#include "mail/local_message.h"
#include "mail/trace.h"
#include "smtp/xtext.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cerrno>
#include <ostream>
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>
#include <unordered_set>

namespace imc::cli {

using sendmail::Failure;
using sendmail::Mode;
using sendmail::Options;

namespace {

namespace json = boost::json;

/// What the registry says, if the caller may read it. The directory is not asked: it may be away.
struct HostSettings {
    std::string name;
    std::uint64_t most_octets = config::Config().message_octets;
    std::uint64_t most_recipients = config::Config().max_recipients;
};

HostSettings host_settings(const Paths& paths)
{
    HostSettings out;
    std::vector<config::Assertion> ignored;
    const auto reading = config::read_registry(paths, ignored);
    if (reading.settings) {
        out.name = reading.settings->text("Hostname").value_or("");
        out.most_octets = reading.settings->number("InboundSizeLimit").value_or(out.most_octets);
        if (out.most_octets == 0) out.most_octets = mail::most_pickup_octets;
        out.most_recipients =
            reading.settings->number("MaxRecipientsPerMessage").value_or(out.most_recipients);
    }
    out.most_octets = std::min(out.most_octets, mail::most_pickup_octets);
    if (out.name.empty()) {
        char name[256] = "localhost";
        (void)::gethostname(name, sizeof name - 1);
        out.name = name;
    }
    return out;
}

/// Finds a line that is one dot, over the pieces in which the text comes.
class LoneDot {
public:
    /// @return  where the text ends
    std::optional<std::size_t> find(std::string_view text, bool at_end)
    {
        for (;;) {
            const auto end = text.find('\n', line_);
            if (end == text.npos && !at_end) return {};
            auto line = text.substr(line_, end == text.npos ? text.npos : end - line_);
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line == ".") return line_;
            if (end == text.npos) return {};
            line_ = end + 1;
        }
    }

private:
    std::size_t line_ = 0;
};

class Sending {
public:
    Sending(Context& context, const Options& options, const SendmailCaller& caller)
        : context_{context}, options_{options}, caller_{caller}, paths_{context.paths()}
    {}

    std::optional<Failure> run()
    {
        if (auto flaw = read_sender()) return flaw;
        if (auto flaw = given_recipients()) return flaw;
        const auto settings = host_settings(paths_);
        const auto limit = settings.most_octets;
        if (auto flaw = read_text(limit)) return flaw;
        message_ = mail::read_local_message(text_);
        if (options_.header_recipients) {
            const auto named = mail::header_recipients(message_.header);
            if (!named) return Failure{EX_DATAERR, named.error().what + "; nothing was sent"};
            add(*named);
        }
        if (recipients_.empty())
            return Failure{EX_USAGE, options_.header_recipients
                                         ? "no recipient: neither To, Cc nor Bcc names one"
                                         : "no recipient: name one, or take them from the header "
                                           "with -t"};
        if (recipients_.size() > settings.most_recipients)
            return Failure{EX_UNAVAILABLE, std::to_string(recipients_.size()) +
                                               " recipients, at most " +
                                               std::to_string(settings.most_recipients) +
                                               " (MaxRecipientsPerMessage); nothing was sent"};
        const auto content = sendmail::pickup_file(whole());
        if (content.size() > limit) return too_large(limit);
        auto dropped = sendmail::drop(caller_.files, paths_, caller_.user, content);
        if (auto* failed = std::get_if<Failure>(&dropped)) return std::move(*failed);
        if (context_.json)
            context_.out << json::serialize(
                                json::object{{"file", std::get<std::string>(dropped)},
                                             {"sender", *sender_},
                                             {"recipients",
                                              json::array(recipients_.begin(), recipients_.end())}})
                         << '\n';
        return {};
    }

private:
    std::optional<Failure> read_sender()
    {
        if (!options_.sender && caller_.login.empty())
            return Failure{EX_OSERR, "user " + std::to_string(caller_.user) +
                                         " has no name in passwd(5); give -f ADDRESS"};
        const auto given = options_.sender.value_or(caller_.login);
        const auto plain = trim(given);
        if (plain.empty() || plain == "<>") {
            sender_ = "";
            return {};
        }
        const auto addresses = mail::given_addresses(plain);
        if (!addresses) return Failure{EX_USAGE, "-f: " + addresses.error().what};
        if (addresses->size() != 1)
            return Failure{EX_USAGE,
                           "-f: \"" + printable(plain, 120) + "\" found, one address expected"};
        sender_ = addresses->front();
        return {};
    }

    std::optional<Failure> given_recipients()
    {
        for (const auto& word : options_.recipients) {
            const auto addresses = mail::given_addresses(word);
            if (!addresses) return Failure{EX_USAGE, "recipient " + addresses.error().what};
            if (addresses->empty())
                return Failure{EX_USAGE, "recipient \"" + printable(word, 120) +
                                             "\" found, an address expected"};
            add(*addresses);
        }
        return {};
    }

    void add(const std::vector<std::string>& addresses)
    {
        for (const auto& address : addresses)
            if (named_.insert(address).second) recipients_.push_back(address);
    }

    std::optional<Failure> read_text(std::uint64_t limit)
    {
        LoneDot dot;
        std::string piece(65'536, '\0');
        for (;;) {
            const auto got = caller_.read(piece);
            if (!got)
                return Failure{got.error().value() == EIO ? EX_IOERR : EX_NOINPUT,
                               "standard input cannot be read: " + got.error().message() +
                                   "; nothing was sent"};
            text_.append(piece, 0, *got);
            if (options_.dot_ends)
                if (const auto end = dot.find(text_, *got == 0)) {
                    text_.resize(*end);
                    return {};
                }
            if (*got == 0) return {};
            if (text_.size() > limit) return too_large(limit);
        }
    }

    static Failure too_large(std::uint64_t limit)
    {
        return {EX_UNAVAILABLE, "the message is over " + std::to_string(limit) +
                                    " octets (InboundSizeLimit); nothing was sent"};
    }

    mail::PickupMessage whole()
    {
        mail::PickupMessage out;
        out.sender = *sender_;
        if (!options_.ret.empty()) out.parameters += " RET=" + options_.ret;
        if (!options_.envid.empty())
            out.parameters += " ENVID=" + smtp::xtext_encode(options_.envid);
        for (const auto& recipient : recipients_)
            out.recipients.push_back(
                {recipient, options_.notify.empty() ? "" : " NOTIFY=" + upper(options_.notify)});
        // The domain behind a lone name is the service's to know.
        if (!mail::has_field(message_.header, "From")) {
            const auto& name = options_.full_name.empty() ? caller_.full_name : options_.full_name;
            const auto& address = sender_->empty() ? caller_.login : *sender_;
            if (!address.empty()) out.text += "From: " + mail::mailbox(name, address) + "\r\n";
        }
        if (!mail::has_field(message_.header, "Date"))
            out.text += "Date: " + mail::rfc5322_date(wall_clock().now()) + "\r\n";
        out.text += message_.header + "\r\n" + message_.body;
        return out;
    }

    Context& context_;
    const Options& options_;
    const SendmailCaller& caller_;
    const Paths paths_;
    std::optional<std::string> sender_;
    std::vector<std::string> recipients_;
    std::unordered_set<std::string> named_;
    std::string text_;
    mail::LocalMessage message_;
};

int speak(const Context& context, const SendmailCaller& caller)
{
    const auto paths = context.paths();
    auto host = host_settings(paths);
    return sendmail::speak_smtp({std::move(host.name), host.most_octets, host.most_recipients,
                                 [&](std::string_view content) {
                                     return sendmail::drop(caller.files, paths, caller.user,
                                                           content);
                                 }});
}

std::string base_name(std::string_view path)
{
    return std::string{path.substr(path.rfind('/') + 1)};
}

}  // namespace

std::optional<std::vector<std::string>> sendmail_words(std::span<const char* const> arguments)
{
    if (arguments.empty()) return {};
    const auto name = base_name(arguments[0]);
    std::vector<std::string> words;
    if (name == "mailq") {
        words.emplace_back("-bp");
    } else if (name == "newaliases") {
        words.emplace_back("-bi");
    } else if (name != "sendmail") {
        if (arguments.size() < 2 || std::string_view{arguments[1]} != "sendmail") return {};
        arguments = arguments.subspan(1);
    }
    for (const char* argument : arguments.subspan(1))
        words.emplace_back(argument);
    return words;
}

std::vector<std::string> run_sendmail(Context& context, std::span<const std::string> words,
                                      const SendmailCaller& caller)
{
    auto read = sendmail::read_options(words);
    if (const auto* flaw = std::get_if<std::string>(&read)) {
        context.fail("sendmail: " + *flaw + "\nSee: imc sendmail --help", EX_USAGE);
        return {};
    }
    auto& options = std::get<Options>(read);
    context.json = options.json;
    if (options.root) context.root = *options.root;
    const auto common = [&](std::vector<std::string> command) {
        if (!context.root.empty()) command.insert(command.end(), {"--root", context.root});
        if (context.json) command.emplace_back("--json");
        return command;
    };
    switch (options.mode) {
    case Mode::help: return {"sendmail", "--help"};
    case Mode::nothing: return {};
    case Mode::queue: return common({"queue", "ls"});
    case Mode::flush: {
        std::vector<std::string> command{"queue", "retry"};
        command.insert(command.end(), options.selector.begin(), options.selector.end());
        return common(std::move(command));
    }
    case Mode::verify: context.status = sendmail::verify(context, options.recipients); return {};
    case Mode::smtp: context.status = speak(context, caller); return {};
    case Mode::send: break;
    }
    if (const auto failed = Sending{context, options, caller}.run())
        context.fail("sendmail: " + failed->what, failed->status);
    return {};
}

SendmailCaller this_process()
{
    SendmailCaller out{::geteuid(), "", "",
                       [](std::span<char> into) -> IoResult<std::size_t> {
                           for (;;) {
                               const auto got = ::read(STDIN_FILENO, into.data(), into.size());
                               if (got >= 0) return static_cast<std::size_t>(got);
                               if (errno != EINTR)
                                   return boost::system::error_code{
                                       errno, boost::system::system_category()};
                           }
                       },
                       real_files()};
    if (const auto* user = ::getpwuid(::getuid())) {
        out.login = user->pw_name;
        // "&" stands for the login, a comma ends the name.
        const std::string_view all{user->pw_gecos == nullptr ? "" : user->pw_gecos};
        for (const char c : all.substr(0, all.find(',')))
            out.full_name += c == '&'
                                 ? std::string{to_upper(out.login.front())} + out.login.substr(1)
                                 : std::string{c};
    }
    if (const char* name = std::getenv("NAME"); name != nullptr && *name != '\0')
        out.full_name = name;
    return out;
}

std::span<const ExitStatus> sendmail_exit_statuses()
{
    static constexpr ExitStatus all[] = {
        {EX_OK, "EX_OK", "the message is durable in the pickup folder; what was asked is done"},
        {EX_USAGE, "EX_USAGE", "an option or address of the command line; no recipient"},
        {EX_DATAERR, "EX_DATAERR", "with -t, an address of the header that is none"},
        {EX_NOINPUT, "EX_NOINPUT", "standard input cannot be read"},
        {EX_NOUSER, "EX_NOUSER", "-bv: there is no such recipient"},
        {EX_UNAVAILABLE, "EX_UNAVAILABLE",
         "the message is too large, or has too many recipients; -bp, -q: the service does not run"},
        {EX_SOFTWARE, "EX_SOFTWARE", "a defect"},
        {EX_OSERR, "EX_OSERR", "the system; the calling user has no name"},
        {EX_CANTCREAT, "EX_CANTCREAT", "no file can be made in the pickup folder"},
        {EX_IOERR, "EX_IOERR", "the disk, or standard input, failed"},
        {EX_TEMPFAIL, "EX_TEMPFAIL", "the disk is full; -bv: the directory cannot say"},
        {EX_NOPERM, "EX_NOPERM", "the caller may not write the pickup folder"},
        {EX_CONFIG, "EX_CONFIG", "there is no pickup folder; -bv: the configuration is not sound"},
    };
    return all;
}

}  // namespace imc::cli
