// What the disk gives a log that does nothing else: groups of messages appended to segments, each
// group synced. The spool is measured against this (bench/spool_enqueue.cc).
//
//   bench_append FOLDER [zeros|fallocate|recycled] [buffered|direct|dsync] [octets] [group] [MiB]
//
// zeros: each segment is written once before, as part of what is timed. fallocate: its room is
// reserved. recycled: segments exist and were written before, which is not timed.
// direct: O_DIRECT and fdatasync; dsync: O_DIRECT | O_DSYNC.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t segment_octets = 16 << 20;
constexpr std::size_t block = 4096;

[[noreturn]] void fail(const char* what)
{
    std::perror(what);
    std::exit(1);
}

struct Options {
    std::string folder;
    std::string_view kind = "recycled";
    std::string_view mode = "buffered";
    std::size_t octets = 4096;
    std::size_t group = 64;
    std::size_t mebi = 1024;
};

std::string path_of(const Options& options, std::size_t number)
{
    return options.folder + "/append" + std::to_string(number);
}

void write_zeros(int file)
{
    static const std::string zeros(1 << 20, '\0');
    for (std::size_t at = 0; at < segment_octets; at += zeros.size())
        if (::pwrite(file, zeros.data(), zeros.size(), static_cast<off_t>(at)) == -1) fail("write");
    if (::fsync(file) == -1) fail("fsync");
}

int open_segment(const Options& options, std::size_t number)
{
    const auto path = path_of(options, number);
    int flags = O_RDWR | O_CREAT | O_CLOEXEC;
    if (options.kind == "zeros") {
        const int file = ::open(path.c_str(), flags, 0600);
        if (file == -1) fail("open");
        write_zeros(file);
        ::close(file);
    }
    if (options.mode != "buffered") flags |= O_DIRECT;
    if (options.mode == "dsync") flags |= O_DSYNC;
    const int file = ::open(path.c_str(), flags, 0600);
    if (file == -1) fail("open");
    if (options.kind == "fallocate") {
        if (::posix_fallocate(file, 0, segment_octets) != 0) fail("fallocate");
        if (::fsync(file) == -1) fail("fsync");
    }
    return file;
}

double cpu_seconds()
{
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/// Of all disks of the machine; others may write, too.
std::uint64_t device_octets()
{
    std::ifstream in{"/proc/diskstats"};
    std::string line;
    std::uint64_t sum = 0;
    while (std::getline(in, line)) {
        char name[64];
        unsigned long long sectors = 0;
        if (std::sscanf(line.c_str(), "%*d %*d %63s %*u %*u %*u %*u %*u %*u %llu", name,
                        &sectors) == 2)
            sum += sectors * 512;
    }
    return sum;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 2)
        fail("bench_append FOLDER [zeros|fallocate|recycled] [buffered|direct|dsync] "
             "[octets] [group] [MiB]");
    Options options{argv[1]};
    if (argc > 2) options.kind = argv[2];
    if (argc > 3) options.mode = argv[3];
    if (argc > 4) options.octets = std::strtoull(argv[4], nullptr, 10);
    if (argc > 5) options.group = std::strtoull(argv[5], nullptr, 10);
    if (argc > 6) options.mebi = std::strtoull(argv[6], nullptr, 10);
    const auto count = (options.mebi << 20U) / segment_octets;
    if (options.kind == "recycled") {
        auto before = options;
        before.kind = "zeros";
        for (std::size_t i = 0; i < count; ++i)
            ::close(open_segment(before, i));
    }
    const std::string text(options.octets, 'x');
    const auto group_octets = options.octets * options.group;
    const bool direct = options.mode != "buffered";
    const std::unique_ptr<char, void (*)(void*)> buffer{
        static_cast<char*>(std::aligned_alloc(block, group_octets + block)), std::free};
    ::sync();
    const auto device_before = device_octets();
    const auto cpu_before = cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    std::size_t messages = 0;
    std::size_t groups = 0;
    for (std::size_t number = 0; number < count; ++number) {
        const int file = open_segment(options, number);
        for (std::size_t at = 0; at + group_octets <= segment_octets; at += group_octets) {
            if (direct) {
                for (std::size_t i = 0; i < options.group; ++i)
                    std::memcpy(buffer.get() + i * text.size(), text.data(), text.size());
                if (::pwrite(file, buffer.get(), group_octets, static_cast<off_t>(at)) == -1)
                    fail("write");
            } else {
                std::vector<iovec> pieces(options.group,
                                          iovec{const_cast<char*>(text.data()), text.size()});
                if (::pwritev(file, pieces.data(), static_cast<int>(pieces.size()),
                              static_cast<off_t>(at)) == -1)
                    fail("write");
            }
            if (options.mode != "dsync" && ::fdatasync(file) == -1) fail("fdatasync");
            messages += options.group;
            ++groups;
        }
        ::close(file);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const auto octets = static_cast<double>(messages * options.octets);
    std::printf(
        "%-9s %-8s %6zu x %-4zu %9.0f messages/s %6.0f MB/s %7.3f ms/group %6.1f us CPU/message "
        "%5.2f octets written per octet\n",
        argc > 2 ? argv[2] : "recycled", argc > 3 ? argv[3] : "buffered", options.octets,
        options.group, static_cast<double>(messages) / took.count(), octets / took.count() / 1e6,
        took.count() * 1e3 / static_cast<double>(groups),
        (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(messages),
        static_cast<double>(device_octets() - device_before) / octets);
    for (std::size_t i = 0; i < count; ++i)
        ::unlink(path_of(options, i).c_str());
}
