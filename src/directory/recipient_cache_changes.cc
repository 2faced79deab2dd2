#include "directory/recipient_cache.h"

#include "directory/smtp_addresses.h"

#include <algorithm>

// What ends an answer: the directory's revision, or a change that it tells of.

namespace imc {
namespace {

constexpr std::chrono::seconds revision_time{5};

}  // namespace

RecipientCache::Now RecipientCache::look(Deadline now, Deadline deadline)
{
    if (local_) {
        const auto revision = directory_->revision(deadline);
        if (!revision) return {{}, revision.error()};
        if (bridging_) bridging_ = false;
        return {Stamp{*revision, changes_}, {}};
    }
    {
        const std::lock_guard lock{seen_mutex_};
        if (following_) {
            if (now - heard_ < 2 * settings_.look_every) return {Stamp{seen_, changes_}, {}};
            following_ = false;  // until we hear again
            looked_ = {};
            forget_all();
        }
        const auto ago = now - looked_;
        const bool ever = looked_ != Deadline{};
        const bool others_look = looking_ && ever && ago < 2 * settings_.look_every;
        if (ever && (ago < settings_.look_every || others_look)) {
            if (silent_) return {{}, silent_};
            return {Stamp{seen_, changes_}, {}};
        }
    }
    if (looking_.exchange(true)) return {};
    struct Looked {
        std::atomic<bool>& looking;
        ~Looked() { looking = false; }
    } looked{looking_};
    return ask_revision(now, deadline);
}

RecipientCache::Now RecipientCache::ask_revision(Deadline now, Deadline deadline)
{
    const auto revision = directory_->revision(std::min(deadline, after(revision_time)));
    const std::lock_guard lock{seen_mutex_};
    looked_ = now;
    if (!revision) {
        silent_ = revision.error();
        return {{}, silent_};
    }
    silent_.reset();
    bridging_ = false;
    if (*revision > seen_) {
        seen_ = *revision;
        if (!following_) forget_all();
    }
    return {Stamp{seen_, changes_}, {}};
}

/// The table keeps what there is, for outages.
void RecipientCache::forget_all() { forgotten_ = ++changes_; }

void RecipientCache::follows(const std::string& whom)
{
    {
        const std::lock_guard lock{seen_mutex_};
        following_ = true;
        heard_ = settings_.now();
        silent_.reset();
        bridging_ = false;
        forget_all();
    }
    if (on_follows) on_follows(whom);
}

void RecipientCache::hears()
{
    const std::lock_guard lock{seen_mutex_};
    if (!following_) forget_all();  // it was silent for too long
    following_ = true;
    heard_ = settings_.now();
    silent_.reset();
}

void RecipientCache::everything()
{
    const std::lock_guard lock{seen_mutex_};
    forget_all();
}

void RecipientCache::changed(const ObjectChange& what)
{
    told_.add();
    if (!what.leaf) return everything();
    ++changes_;
    {
        // What is being loaded may bring it as it was.
        const std::lock_guard lock{load_mutex_};
        if (loading_ && changed_.size() <= most_changed) changed_.push_back(what.now);
    }
    table_.touch(what.now);
    forget_addresses(what.now);
}

void RecipientCache::forget_addresses(const Entry& entry)
{
    const auto addresses = smtp_addresses(entry);
    if (!addresses.plain) everything();
    for (const auto& address : addresses.lower_case)
        table_.forget(address);
}

void RecipientCache::lost(const std::optional<Error>& why)
{
    {
        const std::lock_guard lock{seen_mutex_};
        following_ = false;
        looked_ = {};
        forget_all();
    }
    if (why && on_lost) on_lost(*why);
}

}  // namespace imc
