#include "directory/object_mark.h"

#include "directory/schema.h"
#include "event/change_note.h"

#include <algorithm>

namespace imc {

bool is_first_marked(std::string_view attribute) { return same_word(attribute, "imcSiteDomain"); }

std::string mark_of(const Entry& entry)
{
    std::string text = entry.dn.to_rfc4514() + "\n";
    for (const auto& [name, values] : entry.attributes) {
        if (is_secret(name) || same_word(name, "imcGeneration")) continue;
        auto sorted = values;
        std::sort(sorted.begin() + (is_first_marked(name) && !sorted.empty() ? 1 : 0),
                  sorted.end());
        for (const auto& value : sorted)
            text += lower(name) + "=" + std::to_string(value.size()) + ":" + value + "\n";
    }
    return mark_of(std::string_view{text});
}

}  // namespace imc
