#include "store/quarantine.h"

#include "base/notify.h"
#include "base/text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <tuple>

namespace imc::store {
namespace {

namespace json = boost::json;

Error no_such(const std::string& what) { return {EventId::quarantine_no_such, what}; }

Error not_kept(const std::string& path, const boost::system::error_code& why)
{
    return {EventId::quarantine_failed, path + ": " + why.message(),
            static_cast<unsigned>(why.value())};
}

std::string new_id(WallTime time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::random_device random;
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d%02d%02d%03dZ-%08x",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()), random());
    return text.data();
}

/// JSON is UTF-8; what is not becomes \xNN in the record, the text keeps its octets.
std::string plain(const std::string& text) { return is_utf8(text) ? text : printable(text); }

std::string text_of(const json::object& from, const char* name)
{
    const auto* value = from.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

bool flag_of(const json::object& from, const char* name)
{
    const auto* value = from.if_contains(name);
    return value != nullptr && value->is_bool() && value->as_bool();
}

std::uint64_t number_of(const json::object& from, const char* name)
{
    const auto* value = from.if_contains(name);
    if (value == nullptr) return 0;
    boost::system::error_code none;
    const auto number = value->to_number<std::uint64_t>(none);
    return none ? 0 : number;
}

/// One text for each recipient, for the values that came later than the first files. Older files
/// have none.
template <class Set>
Result<> read_beside(const json::object& from, const char* name, Quarantined& into, Set set)
{
    const auto* texts = from.if_contains(name);
    if (texts == nullptr) return {};
    const auto* list = texts->if_array();
    if (list == nullptr || list->size() != into.recipients.size())
        return no_such(std::string{"a record whose "} + name + " are not one text a recipient");
    for (std::size_t i = 0; i < list->size(); ++i) {
        if (!(*list)[i].is_string()) return no_such(std::string{name} + " with what is no text");
        set(into.recipients[i], std::string{(*list)[i].as_string()});
    }
    return {};
}

}  // namespace

bool is_quarantine_id(std::string_view id)
{
    return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    });
}

std::string to_json_line(const Quarantined& m)
{
    json::array recipients, originals, notify;
    for (const auto& recipient : m.recipients) {
        recipients.push_back(json::value(plain(recipient.address)));
        originals.push_back(json::value(plain(recipient.original)));
        notify.push_back(json::value(notify::words(recipient.notify)));
    }
    return json::serialize(json::object{{"id", m.id},
                                        {"kept_at_ms", m.kept_at.time_since_epoch().count()},
                                        {"sender", plain(m.sender)},
                                        {"recipients", std::move(recipients)},
                                        {"originals", std::move(originals)},
                                        {"notify", std::move(notify)},
                                        {"envid", plain(m.envid)},
                                        {"ret", m.ret},
                                        {"priority", m.priority},
                                        {"peer", m.peer},
                                        {"helo", plain(m.helo)},
                                        {"account", plain(m.account)},
                                        {"rule", plain(m.rule)},
                                        {"matched", plain(m.matched)},
                                        {"where", m.where},
                                        {"octets", m.octets},
                                        {"eight_bit", m.eight_bit},
                                        {"smtp_utf8", m.smtp_utf8}});
}

Result<Quarantined> parse_quarantined(std::string_view text)
{
    boost::system::error_code failure;
    const auto value = json::parse(text, failure);
    const auto* object = failure ? nullptr : value.if_object();
    const auto* recipients = object == nullptr ? nullptr : object->if_contains("recipients");
    if (recipients == nullptr || !recipients->is_array() || recipients->as_array().empty())
        return no_such("a record that is none");
    Quarantined out;
    for (const auto& recipient : recipients->as_array()) {
        if (!recipient.is_string()) return no_such("a record with a recipient that is no text");
        out.recipients.push_back({std::string{recipient.as_string()}});
    }
    if (auto read = read_beside(
            *object, "originals", out,
            [](QuarantinedRecipient& r, std::string said) { r.original = std::move(said); });
        !read)
        return read.error();
    if (auto read = read_beside(*object, "notify", out,
                                [](QuarantinedRecipient& r, const std::string& said) {
                                    r.notify = notify::parse(said).value_or(0);
                                });
        !read)
        return read.error();
    out.envid = text_of(*object, "envid");
    const auto ret = text_of(*object, "ret");
    if (ret == "FULL" || ret == "HDRS") out.ret = ret;
    if (const auto* priority = object->if_contains("priority"); priority && priority->is_int64())
        out.priority = static_cast<int>(std::clamp<std::int64_t>(priority->as_int64(), -9, 9));
    out.id = text_of(*object, "id");
    out.kept_at = WallTime{
        std::chrono::milliseconds{static_cast<std::int64_t>(number_of(*object, "kept_at_ms"))}};
    out.sender = text_of(*object, "sender");
    out.peer = text_of(*object, "peer");
    out.helo = text_of(*object, "helo");
    out.account = text_of(*object, "account");
    out.rule = text_of(*object, "rule");
    out.matched = text_of(*object, "matched");
    out.where = text_of(*object, "where");
    out.octets = number_of(*object, "octets");
    out.eight_bit = flag_of(*object, "eight_bit");
    out.smtp_utf8 = flag_of(*object, "smtp_utf8");
    return out;
}

