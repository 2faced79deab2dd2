#include "cli/dir/place.h"

#include "admin/directory_change.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/audited.h"
#include "cli/through_service.h"
#include "config/open_people.h"
#include "directory/schema.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <ostream>

namespace imc::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t most_at_once = 48 << 20;  // a request has 64 MiB, and JSON needs some of it

json::value to_json(const Entry& entry, Secrets secrets)
{
    json::object attributes;
    json::array hidden;
    for (const auto& [name, values] : entry.attributes)
        if (secrets == Secrets::hidden && is_secret(name))
            hidden.emplace_back(name);
        else
            attributes[name] = json::array(values.begin(), values.end());
    json::object out{{"dn", entry.dn.to_rfc4514()}, {"attributes", std::move(attributes)}};
    if (!hidden.empty()) out["hidden"] = std::move(hidden);
    return out;
}

const char* done_word(Change::Kind kind)
{
    switch (kind) {
    case Change::Kind::add: return "added    ";
    case Change::Kind::modify: return "modified ";
    case Change::Kind::remove: return "deleted  ";
    case Change::Kind::rename: return "renamed  ";
    }
    return "?";
}

}  // namespace

bool Place::open(bool people)
{
    if (people) {
        auto opened = config::open_people(paths_);
        if (!opened) return fail(opened.error());
        directory_ = std::move(opened->ours);
        base_ = std::move(opened->base);
        return true;
    }
    auto opened = config::open_directory(paths_, after(patience));
    if (!opened) return fail(opened.error());
    directory_ = std::move(*opened);
    const auto base = config::directory_base(paths_);
    if (!base) return fail(base.error());
    base_ = *base;
    return true;
}

bool Place::fail(const Error& error)
{
    if (error.event() == EventId::directory_no_such_object)
        context_.fail(Error{error.event(), "the directory has no object " + error.detail()});
    else
        context_.fail(error);
    return false;
}

void Place::refuse(const Error& error)
{
    if (error.event() == EventId::admin_refused)
        context_.fail(error.detail(), error.os_code() == 0 ? 2 : static_cast<int>(error.os_code()));
    else if (error.event() == EventId::value_invalid)
        context_.fail(error, 2);
    else if (error.event() != EventId{})  // else it was said already
        fail(error);
}

std::optional<Dn> Place::dn(const std::string& text)
{
    if (text.empty()) return base_;
    if (text.find('=') == std::string::npos) return recipient(text);
    auto dn = Dn::parse(text);
    if (!dn) {
        fail(dn.error());
        return {};
    }
    // "/o=..." is completed with the suffix below which o= stands.
    if (text.starts_with('/') && !base_.is_root() && !dn->is_within(base_)) return dn->below(base_);
    return *dn;
}

std::optional<Dn> Place::recipient(const std::string& text)
{
    const auto value = escape_filter_value(text);
    const auto found = directory_->search(
        base_, Scope::subtree, "(|(mailNickname=" + value + ")(proxyAddresses=smtp:" + value + "))",
        after(patience), 20);
    if (!found) {
        fail(found.error());
        return {};
    }
    if (found->size() == 1) return found->front().dn;
    std::string list;
    for (const auto& entry : *found)
        list += "\n  " + entry.dn.to_rfc4514();
    const auto said = "\"" + printable(text, 320) + "\"";
    if (found->empty())
        context_.fail("no recipient has the alias or address " + said +
                      "; a DN (cn=...,o=... or /o=.../cn=...), an alias or an address is expected");
    else
        context_.fail("more than one object has the alias or address " + said + "; say its DN" +
                      list);
    return {};
}

std::string Place::undo_command(const Undo& undo) const
{
    if (undo.file.empty()) return {};
    return "imc dir import " + shell_word(undo.file) + paths_.option();
}

std::optional<Result<Undo>> Place::apply_by_service(const std::vector<Change>& changes,
                                                    const std::string& action)
{
    std::string text;
    for (const auto& change : changes)
        text += to_ldif(change);
    // Beyond it the service would hang up in the middle, and nobody would know what was done.
    if (text.size() > most_at_once && !context_.direct &&
        real_files().status(paths_.admin_socket()))
        return Error{EventId::admin_refused,
                     std::to_string(text.size() >> 20U) + " MiB of changes found, at most " +
                         std::to_string(most_at_once >> 20U) +
                         " MiB at once through the service expected; in parts, or --direct goes "
                         "past it"};
    constexpr std::string_view family = "directory.";
    auto word = action.empty() ? admin::action_of(changes) : action;
    word.erase(0, family.size());
    const auto answer =
        through_service(context_, "POST", "/api/v1/directory/import",
                        json::object{{"ldif", std::move(text)}, {"action", word}},
                        service_patience + std::chrono::milliseconds{20} * changes.size());
    if (!answer) return {};
    const auto done = object_of(*answer);
    if (!done) return done.error();
    Undo out;
    // The file, not the command: this process may know the root by another name.
    if (const auto* steps = done->if_contains("undo_by"); steps != nullptr && steps->is_array())
        for (const auto& step : steps->get_array())
            if (step.is_object() && !text_in(step.get_object(), "directory").empty())
                out.file = paths_.backup() + "/" + text_in(step.get_object(), "directory");
    if (const auto* lost = done->if_contains("lost"); lost != nullptr && lost->is_array())
        for (const auto& one : lost->get_array())
            if (one.is_string()) out.lost.emplace_back(one.get_string());
    return out;
}

Result<Undo> Place::apply(const std::vector<Change>& changes, const std::string& action,
                          Deadline deadline)
{
    if (!changes.empty())
        if (auto sent = apply_by_service(changes, action)) return std::move(*sent);
    auto undo = keep_undo(paths_, *directory_, changes, deadline);
    if (!undo || changes.empty()) return undo;
    AuditLine line{context_};
    const auto noted = line.announce(
        admin::directory_change(*directory_, changes, action, undo_command(*undo), deadline));
    if (!noted) {
        if (!undo->file.empty()) (void)real_files().remove(undo->file);
        return noted.error();
    }
    if (const auto applied = apply_kept(paths_, *directory_, changes, *undo, deadline); !applied) {
        line.came_to_nothing(applied.error());
        return applied.error();
    }
    return undo;
}

void Place::take(const std::vector<Change>& changes, const std::string& action)
{
    const auto saved = apply(changes, action, after(patience));
    if (!saved) {
        fail(saved.error());
        return;
    }
    if (!context_.json)
        for (const auto& change : changes)
            context_.out << done_word(change.kind) << change.dn.to_rfc4514() << '\n';
    for (const auto& secret : saved->lost)
        if (context_.json)
            context_.out << json::serialize(json::object{{"lost", secret}}) << '\n';
        else
            context_.out << "kept nowhere, not to be undone: the former " << secret << '\n';
    if (const auto undo = undo_command(*saved); !undo.empty()) context_.undo(undo);
}

void Place::show(const std::vector<Entry>& entries, bool names_only, Secrets secrets)
{
    for (const auto& entry : entries)
        if (context_.json)
            context_.out << json::serialize(to_json(entry, secrets)) << '\n';
        else if (names_only)
            context_.out << entry.dn.to_rfc4514() << '\n';
        else
            context_.out << to_ldif(entry, secrets);
}

void Place::search(const Dn& base, Scope scope, const std::string& filter, bool names_only)
{
    const auto found = directory_->search(base, scope, filter, after(patience), most_shown);
    if (found)
        show(*found, names_only);
    else
        fail(found.error());
}

}  // namespace imc::cli
