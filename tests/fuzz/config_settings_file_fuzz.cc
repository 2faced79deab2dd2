/// Any file of settings: an error that names a line, or one that writes itself again.
#include "config/settings_file.h"

using namespace imc;

namespace {

config::Snapshot blank()
{
    config::Snapshot out;
    out.connector = *Dn::parse_rfc4514("cn=c,cn=Connections,cn=Configuration,ou=s,o=o");
    const auto add = [&](const char* section, const char* dn, const char* object_class) {
        out.objects.push_back(
            {section, {*Dn::parse_rfc4514(dn), {{"objectClass", {"top", object_class}}}}});
    };
    add("connector", "cn=c,cn=Connections,cn=Configuration,ou=s,o=o", "imcConnector");
    add("server", "cn=m,cn=Servers,cn=Configuration,ou=s,o=o", "imcServer");
    add("site", "ou=s,o=o", "organizationalUnit");
    add("organization", "o=o", "organization");
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto file = config::parse_settings_file(text);
    if (!file) {
        if (!file.error().detail().starts_with("line ")) __builtin_trap();
        return 0;
    }
    static const auto now = blank();
    const auto made = with(now, *file);
    if (!made) __builtin_trap();
    const auto written = config::to_settings_file(*made);
    const auto again = config::parse_settings_file(written);
    if (!again) __builtin_trap();
    const auto same = with(now, *again);
    if (!same || !differences(*made, *same).empty()) __builtin_trap();
    return 0;
}
