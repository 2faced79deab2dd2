#include "admin/desk.h"

#include "admin/readable.h"
#include "base/files.h"
#include "base/offload.h"
#include "base/text.h"
#include "event/change_note.h"
#include "event/record_json.h"

#include <boost/json/serialize.hpp>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t most_of_a_page = 1000;
constexpr std::size_t most_in_turn = 16;

Response readable_answer(Response response)
{
    const bool json = response.content_type.find("json") != std::string::npos;
    response.body = readable(std::move(response.body), json);
    return response;
}

/// One of those that are there, until it is answered.
class Turn {
public:
    explicit Turn(std::shared_ptr<Turns> turns) : turns_{std::move(turns)}
    {
        if (!turns_ || turns_->taken.fetch_add(1) < most_in_turn) return;
        turns_->taken.fetch_sub(1);
        turns_.reset();
        is_one_too_many_ = true;
    }
    ~Turn()
    {
        if (turns_) turns_->taken.fetch_sub(1);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    bool is_one_too_many() const { return is_one_too_many_; }

private:
    std::shared_ptr<Turns> turns_;
    bool is_one_too_many_ = false;
};

Response come_again()
{
    auto out = Response::error(
        Error{EventId::admin_refused,
              std::to_string(most_in_turn) + " checks and plans are asked for already; come again"},
        503);
    out.headers.emplace_back("Retry-After", "30");
    return out;
}

net::awaitable<Response> answer(net::thread_pool& pool, std::shared_ptr<Turns> turns,
                                std::shared_ptr<const Desk::Read> work, Request request)
{
    const Turn turn{std::move(turns)};
    if (turn.is_one_too_many()) co_return come_again();
    request.asked_at = std::chrono::steady_clock::now();
    const auto ask = [&work, &request] { return readable_answer((*work)(request)); };
    auto response = co_await offload(pool, ask);
    co_return response;
}

/// Only root and the service's user speak on the Unix socket; a command of theirs says what it is.
std::string said_by_command(const Request& request, const char* header)
{
    return request.caller.by == Caller::By::socket ? request.header(header) : std::string{};
}

std::string command_of(const Request& request)
{
    const auto command = said_by_command(request, "imc-command");
    return command.empty() ? request.method + " " + request.path : command;
}

std::string user_of(const Request& request)
{
    const auto user = said_by_command(request, "imc-user");
    return user.empty() ? request.by() : user;
}

net::awaitable<Response> change(net::thread_pool& pool, std::shared_ptr<Turns> turns,
                                std::shared_ptr<const Desk::Prepare> work, Request request)
{
    const Turn turn{std::move(turns)};
    if (turn.is_one_too_many()) co_return come_again();
    request.asked_at = std::chrono::steady_clock::now();
    const auto prepare = [&work, &request] { return (*work)(request); };
    auto prepared = co_await offload(pool, prepare);
    if (!prepared.carry_out) co_return readable_answer(std::move(prepared.answer));
    auto note = prepared.note;
    const auto noted = co_await request.note(std::move(note));
    if (!noted) co_return Response::error(noted.error(), 503);
    const auto carry_out = [&prepared, &request] {
        const OnBehalf somebody{user_of(request), command_of(request)};
        return readable_answer(prepared.carry_out());
    };
    auto response = co_await offload(pool, carry_out);
    co_await request.ended(*noted, prepared.note, response);
    co_return response;
}

/// Plain names of files in backup/: nothing that leads elsewhere.
bool is_file_name(std::string_view name)
{
    return !name.empty() && name.size() <= 200 && name.front() != '.' &&
           name.find('/') == name.npos && name.find('\0') == name.npos;
}

}  // namespace

namespace {

Handler blocking(net::thread_pool& pool, std::shared_ptr<Turns> turns, Desk::Read work)
{
    auto shared = std::make_shared<const Desk::Read>(std::move(work));
    return [&pool, turns = std::move(turns), shared = std::move(shared)](Request r) {
        return answer(pool, turns, shared, std::move(r));
    };
}

}  // namespace

