#include "admin/secret_file.h"

#include "base/text.h"

#include <unistd.h>

namespace imc::admin {
namespace {

constexpr std::uint64_t most_octets = 1 << 20;

Error flaw(const std::string& path, const std::string& what)
{
    return Error{EventId::admin_secret_unusable, path + ": " + what};
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

IoResult<> write_whole(FileSystem& files, const std::string& path, std::string_view content)
{
    const auto made = make_folders(files, folder_of(path));
    if (!made) return made.error();
    const auto folder = files.status(folder_of(path));
    if (!folder) return folder.error();
    const auto beside = path + ".new";
    (void)files.remove(beside);
    auto file = files.open(beside, OpenMode::create_new, 0600);
    if (!file) return file.error();
    auto done = (*file)->write_at(0, content);
    if (done) done = (*file)->set_mode(0600);
    if (done && ::geteuid() == 0) done = (*file)->set_owner(folder->owner, folder->group);
    if (done) done = (*file)->sync();
    if (done) done = files.rename(beside, path);
    if (!done) {
        (void)files.remove(beside);
        return done;
    }
    return files.sync_folder(folder_of(path));
}

}  // namespace

Result<std::optional<std::string>> read_secret(FileSystem& files, const std::string& path)
{
    const auto status = files.status(path);
    if (!status) {
        if (status.error().value() == ENOENT) return std::optional<std::string>{};
        return flaw(path, status.error().message());
    }
    if ((status->mode & 077U) != 0)
        return flaw(path, "mode " + octal(status->mode) + " found, 0600 expected");
    if (status->size > most_octets) return flaw(path, "it is larger than 1 MiB");
    auto content = read_file(files, path);
    if (!content) return flaw(path, content.error().message());
    return std::optional{*std::move(content)};
}

Result<> write_secret(FileSystem& files, const std::string& path, std::string_view content)
{
    const auto written = write_whole(files, path, content);
    if (!written) return flaw(path, written.error().message());
    return {};
}

}  // namespace imc::admin
