#include "directory/mapped.h"

#include <algorithm>
#include <set>

namespace imc {
namespace {

/// Changes of objects of theirs, told under our names.
class Translator final : public Follower {
public:
    Translator(AttributeMap map, std::shared_ptr<Follower> told)
        : map_{std::move(map)}, told_{std::move(told)}
    {}
    void follows(const std::string& whom) override { told_->follows(whom); }
    void hears() override { told_->hears(); }
    void everything() override { told_->everything(); }
    void lost(const std::optional<Error>& why) override { told_->lost(why); }
    void changed(const ObjectChange& what) override
    {
        auto ours = what;
        ours.now = map_.to_canonical(std::move(ours.now));
        told_->changed(ours);
    }

private:
    const AttributeMap map_;
    const std::shared_ptr<Follower> told_;
};

class Mapped final : public Directory {
public:
    Mapped(std::shared_ptr<Directory> asked, AttributeMap map, std::string only)
        : asked_{std::move(asked)}, map_{std::move(map)}, only_{std::move(only)}
    {}

    std::string description() const override { return asked_->description(); }
    bool is_local() const override { return asked_->is_local(); }

    Answer<Entry> read(const Dn& dn, Deadline deadline) override
    {
        auto answer = asked_->read(dn, deadline);
        auto* entry = std::get_if<Entry>(&answer);
        if (entry == nullptr) return answer;
        if (!only_.empty()) {
            const auto counts = asked_->search(dn, Scope::base, only_, deadline, 1);
            if (!counts && counts.error().event() != EventId::directory_no_such_object)
                return CannotSay{counts.error()};
            if (!counts || counts->empty()) return ProvenAbsent{};
        }
        return map_.to_canonical(std::move(*entry));
    }

    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view text,
                                      Deadline deadline, std::size_t limit) override
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const auto question = map_.to_theirs(*filter);
        if (!question) return question.error();
        auto found = asked_->search(
            base, scope, only_.empty() ? question->filter : "(&" + only_ + question->filter + ")",
            deadline, limit);
        if (!found) return found;
        for (auto& entry : *found)
            entry = map_.to_canonical(std::move(entry));
        if (!question->exact)
            std::erase_if(*found, [&](const Entry& entry) { return !filter->matches(entry); });
        return found;
    }

    Result<> scan(const Dn& base, std::string_view text, Deadline deadline,
                  const Take& take) override
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const auto question = map_.to_theirs(*filter);
        if (!question) return question.error();
        return asked_->scan(
            base, only_.empty() ? question->filter : "(&" + only_ + question->filter + ")",
            deadline, [&](Entry&& theirs) {
                auto ours = map_.to_canonical(std::move(theirs));
                return (!question->exact && !filter->matches(ours)) || take(std::move(ours));
            });
    }

    Result<> understands(const Dn& base, std::string_view text, Deadline deadline) override
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const auto question = map_.to_theirs(*filter);
        if (!question) return question.error();
        return asked_->understands(base, question->filter, deadline);
    }

    Result<> apply(std::span<const Change>, Deadline) override
    {
        return Error{EventId::directory_refused,
                     "people of " + description() +
                         " are only read from here (RecipientSource); change them there, with "
                         "ldapmodify or that directory's own tools"};
    }

    Answer<bool> check_password(const Dn& dn, std::string_view password, Deadline deadline) override
    {
        return asked_->check_password(dn, password, deadline);
    }

    Answer<ValueRange> values(const Dn& dn, std::string_view attribute, std::size_t from,
                              Deadline deadline) override
    {
        return asked_->values(dn, attribute, from, deadline);
    }

    Result<std::uint64_t> revision(Deadline deadline) override
    {
        return asked_->revision(deadline);
    }

    std::unique_ptr<Following> follow(std::vector<std::string> attributes,
                                      std::shared_ptr<Follower> follower) override
    {
        // Whatever a map makes of an object must be there when it is made again.
        const auto theirs = map_.looked_up();
        std::set<std::string, LessWord> all{theirs.begin(), theirs.end()};
        all.insert(attributes.begin(), attributes.end());
        return asked_->follow({all.begin(), all.end()},
                              std::make_shared<Translator>(map_, std::move(follower)));
    }

    std::uint64_t old_answers() const override { return asked_->old_answers(); }

private:
    const std::shared_ptr<Directory> asked_;
    const AttributeMap map_;
    const std::string only_;
};

}  // namespace

std::unique_ptr<Directory> mapped_directory(std::shared_ptr<Directory> asked, AttributeMap map,
                                            std::string only)
{
    return std::make_unique<Mapped>(std::move(asked), std::move(map), std::move(only));
}

}  // namespace imc
