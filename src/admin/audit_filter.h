#pragma once
/// @file admin/audit_filter.h  Which lines of the audit log somebody asks for, and a page of them.
///
/// `who` looks at who and from where; each word is a part of the text, letter case ignored.
///
/// Errors:  40402 (`since` is no time), those of Audit::read()
/// Threads: any; page_of_audit() blocks on the disk.
#include "admin/audit.h"
#include "admin/request.h"

namespace imc::admin {

struct AuditFilter {
    std::string who, object, action;
    std::optional<WallTime> since;  ///< not before

    bool empty() const { return who.empty() && object.empty() && action.empty() && !since; }
    bool fits(const boost::json::object& line) const;
    bool is_before(const boost::json::object& line) const;  ///< so are all older ones
};
/// Of a query: who=&object=&action=&since=.
Result<AuditFilter> audit_filter_of(const Request& request);

struct AuditPage {
    std::vector<boost::json::object> lines;  ///< newest first
    std::uint64_t next = 0;                  ///< where the next page begins; 0: there is none
};
/// @param before  only numbers below; 0: all
Result<AuditPage> page_of_audit(Audit& audit, const AuditFilter& filter, std::uint64_t before,
                                std::size_t most);

}  // namespace imc::admin
