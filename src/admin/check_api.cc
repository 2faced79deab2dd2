#include "admin/check_api.h"

#include "event/catalogue.h"

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

std::string joined(const std::vector<std::string>& texts)
{
    std::string out;
    for (const auto& text : texts)
        out += (out.empty() ? "" : "; ") + text;
    return out;
}

json::value fix_json(const config::Assertion& a)
{
    if (a.status == config::Status::passed || (a.fix.empty() && !a.automatic.possible()))
        return nullptr;
    return json::object{{"command", a.fix},
                        {"what", joined(in_words(a.automatic))},
                        {"automatic", a.automatic.possible()}};
}

json::object assertion_json(const config::Assertion& a)
{
    return {{"id", a.id},
            {"event", static_cast<unsigned>(a.event)},
            {"symbol", info(a.event).symbol},
            {"status", to_string(a.status)},
            {"found", a.found},
            {"where", a.where},
            {"expected", a.expected},
            {"why", a.why},
            {"fix", fix_json(a)}};
}

/// Those that the request means, and that can be mended.
std::vector<const config::Assertion*> mendable(const config::Verdict& verdict,
                                               const std::string& wanted)
{
    std::vector<const config::Assertion*> out;
    for (const auto& a : verdict.assertions)
        if (a.status != config::Status::passed && a.automatic.possible() &&
            (wanted.empty() || a.id == wanted))
            out.push_back(&a);
    return out;
}

Response answer(const CheckParts::Mended& mended, const Paths& paths)
{
    if (mended.failure && mended.done.empty()) return refused(*mended.failure);
    auto out = change_answer(mended.done.empty() ? "nothing had to be changed any more"
                                                 : joined(mended.done),
                             mended.undo, paths);
    out["changed"] = to_array(mended.done);
    out["check"] = verdict_json(mended.verdict);
    if (mended.failure) out["failure"] = mended.failure->to_string();
    return Response::json(out);
}

Prepared fix(const CheckParts& parts, const Paths& paths, const Request& request)
{
    Body body{request};
    const auto wanted = body.text("assertion");
    if (const auto flaw = body.flaw(); !flaw) return {refused(flaw.error())};
    const auto verdict = parts.verdict(request.asked_at);
    if (!wanted.empty() && verdict.find(wanted) == nullptr)
        return {
            Response::error(bad_request("there is no assertion " + printable(wanted, 80)), 404)};
    const auto found = mendable(verdict, wanted);
    if (found.empty())
        return {Response::error(Error{EventId::nothing_to_mend,
                                      wanted.empty()
                                          ? "the check found nothing that a command could decide"
                                          : wanted + " has no such mend"},
                                409)};
    Prepared out;
    if (request.dry_run()) {
        std::vector<std::string> would;
        for (const auto* a : found) {
            const auto words = in_words(a->automatic);
            would.insert(would.end(), words.begin(), words.end());
        }
        auto said = dry_answer("would be mended: " + joined(would));
        said["changed"] = to_array(would);
        said["check"] = verdict_json(verdict);
        out.answer = Response::json(said);
        return out;
    }
    out.note = mend_change(verdict, wanted);
    out.carry_out = [mend = parts.mend, wanted, paths] { return answer(mend(wanted), paths); };
    return out;
}

}  // namespace

Change mend_change(const config::Verdict& verdict, const std::string& wanted)
{
    json::object before, after;
    for (const auto* a : mendable(verdict, wanted)) {
        before[a->id] = a->found;
        after[a->id] = joined(in_words(a->automatic));
    }
    return {"check.fix", wanted.empty() ? "all" : wanted, std::move(before), std::move(after), ""};
}

json::object verdict_json(const config::Verdict& verdict)
{
    const auto* decides = verdict.deciding();
    json::array assertions;
    for (const auto& a : verdict.assertions)
        assertions.push_back(assertion_json(a));
    json::object out{{"passed", verdict.ok()}, {"deciding", nullptr}, {"event", nullptr}};
    if (decides != nullptr) {
        out["deciding"] = decides->id;
        out["event"] = static_cast<unsigned>(decides->event);
    }
    out["assertions"] = std::move(assertions);
    return out;
}

void add_check_api(Desk& desk, CheckParts all)
{
    const auto parts = std::make_shared<const CheckParts>(std::move(all));
    auto in_turn = desk.in_turn();
    in_turn.read("/api/v1/check", [parts](const Request& r) {
        return Response::json(verdict_json(parts->verdict(r.asked_at)));
    });
    in_turn.change("POST", "/api/v1/check/fix", [parts, paths = desk.paths()](const Request& r) {
        return fix(*parts, paths, r);
    });
}

}  // namespace imc::admin
