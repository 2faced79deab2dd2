#include "directory/recorded.h"

#include "directory/filter.h"

#include <algorithm>

namespace imc {
namespace {

bool is_found(const Dn& dn, const Dn& base, Scope scope)
{
    if (!dn.is_within(base)) return false;
    const auto below = dn.rdns().size() - base.rdns().size();
    return scope == Scope::subtree || below == (scope == Scope::base ? 0U : 1U);
}

class Recorded final : public Directory {
public:
    Recorded(std::vector<Entry> entries, std::string description)
        : entries_{std::move(entries)}, description_{std::move(description)}
    {}

    std::string description() const override { return description_; }
    bool is_local() const override { return true; }

    Answer<Entry> read(const Dn& dn, Deadline) override
    {
        const auto found =
            std::ranges::find_if(entries_, [&](const Entry& e) { return same(e.dn, dn); });
        if (found == entries_.end()) return ProvenAbsent{};
        return *found;
    }

    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline, std::size_t limit) override
    {
        const auto wanted = Filter::parse(filter);
        if (!wanted) return wanted.error();
        std::vector<Entry> found;
        for (const auto& entry : entries_)
            if (is_found(entry.dn, base, scope) && wanted->matches(entry)) found.push_back(entry);
        if (found.size() > limit)
            return Error{EventId::directory_refused,
                         "more than " + std::to_string(limit) + " objects, in " + description_};
        return found;
    }

    Result<> scan(const Dn& base, std::string_view filter, Deadline, const Take& take) override
    {
        const auto wanted = Filter::parse(filter);
        if (!wanted) return wanted.error();
        for (const auto& entry : entries_)
            if (is_found(entry.dn, base, Scope::subtree) && wanted->matches(entry) &&
                !take(Entry{entry}))
                break;
        return {};
    }

    Result<> apply(std::span<const Change>, Deadline) override
    {
        return Error{EventId::directory_refused, description_ + " is a copy and is not changed"};
    }

    Result<std::uint64_t> revision(Deadline) override { return std::uint64_t{1}; }

private:
    const std::vector<Entry> entries_;
    const std::string description_;
};

class Silent final : public Directory {
public:
    Silent(std::string description, Error why)
        : description_{std::move(description)}, why_{std::move(why)}
    {}

    std::string description() const override { return description_; }
    bool is_local() const override { return true; }
    Answer<Entry> read(const Dn&, Deadline) override { return CannotSay{why_}; }
    Result<std::vector<Entry>> search(const Dn&, Scope, std::string_view, Deadline,
                                      std::size_t) override
    {
        return why_;
    }
    Result<> apply(std::span<const Change>, Deadline) override { return why_; }
    Result<std::uint64_t> revision(Deadline) override { return why_; }

private:
    const std::string description_;
    const Error why_;
};

}  // namespace

Answer<Entry> Recorder::read(const Dn& dn, Deadline deadline)
{
    auto answer = asked_->read(dn, deadline);
    if (const auto* entry = std::get_if<Entry>(&answer)) keep(*entry);
    return answer;
}

Result<std::vector<Entry>> Recorder::search(const Dn& base, Scope scope, std::string_view filter,
                                            Deadline deadline, std::size_t limit)
{
    auto found = asked_->search(base, scope, filter, deadline, limit);
    if (found)
        for (const auto& entry : *found)
            keep(entry);
    return found;
}

Result<> Recorder::scan(const Dn& base, std::string_view filter, Deadline deadline,
                        const Take& take)
{
    return asked_->scan(base, filter, deadline, [&](Entry&& entry) {
        keep(entry);
        return take(std::move(entry));
    });
}

Result<> Recorder::apply(std::span<const Change> changes, Deadline deadline)
{
    return asked_->apply(changes, deadline);
}

Result<std::uint64_t> Recorder::revision(Deadline deadline) { return asked_->revision(deadline); }

std::vector<Entry> Recorder::entries() const
{
    std::vector<Entry> out;
    for (const auto& [name, entry] : kept_)
        out.push_back(entry);
    return out;
}

void Recorder::keep(const Entry& entry)
{
    auto& kept = kept_[entry.dn.to_rfc4514()] = entry;
    kept.attributes.erase("userPassword");
}

std::unique_ptr<Directory> recorded_directory(std::vector<Entry> entries, std::string description)
{
    return std::make_unique<Recorded>(std::move(entries), std::move(description));
}

std::unique_ptr<Directory> silent_directory(std::string description, Error why)
{
    return std::make_unique<Silent>(std::move(description), std::move(why));
}

}  // namespace imc
