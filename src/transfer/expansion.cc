#include "transfer/expansion.h"

#include "directory/value_range.h"

#include <algorithm>
#include <array>

namespace imc::transfer {
namespace {

constexpr std::array<std::string_view, 6> classes_of_lists{
    "imcList", "groupOfNames", "groupOfUniqueNames", "posixGroup", "group", "groupOfURLs"};

std::vector<std::string> reversed(std::span<const std::string> values)
{
    return {values.rbegin(), values.rend()};
}

/// Names of one list, on it or not: what ends a server that always has more.
constexpr std::size_t most_names_each = 10;  ///< times the members that a list may have

}  // namespace

std::span<const std::string_view> list_classes() { return classes_of_lists; }

bool is_list(const Entry& entry)
{
    return std::ranges::any_of(classes_of_lists,
                               [&](std::string_view name) { return entry.has_class(name); });
}

std::string mail_address(const Entry& entry)
{
    for (const auto& proxy : entry.all("proxyAddresses"))
        if (proxy.starts_with("SMTP:")) return proxy.substr(5);
    if (const auto mail = entry.first("mail"); !mail.empty()) return std::string{mail};
    const auto target = entry.first("targetAddress");
    return std::string{starts_with_word(target, "SMTP:") ? target.substr(5) : target};
}

std::string short_name(const Dn& dn)
{
    return dn.is_root() ? std::string{} : dn.rdns().front().front().value;
}

Expansion::Expansion(std::shared_ptr<Directory> directory, Dn organization, ExpansionLimits limits,
                     Sender sender, std::shared_ptr<SeenMembers> seen)
    : directory_{std::move(directory)}, organization_{std::move(organization)}, limits_{limits},
      sender_{std::move(sender)}, seen_{std::move(seen)}
{}

std::optional<CannotSay> Expansion::open(const Dn& object, std::string addressed)
{
    addressed_ = std::move(addressed);
    auto found = read(object);
    if (auto* silent = std::get_if<CannotSay>(&found)) return std::move(*silent);
    auto* const entry = std::get_if<Entry>(&found);
    // It was there a moment ago: what has been renamed is found at the next attempt.
    if (entry == nullptr)
        return CannotSay{Error{EventId::directory_no_such_object,
                               object.to_rfc4514() + " does not exist any more"}};
    root_ = std::move(*entry);
    root_key_ = root_.dn.normalized();
    Level top{short_name(root_.dn), "", {}, {}, {}, {}};
    top.found.push_back(root_);
    open_.push_back(std::move(top));
    return {};
}

/// A list as it is: whoever was put on it since would miss the message. Of a person what was will
/// do (in_doubt).
Answer<Entry> Expansion::read(const Dn& name)
{
    const auto old = directory_->old_answers();
    auto found = directory_->read(name, patience());
    const auto* const entry = std::get_if<Entry>(&found);
    if (entry == nullptr || directory_->old_answers() == old) return found;
    if (is_list(*entry)) return directory_->read_current(name, patience());
    old_ = true;
    return found;
}

Expansion::Step Expansion::next(std::size_t most, Deadline until)
{
    Portion portion;
    while (!open_.empty() && portion.addresses.size() < most) {
        if (std::chrono::steady_clock::now() >= until) break;
        auto refusal = step(portion.addresses);
        if (auto* large = std::get_if<TooLarge>(&refusal)) return std::move(*large);
        if (auto* silent = std::get_if<CannotSay>(&refusal)) return std::move(*silent);
    }
    portion.last = open_.empty();
    return portion;
}

/// One name further.
Expansion::Refusal Expansion::step(std::vector<std::string>& out)
{
    auto& level = open_.back();
    const auto take = [](auto& from) {
        auto value = std::move(from.back());
        from.pop_back();
        return value;
    };
    if (!level.found.empty()) return visit(take(level.found), out);
    if (!level.names.empty()) return follow(take(level.names), out);
    if (!level.uids.empty()) return by_uid(take(level.uids), out);
    if (level.rest) return go_on();
    if (!level.searches.empty()) return search(take(level.searches));
    open_.pop_back();
    return {};
}

Expansion::Refusal Expansion::follow(const std::string& name, std::vector<std::string>& out)
{
    const auto dn = Dn::parse(name);
    if (!dn) {
        leave_out(printable(name, 200) + ": " + dn.error().detail());
        return {};
    }
    const auto key = dn->normalized();
    if (std::ranges::any_of(open_, [&](const Level& level) { return level.key == key; })) {
        note_loop(key, short_name(*dn));
        return {};
    }
    if (lists_.contains(key) || seen_->has_object(key)) return {};
    const auto found = read(*dn);
    if (const auto* silent = std::get_if<CannotSay>(&found)) return *silent;
    if (const auto* entry = std::get_if<Entry>(&found)) return visit(*entry, out);
    leave_out(name + ": no such object");
    return {};
}

Expansion::Refusal Expansion::by_uid(const std::string& uid, std::vector<std::string>& out)
{
    const auto filter = "(uid=" + escape_filter_value(uid) + ")";
    // Asked for another one: a uid that no object can have is on no object.
    const auto old = directory_->old_answers();
    const auto found = directory_->search_for_proof(organization_, Scope::subtree, filter,
                                                    "(uid=somebody)", patience(), 10);
    old_ = old_ || directory_->old_answers() != old;
    if (!found) return CannotSay{found.error()};
    std::vector<const Entry*> people;
    for (const auto& entry : *found)
        if (!mail_address(entry).empty()) people.push_back(&entry);
    if (people.size() == 1) return visit(*people.front(), out);
    leave_out("uid " + printable(uid, 100) +
              (people.empty() ? ": no object with a mail address" : ": several objects have it"));
    return {};
}

Expansion::Refusal Expansion::search(const std::string& url)
{
    const auto wanted = parse_member_url(url);
    if (!wanted) {
        leave_out(wanted.error().detail());
        return {};
    }
    if (!wanted->base.is_within(organization_)) {
        leave_out(printable(url, 200) + ": not within " + organization_.to_rfc4514());
        return {};
    }
    // Whoever is not among them gets no copy, so that must be known of everybody.
    auto found =
        directory_->search_for_proof(wanted->base, wanted->scope, wanted->filter, wanted->filter,
                                     patience(), most_found, {.whole = true});
    if (!found && found.error().event() == EventId::filter_invalid) {
        leave_out(printable(url, 200) + ": " + found.error().detail());
        return {};
    }
    if (!found) return CannotSay{found.error()};
    auto& level = open_.back();
    // The list matches its own filter more often than not.
    std::erase_if(*found, [&](const Entry& e) { return e.dn.normalized() == level.key; });
    level.found = std::move(*found);
    return {};
}

/// The next range of the list that is open.
Expansion::Refusal Expansion::go_on()
{
    auto& level = open_.back();
    const auto rest = *std::exchange(level.rest, {});
    if (rest.next > most_names_each * limits_.members)
        return TooLarge{level.name + " names more than " +
                        std::to_string(most_names_each * limits_.members) + " objects"};
    auto found = directory_->values(rest.list, "member", rest.next, patience());
    if (auto* silent = std::get_if<CannotSay>(&found)) return std::move(*silent);
    auto* const range = std::get_if<ValueRange>(&found);
    const auto unsure = [&](const char* what) {
        return CannotSay{Error{EventId::directory_refused, rest.list.to_rfc4514() + ": " + what}};
    };
    // Who moved from one range to another meanwhile would be on neither.
    if (range == nullptr || (!rest.mark.empty() && range->mark != rest.mark))
        return unsure(
            "it was changed while its members were read, or another server gave the rest; "
            "they are read again later");
    if (range->next && *range->next <= rest.next)
        return unsure("the server gives the same members again and again");
    level.names.assign(range->values.rbegin(), range->values.rend());
    if (range->next) level.rest = {rest.list, *range->next, range->mark};
    return {};
}

Expansion::Refusal Expansion::visit(const Entry& entry, std::vector<std::string>& out)
{
    if (auto error = came_in_part(entry)) return CannotSay{std::move(*error)};
    if (is_list(entry)) return enter(entry);
    const auto key = entry.dn.normalized();
    if (!seen_->add_object(key)) return {};
    const bool begins = key == root_key_;
    // Its own copy goes where the message was addressed: there it is known to arrive.
    auto address = begins && !addressed_.empty() ? addressed_ : mail_address(entry);
    const std::string other{entry.first("altRecipient")};
    if (auto doubt = begins ? std::nullopt : in_doubt(entry)) return CannotSay{std::move(*doubt)};
    if (!begins && is_refused(entry, address)) return {};
    if (other.empty()) return emit(entry, std::move(address), out);
    if (same_word(entry.first("deliverAndRedirect"), "TRUE")) {
        if (auto refusal = emit(entry, std::move(address), out);
            !std::holds_alternative<std::monostate>(refusal))
            return refusal;
        return follow(other, out);
    }
    return redirect(entry, std::move(address), out);
}

/// Who is asked for alone says what is wrong with a redirection (40865), and waits.
Expansion::Refusal Expansion::redirect(const Entry& entry, std::string address,
                                       std::vector<std::string>& out)
{
    constexpr std::size_t most = 10;
    auto at = entry;
    std::vector<std::string> before;
    while (!is_list(at) && !at.first("altRecipient").empty() &&
           !same_word(at.first("deliverAndRedirect"), "TRUE")) {
        const auto key = at.dn.normalized();
        const bool circle = std::ranges::find(before, key) != before.end();
        const auto dn = Dn::parse(at.first("altRecipient"));
        if (circle || before.size() >= most || !dn) return emit(entry, std::move(address), out);
        before.push_back(key);
        auto found = read(*dn);
        if (auto* silent = std::get_if<CannotSay>(&found)) return std::move(*silent);
        auto* const target = std::get_if<Entry>(&found);
        if (target == nullptr || mail_address(*target).empty())
            return emit(entry, std::move(address), out);
        at = std::move(*target);
    }
    return visit(at, out);
}

Expansion::Refusal Expansion::enter(const Entry& list)
{
    const auto key = list.dn.normalized();
    const auto name = short_name(list.dn);
    if (std::ranges::any_of(open_, [&](const Level& level) { return level.key == key; })) {
        note_loop(key, name);
        return {};
    }
    const bool begins = lists_.empty() && key == root_key_;
    if (auto doubt = begins ? std::nullopt : in_doubt(list)) return CannotSay{std::move(*doubt)};
    if (!begins && (is_closed(list) || is_refused(list, mail_address(list)))) return {};
    if (!lists_.insert(key).second) return {};
    auto part = range_of(list.attributes, "member");
    if (!part)
        return CannotSay{
            Error{part.error().event(), list.dn.to_rfc4514() + ": " + part.error().detail()}};
    if (open_.size() > limits_.depth)
        return TooLarge{"lists stand in each other deeper than " + std::to_string(limits_.depth) +
                        ": " + path() + " > " + name};
    Level level{name, key, reversed(list.all("member")), reversed(list.all("memberUid"))};
    if (*part) {
        auto& range = **part;
        level.names.insert(level.names.end(), range.values.rbegin(), range.values.rend());
        if (range.next) level.rest = {list.dn, *range.next, std::move(range.mark)};
    }
    for (const auto& value : list.all("uniqueMember"))  // "DN#bits": RFC 4517 3.3.21
        level.names.push_back(value.substr(0, std::min(value.size(), value.rfind("#'"))));
    for (const auto* attribute : {"imcMemberURL", "memberURL"})
        for (const auto& value : list.all(attribute))
            level.searches.push_back(value);
    open_.push_back(std::move(level));
    return {};
}

Expansion::Refusal Expansion::emit(const Entry& entry, std::string address,
                                   std::vector<std::string>& out)
{
    const auto parsed = mail::parse_address(address);
    if (!parsed && entry.dn.normalized() == root_key_)
        // It was a list, or had an address, when the message came.
        return CannotSay{Error{EventId::value_invalid,
                               entry.dn.to_rfc4514() + " is no list and has no mail address"}};
    if (!parsed) {
        leave_out(entry.dn.to_rfc4514() +
                  (address.empty() ? ": no mail address"
                                   : ": \"" + printable(address, 100) + "\" is no address"));
        return {};
    }
    if (!seen_->add_address(*parsed)) return {};
    if (++facts_.members > limits_.members)
        return TooLarge{"it has more than " + std::to_string(limits_.members) +
                        " members (ListMembers)"};
    if (facts_.reached.size() < examples) facts_.reached.push_back({address, path()});
    out.push_back(std::move(address));
    return {};
}

std::optional<Error> Expansion::in_doubt(const Entry& entry) const
{
    if (sender_.doubts.empty() && !sender_.old && !old_) return {};
    const auto restrictions = restrictions_of(entry, old_);
    return restrictions ? undecided(*restrictions, sender_) : std::nullopt;
}

bool Expansion::is_refused(const Entry& entry, const std::string& address)
{
    if (!limits_.asks_senders) return false;
    const auto restrictions = restrictions_of(entry);
    if (!restrictions) return false;
    auto restricted = judge(*restrictions, sender_);
    if (!restricted) return false;
    refuse(entry, address, "550 5.7.1", restricted->rule + ": " + restricted->text);
    return true;
}

bool Expansion::is_closed(const Entry& list)
{
    const auto dn = list.dn.to_rfc4514();
    if (same_word(list.first("imcDisabled"), "TRUE")) {
        refuse(list, mail_address(list), "550 5.2.1",
               "imcDisabled of " + dn + ": it takes no mail");
        return true;
    }
    const auto most = octets_of(list, "imcMaxReceiveKB");
    if (most == 0 || limits_.message_octets <= most) return false;
    refuse(list, mail_address(list), "552 5.2.3",
           size_rule("imcMaxReceiveKB", dn) + ": the message has " +
               std::to_string(limits_.message_octets) + " octets, at most " + std::to_string(most));
    return true;
}

void Expansion::refuse(const Entry& entry, const std::string& address, std::string status,
                       std::string why)
{
    // Once, however many paths lead here.
    if (is_list(entry) && !lists_.insert(entry.dn.normalized()).second) return;
    ++facts_.refused;
    if (facts_.refusals.size() < examples)
        facts_.refusals.push_back(
            {address.empty() ? entry.dn.to_rfc4514() : address, std::move(why), std::move(status)});
}

void Expansion::leave_out(const std::string& what)
{
    ++facts_.left_out;
    if (facts_.missing.size() < examples) facts_.missing.push_back(what);
}

std::string Expansion::path() const
{
    std::string out;
    for (const auto& level : open_)
        if (!level.key.empty()) out += (out.empty() ? "" : " > ") + level.name;
    return out.empty() ? short_name(root_.dn) : out;
}

/// From where it begins to where it closes.
void Expansion::note_loop(const std::string& key, const std::string& name)
{
    if (facts_.loops.size() >= examples) return;
    std::string out;
    bool inside = false;
    for (const auto& level : open_) {
        inside = inside || level.key == key;
        if (inside) out += level.name + " > ";
    }
    facts_.loops.push_back(out + name);
}

Answer<ListManners> manners_of(const Entry& list, Directory& directory, const std::string& instead,
                               Deadline deadline)
{
    ListManners out;
    out.display = list.first("displayName");
    if (out.display.empty()) out.display = list.first("cn");
    const auto wish = list.first("imcReportsTo");
    for (const auto& value : list.all("owner")) {
        const auto dn = Dn::parse(value);
        if (!dn) continue;
        const auto found = directory.read(*dn, deadline);
        if (const auto* silent = std::get_if<CannotSay>(&found)) return *silent;
        if (const auto* owner = std::get_if<Entry>(&found)) out.owner = mail_address(*owner);
        if (!out.owner.empty()) break;
    }
    if (same_word(wish, "owner") && out.owner.empty()) out.owner = instead;
    if (same_word(wish, "nobody"))
        out.reports_to = ReportsTo::nobody;
    else if (same_word(wish, "owner") || (wish.empty() && !out.owner.empty()))
        out.reports_to = ReportsTo::owner;
    return out;
}

}  // namespace imc::transfer
