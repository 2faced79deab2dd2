#include "cli/password_input.h"

#include "base/files.h"

#include <cerrno>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>
#include <termios.h>
#include <unistd.h>

namespace imc::cli {
namespace {

Error refused(const std::string& whose, const std::string& why)
{
    return Error{EventId::password_refused, whose + " was not set: " + why};
}

/// No echo, and no signal that would end us before the echo is back.
class Quiet {
public:
    explicit Quiet(int terminal) : terminal_{terminal}
    {
        if (::tcgetattr(terminal, &before_) != 0) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
        good_ = ::tcsetattr(terminal, TCSAFLUSH, &quiet) == 0;
    }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet()
    {
        if (good_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    }
    bool good() const { return good_; }

private:
    int terminal_;
    termios before_{};
    bool good_ = false;
};

void say(int terminal, std::string_view text)
{
    // A prompt that cannot be written changes nothing about the answer.
    if (::write(terminal, text.data(), text.size()) < 0) return;
}

/// One line, or nothing: broken off.
std::optional<std::string> ask(int terminal, const std::string& prompt)
{
    say(terminal, prompt);
    std::string line;
    for (;;) {
        char c = 0;
        const auto got = ::read(terminal, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || c == 0x03 || c == 0x04) return {};
        if (c == '\n' || c == '\r') break;
        if (c == 0x15) {
            line.clear();
        } else if (c == 0x7f || c == 0x08) {
            // A character of UTF-8 goes whole.
            while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0U) == 0x80U)
                line.pop_back();
            if (!line.empty()) line.pop_back();
        } else {
            line += c;
        }
    }
    say(terminal, "\n");
    return line;
}

Result<std::string> from_terminal(int terminal, const std::string& whose)
{
    const Quiet quiet{terminal};
    if (!quiet.good())
        return refused(whose, "standard input is no terminal; give --password-file F, or - for "
                              "standard input");
    auto first = ask(terminal, "New password of " + whose + ": ");
    if (!first) return refused(whose, "broken off");
    const auto second = ask(terminal, "Once more: ");
    if (!second) return refused(whose, "broken off");
    if (*first != *second) return refused(whose, "the two were not the same");
    return *std::move(first);
}

void cut_line_end(std::string& text)
{
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
}

}  // namespace

Result<std::string> read_new_password(const std::string& file, std::istream& in, int terminal,
                                      const std::string& whose)
{
    if (file.empty()) return from_terminal(terminal, whose);
    std::string text;
    if (file == "-") {
        text.assign(std::istreambuf_iterator<char>{in}, {});
    } else {
        auto& files = real_files();
        const auto status = files.status(file);
        if (!status) return refused(whose, file + ": " + status.error().message());
        if ((status->mode & 077U) != 0)
            return refused(whose, file + " can be read by others; mend it: chmod 600 " + file);
        auto read = read_file(files, file);
        if (!read) return refused(whose, file + ": " + read.error().message());
        text = *std::move(read);
    }
    cut_line_end(text);
    if (text.empty()) return refused(whose, "an empty password");
    return text;
}

}  // namespace imc::cli
