#include "directory/recipient_cache.h"

#include "directory/schema.h"
#include "directory/smtp_addresses.h"

// Everybody, remembered beforehand.

namespace imc {
namespace {

constexpr std::size_t asked_every = 256;  // people

Error not_loaded(const std::string& why) { return Error{EventId::recipients_not_loaded, why}; }

}  // namespace

std::optional<RecipientTable::Remembered> RecipientCache::find(std::string_view address)
{
    auto known = table_.find(address);
    // A part of everybody says nothing: somebody else may have the address, too. What is left of
    // a loading before says nothing either.
    if (known && known->mark.load != 0 && known->mark.load != loaded_) known.reset();
    return known;
}

Result<std::size_t> RecipientCache::load(const Dn& base, Deadline deadline,
                                         const std::function<bool()>& goes_on)
{
    const auto now = settings_.now();
    const auto state = look(now, deadline);
    if (state.silent) return *state.silent;
    if (!state.stamp) return not_loaded("the directory's revision is not known yet");
    const AnswerMark mark{now, state.stamp->revision, state.stamp->changes, ++loads_};
    const auto old = directory_->old_answers();
    const auto evicted = table_.evicted();
    {
        const std::lock_guard lock{load_mutex_};
        loading_ = true;
        changed_.clear();
    }
    struct End {
        RecipientCache& cache;
        ~End()
        {
            const std::lock_guard lock{cache.load_mutex_};
            cache.loading_ = false;
            cache.changed_ = {};
        }
    } const end{*this};

    std::size_t people = 0;
    bool stopped = false;
    std::vector<std::string> left_out;  // of objects that are too large: others may have them, too
    const std::function<bool(const AnswerMark&)> newer = [&](const AnswerMark& other) {
        return other.load == 0 && other.asked >= now;
    };
    const auto read = directory_->scan(base, "(proxyAddresses=*)", deadline, [&](Entry&& entry) {
        std::erase_if(entry.attributes, [](const auto& a) { return is_secret(a.first); });
        const auto object = table_.object(entry);
        for (auto& address : smtp_addresses(entry).lower_case)
            if (object)
                evicted_.add(table_.add(address, mark, object, newer));
            else
                left_out.push_back(std::move(address));
        if (++people % asked_every == 0) stopped = !goes_on();
        return !stopped && table_.evicted() == evicted && left_out.size() <= most_changed;
    });
    if (!read) return read.error();
    if (stopped) return not_loaded("it was stopped");
    if (table_.evicted() != evicted || left_out.size() > most_changed)
        return not_loaded("there is no room for everybody, only for " + std::to_string(people) +
                          " people; raise RecipientCacheEntries, which is " +
                          std::to_string(settings_.entries));
    const auto finished = look(settings_.now(), deadline);
    if (finished.silent) return *finished.silent;
    if (directory_->old_answers() != old)
        return not_loaded("a server that lacks changes has answered meanwhile");
    const std::lock_guard lock{load_mutex_};
    if (!finished.stamp || changed_.size() > most_changed || mark.changes < forgotten_ ||
        (local_ && finished.stamp->revision != mark.revision))
        return not_loaded("the directory has changed meanwhile");
    for (const auto& address : left_out)
        table_.forget(address);
    for (const auto& entry : changed_) {
        table_.touch(entry);
        forget_addresses(entry);
    }
    loaded_mark_ = mark;
    loaded_ = mark.load;
    return people;
}

bool RecipientCache::is_loaded()
{
    const auto now = settings_.now();
    const auto state = look(now, after(std::chrono::seconds{2}));
    if (!state.stamp) return true;  // silent: there is nothing to load from
    const std::lock_guard lock{load_mutex_};
    if (local_) return loaded_mark_.revision == state.stamp->revision;
    // Loaded again before it is too old.
    const auto counts = settings_.found.count() > 0 ? settings_.found : settings_.stale;
    return loaded_mark_.changes >= forgotten_ && now - loaded_mark_.asked < counts / 2;
}

bool RecipientCache::is_following() const
{
    const std::lock_guard lock{seen_mutex_};
    return following_;
}

}  // namespace imc
