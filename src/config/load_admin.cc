#include "base/text.h"
#include "config/load_parts.h"

#include <algorithm>

// The Administrator's server: where it listens, and who may do what.

namespace imc::config {

void Loader::admin()
{
    AdminFlaws flaws;
    config_.admin = read_admin_settings(*settings_, flaws);
    if (!flaws.listen.empty())
        bad_value("AdminListen", Error{refused, flaws.listen}, "ADDRESS:PORT",
                  "-t SZ -d 127.0.0.1:8025");
    Rows rows;
    rows.flaws = std::move(flaws.hosts);
    for (const auto& row : settings_->list("AdminHosts").value_or(std::vector<std::string>{}))
        if (std::ranges::find(config_.admin.hosts, lower(trim(row))) != config_.admin.hosts.end())
            rows.kept.push_back(row);
    flawed_rows("AdminHosts", rows, "names of hosts, one a line, without port");
}

/// A row that cannot be read lets nobody in, which is no reason to stop the mail.
void Loader::administrators(const Entry& connector)
{
    const char* const attribute = "imcAdministrator";
    const auto& dn = above_.said_by(attribute);
    for (const auto& text : connector.all(attribute)) {
        auto row = parse_administrator(text);
        if (row) {
            config_.admin.administrators.push_back(std::move(*row));
            continue;
        }
        auto& a = add("connector.administrators", refused, Status::warning);
        a.found = row.error().detail();
        a.where = dn.to_rfc4514() + ", attribute " + attribute;
        a.expected = "ROLE ALIAS, ROLE DN, or help_desk ALIAS @DOMAIN";
        a.why = "the row lets nobody in";
        a.fix = "imc dir modify " + shell_word(dn.to_rfc4514()) + " --remove " +
                shell_word(std::string{attribute} + "=" + text) + paths_.option();
    }
}

}  // namespace imc::config