/// Beside, synced, then renamed; the record is what makes it count.
Result<> Quarantine::write(const std::string& path, const Octets& text)
{
    const auto beside = path + ".part";
    auto file = files_.open(beside, OpenMode::create);
    if (!file) return not_kept(beside, file.error());
    const auto fill = [&]() -> Result<> {
        std::uint64_t at = 0;
        for (OctetsReader reader{text}; !reader.at_end();) {
            const auto piece = reader.next();
            if (!piece) return piece.error();
            if (auto put = (*file)->write_at(at, *piece); !put)
                return not_kept(beside, put.error());
            at += piece->size();
        }
        if (auto synced = (*file)->sync(); !synced) return not_kept(beside, synced.error());
        if (auto named = files_.rename(beside, path); !named) return not_kept(path, named.error());
        return {};
    };
    auto filled = fill();
    if (!filled) (void)files_.remove(beside);
    return filled;
}

Result<std::string> Quarantine::keep(Quarantined message, const Octets& text)
{
    if (auto made = make_folders(files_, folder_); !made) return not_kept(folder_, made.error());
    if (message.id.empty()) message.id = new_id(message.kept_at);
    message.octets = text.size();
    if (auto kept = write(path(message.id), text); !kept) return kept.error();
    const auto record = folder_ + "/" + message.id + ".json";
    if (auto kept = write_file_atomically(files_, record, to_json_line(message) + "\n"); !kept) {
        (void)files_.remove(path(message.id));
        return not_kept(record, kept.error());
    }
    return message.id;
}

std::vector<Quarantined> Quarantine::list() const
{
    std::vector<Quarantined> out;
    const auto names = files_.list(folder_);
    if (!names) return out;
    for (const auto& name : *names)
        if (name.ends_with(".json"))
            if (auto message = find(name.substr(0, name.size() - 5)))
                out.push_back(std::move(*message));
    std::ranges::sort(out, [](const auto& a, const auto& b) {
        return std::tie(a.kept_at, a.id) < std::tie(b.kept_at, b.id);
    });
    return out;
}

Result<Quarantined> Quarantine::find(const std::string& id) const
{
    if (!is_quarantine_id(id)) return no_such("\"" + printable(id, 80) + "\" is no id");
    const auto record = read_file(files_, folder_ + "/" + id + ".json");
    if (!record) return no_such("no message " + id + " in " + folder_);
    auto message = parse_quarantined(*record);
    if (!message) return no_such(id + ".json: " + message.error().detail());
    message->id = id;
    return message;
}

Result<std::string> Quarantine::text(const std::string& id) const
{
    if (!is_quarantine_id(id)) return no_such("\"" + printable(id, 80) + "\" is no id");
    auto text = read_file(files_, path(id));
    if (!text) return no_such(path(id) + ": " + text.error().message());
    return std::move(*text);
}

Result<> Quarantine::remove(const std::string& id)
{
    if (auto there = find(id); !there) return there.error();
    if (auto gone = files_.remove(folder_ + "/" + id + ".json"); !gone)
        return not_kept(folder_ + "/" + id + ".json", gone.error());
    (void)files_.remove(path(id));  // without its record it is kept no more
    (void)files_.sync_folder(folder_);
    return {};
}

}  // namespace imc::store
