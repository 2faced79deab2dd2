/// Any octets as a .reg file: what is read and written back reads the same.
#include "registry/reg_text.h"

using namespace imc::registry;

namespace {

void require(bool promise)
{
    if (!promise) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    auto document = Document::parse({reinterpret_cast<const char*>(octets), size});
    if (!document) return 0;
    const auto again = Document::parse(document->to_text());
    require(static_cast<bool>(again));
    for (const auto& key : document->keys()) {
        const auto before = document->values(key);
        const auto after = again->values(key);
        require(before.size() == after.size());
        for (std::size_t i = 0; i < before.size(); ++i)
            require(before[i].name == after[i].name && before[i].value == after[i].value);
    }
    document->set(parameters_key, "SiteDN", Value::sz("x"));
    const auto* found = document->find(parameters_key, "SiteDN");
    require(found != nullptr && found->value == Value::sz("x"));
    return 0;
}
