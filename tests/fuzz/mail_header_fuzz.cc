/// Any header section: fields lie within it and in order, addresses hold no control of folding.
#include "mail/header.h"

using namespace imc::mail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const char* last = text.data();
    for (const auto& field : header_fields(text)) {
        if (field.whole.data() < last ||
            field.whole.data() + field.whole.size() > text.data() + size)
            __builtin_trap();
        last = field.whole.data() + field.whole.size();
    }
    for (const auto& value : header_values(text, "From"))
        for (const auto& address : addresses_in(value))
            if (address.empty() || address.find_first_of("\r\n") != std::string::npos)
                __builtin_trap();
    (void)addresses_in(text);
    return 0;
}
