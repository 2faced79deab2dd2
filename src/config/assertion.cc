#include "config/assertion.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace imc::config {

namespace json = boost::json;

std::string_view to_string(Status status)
{
    switch (status) {
    case Status::passed: return "passed";
    case Status::warning: return "warning";
    case Status::failed: return "failed";
    case Status::not_evaluated: return "not evaluated";
    }
    return "?";
}

bool Verdict::ok() const
{
    return std::ranges::all_of(assertions, [](const Assertion& a) {
        return a.status == Status::passed || a.status == Status::warning;
    });
}

const Assertion* Verdict::deciding() const
{
    const auto with = [this](Status status) -> const Assertion* {
        const auto found = std::ranges::find(assertions, status, &Assertion::status);
        return found == assertions.end() ? nullptr : &*found;
    };
    const auto* failed = with(Status::failed);
    return failed != nullptr ? failed : with(Status::not_evaluated);
}

const Assertion* Verdict::find(std::string_view id) const
{
    const auto found = std::ranges::find(assertions, id, &Assertion::id);
    return found == assertions.end() ? nullptr : &*found;
}

namespace {

void line(std::string& out, std::string_view name, std::string_view text)
{
    if (text.empty()) return;
    std::string label{name};
    label.resize(12, ' ');
    out += "  " + label;
    for (const char c : text) {
        out += c;
        if (c == '\n') out.append(14, ' ');
    }
    out += '\n';
}

void full(std::string& out, const Assertion& a)
{
    out += std::string{a.status == Status::failed    ? "FAILED   "
                       : a.status == Status::warning ? "WARNING  "
                       : a.status == Status::passed  ? "passed   "
                                                     : "UNJUDGED "} +
           a.id + "  (event " + std::to_string(static_cast<unsigned>(a.event)) + ")\n";
    line(out, "found", a.found);
    line(out, "where", a.where);
    line(out, "expected", a.expected);
    line(out, "why", a.why);
    line(out, "fix", a.fix);
}

}  // namespace

std::string Verdict::to_text(bool all) const
{
    std::string out;
    const auto print = [&](Status status) {
        for (const auto& a : assertions)
            if (a.status == status) full(out, a);
    };
    print(Status::failed);
    // What hangs on a failure is named, not explained: the failure above is the one to mend.
    for (const auto& a : assertions)
        if (a.status == Status::not_evaluated) {
            if (all || deciding()->status != Status::failed)
                full(out, a);
            else
                out += "UNJUDGED " + a.id + "  (" + a.why + ")\n";
        }
    print(Status::warning);
    if (all) print(Status::passed);
    const auto count = [&](Status status) {
        return std::to_string(std::ranges::count(assertions, status, &Assertion::status));
    };
    out += count(Status::passed) + " passed, " + count(Status::failed) + " failed, " +
           count(Status::not_evaluated) + " not evaluated, " + count(Status::warning) +
           " warnings\n";
    return out;
}

std::vector<std::string> in_words(const Fix& fix)
{
    std::vector<std::string> out;
    for (const auto& edit : fix.modes)
        out.push_back("mode of " + edit.path + " = " + octal(edit.mode));
    if (!fix.folder.empty()) out.push_back("folder " + fix.folder + " made");
    if (!fix.registry_copy.empty()) out.push_back("registry file = " + fix.registry_copy);
    for (const auto& edit : fix.registry)
        out.push_back(edit.type.empty() ? "registry value " + edit.name + " removed"
                                        : "registry value " + edit.name + " = " + edit.data);
    for (const auto& change : fix.directory) {
        std::string what;
        for (const auto& part : change.changes)
            what += (what.empty() ? "" : ", ") + part.attribute;
        out.push_back("directory object " + change.dn.to_rfc4514() + ": " + what);
    }
    if (!fix.certificate_for.empty())
        out.push_back("certificate made anew, self-signed for " + fix.certificate_for);
    return out;
}

json::value to_json(const Assertion& a)
{
    return json::object{{"id", a.id},
                        {"event", static_cast<unsigned>(a.event)},
                        {"status", std::string{to_string(a.status)}},
                        {"found", a.found},
                        {"where", a.where},
                        {"expected", a.expected},
                        {"why", a.why},
                        {"fix", a.fix}};
}

json::value to_json(const Verdict& verdict)
{
    json::array assertions;
    for (const auto& a : verdict.assertions)
        assertions.push_back(to_json(a));
    json::object out{{"ok", verdict.ok()}, {"assertions", std::move(assertions)}};
    if (const auto* decides = verdict.deciding()) {
        out["error"] = 2140;
        out["event"] = static_cast<unsigned>(decides->event);
        out["deciding"] = decides->id;
    }
    return out;
}

}  // namespace imc::config
