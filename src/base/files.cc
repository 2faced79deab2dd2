#include "base/files.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <unistd.h>

// What is made of the interface alone, whatever disk is beneath it.

namespace imc {
namespace {

using boost::system::error_code;

std::string folder_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

IoResult<> File::set_mode(unsigned) { return {}; }
IoResult<> File::set_owner(unsigned, unsigned) { return {}; }

IoResult<> File::allocate(std::uint64_t octets)
{
    const std::string zeros(1 << 20, '\0');
    for (std::uint64_t at = 0; at < octets; at += zeros.size()) {
        const auto piece = std::string_view{zeros}.substr(
            0, static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), octets - at)));
        if (auto put = write_at(at, piece); !put) return put;
    }
    return {};
}

IoResult<std::unique_ptr<File>> FileSystem::open_direct(const std::string&)
{
    return error_code{EOPNOTSUPP, boost::system::system_category()};
}

IoResult<std::string> read_file(FileSystem& files, const std::string& path)
{
    auto file = files.open(path, OpenMode::read);
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    std::string content(static_cast<std::size_t>(*size), '\0');
    const auto got = (*file)->read_at(0, content);
    if (!got) return got.error();
    content.resize(*got);
    return content;
}

IoResult<> write_file_atomically(FileSystem& files, const std::string& path,
                                 std::string_view content, unsigned permissions)
{
    static std::atomic<unsigned> serial{0};
    const std::string temporary =
        path + ".tmp" + std::to_string(::getpid()) + "." + std::to_string(++serial);
    const auto write = [&]() -> IoResult<> {
        auto file = files.open(temporary, OpenMode::create_new, permissions);
        if (!file) return file.error();
        if (auto r = (*file)->write_at(0, content); !r) return r;
        if (auto r = (*file)->sync(); !r) return r;
        file->reset();
        return files.rename(temporary, path);
    };
    if (auto written = write(); !written) {
        (void)files.remove(temporary);
        return written;
    }
    return files.sync_folder(folder_of(path));
}

IoResult<> make_folders(FileSystem& files, const std::string& path, unsigned permissions)
{
    if (const auto status = files.status(path)) {
        if (status->is_folder) return {};
        return error_code{ENOTDIR, boost::system::system_category()};
    }
    if (const auto parent = folder_of(path); parent != path && parent != ".")
        if (auto made = make_folders(files, parent, permissions); !made) return made;
    auto made = files.make_folder(path, permissions);
    if (!made && made.error().value() != EEXIST) return made;
    return {};
}

}  // namespace imc
