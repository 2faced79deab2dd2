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
        return ours(asked_->read(dn, deadline), dn, deadline);
    }
    Answer<Entry> read_current(const Dn& dn, Deadline deadline) override
    {
        return ours(asked_->read_current(dn, deadline), dn, deadline);
    }

    Result<std::vector<Entry>> search(const Dn& base, Scope scope, std::string_view text,
                                      Deadline deadline, std::size_t limit) override
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const auto question = map_.to_theirs(*filter);
        if (!question) return question.error();
        auto found =
            to_ours(asked_->search(base, scope, among_ours(question->filter), deadline, limit));
        if (found && !question->exact)
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
        const auto known = known_of(text);
        if (!known) return known.error();
        return asked_->understands(base, *known, deadline);
    }

    Result<std::vector<Entry>> search_for_proof(const Dn& base, Scope scope, std::string_view text,
                                                std::string_view known_text, Deadline deadline,
                                                std::size_t limit, const Proof& proof) override
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const auto question = map_.to_theirs(*filter);
        if (!question) return question.error();
        const auto known = known_of(known_text);
        if (!known) return known.error();
        // Who is meant is judged where the question is asked: whoever found only others has found
        // nobody, and it is he who must know what he was asked.
        Proof theirs{.whole = proof.whole};
        if (!question->exact || proof.meant)
            theirs.meant =
                meant(question->exact ? std::nullopt : std::optional{*filter}, proof.meant);
        return to_ours(asked_->search_for_proof(base, scope, among_ours(question->filter), *known,
                                                deadline, limit, theirs));
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
        const auto theirs = map_.in_parts(attribute);
        if (theirs) return asked_->values(dn, *theirs, from, deadline);
        return CannotSay{Error{EventId::directory_refused,
                               dn.to_rfc4514() + ": of " + printable(attribute, 60) +
                                   " only a part came, and it has several names there"}};
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
    std::string among_ours(const std::string& theirs) const
    {
        return only_.empty() ? theirs : "(&" + only_ + theirs + ")";
    }
    /// Who counts as there is part of each question.
    Result<std::string> known_of(std::string_view text) const
    {
        const auto filter = Filter::parse(text);
        if (!filter) return filter.error();
        const auto question = map_.to_theirs(*filter);
        if (!question) return question.error();
        return among_ours(question->filter);
    }
    /// Of what is there, who counts.
    Answer<Entry> ours(Answer<Entry> theirs, const Dn& dn, Deadline deadline)
    {
        auto* entry = std::get_if<Entry>(&theirs);
        if (entry == nullptr) return theirs;
        if (!only_.empty()) {
            const auto counts =
                asked_->search_for_proof(dn, Scope::base, only_, only_, deadline, 1);
            if (!counts && counts.error().event() != EventId::directory_no_such_object)
                return CannotSay{counts.error()};
            if (!counts || counts->empty()) return ProvenAbsent{};
        }
        return map_.to_canonical(std::move(*entry));
    }
    /// Of objects of theirs: who matches what was asked in our names, and is meant.
    /// @param filter  none: whoever was found matches it
    std::function<bool(const Entry&)> meant(std::optional<Filter> filter,
                                            std::function<bool(const Entry&)> also) const
    {
        return [this, filter = std::move(filter), also = std::move(also)](const Entry& theirs) {
            const auto entry = map_.to_canonical(theirs);
            return (!filter || filter->matches(entry)) && (!also || also(entry));
        };
    }
    Result<std::vector<Entry>> to_ours(Result<std::vector<Entry>> found) const
    {
        if (!found) return found;
        for (auto& entry : *found)
            entry = map_.to_canonical(std::move(entry));
        return found;
    }

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
