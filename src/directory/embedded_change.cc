#include "directory/embedded_change.h"

#include "directory/schema.h"

#include <algorithm>

namespace imc::embedded {
namespace {

/// dc=example,dc=org: a top of the tree, though its name has two parts.
bool is_domain(const Dn& dn)
{
    return std::ranges::all_of(dn.rdns(),
                               [](const Rdn& rdn) { return same_word(rdn.front().type, "dc"); });
}

/// The values of the name are values of the object as well.
void name_values(Entry& entry)
{
    for (const auto& ava : entry.dn.rdns().front()) {
        auto& values = entry.attributes[ava.type];
        const auto wanted = normalized_value(ava.type, ava.value);
        if (std::ranges::none_of(
                values, [&](const auto& v) { return normalized_value(ava.type, v) == wanted; }))
            values.push_back(ava.value);
    }
}

Result<> change_values(Entry& entry, const AttributeChange& part)
{
    auto& values = entry.attributes[part.attribute];
    const auto has = [&](const std::string& value) {
        const auto wanted = normalized_value(part.attribute, value);
        return std::ranges::find_if(
            values, [&](const auto& v) { return normalized_value(part.attribute, v) == wanted; });
    };
    const auto refused = [&](const std::string& value, const char* what) {
        return Error{EventId::directory_refused, entry.dn.to_rfc4514() + ": " + part.attribute +
                                                     " " + what + " \"" + printable(value, 100) +
                                                     "\""};
    };
    switch (part.kind) {
    case AttributeChange::Kind::replace: values = part.values; break;
    case AttributeChange::Kind::add:
        for (const auto& value : part.values) {
            if (has(value) != values.end()) return refused(value, "has already");
            values.push_back(value);
        }
        break;
    case AttributeChange::Kind::remove:
        if (part.values.empty()) {
            if (values.empty()) return refused("", "has no value");
            values.clear();
        }
        for (const auto& value : part.values) {
            const auto at = has(value);
            if (at == values.end()) return refused(value, "has no value");
            values.erase(at);
        }
        break;
    }
    return {};
}

class Changer {
public:
    explicit Changer(Connection& at) : at_{at}, db_{at.db()} {}

    Result<> make(const Change& change)
    {
        switch (change.kind) {
        case Change::Kind::add: return add(change);
        case Change::Kind::remove: return remove(change);
        case Change::Kind::modify: return modify(change);
        case Change::Kind::rename: return rename(change);
        }
        return {};
    }

private:
    Result<std::int64_t> existing(const Dn& dn)
    {
        const auto found = at_.find(dn);
        if (!found) return found.error();
        if (!*found) return Error{EventId::directory_no_such_object, dn.to_rfc4514()};
        return **found;
    }

    Result<> add(const Change& change)
    {
        const auto found = at_.find(change.dn);
        if (!found) return found.error();
        if (*found) return Error{EventId::directory_object_exists, change.dn.to_rfc4514()};
        Dn above = change.dn.parent();
        const auto parent = place(above);
        if (!parent) return parent.error();
        if (*parent == 0 && !above.is_root() && !is_domain(change.dn))
            return Error{EventId::directory_no_such_object,
                         above.to_rfc4514() + ", above " + change.dn.to_rfc4514()};
        Entry entry{above.child(change.dn.rdns().front()), change.attributes};
        name_values(entry);
        if (auto sound = check_schema(entry); !sound) return sound;
        sqlite::Statement insert{db_, "INSERT INTO entries (parent, key, dn) VALUES (?1, ?2, ?3)"};
        if (!insert.sound()) return at_.trouble();
        const auto key = change.dn.normalized();
        const auto dn = entry.dn.to_rfc4514();
        insert.bind(1, *parent);
        insert.bind(2, key);
        insert.bind(3, dn);
        if (insert.step() != SQLITE_DONE) return at_.trouble();
        return store(sqlite3_last_insert_rowid(db_), entry);
    }

