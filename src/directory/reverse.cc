#include "directory/reverse.h"

#include "base/text.h"
#include "directory/schema.h"

#include <algorithm>
#include <map>
#include <optional>

namespace imc {
namespace {

Dn renamed(const Change& change)
{
    return (change.new_superior ? *change.new_superior : change.dn.parent()).child(change.new_rdn);
}

bool has(const Entry& entry, const Ava& ava)
{
    return std::ranges::any_of(entry.all(ava.type), [&](const auto& value) {
        return normalized_value(ava.type, value) == normalized_value(ava.type, ava.value);
    });
}

/// True when the values of the new name came with the rename and must go with it.
bool is_new_name(const Change& rename, const Entry& before)
{
    const Rdn& old = rename.dn.rdns().front();
    Entry named{rename.dn, {}};
    for (const auto& ava : old)
        named.attributes[ava.type].push_back(ava.value);
    return std::ranges::none_of(
        rename.new_rdn, [&](const Ava& ava) { return has(before, ava) && !has(named, ava); });
}

using Values = std::vector<std::string>;

void give(Values& values, const Ava& ava)
{
    const auto same_value = [&](const auto& value) {
        return normalized_value(ava.type, value) == normalized_value(ava.type, ava.value);
    };
    if (std::ranges::none_of(values, same_value)) values.push_back(ava.value);
}

void take(Values& values, const Ava& ava)
{
    std::erase_if(values, [&](const auto& value) {
        return normalized_value(ava.type, value) == normalized_value(ava.type, ava.value);
    });
}

/// What a rename and the way back from it leave otherwise than it was: of a new name one value may
/// have been there and another not, and the old one may have had other letters.
std::optional<Change> mend_after(const Change& rename, const Change& back, const Entry& before)
{
    std::map<std::string, std::pair<std::string, Values>> values;  // by the type in lower case
    const auto of = [&](const Ava& ava) -> Values& {
        auto& [name, list] = values.try_emplace(lower(ava.type), ava.type, Values{}).first->second;
        if (list.empty())
            if (const auto all = before.all(ava.type); !all.empty())
                list = {all.begin(), all.end()};
        return list;
    };
    for (const auto* rdn : {&back.new_rdn, &rename.new_rdn})
        for (const auto& ava : *rdn)
            (void)of(ava);
    const auto step = [&](const Rdn& from, const Rdn& to, bool delete_old) {
        if (delete_old)
            for (const auto& ava : from)
                take(values.at(lower(ava.type)).second, ava);
        for (const auto& ava : to)
            give(values.at(lower(ava.type)).second, ava);
    };
    step(back.new_rdn, rename.new_rdn, rename.delete_old_rdn);
    step(rename.new_rdn, back.new_rdn, back.delete_old_rdn);
    Change mend{Change::Kind::modify, rename.dn};
    for (auto& [key, found] : values) {
        const auto all = before.all(found.first);
        Values was{all.begin(), all.end()};
        std::ranges::sort(was);
        std::ranges::sort(found.second);
        if (was != found.second)
            mend.changes.push_back({AttributeChange::Kind::replace, found.first, std::move(was)});
    }
    if (mend.changes.empty()) return {};
    return mend;
}

Change reverse_of(const Change& change, const Entry& before)
{
    switch (change.kind) {
    case Change::Kind::remove: {
        Change back{Change::Kind::add, before.dn};
        back.attributes = before.attributes;
        return back;
    }
    case Change::Kind::modify: {
        Change back{Change::Kind::modify, change.dn};
        std::vector<std::string> names;
        for (const auto& part : change.changes)
            if (std::ranges::none_of(names,
                                     [&](const auto& n) { return same_word(n, part.attribute); }))
                names.push_back(part.attribute);
        for (const auto& name : names) {
            const auto values = before.all(name);
            back.changes.push_back(
                {AttributeChange::Kind::replace, name, {values.begin(), values.end()}});
        }
        return back;
    }
    case Change::Kind::rename: {
        Change back{Change::Kind::rename, renamed(change)};
        back.new_rdn = before.dn.rdns().front();
        back.delete_old_rdn = is_new_name(change, before);
        if (change.new_superior) back.new_superior = change.dn.parent();
        return back;
    }
    case Change::Kind::add: break;
    }
    return Change{Change::Kind::remove, change.dn};
}

/// What the objects look like after the changes seen so far, though none has been made yet.
class Foresight {
public:
    Foresight(Directory& directory, Deadline deadline) : directory_{directory}, deadline_{deadline}
    {}

