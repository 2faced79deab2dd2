#include "event/change_note.h"

#include "base/files.h"
#include "base/time.h"
#include "event/record_json.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace imc {

namespace json = boost::json;

namespace {

constexpr std::size_t most_octets = 64 * 1024;
constexpr std::size_t most_of_a_command = 400;

thread_local const OnBehalf* on_behalf = nullptr;

std::string notes_file(const Paths& paths) { return paths.generations() + "/notes.jsonl"; }

std::string find_user()
{
    if (const char* behind = std::getenv("SUDO_USER"); behind != nullptr && *behind != '\0')
        return printable(behind, 60);
    if (const auto* user = ::getpwuid(::getuid()); user != nullptr)
        return printable(user->pw_name, 60);
    return "user " + std::to_string(::getuid());
}

std::string find_command()
{
    // It says that it is empty, and is not.
    std::ifstream file{"/proc/self/cmdline", std::ios::binary};
    const std::string words{std::istreambuf_iterator<char>{file}, {}};
    std::string out;
    for (const auto word : split(words, '\0')) {
        if (word.empty() && !out.empty()) continue;
        if (out.empty())
            out = word.substr(word.rfind('/') + 1);
        else
            out += " " + shell_word(word);
    }
    return out.empty() ? "imc" : printable(out, most_of_a_command);
}

/// The file, for appending. The folder belongs to the service's user and root writes here, too, so
/// nothing is followed, and nobody else's file is given away.
/// @return -1: none
int open_notes(const Paths& paths, struct stat& folder)
{
    const int place =
        ::open(paths.generations().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (place < 0) return -1;
    int file = -1;
    if (::fstat(place, &folder) == 0)
        file = ::openat(place, "notes.jsonl",
                        O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    (void)::close(place);
    struct stat status{};
    const bool ours = file >= 0 && ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                      status.st_nlink == 1 &&
                      (status.st_uid == folder.st_uid || status.st_uid == ::geteuid());
    if (file >= 0 && !ours) (void)::close(file);
    return ours ? file : -1;
}

/// The newest half stays, beginning with a whole line. Under the file's lock.
void shorten(int file)
{
    struct stat status{};
    if (::fstat(file, &status) != 0 || status.st_size < static_cast<off_t>(most_octets)) return;
    std::string all(static_cast<std::size_t>(std::min<off_t>(status.st_size, 4 * most_octets)), 0);
    const auto got =
        ::pread(file, all.data(), all.size(), status.st_size - static_cast<off_t>(all.size()));
    if (got != static_cast<ssize_t>(all.size())) return;
    const auto at = all.find('\n', all.size() - most_octets / 2);
    if (at == std::string::npos || ::ftruncate(file, 0) != 0) return;
    const auto rest = std::string_view{all}.substr(at + 1);
    (void)!::write(file, rest.data(), rest.size());
}

std::string text_of(const json::object& object, std::string_view key)
{
    const auto* found = object.if_contains(key);
    const auto* text = found != nullptr ? found->if_string() : nullptr;
    return text != nullptr ? std::string{*text} : std::string{};
}

std::optional<ChangeNote> parse_note(std::string_view line)
{
    boost::system::error_code failure;
    const auto value = json::parse(line, failure);
    if (failure || !value.is_object()) return {};
    const auto& object = value.get_object();
    ChangeNote note{text_of(object, "time"), text_of(object, "user"), text_of(object, "command"),
                    text_of(object, "registry")};
    if (const auto* objects = object.if_contains("objects"); objects && objects->is_object())
        for (const auto& [name, mark] : objects->get_object())
            if (mark.is_string()) note.objects.emplace(name, mark.get_string());
    return note;
}

}  // namespace

OnBehalf::OnBehalf(std::string user, std::string command)
    : user_{printable(user, 60)}, command_{printable(command, most_of_a_command)},
      before_{std::exchange(on_behalf, this)}
{}

OnBehalf::~OnBehalf() { on_behalf = before_; }

const std::string& this_user()
{
    if (on_behalf != nullptr) return on_behalf->user_;
    static const std::string user = find_user();
    return user;
}

const std::string& this_command()
{
    if (on_behalf != nullptr) return on_behalf->command_;
    static const std::string command = find_command();
    return command;
}

// FNV-1a, 64 bits.
std::string mark_of(std::string_view octets)
{
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : octets) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001B3U;
    }
    std::string out(16, '0');
    for (auto digit = out.rbegin(); digit != out.rend(); ++digit, hash >>= 4U)
        *digit = "0123456789abcdef"[hash & 15U];
    return out;
}

void leave_note(const Paths& paths, const ChangeNote& note)
{
    struct stat folder{};
    const int file = open_notes(paths, folder);
    if (file < 0) return;
    json::object objects;
    for (const auto& [name, mark] : note.objects)
        objects[name] = mark;
    const auto line = json::serialize(json::object{{"time", to_rfc3339(wall_clock().now())},
                                                   {"user", note.user},
                                                   {"command", note.command},
                                                   {"registry", note.registry},
                                                   {"objects", std::move(objects)}}) +
                      "\n";
    // What root notes the service must be able to read.
    const bool readable =
        folder.st_uid == ::geteuid() || ::fchown(file, folder.st_uid, folder.st_gid) == 0;
    if (readable && ::flock(file, LOCK_EX | LOCK_NB) == 0) shorten(file);
    if (readable) (void)!::write(file, line.data(), line.size());
    (void)::close(file);
}

std::vector<ChangeNote> read_notes(const Paths& paths)
{
    std::vector<ChangeNote> out;
    const auto all = read_file(real_files(), notes_file(paths));
    if (!all) return out;
    for (const auto line : split(*all, '\n'))
        if (auto note = parse_note(line)) out.push_back(std::move(*note));
    return out;
}

}  // namespace imc
