#include "event/record_json.h"

#include "base/text.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>

namespace imc {
namespace {

namespace json = boost::json;

std::optional<EventType> type_of(std::string_view text)
{
    for (const auto type : {EventType::information, EventType::warning, EventType::error,
                            EventType::success_audit, EventType::failure_audit})
        if (to_string(type) == text) return type;
    return {};
}

}  // namespace

std::string to_rfc3339(WallTime time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    // By hand: two of them in each message that comes and goes, and snprintf takes its time.
    std::string text = "0000-00-00T00:00:00.000Z";
    put_number(text, 0, 4, static_cast<int>(date.year()));
    put_number(text, 5, 2, static_cast<unsigned>(date.month()));
    put_number(text, 8, 2, static_cast<unsigned>(date.day()));
    put_number(text, 11, 2, clock.hours().count());
    put_number(text, 14, 2, clock.minutes().count());
    put_number(text, 17, 2, clock.seconds().count());
    put_number(text, 20, 3, clock.subseconds().count());
    return text;
}

std::optional<WallTime> parse_time(std::string_view text, WallTime now)
{
    if (text.size() > 1) {
        const auto number = parse_number(text.substr(0, text.size() - 1));
        if (number && *number < 1'000'000'000) switch (text.back()) {
            case 's': return now - std::chrono::seconds{*number};
            case 'm': return now - std::chrono::minutes{*number};
            case 'h': return now - std::chrono::hours{*number};
            case 'd': return now - std::chrono::days{*number};
            default: break;
            }
    }
    int year = 0, hour = 0, minute = 0, milli = 0;
    unsigned month = 0, day = 0;
    double second = 0;
    const std::string plain{text};
    const int got = std::sscanf(plain.c_str(), "%4d-%2u-%2u%*[T ]%2d:%2d:%lf", &year, &month, &day,
                                &hour, &minute, &second);
    if (got != 3 && got != 5 && got != 6) return {};
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || !(second >= 0) ||
        second >= 61)
        return {};
    milli = static_cast<int>(std::lround(second * 1000));
    return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::milliseconds{milli};
}

std::string to_json_line(const EventRecord& record)
{
    json::object fields;
    for (const auto& [name, value] : record.fields)
        fields[name] = value;
    return json::serialize(json::object{{"time", to_rfc3339(record.time)},
                                        {"id", static_cast<unsigned>(record.id)},
                                        {"source", record.source},
                                        {"type", std::string{to_string(record.type)}},
                                        {"category", record.category},
                                        {"description", record.description},
                                        {"fields", std::move(fields)}});
}

std::optional<EventRecord> parse_json_line(std::string_view line)
{
    boost::system::error_code failure;
    const auto value = json::parse(line, failure);
    const auto* object = failure ? nullptr : value.if_object();
    if (object == nullptr) return {};
    const auto text = [&](const char* key) -> std::string {
        const auto* found = object->if_contains(key);
        const auto* string = found != nullptr ? found->if_string() : nullptr;
        return string != nullptr ? std::string{*string} : std::string{};
    };
    EventRecord record;
    const auto* id = object->if_contains("id");
    const auto time = parse_time(text("time"), {});
    const auto type = type_of(text("type"));
    if (id == nullptr || !id->is_int64() || !time || !type) return {};
    record.time = *time;
    record.id = static_cast<EventId>(id->as_int64());
    record.type = *type;
    record.source = text("source");
    record.category = text("category");
    record.description = text("description");
    if (const auto* fields = object->if_contains("fields");
        fields != nullptr && fields->is_object())
        for (const auto& [name, field] : fields->as_object())
            if (const auto* string = field.if_string())
                record.fields.emplace_back(name, std::string{*string});
    return record;
}

}  // namespace imc
