#include "admin/audit_filter.h"

#include "admin/desk.h"
#include "base/text.h"
#include "event/record_json.h"

#include <algorithm>

namespace imc::admin {

namespace json = boost::json;

namespace {

/// Each reading begins at the newest line again: few of them, of bounded size.
constexpr std::size_t lines_at_once = 10'000;

std::string_view audited_text(const json::object& line, const char* key)
{
    const auto* found = line.if_contains(key);
    const auto* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string_view{} : std::string_view{*text};
}

bool has_part(std::string_view text, std::string_view part)
{
    return part.empty() || !std::ranges::search(text, part, {}, to_lower, to_lower).empty();
}

std::uint64_t number_of_line(const json::object& line)
{
    const auto* found = line.if_contains("number");
    return found == nullptr ? 0 : found->to_number<std::uint64_t>();
}

}  // namespace

bool AuditFilter::fits(const json::object& line) const
{
    return (has_part(audited_text(line, "who"), who) ||
            has_part(audited_text(line, "from"), who)) &&
           has_part(audited_text(line, "object"), object) &&
           has_part(audited_text(line, "action"), action) && !is_before(line);
}

bool AuditFilter::is_before(const json::object& line) const
{
    if (!since) return false;
    const auto time = parse_time(audited_text(line, "time"), {});
    return time && *time < *since;
}

Result<AuditFilter> audit_filter_of(const Request& request)
{
    AuditFilter out{request.first("who"), request.first("object"), request.first("action"), {}};
    const auto since = time_asked(request, "since");
    if (!since) return since.error();
    out.since = *since;
    return out;
}

Result<AuditPage> page_of_audit(Audit& audit, const AuditFilter& filter, std::uint64_t before,
                                std::size_t most)
{
    AuditPage out;
    const auto at_once = filter.empty() ? most : std::max(most, lines_at_once);
    while (true) {
        auto found = audit.read(before, at_once);
        if (!found) return found.error();
        for (auto& line : *found) {
            if (filter.is_before(line)) return out;
            before = number_of_line(line);
            if (!filter.fits(line)) continue;
            out.lines.push_back(std::move(line));
            if (out.lines.size() < most) continue;
            out.next = before > 1 ? before : 0;
            return out;
        }
        if (found->size() < at_once) return out;
    }
}

}  // namespace imc::admin
