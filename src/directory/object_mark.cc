#include "directory/object_mark.h"

#include "directory/schema.h"
#include "event/change_note.h"

#include <algorithm>

namespace imc {

std::string mark_of(const Entry& entry)
{
    std::string text = entry.dn.to_rfc4514() + "\n";
    for (const auto& [name, values] : entry.attributes) {
        if (is_secret(name) || same_word(name, "imcGeneration")) continue;
        auto sorted = values;
        std::ranges::sort(sorted);
        for (const auto& value : sorted)
            text += lower(name) + "=" + std::to_string(value.size()) + ":" + value + "\n";
    }
    return mark_of(std::string_view{text});
}

}  // namespace imc
