#include "admin/emergency_account.h"

#include "admin/secret_file.h"
#include "base/text.h"
#include "directory/password.h"
#include "directory/saslprep.h"

#include <vector>

namespace imc::admin {
namespace {

constexpr std::string_view scheme = "{ARGON2}";

}  // namespace

Result<bool> EmergencyAccount::is_set() const
{
    const auto content = read_secret(files_, path_);
    if (!content) return content.error();
    return content->has_value();
}

Result<bool> EmergencyAccount::check(std::string_view password) const
{
    const auto content = read_secret(files_, path_);
    if (!content) return content.error();
    std::vector<std::string> hashes;
    if (*content) {
        const auto line = trim(**content);
        if (!line.starts_with(scheme))
            return Error{EventId::admin_secret_unusable,
                         path_ + ": it holds no hash of a password"};
        hashes.emplace_back(line);
    }
    const auto prepared = saslprep(password, imc::Prepared::to_ask);
    const bool matches = password_matches(hashes, prepared.value_or("-"));
    return matches && prepared.has_value() && !hashes.empty();
}

Result<> EmergencyAccount::set(std::string_view password) const
{
    const auto prepared = saslprep(password, imc::Prepared::to_keep);
    if (!prepared || prepared->empty())
        return Error{EventId::admin_refused, "a password that cannot be typed again"};
    return write_secret(files_, path_, hash_password(*prepared) + "\n");
}

Result<> EmergencyAccount::remove() const
{
    const auto removed = files_.remove(path_);
    if (!removed && removed.error().value() != ENOENT)
        return Error{EventId::admin_secret_unusable, path_ + ": " + removed.error().message()};
    return {};
}

}  // namespace imc::admin
