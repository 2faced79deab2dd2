#include "config/report_settings.h"

#include "base/text.h"

namespace imc::config {

std::optional<ReportCategory> parse_report_category(std::string_view word)
{
    for (std::size_t i = 0; i < report_categories.size(); ++i)
        if (same_word(word, report_categories[i])) return static_cast<ReportCategory>(i);
    return {};
}

ReportCategory category_of(std::string_view status)
{
    const auto end = status.substr(status.size() < 2 ? status.size() : 2);
    if (end == "1.4") return ReportCategory::ambiguous;
    if (end == "1.2" || end == "1.10" || end == "4.4" || end == "4.6" || end == "4.3")
        return ReportCategory::host_not_found;
    if (end == "4.7") return ReportCategory::time_out;
    if (end == "3.4" || end == "2.3") return ReportCategory::size;
    if (end == "2.2") return ReportCategory::mailbox_full;
    if (end.starts_with("6.")) return ReportCategory::conversion;
    if (end.starts_with("7.")) return ReportCategory::policy;
    if (end.starts_with("1.") || end == "2.1") return ReportCategory::recipient_not_found;
    return ReportCategory::protocol_error;
}

}  // namespace imc::config
