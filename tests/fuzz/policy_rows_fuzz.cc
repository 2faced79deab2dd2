/// Any row of the policy tables: an answer, or an error that names row and column.
#include "config/policy_rows.h"
#include "policy/connection_table.h"
#include "policy/filter_table.h"

using namespace imc;

namespace {

template <class T>
void expect_place(const Result<T>& row)
{
    if (!row && !row.error().detail().starts_with("row 3, column ")) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(octets), size};
    const auto connection = config::parse_connection_row(text, 3);
    expect_place(connection);
    if (connection) {
        const policy::ConnectionTable table{{*connection}};
        (void)policy::judge_connection(table.find("192.0.2.1"), "192.0.2.1");
        if (table.idle_rows().size() != 0) __builtin_trap();
    }
    const auto filter = config::parse_filter_row(text, 3, config::FilterAction::reject);
    expect_place(filter);
    if (filter) {
        // A row matches the address it is written as.
        const policy::FilterTable table{{*filter}};
        if (filter->empty_sender != (table.find("") != nullptr)) __builtin_trap();
        (void)table.judge_header(text);
    }
    expect_place(config::parse_limit_row(text, 3));
    expect_place(config::parse_size_row(text, 3));
    (void)config::parse_size(text);
    (void)config::parse_domain_pattern(text);
    (void)config::parse_certificate_name(text);
    return 0;
}
