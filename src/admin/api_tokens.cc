#include "admin/api_tokens.h"

#include "admin/credentials.h"
#include "admin/secret_file.h"
#include "base/text.h"
#include "directory/password.h"
#include "event/record_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;
using namespace std::chrono;

namespace {

constexpr std::string_view prefix = "imc_";
constexpr std::size_t longest_name = 60;
constexpr std::size_t most_tokens = 1000;

std::string hash_of(std::string_view text) { return to_hex(octets(sha256(text))); }

Error refused(std::string detail) { return Error{EventId::admin_refused, std::move(detail)}; }

bool is_name(std::string_view name)
{
    return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
        const char l = to_lower(c);
        return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

std::string text_of(const json::object& row, std::string_view key)
{
    const auto* value = row.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::int64_t number_of(const json::object& row, std::string_view key)
{
    const auto* value = row.if_contains(key);
    return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

json::object to_json(const ApiToken& t)
{
    return {{"name", t.name},
            {"role", name_of(t.role)},
            {"domain", t.domain},
            {"hash", t.hash},
            {"made", t.made.time_since_epoch().count()},
            {"expires", t.expires.time_since_epoch().count()},
            {"by", t.by}};
}

std::optional<ApiToken> of_json(const json::value& value)
{
    const auto* row = value.if_object();
    if (row == nullptr) return {};
    const auto role = parse_role(text_of(*row, "role"));
    ApiToken out;
    out.name = text_of(*row, "name");
    out.hash = text_of(*row, "hash");
    if (!role || !is_name(out.name) || out.hash.size() != 64) return {};
    out.role = *role;
    out.domain = text_of(*row, "domain");
    out.made = WallTime{milliseconds{number_of(*row, "made")}};
    out.expires = WallTime{milliseconds{number_of(*row, "expires")}};
    out.by = text_of(*row, "by");
    return out;
}

}  // namespace

ApiTokens::ApiTokens(std::string path, FileSystem& files, const WallClock& clock)
    : path_{std::move(path)}, files_{files}, clock_{clock}
{}

Result<> ApiTokens::judge(const Wish& wish)
{
    if (!is_name(wish.name))
        return refused("\"" + printable(wish.name, 80) +
                       "\" is no name of a token: letters, digits, '.', '_' and '-', at most 60");
    if (wish.role == Role::nobody) return refused("a token needs a role");
    if (!wish.domain.empty() && wish.role != Role::help_desk)
        return refused("only help_desk is of a domain");
    if (wish.days < 1 || wish.days > 3650) return refused("days: 1 to 3650 are expected");
    const auto tokens = list();
    if (!tokens) return tokens.error();
    if (std::ranges::find(*tokens, wish.name, &ApiToken::name) != tokens->end())
        return refused("there is a token " + wish.name + " already");
    if (tokens->size() >= most_tokens) return refused("there are 1000 tokens already");
    return {};
}

Result<ApiTokens::Made> ApiTokens::add(const Wish& wish)
{
    if (const auto sound = judge(wish); !sound) return sound.error();
    const std::lock_guard lock{mutex_};
    auto tokens = read();
    if (!tokens) return tokens.error();
    // Somebody else may have been quicker.
    if (std::ranges::find(*tokens, wish.name, &ApiToken::name) != tokens->end())
        return refused("there is a token " + wish.name + " already");
    Made out;
    out.text = std::string{prefix} + to_hex(random_octets(32));
    auto& t = out.token;
    t.name = wish.name;
    t.role = wish.role;
    t.domain = lower(wish.domain);
    t.hash = hash_of(out.text);
    t.made = clock_.now();
    t.expires = t.made + days{wish.days};
    t.by = wish.by;
    tokens->push_back(t);
    if (const auto written = write(*tokens); !written) return written.error();
    return out;
}

Result<std::vector<ApiToken>> ApiTokens::list()
{
    const std::lock_guard lock{mutex_};
    return read();
}

Result<ApiToken> ApiTokens::remove(const std::string& name)
{
    const std::lock_guard lock{mutex_};
    auto tokens = read();
    if (!tokens) return tokens.error();
    const auto found = std::ranges::find(*tokens, name, &ApiToken::name);
    if (found == tokens->end()) return refused("there is no token " + printable(name, 80));
    auto out = std::move(*found);
    tokens->erase(found);
    if (const auto written = write(*tokens); !written) return written.error();
    return out;
}

Result<ApiTokens::Seen> ApiTokens::find(std::string_view text)
{
    Seen out;
    out.why = "it is none of ours";
    if (!text.starts_with(prefix) || text.size() != prefix.size() + 64) return out;
    const auto hash = hash_of(text);
    const std::lock_guard lock{mutex_};
    const auto tokens = read_if_changed();
    if (!tokens) return tokens.error();
    for (const auto& token : **tokens) {
        if (!same_secret(token.hash, hash)) continue;
        if (token.expires <= clock_.now()) {
            out.why = "the token " + token.name + " expired at " + to_rfc3339(token.expires);
            return out;
        }
        out.first = used_.insert(hash).second;
        out.token = token;
        out.why.clear();
        return out;
    }
    return out;
}

bool ApiTokens::holds(const std::string& hash) const
{
    const auto tokens = last();
    if (!tokens) return true;
    const auto found = std::ranges::find(*tokens, hash, &ApiToken::hash);
    return found != tokens->end() && found->expires > clock_.now();
}

void ApiTokens::look()
{
    const std::lock_guard lock{mutex_};
    (void)read_if_changed();
}

ApiTokens::Tokens ApiTokens::last() const
{
    const std::lock_guard lock{last_mutex_};
    return last_;
}

Result<ApiTokens::Tokens> ApiTokens::read_if_changed()
{
    // A file that was written a moment ago could be written again without looking another one.
    constexpr auto settled = 2s;
    const auto status = files_.status(path_);
    const auto same = [](const FileStatus& a, const FileStatus& b) {
        return a.inode == b.inode && a.size == b.size && a.modified_ns == b.modified_ns &&
               a.mode == b.mode && a.owner == b.owner;
    };
    if (auto known = last(); known && status && read_at_ && same(*status, *read_at_)) return known;
    auto tokens = read();
    if (!tokens) return tokens.error();
    read_at_.reset();
    if (status &&
        system_clock::now().time_since_epoch() - nanoseconds{status->modified_ns} > settled)
        read_at_ = *status;
    auto now = std::make_shared<const std::vector<ApiToken>>(std::move(*tokens));
    const std::lock_guard lock{last_mutex_};
    last_ = now;
    return Tokens{now};
}

Result<std::vector<ApiToken>> ApiTokens::read()
{
    const auto content = read_secret(files_, path_);
    if (!content) return content.error();
    std::vector<ApiToken> out;
    if (!*content) return out;
    for (const auto line : split(**content, '\n')) {
        if (line.empty()) continue;
        boost::system::error_code failure;
        const auto row = json::parse(line, failure);
        auto token = failure ? std::nullopt : of_json(row);
        if (!token)
            return Error{EventId::admin_secret_unusable,
                         path_ + ": line " + std::to_string(out.size() + 1) + " is no token"};
        out.push_back(std::move(*token));
    }
    return out;
}

Result<> ApiTokens::write(const std::vector<ApiToken>& tokens)
{
    std::string content;
    for (const auto& token : tokens)
        content += json::serialize(to_json(token)) + "\n";
    return write_secret(files_, path_, content);
}

}  // namespace imc::admin