    /// The object as it is before `change`; nothing when an earlier change adds it.
    Result<std::optional<Entry>> before(const Change& change)
    {
        const Dn name = original(change.dn);
        if (name.is_root()) return Error{EventId::directory_refused, "the root is no object"};
        const auto key = name.normalized();
        if (std::ranges::find(added_, key) != added_.end()) return std::optional<Entry>{};
        auto known = known_.find(key);
        if (known == known_.end()) {
            auto answer = directory_.read(name, deadline_);
            if (auto* silent = std::get_if<CannotSay>(&answer)) return std::move(silent->reason);
            auto* found = std::get_if<Entry>(&answer);
            known =
                known_.emplace(key, found != nullptr ? std::move(*found) : Entry{name, {}}).first;
        }
        // Earlier changes may have renamed it; and whoever asks may write its name in another
        // letter case than it has.
        const Rdn& stored = known->second.dn.rdns().front();
        const bool as_stored = same(Dn{}.child(stored), Dn{}.child(change.dn.rdns().front()));
        return std::optional<Entry>{Entry{as_stored ? change.dn.parent().child(stored) : change.dn,
                                          known->second.attributes}};
    }

    void after(const Change& change)
    {
        const auto key = original(change.dn).normalized();
        if (change.kind == Change::Kind::add) added_.push_back(key);
        if (change.kind == Change::Kind::remove) std::erase(added_, key);
        if (change.kind == Change::Kind::rename) renames_.emplace_back(change.dn, renamed(change));
    }

private:
    /// The name it had, or would have had, before all renames.
    Dn original(Dn name) const
    {
        for (auto rename = renames_.rbegin(); rename != renames_.rend(); ++rename)
            if (name.is_within(rename->second)) name = name.moved(rename->second, rename->first);
        return name;
    }

    Directory& directory_;
    Deadline deadline_;
    std::vector<std::pair<Dn, Dn>> renames_;
    std::vector<std::string> added_;
    std::map<std::string, Entry>
        known_;  ///< as they were at first: a second modify is undone to that, too
};

}  // namespace

Result<std::vector<Change>> reverse(Directory& directory, std::span<const Change> changes,
                                    Deadline deadline)
{
    std::vector<Change> out;
    Foresight foresight{directory, deadline};
    for (const auto& change : changes) {
        if (change.kind == Change::Kind::rename && change.new_rdn.empty())
            return Error{EventId::dn_invalid, "a rename without a new name"};
        if (change.kind == Change::Kind::rename && change.dn.is_root())
            return Error{EventId::directory_refused, "the root cannot be renamed"};
        std::optional<Entry> before{Entry{change.dn, {}}};
        if (change.kind != Change::Kind::add) {
            auto found = foresight.before(change);
            if (!found) return found.error();
            before = std::move(*found);
        }
        foresight.after(change);
        if (before) {
            auto back = reverse_of(change, *before);
            if (change.kind == Change::Kind::rename && !before->attributes.empty())
                if (auto mend = mend_after(change, back, *before)) out.push_back(std::move(*mend));
            out.push_back(std::move(back));
        } else if (change.kind == Change::Kind::rename) {
            out.push_back(reverse_of(change, Entry{change.dn, {}}));
        } else if (change.kind == Change::Kind::remove) {
            // Added and removed in one batch: there is nothing to take back.
            const auto added = std::ranges::find_if(out, [&](const Change& back) {
                return back.kind == Change::Kind::remove && same(back.dn, change.dn);
            });
            if (added != out.end()) out.erase(added);
        }
        // Else what happens to an object of this very batch goes with its add.
    }
    std::ranges::reverse(out);
    return out;
}

}  // namespace imc