Desk Desk::in_turn() const
{
    Desk out{server_, turns_ ? turns_->pool : pool_, paths_, turns_};
    out.bound_ = turns_;
    return out;
}

void Desk::read(const std::string& pattern, Read work, Role role)
{
    server_.add("GET", pattern, blocking(pool_, bound_, std::move(work)),
                Access{role, Audited::never, true});
}

void Desk::ask(const std::string& pattern, Read work, Role role)
{
    server_.add("POST", pattern, blocking(pool_, bound_, std::move(work)),
                Access{role, Audited::never, true});
}

void Desk::change(const std::string& method, const std::string& pattern, Prepare work, Role role)
{
    auto shared = std::make_shared<const Prepare>(std::move(work));
    server_.add(
        method, pattern,
        [&pool = pool_, turns = bound_, shared](Request r) {
            return admin::change(pool, turns, shared, std::move(r));
        },
        Access{role, Audited::by_handler, true});
}

Handler on_pool(net::thread_pool& pool, Desk::Read work)
{
    return blocking(pool, nullptr, std::move(work));
}

Response refused(const Error& error)
{
    switch (error.event()) {
    case EventId::directory_no_such_object:
    case EventId::generation_missing:
    case EventId::quarantine_no_such:
    case EventId::badmail_no_such: return Response::error(error, 404);
    case EventId::directory_object_exists:
    case EventId::directory_address_taken:
    case EventId::config_moved_on:
    case EventId::change_waits_to_be_kept: return Response::error(error, 409);
    case EventId::directory_unreachable:
    case EventId::registry_locked:
    case EventId::dns_cannot_say:
    case EventId::service_held: return Response::error(error, 503);
    case EventId::tracking_read_failed:
    case EventId::registry_unreadable:
    case EventId::registry_unwritable:
    case EventId::folder_unusable:
    case EventId::badmail_failed:
    case EventId::quarantine_failed: return Response::error(error, 500);
    default: return Response::error(error, 400);
    }
}

Error bad_request(std::string detail) { return Error{EventId::admin_refused, std::move(detail)}; }
Response bad(std::string detail) { return Response::error(bad_request(std::move(detail)), 400); }

Body::Body(const Request& request)
{
    if (request.body.is_null()) return;
    object_ = request.body.if_object();
    if (object_ == nullptr) flaw_ = "the body is no JSON object";
}

