#include "directory/planned.h"

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

class Planned final : public Directory {
public:
    Planned(std::shared_ptr<Directory> asked, PlannedObjects planned)
        : asked_{std::move(asked)}, planned_{std::move(planned)}
    {}

    std::string description() const override { return asked_->description(); }
    bool is_local() const override { return asked_->is_local(); }

    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        if (is_gone(dn)) return ProvenAbsent{};
        if (const auto* entry = find(dn)) return *entry;
        return asked_->read(dn, deadline);
    }

    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view filter,
                                      Deadline deadline, std::size_t limit) override
    {
        const auto wanted = Filter::parse(filter);
        if (!wanted) return wanted.error();
        if (is_gone(base)) return Error{EventId::directory_no_such_object, base.to_rfc4514()};
        auto found = asked_->search(base, scope, filter, deadline, limit);
        // A base that is only planned is none that the directory could know.
        if (!found && found.error().event() == EventId::directory_no_such_object &&
            find(base) != nullptr)
            found = std::vector<Entry>{};
        if (!found) return found;
        std::erase_if(*found, [&](const Entry& e) { return is_gone(e.dn) || find(e.dn); });
        for (const auto& entry : planned_.there)
            if (is_found(entry.dn, base, scope) && wanted->matches(entry)) found->push_back(entry);
        if (found->size() > limit)
            return Error{EventId::directory_refused,
                         "more than " + std::to_string(limit) + " objects, in " + description()};
        return found;
    }

    Result<> scan(const Dn& base, std::string_view filter, Deadline deadline,
                  const Take& take) override
    {
        const auto wanted = Filter::parse(filter);
        if (!wanted) return wanted.error();
        if (is_gone(base)) return Error{EventId::directory_no_such_object, base.to_rfc4514()};
        bool enough = false;
        const auto all = asked_->scan(base, filter, deadline, [&](Entry&& entry) {
            if (is_gone(entry.dn) || find(entry.dn) != nullptr) return true;
            enough = !take(std::move(entry));
            return !enough;
        });
        const bool is_planned = !all && find(base) != nullptr &&
                                all.error().event() == EventId::directory_no_such_object;
        if (!all && !is_planned) return all;
        for (const auto& entry : planned_.there) {
            if (enough) break;
            if (is_found(entry.dn, base, Scope::subtree) && wanted->matches(entry))
                enough = !take(Entry{entry});
        }
        return {};
    }

    Result<> apply(std::span<const Change>, Deadline) override
    {
        return Error{EventId::directory_refused, description() + " is only planned here"};
    }

    Result<std::uint64_t> revision(Deadline deadline) override
    {
        return asked_->revision(deadline);
    }

    std::uint64_t old_answers() const override { return asked_->old_answers(); }

private:
    bool is_gone(const Dn& dn) const
    {
        return std::ranges::any_of(planned_.gone, [&](const Dn& gone) { return same(gone, dn); });
    }
    const Entry* find(const Dn& dn) const
    {
        const auto found = std::ranges::find_if(
            planned_.there, [&](const Entry& entry) { return same(entry.dn, dn); });
        return found == planned_.there.end() ? nullptr : &*found;
    }

    const std::shared_ptr<Directory> asked_;
    const PlannedObjects planned_;
};

}  // namespace

std::unique_ptr<Directory> planned_directory(std::shared_ptr<Directory> asked,
                                             PlannedObjects planned)
{
    return std::make_unique<Planned>(std::move(asked), std::move(planned));
}

}  // namespace imc
