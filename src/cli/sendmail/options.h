#pragma once
/// @file cli/sendmail/options.h  The command line of sendmail(1), as Postfix reads it.
///
/// An option's value follows it in the same word or is the next one; several options without value
/// share a word; "--" ends them, and a recipient may stand between them. --root, --json and --help
/// are ours.
///
/// Threads: pure function.
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace imc::cli::sendmail {

enum class Mode : unsigned char {
    send,     ///< -bm: a message on standard input
    smtp,     ///< -bs: an SMTP session there
    verify,   ///< -bv
    queue,    ///< -bp
    flush,    ///< -q
    nothing,  ///< -bi, -I: there is no alias file to be made
    help,
};

struct Options {
    Mode mode = Mode::send;
    bool header_recipients = false;            ///< -t
    bool dot_ends = true;                      ///< not -i
    std::optional<std::string> sender = {};    ///< -f, -r: as given; empty or "<>": nobody
    std::string full_name = {};                ///< -F
    std::string notify = {};                   ///< -N as NOTIFY= takes it
    std::string ret = {};                      ///< -R: "FULL" or "HDRS"
    std::string envid = {};                    ///< -V, plain
    std::vector<std::string> selector = {};    ///< -q: words for imc queue retry
    std::vector<std::string> recipients = {};  ///< as given
    std::optional<std::string> root = {};
    bool json = false;
};

/// @return  or what is wrong with it, in words
std::variant<Options, std::string> read_options(std::span<const std::string> words);

}  // namespace imc::cli::sendmail
