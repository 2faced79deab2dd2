#include "admin/newest_first.h"

#include "base/text.h"
#include "event/record_json.h"

namespace imc::admin {

std::optional<TimeCursor> parse_cursor(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == text.npos) return {};
    const auto time = parse_time(text.substr(0, slash), {});
    const auto given = parse_number(text.substr(slash + 1));
    if (!time || !given || *given > 1'000'000) return {};
    return TimeCursor{*time, *given};
}

std::string to_text(const TimeCursor& cursor)
{
    return to_rfc3339(cursor.time) + "/" + std::to_string(cursor.given);
}

}  // namespace imc::admin
