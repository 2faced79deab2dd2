#include "smtp/client/host_memory.h"

#include "base/text.h"

#include <array>
#include <cstdio>

namespace imc::smtp::client {
namespace {

constexpr std::string_view first_line = "imc tls-hosts 1\n";
constexpr std::chrono::hours broken_again{1};
constexpr std::chrono::minutes change_again{1};

std::string to_text(std::chrono::sys_days day)
{
    const std::chrono::year_month_day date{day};
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return out.data();
}

std::optional<std::chrono::sys_days> day_of(std::string_view text)
{
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
    const auto year = parse_number(text.substr(0, 4));
    const auto month = parse_number(text.substr(5, 2));
    const auto day = parse_number(text.substr(8, 2));
    if (!year || !month || !day) return {};
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return {};
    return std::chrono::sys_days{date};
}

template <class Map>
void bound(Map& map, std::size_t most)
{
    if (map.size() <= most) return;
    auto oldest = map.begin();
    for (auto i = map.begin(); i != map.end(); ++i)
        if (i->second < oldest->second) oldest = i;
    map.erase(oldest);
}

}  // namespace

void HostMemory::failed(const std::string& host)
{
    const std::lock_guard lock{mutex_};
    down_[host] = clock_.now() + rest;
    bound(down_, most_hosts);
}

void HostMemory::worked(const std::string& host)
{
    const std::lock_guard lock{mutex_};
    down_.erase(host);
}

bool HostMemory::is_down(const std::string& host) const
{
    const std::lock_guard lock{mutex_};
    const auto found = down_.find(host);
    return found != down_.end() && clock_.now() < found->second;
}

void HostMemory::took_helo(const std::string& host)
{
    const std::lock_guard lock{mutex_};
    // Not prolonged by itself: each hour EHLO has its chance.
    const auto now = clock_.now();
    auto& until = helo_[host];
    if (now >= until) until = now + keeps_helo;
    bound(helo_, most_hosts);
}

bool HostMemory::wants_helo(const std::string& host) const
{
    const std::lock_guard lock{mutex_};
    const auto found = helo_.find(host);
    return found != helo_.end() && clock_.now() < found->second;
}

void HostMemory::saw_tls(const std::string& host)
{
    std::function<void()> say;
    {
        const std::lock_guard lock{mutex_};
        if (auto& day = tls_[host]; day != today()) {
            day = today();
            unsaid_ = true;
        }
        bound(tls_, most_hosts);
        const auto now = clock_.now();
        if (!unsaid_ || now < said_ + change_again) return;
        unsaid_ = false;
        said_ = now;
        say = changed_;
    }
    if (say) say();
}

bool HostMemory::knows_tls(const std::string& host) const
{
    const std::lock_guard lock{mutex_};
    const auto found = tls_.find(host);
    return found != tls_.end() && today() - found->second <= keeps_tls;
}

bool HostMemory::says_broken_tls(const std::string& host)
{
    const std::lock_guard lock{mutex_};
    const auto now = clock_.now();
    auto& said = broken_[host];
    if (said != WallTime{} && now < said + broken_again) return false;
    said = now;
    bound(broken_, most_hosts);
    return true;
}

void HostMemory::on_change(std::function<void()> changed)
{
    const std::lock_guard lock{mutex_};
    changed_ = std::move(changed);
}

std::string HostMemory::to_text() const
{
    const std::lock_guard lock{mutex_};
    std::string out{first_line};
    for (const auto& [host, day] : tls_)
        if (today() - day <= keeps_tls) out += host + "\t" + client::to_text(day) + "\n";
    return out;
}

bool HostMemory::read(std::string_view text)
{
    if (!text.starts_with(first_line)) return false;
    const std::lock_guard lock{mutex_};
    for (const auto line : split(text.substr(first_line.size()), '\n')) {
        const auto tab = line.find('\t');
        if (tab == line.npos || tab == 0 || tab > 300) continue;
        const auto day = day_of(line.substr(tab + 1));
        if (day && tls_.size() < most_hosts) tls_[std::string{line.substr(0, tab)}] = *day;
    }
    return true;
}

Result<> HostMemory::load(FileSystem& files, const std::string& path)
{
    const auto text = read_file(files, path);
    if (!text) {
        if (text.error() == boost::system::errc::no_such_file_or_directory) return {};
        return Error{EventId::tls_memory_unusable, path + ": " + text.error().message()};
    }
    if (read(*text)) return {};
    return Error{EventId::tls_memory_unusable,
                 path + ": \"" + printable(text->substr(0, text->find('\n')), 60) +
                     "\" found as its first line, \"imc tls-hosts 1\" expected"};
}

Result<> HostMemory::save(FileSystem& files, const std::string& path)
{
    const auto written = write_file_atomically(files, path, to_text());
    if (!written)
        return Error{EventId::tls_memory_unusable, path + ": " + written.error().message()};
    return {};
}

}  // namespace imc::smtp::client
