#include "cli/sendmail/options.h"

#include "base/text.h"
#include "smtp/server/parameters.h"
#include "smtp/xtext.h"

#include <algorithm>

namespace imc::cli::sendmail {
namespace {

// Those of Postfix, so that whoever calls it can call us.
constexpr std::string_view with_value = "ABCFLNORVXbefhopqr";
constexpr std::string_view alone = "GIUcimnstvx";

class Reader {
public:
    explicit Reader(std::span<const std::string> words) : words_{words} {}

    std::variant<Options, std::string> run()
    {
        // -h is a count of hops, but who gives nothing else asks for help.
        if (words_.size() == 1 && words_[0] == "-h") {
            out_.mode = Mode::help;
            return std::move(out_);
        }
        for (; at_ < words_.size() && flaw_.empty(); ++at_) {
            const auto& word = words_[at_];
            if (over_ || word.size() < 2 || !word.starts_with('-'))
                out_.recipients.push_back(word);
            else if (word == "--")
                over_ = true;
            else if (word.starts_with("--"))
                long_option(word);
            else
                letters(std::string_view{word}.substr(1));
        }
        if (flaw_.empty()) together();
        if (!flaw_.empty()) return std::move(flaw_);
        return std::move(out_);
    }

private:
    void long_option(const std::string& word)
    {
        if (word == "--json") {
            out_.json = true;
        } else if (word == "--help") {
            out_.mode = Mode::help;
        } else if (word.starts_with("--root=")) {
            out_.root = word.substr(7);
        } else if (word == "--root" && at_ + 1 < words_.size()) {
            out_.root = words_[++at_];
        } else {
            unknown(word);
        }
    }

    void unknown(const std::string& option)
    {
        flaw_ = "\"" + printable(option, 60) + "\" is no option; -- ends them";
    }

    void letters(std::string_view rest)
    {
        while (!rest.empty() && flaw_.empty()) {
            const char letter = rest.front();
            rest.remove_prefix(1);
            if (alone.find(letter) != alone.npos) {
                flag(letter);
                continue;
            }
            if (with_value.find(letter) == with_value.npos)
                return unknown(std::string{"-"} + letter);
            // -q alone means all; a word behind it is a recipient.
            if (rest.empty() && letter != 'q') {
                if (at_ + 1 >= words_.size()) {
                    flaw_ = std::string{"-"} + letter + " needs a value";
                    return;
                }
                rest = words_[++at_];
            }
            option(letter, std::string{rest});
            return;
        }
    }

    void flag(char letter)
    {
        if (letter == 't') out_.header_recipients = true;
        if (letter == 'i') out_.dot_ends = false;
        if (letter == 'I') out_.mode = Mode::nothing;
    }

    void option(char letter, const std::string& value)
    {
        switch (letter) {
        case 'b': return mode(value);
        case 'B':
            if (!same_word(value, "7BIT") && !same_word(value, "8BITMIME"))
                flaw_ = "-B " + printable(value, 60) + " found, 7BIT or 8BITMIME expected";
            return;
        case 'C':
            flaw_ = "-C: imc has no such configuration file; --root DIR names another connector";
            return;
        case 'F': out_.full_name = value; return;
        case 'f':
        case 'r': out_.sender = value; return;
        case 'N': out_.notify = value; return;
        case 'R':
            // Postfix and Sendmail take "full" and "hdrs" in any letter case.
            out_.ret = upper(value);
            return;
        case 'V': out_.envid = value; return;
        case 'o':
            if (value == "i") out_.dot_ends = false;
            if (value == "t") out_.header_recipients = true;
            return;
        case 'q': return flush(value);
        default: return;  // of no meaning here, as in Postfix
        }
    }

    void mode(const std::string& value)
    {
        if (value == "m")
            out_.mode = Mode::send;
        else if (value == "s")
            out_.mode = Mode::smtp;
        else if (value == "v")
            out_.mode = Mode::verify;
        else if (value == "p")
            out_.mode = Mode::queue;
        else if (value == "i")
            out_.mode = Mode::nothing;
        else if (value == "d" || value == "D" || value == "l")
            flaw_ = "-b" + value + ": the service is started by imc service start";
        else
            flaw_ = "-b" + printable(value, 60) + " found; m, s, v, p or i expected";
    }

    /// "", "Iid", "Rdomain", "Ssender"; a time is how often Sendmail's service would do it.
    void flush(const std::string& value)
    {
        if (!value.empty() && value.front() >= '0' && value.front() <= '9') {
            every_ = true;
            return;
        }
        out_.mode = Mode::flush;
        const auto rest = value.empty() ? value : value.substr(1);
        if (value.empty())
            out_.selector = {"--all"};
        else if (rest.empty())
            flaw_ = "-q" + value + " needs a value";
        else if (value.front() == 'I')
            out_.selector = {rest};
        else if (value.front() == 'R')
            out_.selector = {"--domain", rest.front() == '@' ? rest.substr(1) : rest};
        else if (value.front() == 'S')
            out_.selector = {"--sender", rest};
        else
            flaw_ =
                "-q" + printable(value, 60) +
                " found; -q, -qIID, -qRDOMAIN or -qSSENDER expected (imc queue retry does more)";
    }

    /// DSN values are judged by the parsers of the SMTP server.
    void together()
    {
        const smtp::Extensions all;
        smtp::Recipient recipient;
        smtp::Envelope envelope;
        // A space would begin another parameter.
        const bool spaced = (out_.notify + out_.ret).find(' ') != std::string::npos;
        if (!out_.notify.empty() &&
            (spaced || smtp::read_rcpt_parameters(" NOTIFY=" + out_.notify, all, true, recipient)))
            flaw_ = "-N " + printable(out_.notify, 60) +
                    " found; never, or a list of success, failure, delay expected";
        else if (!out_.ret.empty() &&
                 (spaced || smtp::read_mail_parameters(" RET=" + out_.ret, all, 0, envelope)))
            flaw_ = "-R " + printable(out_.ret, 60) + " found; full or hdrs expected";
        else if (!out_.envid.empty() &&
                 smtp::read_mail_parameters(" ENVID=" + smtp::xtext_encode(out_.envid), all, 0,
                                            envelope))
            flaw_ = "-V: up to 100 printable characters expected (RFC 3461)";
        if (flaw_.empty() && !out_.recipients.empty() &&
            (out_.mode == Mode::smtp || out_.mode == Mode::queue))
            flaw_ = out_.mode == Mode::smtp ? "-bs takes recipients from the SMTP session only"
                                            : "-bp takes no recipients; imc queue ls selects";
        if (flaw_.empty() && out_.mode == Mode::verify && out_.recipients.empty())
            flaw_ = "-bv needs an address";
        // Sendmail would stay and do it again and again; here the service does.
        if (every_ && out_.mode == Mode::send && !out_.header_recipients && out_.recipients.empty())
            out_.mode = Mode::nothing;
    }

    std::span<const std::string> words_;
    std::size_t at_ = 0;
    bool over_ = false;
    bool every_ = false;  // -qTIME was given
    Options out_;
    std::string flaw_;
};

}  // namespace

std::variant<Options, std::string> read_options(std::span<const std::string> words)
{
    return Reader{words}.run();
}

}  // namespace imc::cli::sendmail
