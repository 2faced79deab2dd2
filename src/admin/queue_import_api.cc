#include "admin/queue_import_api.h"

#include "admin/exported_message.h"
#include "admin/noted.h"
#include "admin/store_with_copy.h"
#include "admin/text_sum.h"
#include "base/offload.h"
#include "base/text.h"
#include "mail/trace.h"
#include "queue/views.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <map>

namespace imc::admin {

namespace net = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t most_at_once = 8;
constexpr std::size_t most_reason = 400;
constexpr std::uint64_t trace_octets = 4096;  // our own lines, which no size limit counted

Error refused(const std::string& what) { return Error{EventId::admin_refused, what}; }

/// One on its way in. Of the executor's thread, but for what is offloaded meanwhile.
struct Import {
    Exported exported;
    bool hold = false, dry_run = false;
    std::string text;  ///< the beginning, at most spool::large_octets
    std::unique_ptr<spool::TextWriter> rest = {};
    std::uint64_t octets = 0;
    TextSum sum = {};
    bool lines_end_crlf = true;
    char last = '\n';  ///< octet that came; as if a line had ended
    bool first = true;
    bool busy = false;
    std::shared_ptr<net::steady_timer> timer = {};
};
using ImportPtr = std::shared_ptr<Import>;

struct Desk {
    ImportParts parts;
    net::any_io_executor executor;
    std::uint64_t last = 0;
    std::map<std::uint64_t, ImportPtr> imports = {};
};
using DeskPtr = std::shared_ptr<Desk>;

void forget(Desk& desk, std::uint64_t number)
{
    const auto found = desk.imports.find(number);
    if (found == desk.imports.end()) return;
    found->second->timer->cancel();
    desk.imports.erase(found);
}

void wait_for_more(const DeskPtr& desk, std::uint64_t number, Import& import)
{
    import.timer->expires_after(desk->parts.patience);
    import.timer->async_wait([weak = std::weak_ptr{desk}, number](boost::system::error_code more) {
        const auto there = weak.lock();
        if (there && !more) forget(*there, number);
    });
}

void watch_lines(Import& import, std::string_view piece)
{
    for (const char c : piece) {
        const bool after_cr = !import.first && import.last == '\r';
        if ((c == '\n') != after_cr) import.lines_end_crlf = false;
        import.last = c;
        import.first = false;
    }
}

/// Blocks.
Result<> append(spool::Spool& spool, Import& import, std::string_view piece)
{
    watch_lines(import, piece);
    import.sum.append(piece);
    import.octets += piece.size();
    const auto room = spool::large_octets - import.text.size();
    import.text += piece.substr(0, room);
    if (piece.size() <= room) return {};
    if (!import.rest) {
        auto begun = spool.begin_text();
        if (!begun) return begun.error();
        import.rest = std::move(*begun);
    }
    return import.rest->append(piece.substr(room));
}

/// What is wrong with the whole of it.
std::optional<Error> flaw_of(Import& import, const config::Config& config)
{
    const auto& said = import.exported;
    if (import.octets != said.octets)
        return refused("a text of " + std::to_string(import.octets) + " octets found; " +
                       std::to_string(said.octets) + ", as its envelope says, expected");
    if (const auto sum = import.sum.hex(); !said.sha256.empty() && sum != said.sha256)
        return refused("a text with the SHA-256 " + sum + " found; " + said.sha256 +
                       ", as its envelope says, expected: it is not what was exported");
    if (said.sha256.empty() && (!import.lines_end_crlf || import.last != '\n'))
        return refused("a text with a line that does not end CRLF found, and no \"sha256\" in its "
                       "envelope that says it was like that; lines that end CRLF expected");
    if (const auto hops = mail::count_received(import.text); hops > config.max_hops)
        return refused(std::to_string(hops) + " Received lines found; at most " +
                       std::to_string(config.max_hops) +
                       " (MaxHops) expected: the message goes round in circles");
    return {};
}

/// Whether somebody still waits for the message that was exported.
bool is_still_there(const queue::Queue& queue, const Exported& message)
{
    const auto there = queue::Views{queue}.whole(message.id);
    if (!there || there->envelope.sender != message.envelope.sender ||
        there->envelope.arrived_at != message.envelope.arrived_at)
        return false;
    return !std::ranges::all_of(there->terms, &queue::Terms::is_deleted);
}

CameBack::Origin origin_of(const Exported& message)
{
    return CameBack::origin(message.id, message.envelope);
}

/// Why it may not be stored now.
std::optional<Response> conflict(const Desk& desk, const Exported& message)
{
    const auto was = message.id.to_string();
    if (!desk.parts.loaded())
        return Response::error(refused("the spool is still read, and may hold message " + was +
                                       "; try again when imc queue ls says that it is whole"),
                               503);
    if (is_still_there(desk.parts.queue, message))
        return Response::error(refused("message " + was +
                                       " is still in the queue, and would be sent twice; imc "
                                       "queue delete " +
                                       was + " first"),
                               409);
    const auto back = desk.parts.came_back.find(origin_of(message));
    if (!back) return {};
    if (back->number == 0)
        return Response::error(refused("message " + was + " is being imported"), 409);
    const auto there = queue::Views{desk.parts.queue}.whole(*back);
    if (!there || std::ranges::all_of(there->terms, &queue::Terms::is_deleted)) return {};
    const auto now = back->to_string();
    return Response::error(refused("message " + was + " came back as " + now +
                                   ", which is still in the queue; it would be sent twice"),
                           409);
}

std::vector<spool::Evidence> evidence_of(const Exported& message)
{
    std::vector<spool::Evidence> out{CameBack::evidence(message.id)};
    for (std::uint32_t i = 0; i < message.terms.size(); ++i)
        if (message.terms[i] != queue::Terms{})
            out.push_back({queue::evidence_key(i), queue::to_evidence(message.terms[i])});
    std::ranges::sort(out, {}, &spool::Evidence::key);
    return out;
}

json::object answer_of(const Import& import, const std::string& id)
{
    const auto& message = import.exported;
    json::object out{{"id", message.id.to_string()},
                     {"sender", message.envelope.sender},
                     {"recipients", message.envelope.recipients.size()},
                     {"deleted", message.deleted},
                     {"octets", message.octets},
                     {"held", import.hold}};
    if (import.dry_run)
        out["dry_run"] = true;
    else
        out["message"] = id;
    return out;
}

Result<ImportPtr> begin(const Desk& desk, const Request& request)
{
    const auto* const body = request.body.if_object();
    const auto* const envelope = body != nullptr ? body->if_contains("envelope") : nullptr;
    if (envelope == nullptr || !envelope->is_object())
        return refused("no \"envelope\" found; that of docs/formats/queue-export.md expected");
    const auto import = std::make_shared<Import>();
    std::string reason;
    for (const auto& [key, value] : *body) {
        if (key == "envelope") continue;
        if ((key == "hold" || key == "dry_run") && value.is_bool())
            (key == "hold" ? import->hold : import->dry_run) = value.as_bool();
        else if (key == "text" && value.is_string())
            reason = std::string{value.as_string()};
        else
            return refused("\"" + printable(std::string{key}, 60) +
                           "\" found; \"hold\" and \"dry_run\", true or false, and \"text\" "
                           "expected");
    }
    if (reason.size() > most_reason || std::ranges::any_of(reason, is_control) || !is_utf8(reason))
        return refused("\"text\" has " + std::to_string(reason.size()) +
                       " octets; one line of UTF-8 of at most " + std::to_string(most_reason) +
                       " expected");
    if (request.dry_run()) import->dry_run = true;
    auto exported = read_exported(envelope->as_object(), desk.parts.clock.now());
    if (!exported) return exported.error();
    const auto config = desk.parts.config();
    if (exported->octets > config->message_octets + trace_octets)
        return refused("a text of " + std::to_string(exported->octets) + " octets found; at most " +
                       std::to_string(config->message_octets) + " expected (size limit)");
    if (exported->envelope.recipients.size() > config->max_recipients)
        return refused(std::to_string(exported->envelope.recipients.size()) +
                       " recipients found; at most " + std::to_string(config->max_recipients) +
                       " (MaxRecipientsPerMessage) expected");
    for (auto& terms : exported->terms) {
        if (!import->hold) continue;
        terms.held_until = WallTime::max();
        terms.by = request.by();
        terms.text = reason.empty() ? "imported; it was " + exported->id.to_string() : reason;
    }
    import->exported = std::move(*exported);
    return import;
}

net::awaitable<Response> open(DeskPtr desk, Request request)
{
    auto begun = begin(*desk, request);
    if (!begun) co_return Response::error(begun.error());
    if (desk->imports.size() >= most_at_once)
        co_return Response::error(refused("8 imports are under way; wait for one to end"), 503);
    const auto number = ++desk->last;
    auto& import = **begun;
    import.timer = std::make_shared<net::steady_timer>(desk->executor);
    desk->imports.emplace(number, *begun);
    wait_for_more(desk, number, import);
    co_return Response::json(json::object{{"number", number}});
}

/// Takes one that nobody else is at; a refusal is left in `response`.
ImportPtr take(Desk& desk, const Request& request, Response& response)
{
    const auto& word = request.parameters.at("number");
    const auto number = parse_number(word);
    const auto found = number ? desk.imports.find(*number) : desk.imports.end();
    if (found == desk.imports.end()) {
        response = Response::error(
            refused("no import '" + printable(word, 40) +
                    "'; one that hears nothing for a minute, or is refused, is forgotten"),
            404);
        return {};
    }
    if (found->second->busy) {
        response = Response::error(refused("import " + word + " is at work"), 409);
        return {};
    }
    found->second->busy = true;
    found->second->timer->cancel();
    return found->second;
}

net::awaitable<Response> piece(DeskPtr desk, Request request)
{
    Response wrong;
    const auto import = take(*desk, request, wrong);
    if (!import) co_return wrong;
    const auto number = *parse_number(request.parameters["number"]);
    const auto at = parse_number(request.first("at"));
    std::optional<Error> flaw;
    if (!at || *at != import->octets)
        flaw = refused("at=" + printable(request.first("at"), 40) + " found; " +
                       std::to_string(import->octets) + " expected");
    else if (request.octets.size() > import->exported.octets - import->octets)
        flaw = refused("more than the " + std::to_string(import->exported.octets) +
                       " octets found that its envelope tells of");
    if (!flaw) {
        auto& spool = desk->parts.spool;
        const auto write = [&spool, &import, &request] {
            return append(spool, *import, request.octets);
        };
        auto written = co_await offload(desk->parts.background, write);
        if (!written) flaw = written.error();
    }
    import->busy = false;
    if (flaw) {
        forget(*desk, number);
        co_return Response::error(*flaw, flaw->event() == EventId::admin_refused ? 400 : 503);
    }
    wait_for_more(desk, number, *import);
    co_return Response::json(json::object{{"octets", import->octets}});
}

net::awaitable<Response> store(DeskPtr desk, Request request)
{
    Response wrong;
    const auto import = take(*desk, request, wrong);
    if (!import) co_return wrong;
    forget(*desk, *parse_number(request.parameters["number"]));
    if (request.dry_run()) import->dry_run = true;
    const auto& parts = desk->parts;
    if (const auto flaw = flaw_of(*import, *parts.config())) co_return Response::error(*flaw);
    const auto was = import->exported.id.to_string();
    if (auto refusal = conflict(*desk, import->exported)) co_return std::move(*refusal);
    if (import->dry_run) co_return Response::json(answer_of(*import, {}));
    const auto is_there = [&parts](spool::MessageId id) {
        return queue::Views{parts.queue}.whole(id).has_value();
    };
    parts.came_back.forget_those_that_left(is_there);
    const auto origin = origin_of(import->exported);
    parts.came_back.begin(origin);
    spool::NewMessage message;
    message.envelope = import->exported.envelope;
    message.evidence = evidence_of(import->exported);
    if (import->rest) {
        const auto finish = [&import] { return import->rest->finish(); };
        auto finished = co_await offload(parts.background, finish);
        if (!finished) {
            parts.came_back.forget(origin);
            co_return Response::error(finished.error(), 503);
        }
    }
    message.body =
        spool::Body{std::make_shared<const std::string>(std::move(import->text)),
                    import->rest ? import->rest->read_back() : std::shared_ptr<const OctetsFile>{}};
    message.rest = std::move(import->rest);
    spool::Envelope for_queue = message.envelope;
    spool::Body for_first_attempt = message.body;
    const auto evidence = message.evidence;
    const queue::CopyKeeper::Before before{import->exported.id,
                                           import->exported.envelope.arrived_at};
    const auto stored = co_await store_with_copy(parts.spool, parts.copies, parts.background,
                                                 std::move(message), before);
    if (!stored) {
        parts.came_back.forget(origin);
        co_return Response::error(stored.error(), 503);
    }
    parts.came_back.stored(origin, *stored);
    const auto id = stored->to_string();
    const auto by = request.by();
    const auto words = "import by " + by + ": it was " + was + (import->hold ? "; held" : "");
    parts.hand_over(*stored, std::move(for_queue), std::move(for_first_attempt), evidence, words);
    parts.events.raise(EventId::queue_administered,
                       {{"verb", "import"},
                        {"recipients", std::to_string(import->exported.envelope.recipients.size())},
                        {"messages", "1"},
                        {"selected", "an exported message that was " + was},
                        {"by", by},
                        {"action", "0"},
                        {"detail", "queued as " + id + (import->hold ? ", held" : "")}});
    auto answer = Response::json(answer_of(*import, id));
    answer.came_of = Change{"queue.import", was, nullptr, json::object{{"message", id}},
                            "imc queue delete " + id};
    co_return answer;
}

/// "number" is of this import, and of nothing that anybody finds later.
net::awaitable<Response> store_noted(DeskPtr desk, Request request)
{
    const auto number = parse_number(request.parameters["number"]);
    const auto found = number ? desk->imports.find(*number) : desk->imports.end();
    Response answer;
    if (found == desk->imports.end() || found->second->busy || request.dry_run() ||
        found->second->dry_run) {
        answer = co_await store(desk, std::move(request));
        co_return answer;
    }
    const auto& exported = found->second->exported;
    Change change{"queue.import", exported.id.to_string(), "elsewhere, or deleted",
                  json::object{{"sender", exported.envelope.sender},
                               {"recipients", exported.envelope.recipients.size()},
                               {"octets", exported.octets},
                               {"held", found->second->hold}},
                  ""};
    Handler work = [desk](Request r) { return store(desk, std::move(r)); };
    answer = co_await noted(std::move(request), std::move(change), std::move(work));
    co_return answer;
}

}  // namespace

void add_queue_import_api(Server& server, ImportParts parts, net::any_io_executor executor)
{
    const auto desk = std::make_shared<Desk>(Desk{std::move(parts), std::move(executor)});
    server.add("POST", "/api/v1/queue-imports",
               [desk](Request r) { return open(desk, std::move(r)); });
    server.add("POST", "/api/v1/queue-imports/{number}/text",
               [desk](Request r) { return piece(desk, std::move(r)); });
    server.add(
        "POST", "/api/v1/queue-imports/{number}/store",
        [desk](Request r) { return store_noted(desk, std::move(r)); },
        noted_by_handler("POST", "/api/v1/queue-imports/{number}/store"));
}

}  // namespace imc::admin
