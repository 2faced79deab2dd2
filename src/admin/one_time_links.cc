#include "admin/one_time_links.h"

#include "admin/credentials.h"
#include "directory/password.h"

namespace imc::admin {
namespace {

std::string key_of(std::string_view code) { return to_hex(octets(sha256(code))); }

}  // namespace

std::string OneTimeLinks::make(Caller who)
{
    auto code = to_hex(random_octets(32));
    const std::lock_guard lock{mutex_};
    if (links_.size() >= most) links_.pop_front();
    links_.push_back({key_of(code), std::move(who), now_() + valid});
    return code;
}

std::optional<Caller> OneTimeLinks::take(std::string_view code)
{
    const auto key = key_of(code);
    const std::lock_guard lock{mutex_};
    const auto now = now_();
    links_.remove_if([&](const One& one) { return one.until <= now; });
    for (auto one = links_.begin(); one != links_.end(); ++one) {
        if (one->key != key) continue;
        auto who = std::move(one->who);
        links_.erase(one);
        return who;
    }
    return {};
}

}  // namespace imc::admin
