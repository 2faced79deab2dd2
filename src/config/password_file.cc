#include "config/password_file.h"

#include "base/files.h"
#include "base/text.h"

namespace imc::config {

std::string password_file_flaw(const std::string& path)
{
    const auto status = real_files().status(path);
    if (!status) return path + ": " + status.error().message();
    if (status->is_folder) return path + " is a folder";
    if ((status->mode & 077U) != 0)
        return path + " has mode " + octal(status->mode) + ", so others can read it";
    const auto text = read_password(path);
    return text ? std::string{} : text.error().detail();
}

Result<std::string> read_password(const std::string& path)
{
    auto text = read_file(real_files(), path);
    if (!text) return Error{EventId::value_invalid, path + ": " + text.error().message()};
    while (text->ends_with('\n') || text->ends_with('\r'))
        text->pop_back();
    if (text->empty()) return Error{EventId::value_invalid, path + " is empty"};
    if (text->size() > 1024 || text->find('\n') != text->npos || text->find('\0') != text->npos)
        return Error{EventId::value_invalid, path + " holds more than one line"};
    return std::move(*text);
}

}  // namespace imc::config