const json::value* Body::find(const char* name) const
{
    const auto* found = object_ == nullptr ? nullptr : object_->if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

bool Body::has(const char* name) const { return find(name) != nullptr; }

void Body::wrong(const char* name, const char* expected)
{
    if (flaw_.empty()) flaw_ = std::string{"\""} + name + "\": " + expected + " expected";
}

std::string Body::text(const char* name)
{
    const auto* found = find(name);
    if (found == nullptr) return {};
    if (found->is_string()) return std::string{found->get_string()};
    wrong(name, "a text");
    return {};
}

std::vector<std::string> Body::texts(const char* name)
{
    const auto* found = find(name);
    if (found == nullptr) return {};
    if (found->is_string()) return {std::string{found->get_string()}};
    std::vector<std::string> out;
    if (const auto* list = found->if_array())
        for (const auto& one : *list) {
            if (!one.is_string()) break;
            out.emplace_back(one.get_string());
        }
    if (!found->is_array() || out.size() != found->get_array().size())
        wrong(name, "a list of texts");
    return out;
}

std::optional<std::uint64_t> Body::number(const char* name)
{
    const auto* found = find(name);
    if (found == nullptr) return {};
    if (found->is_uint64()) return found->get_uint64();
    if (found->is_int64() && found->get_int64() >= 0)
        return static_cast<std::uint64_t>(found->get_int64());
    wrong(name, "a whole number");
    return {};
}

bool Body::flag(const char* name)
{
    const auto* found = find(name);
    if (found == nullptr) return false;
    if (found->is_bool()) return found->get_bool();
    wrong(name, "true or false");
    return false;
}

Result<> Body::flaw() const
{
    if (flaw_.empty()) return {};
    return bad_request(flaw_);
}

Result<PageAsked> page_asked(const Request& request)
{
    PageAsked out;
    out.after = request.first("after");
    if (const auto limit = request.first("limit"); !limit.empty()) {
        const auto number = parse_number(limit);
        if (!number || *number == 0 || *number > most_of_a_page)
            return bad_request("limit: \"" + printable(limit, 40) + "\" found, 1 to " +
                               std::to_string(most_of_a_page) + " expected");
        out.limit = *number;
    }
    return out;
}

Result<std::optional<WallTime>> time_asked(const Request& request, const char* name)
{
    const auto text = request.first(name);
    if (text.empty()) return std::optional<WallTime>{};
    const auto time = parse_time(text, wall_clock().now());
    if (time) return time;
    return bad_request(std::string{name} + ": \"" + printable(text, 80) +
                       "\" is no time; 2026-11-24, 2026-11-24T12:00, 90m, 24h or 7d expected");
}

void Lines::add(const json::object& line) { text_ += json::serialize(line) + "\n"; }

json::array to_array(std::span<const std::string> texts)
{
    json::array out;
    for (const auto& text : texts)
        out.emplace_back(text);
    return out;
}

json::value to_json(const std::vector<UndoStep>& steps)
{
    if (steps.empty()) return nullptr;
    json::array out;
    for (const auto& step : steps)
        out.push_back(json::object{{step.kind, step.name}});
    return out;
}

Result<std::vector<UndoStep>> undo_steps(const json::value& value)
{
    std::vector<UndoStep> out;
    const auto* list = value.if_array();
    if (list == nullptr || list->empty() || list->size() > 100)
        return bad_request("\"steps\": a list of steps expected, as \"undo_by\" of an answer");
    for (const auto& one : *list) {
        const auto* object = one.if_object();
        const auto* text = object != nullptr && object->size() == 1
                               ? object->begin()->value().if_string()
                               : nullptr;
        const std::string kind = text != nullptr ? std::string{object->begin()->key()} : "";
        const std::string name = text != nullptr ? std::string{*text} : "";
        const bool sound = (kind == "directory" && name.starts_with("directory-")) ||
                           (kind == "registry" && name.starts_with("registry-"));
        if (!sound || !is_file_name(name))
            return bad_request("a step {\"directory\":FILE} or {\"registry\":COPY} expected, each "
                               "the name of a file in backup/");
        out.push_back({kind, name});
    }
    return out;
}

std::vector<UndoStep> steps_of(const std::string& command, const Paths& paths)
{
    std::vector<UndoStep> out;
    std::string_view rest{command};
    while (!rest.empty()) {
        const auto end = rest.find(" && ");
        auto part = rest.substr(0, end);
        rest = end == rest.npos ? std::string_view{} : rest.substr(end + 4);
        const auto option = paths.option();
        if (part.ends_with(option)) part.remove_suffix(option.size());
        constexpr std::string_view restore = "imc reg restore ", import = "imc dir import ";
        UndoStep step;
        if (part.starts_with(restore))
            step = {"registry", std::string{part.substr(restore.size())}};
        else if (part.starts_with(import)) {
            auto file = part.substr(import.size());
            if (file.size() > 2 && file.front() == '\'' && file.back() == '\'')
                file = file.substr(1, file.size() - 2);
            step = {"directory", std::string{file.substr(file.rfind('/') + 1)}};
        }
        if (!is_file_name(step.name)) return {};
        out.push_back(std::move(step));
    }
    return out;
}

json::object change_answer(const std::string& done, const std::string& undo, const Paths& paths)
{
    return {{"done", done},
            {"undo", undo.empty() ? json::value(nullptr) : json::value(undo)},
            {"undo_by", to_json(steps_of(undo, paths))},
            {"dry_run", false}};
}

json::object dry_answer(const std::string& would)
{
    return {{"done", would}, {"undo", nullptr}, {"undo_by", nullptr}, {"dry_run", true}};
}

}  // namespace imc::admin
