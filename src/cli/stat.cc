#include "cli/commands.h"

#include "admin/client.h"
#include "base/text.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <iomanip>
#include <ostream>

namespace imc::cli {

void add_stat(CLI::App& imc, Context& context)
{
    auto* command = common(imc.add_subcommand("stat", "the running service's counters"), context);
    command->callback([&context] {
        const auto answer = admin::call(context.paths().admin_socket(), "GET", "/api/v1/stat",
                                        nullptr, after(std::chrono::seconds{30}));
        if (!answer)
            return context.fail(answer.error(),
                                answer.error().event() == EventId::service_held ? 3 : 1);
        if (context.json) {
            context.out << *answer;
            return;
        }
        for (const auto line : split(*answer, '\n')) {
            if (line.empty()) continue;
            const auto row = boost::json::parse(line);
            context.out << std::setw(24) << std::left << std::string{row.at("name").as_string()}
                        << std::setw(14) << std::right << row.at("value").to_number<std::uint64_t>()
                        << "  " << std::string{row.at("help").as_string()} << '\n';
        }
    });
}

}  // namespace imc::cli
