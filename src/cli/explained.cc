#include "cli/explained.h"

#include <boost/json/serialize.hpp>

#include <ostream>

namespace imc::cli {
namespace {

void print(std::ostream& out, const transfer::Evidence& evidence)
{
    for (const auto& step : evidence) {
        out << (step.decides ? "  * " : "    ") << step.step << ": ";
        for (const char c : step.finding) {
            out << c;
            if (c == '\n') out << "      ";
        }
        out << '\n';
    }
}

}  // namespace

bool explain_failed(Context& context, const Error& error)
{
    if (error.event() == EventId::admin_refused)
        context.fail(error.detail(), 2);
    else
        context.fail(error);
    return false;
}

void show(Context& context, const admin::Explained& explained)
{
    const auto found = admin::verdict(explained.resolution);
    const auto* way = explained.way();
    if (found.word != "accepted" || (explained.hosts && explained.hosts->none)) context.status = 1;
    if (context.json) {
        context.out << boost::json::serialize(admin::explained_json(explained)) << '\n';
        return;
    }
    print(context.out, explained.evidence);
    if (way == nullptr) {
        context.out << explained.address << ": " << found.word << " with " << found.reply << "; "
                    << found.why << '\n';
        return;
    }
    context.out << explained.address << ": " << way->why << "\n  goes to  " << admin::next_hop(*way)
                << "\n  as       " << way->address << '\n';
    if (explained.hosts) admin::print(context.out, *explained.hosts);
}

}  // namespace imc::cli