    /// The object `above` new ones, which gets the spelling it has in the directory: names below
    /// it begin with it. 0: there is none.
    Result<std::int64_t> place(Dn& above)
    {
        if (above.is_root()) return std::int64_t{0};
        const auto found = at_.find(above);
        if (!found) return found.error();
        if (!*found) return std::int64_t{0};
        auto entry = at_.load(**found);
        if (!entry) return entry.error();
        above = std::move(entry->dn);
        return **found;
    }

    Result<> store(std::int64_t id, const Entry& entry)
    {
        sqlite::Statement clear{db_, "DELETE FROM attributes WHERE entry = ?1"};
        sqlite::Statement insert{db_, "INSERT INTO attributes (entry, name, position, value, "
                                      "key) VALUES (?1, ?2, ?3, ?4, ?5)"};
        if (!clear.sound() || !insert.sound()) return at_.trouble();
        clear.bind(1, id);
        if (clear.step() != SQLITE_DONE) return at_.trouble();
        for (const auto& [name, values] : entry.attributes)
            for (std::size_t i = 0; i < values.size(); ++i) {
                const auto key = normalized_value(name, values[i]);
                insert.reset();
                insert.bind(1, id);
                insert.bind(2, name);
                insert.bind(3, static_cast<std::int64_t>(i));
                insert.bind(4, values[i]);
                insert.bind(5, key);
                const int result = insert.step();
                if (result == SQLITE_CONSTRAINT && same_word(name, "proxyAddresses"))
                    return taken(entry, values[i], key);
                if (result != SQLITE_DONE) return at_.trouble();
            }
        return {};
    }

    Error taken(const Entry& entry, const std::string& value, const std::string& key)
    {
        sqlite::Statement ask{db_, "SELECT e.dn FROM attributes a JOIN entries e ON e.id = a.entry "
                                   "WHERE a.name = 'proxyAddresses' AND a.key = ?1"};
        std::string owner = "another object";
        ask.bind(1, key);
        if (ask.sound() && ask.step() == SQLITE_ROW) owner = ask.text(0);
        return Error{EventId::directory_address_taken, printable(value, 200) + " of " +
                                                           entry.dn.to_rfc4514() + " belongs to " +
                                                           owner};
    }

    Result<> remove(const Change& change)
    {
        const auto id = existing(change.dn);
        if (!id) return id.error();
        sqlite::Statement children{db_, "SELECT count(*) FROM entries WHERE parent = ?1"};
        children.bind(1, *id);
        if (!children.sound() || children.step() != SQLITE_ROW) return at_.trouble();
        if (children.number(0) > 0)
            return Error{EventId::directory_refused,
                         change.dn.to_rfc4514() + " has " + std::to_string(children.number(0)) +
                             " objects below it; delete them first (-r)"};
        sqlite::Statement attributes{db_, "DELETE FROM attributes WHERE entry = ?1"};
        sqlite::Statement entry{db_, "DELETE FROM entries WHERE id = ?1"};
        attributes.bind(1, *id);
        entry.bind(1, *id);
        if (attributes.step() != SQLITE_DONE || entry.step() != SQLITE_DONE) return at_.trouble();
        return {};
    }

    Result<> modify(const Change& change)
    {
        const auto id = existing(change.dn);
        if (!id) return id.error();
        auto entry = at_.load(*id);
        if (!entry) return entry.error();
        const auto* kind = structural_class(*entry);
        for (const auto& part : change.changes)
            if (auto done = change_values(*entry, part); !done) return done;
        std::erase_if(entry->attributes, [](const auto& a) { return a.second.empty(); });
        for (const auto& ava : entry->dn.rdns().front()) {
            const auto wanted = normalized_value(ava.type, ava.value);
            if (std::ranges::none_of(entry->all(ava.type), [&](const auto& v) {
                    return normalized_value(ava.type, v) == wanted;
                }))
                return Error{EventId::directory_refused,
                             entry->dn.to_rfc4514() + ": " + ava.type +
                                 " is part of the name; rename the object instead"};
        }
        if (auto sound = check_schema(*entry); !sound) return sound;
        if (structural_class(*entry) != kind)
            return Error{EventId::directory_refused,
                         entry->dn.to_rfc4514() +
                             ": what an object is cannot change; delete it and add the new one"};
        return store(*id, *entry);
    }

