#include "event/diagnostics.h"

#include "base/text.h"

#include <array>
#include <string>

namespace imc {

std::span<const DiagnosticsCategory> diagnostics_categories()
{
    static constexpr std::array all{
        DiagnosticsCategory{"Initialization/Termination", "DiagnosticsInitialization"},
        DiagnosticsCategory{"Addressing", "DiagnosticsAddressing"},
        DiagnosticsCategory{"Message Transfer", "DiagnosticsMessageTransfer"},
        DiagnosticsCategory{"SMTP Interface Events", "DiagnosticsSmtpInterface"},
        DiagnosticsCategory{"Internal Processing", "DiagnosticsInternalProcessing"},
        DiagnosticsCategory{"Content Conversion", "DiagnosticsContentConversion"},
        DiagnosticsCategory{"SMTP Protocol Log", "ProtocolLogLevel"},
        DiagnosticsCategory{"Message Archival", "DiagnosticsMessageArchival"},
    };
    return all;
}

const DiagnosticsCategory* find_category(std::string_view name)
{
    const DiagnosticsCategory* found = nullptr;
    if (name.empty()) return nullptr;
    for (const auto& category : diagnostics_categories()) {
        if (same_word(category.name, name)) return &category;
        if (category.name.size() < name.size() ||
            !same_word(category.name.substr(0, name.size()), name))
            continue;
        if (found != nullptr) return nullptr;  // it may mean another
        found = &category;
    }
    return found;
}

std::string_view name_of_level(unsigned level)
{
    return level == 0 ? "None" : level < 3 ? "Minimum" : level < 5 ? "Medium" : "Maximum";
}

std::optional<unsigned> parse_level(std::string_view text)
{
    for (const unsigned level : {0U, 1U, 3U, 5U})
        if (same_word(text, name_of_level(level)) || text == std::to_string(level)) return level;
    return {};
}

}  // namespace imc
