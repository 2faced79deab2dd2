#include "app/service/auth_desk.h"

#include "base/files.h"
#include "base/text.h"

#include <algorithm>

namespace imc::app {
namespace {

constexpr std::size_t secret_octets = 32;

smtp::sasl::AttemptRules rules_of(const config::AuthSettings& settings)
{
    return {settings.account_failures, settings.address_failures, settings.failure_window,
            settings.lock_time,        settings.backoff,          settings.backoff_most,
            settings.table_entries};
}

/// The same over restarts: a salt that changes would be one of nobody.
std::string kept_secret(const Paths& paths, EventLog& events)
{
    const auto path = paths.secrets() + "/scram-mask.key";
    auto& files = real_files();
    auto kept = read_file(files, path);
    if (kept && kept->size() == secret_octets) return *std::move(kept);
    auto made = random_octets(secret_octets);
    auto written = make_folders(files, paths.secrets());
    if (written) written = write_file_atomically(files, path, made);
    if (!written)
        events.raise(EventId::auth_secret_not_kept,
                     {{"detail", path + ": " + written.error().message()}});
    return made;
}

}  // namespace

AuthDesk::AuthDesk(const Paths& paths, const config::AuthSettings& settings, EventLog& events,
                   metrics::Registry& metrics)
    : events_{events}, metrics_{metrics}, pool_{std::max(settings.workers, 1U)},
      attempts_{rules_of(settings)}, most_{settings.queue}, secret_{kept_secret(paths, events)}
{}

AuthDesk::~AuthDesk() { stop(); }

void AuthDesk::set(const config::AuthSettings& settings)
{
    attempts_.set_rules(rules_of(settings));
    most_ = settings.queue;
}

void AuthDesk::stop()
{
    pool_.stop();
    pool_.join();
}

void AuthDesk::raise_once(const Error& reason)
{
    auto& said = reason.event() == EventId::account_not_unique ? name_doubled_ : directory_silent_;
    if (!said.exchange(true)) events_.raise(reason);
}

void AuthDesk::answered() { directory_silent_ = name_doubled_ = false; }

AuthDesk::Place::Place(AuthDesk& desk)
    : desk_{desk}, admitted_{desk.taken_.fetch_add(1) < desk.most_.load()}
{
    if (!admitted_ && !desk.said_busy_.exchange(true))
        desk.events_.raise(EventId::auth_busy, {{"detail", std::to_string(desk.most_.load()) +
                                                               " attempts wait (AuthQueue)"}});
}

AuthDesk::Place::~Place()
{
    if (desk_.taken_.fetch_sub(1) - 1 <= desk_.most_ / 2) desk_.said_busy_ = false;
}

ScramKeys AuthDesk::false_keys(std::string_view user) const
{
    const auto bytes = [](const std::string& text) {
        return std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    };
    const auto salt = hmac_sha256(bytes(secret_), lower(user));
    ScramKeys keys;
    keys.salt = std::string{octets(salt)}.substr(0, std::clamp<std::size_t>(salt_octets_, 8, 32));
    keys.iterations = iterations_;
    const auto nobody = random_octets(64);
    std::copy_n(nobody.begin(), 32, keys.stored_key.begin());
    std::copy_n(nobody.begin() + 32, 32, keys.server_key.begin());
    return keys;
}

void AuthDesk::saw(const ScramKeys& keys)
{
    iterations_ = keys.iterations;
    salt_octets_ = keys.salt.size();
}

}  // namespace imc::app