    Result<> rename(const Change& change)
    {
        Dn above = change.new_superior ? *change.new_superior : change.dn.parent();
        if (above.is_within(change.dn))
            return Error{EventId::directory_refused,
                         change.dn.to_rfc4514() + " cannot be moved below itself"};
        if (change.dn.parent().is_within(above.child(change.new_rdn)))
            return Error{EventId::directory_refused,
                         change.dn.to_rfc4514() + " cannot take the place of what it is below"};
        const auto id = existing(change.dn);
        if (!id) return id.error();
        const auto parent = place(above);
        if (!parent) return parent.error();
        if (*parent == 0 && !above.is_root() && change.new_superior)
            return Error{EventId::directory_no_such_object, above.to_rfc4514()};
        const Dn target = above.child(change.new_rdn);
        if (!same(target, change.dn)) {
            const auto there = at_.find(target);
            if (!there) return there.error();
            if (*there) return Error{EventId::directory_object_exists, target.to_rfc4514()};
        }
        auto entry = at_.load(*id);
        if (!entry) return entry.error();
        const Dn old = entry->dn;
        if (change.delete_old_rdn)
            for (const auto& ava : old.rdns().front()) {
                auto& values = entry->attributes[ava.type];
                std::erase_if(values, [&](const auto& v) {
                    return normalized_value(ava.type, v) == normalized_value(ava.type, ava.value);
                });
            }
        std::erase_if(entry->attributes, [](const auto& a) { return a.second.empty(); });
        entry->dn = target;
        name_values(*entry);
        if (auto sound = check_schema(*entry); !sound) return sound;
        if (auto stored = store(*id, *entry); !stored) return stored;
        if (change.new_superior)
            if (auto set = put_parent(*id, *parent); !set) return set;
        return move_names(old, target);
    }

    Result<> put_parent(std::int64_t id, std::int64_t parent)
    {
        sqlite::Statement set{db_, "UPDATE entries SET parent = ?2 WHERE id = ?1"};
        set.bind(1, id);
        set.bind(2, parent);
        if (set.step() != SQLITE_DONE) return at_.trouble();
        return {};
    }

    /// The object and all below it get their new names.
    Result<> move_names(const Dn& from, const Dn& to)
    {
        std::vector<std::pair<std::int64_t, Dn>> moved;
        sqlite::Statement all{db_, "SELECT id, dn FROM entries"};
        int result = SQLITE_ROW;
        while ((result = all.step()) == SQLITE_ROW) {
            const auto dn = Dn::parse_rfc4514(all.text(1));
            if (dn && dn->is_within(from)) moved.emplace_back(all.number(0), *dn);
        }
        if (result != SQLITE_DONE) return at_.trouble();
        sqlite::Statement set{db_, "UPDATE entries SET key = ?2, dn = ?3 WHERE id = ?1"};
        for (const auto& [id, dn] : moved) {
            const Dn target = dn.moved(from, to);
            if (auto sound = check_name(target); !sound) return sound;
            const auto key = target.normalized();
            const auto text = target.to_rfc4514();
            set.reset();
            set.bind(1, id);
            set.bind(2, key);
            set.bind(3, text);
            if (set.step() != SQLITE_DONE) return at_.trouble();
        }
        return {};
    }

    Connection& at_;
    sqlite3* db_;
};

}  // namespace

Result<> make(Connection& connection, const Change& change)
{
    return Changer{connection}.make(change);
}

}  // namespace imc::embedded
